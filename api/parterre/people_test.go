package parterre_test

import (
	"crypto/md5"  //nolint:gosec // people may be known by MD5 digests
	"crypto/sha1" //nolint:gosec // and by SHA-1 digests
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/parterre/parterre/client"
)

// event is a line of events: a visit of somebody, named as user_data names them.
func event(account, user, more string) string {
	return fmt.Sprintf(`{"ad_account_id":%q,"event_name":"page_visit","action_source":"web","event_time":%d,"event_id":"e",`+
		`"user_data":{%s}%s}`, account, noon-10, user, more)
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s)) //nolint:gosec // see the imports
	return hex.EncodeToString(sum[:])
}

func sha1Hex(s string) string {
	sum := sha1.Sum([]byte(s)) //nolint:gosec // see the imports
	return hex.EncodeToString(sum[:])
}

const maid = "aebe52e7-03ee-455a-b3c4-e57283966239"

// Whoever is imported with several identifiers is one person by each of them.
func TestAPersonIsKnownByEachIdentifier(t *testing.T) {
	s := start(t)
	s.accept(t, "people", fmt.Sprintf(`{"external_id":"me","emails":["Me@Example.com"," me2@example.com "],"hashed_emails":[%q,%q,%q],`+
		`"maids":[%q],"hashed_maids":[%q],"country":"AT"}`, sha256Hex("me3@example.com"), strings.ToUpper(sha1Hex("me4@example.com")),
		md5Hex("me5@example.com"), strings.ToUpper(maid), sha256Hex("device")))
	id := s.visitors(t)
	s.accept(t, "events", event(s.AdAccount, fmt.Sprintf(`"em":[%q]`, sha256Hex("me@example.com")), ""))
	for _, person := range []string{
		"external_id=me", "email=me@example.com", "email=ME@EXAMPLE.COM", "email= me2@example.com",
		"hashed_email=" + sha256Hex("me@example.com"), "hashed_email=" + sha1Hex("me@example.com"),
		"hashed_email=" + md5Hex("me2@example.com"), "hashed_email=" + strings.ToUpper(sha256Hex("me@example.com")),
		"email=me3@example.com", "email=me4@example.com",
		"hashed_email=" + sha1Hex("me4@example.com"), "hashed_email=" + md5Hex("me5@example.com"),
		"maid=" + maid, "maid=" + strings.ToUpper(maid), "hashed_maid=" + sha256Hex(maid), "hashed_maid=" + sha1Hex(strings.ToUpper(maid)),
		"hashed_maid=" + md5Hex(maid), "hashed_maid=" + sha256Hex("device"),
	} {
		s.member(t, id, person, true)
	}
	for _, person := range []string{
		"external_id=ME", "external_id=me@example.com", "email=you@example.com", "maid=device2",
		"hashed_email=" + sha256Hex("Me@Example.com"),
	} {
		s.member(t, id, person, false)
	}
	if n := s.size(t, id); n != 1 {
		t.Errorf("the audience has %d members, want the one", n)
	}
}

func TestAnImportJoinsWhatIsKnown(t *testing.T) {
	s := start(t)
	id := s.visitors(t)
	s.accept(t, "people", `{"external_id":"a","emails":["a@example.com"]}`, `{"external_id":"b"}`)
	s.accept(t, "events", event(s.AdAccount, fmt.Sprintf(`"em":[%q]`, sha256Hex("a@example.com")), ""))
	t.Run("a later line adds identifiers to the person", func(t *testing.T) {
		s.accept(t, "people", `{"external_id":"a","emails":["a2@example.com"]}`)
		s.member(t, id, "email=a2@example.com", true)
	})
	t.Run("an identifier stays with whom it was first", func(t *testing.T) {
		s.accept(t, "people", `{"external_id":"b","emails":["a@example.com","b@example.com"]}`)
		s.member(t, id, "email=a@example.com", true)
		s.member(t, id, "email=b@example.com", false)
		s.member(t, id, "external_id=b", false)
	})
	t.Run("an import that is repeated changes nothing", func(t *testing.T) {
		s.accept(t, "people", `{"external_id":"a","emails":["a@example.com"]}`, `{"external_id":"b"}`)
		s.member(t, id, "external_id=a", true)
		s.member(t, id, "external_id=b", false)
	})
	t.Run("names that differ in a zero byte or a space are different", func(t *testing.T) {
		s.accept(t, "people", `{"external_id":"a\u0000"}`, `{"external_id":"a\u0000b"}`, `{"external_id":" a"}`,
			`{"external_id":"A"}`)
		for _, name := range []string{"a\x00", "a\x00b", " a", "A"} {
			s.member(t, id, "external_id="+name, false)
		}
	})
}

func TestCountriesOfPeople(t *testing.T) {
	s := start(t)
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf(`{"external_id":"%d","emails":["p%d@example.com"],"country":"AT"}`, i, i))
	}
	s.accept(t, "people", lines...)
	records := []string{"p0@example.com"}
	for i := range 99 { // a seed needs a hundred members, wherever they live
		records = append(records, fmt.Sprintf("abroad%d@example.com", i))
	}
	list, err := s.Client.CreateCustomerList(t.Context(), s.AdAccount, client.CustomerListCreate{Name: "n", Records: records})
	if err != nil {
		t.Fatal(err)
	}
	seed := s.audience(t, client.TypeCustomerList, fmt.Sprintf(`{"customer_list_id":%q}`, list.ID))
	alike := func(country string) int {
		return s.size(t,
			s.audience(t, client.TypeActAlike, fmt.Sprintf(`{"seed_id":[%q],"country":%q,"percentage":10}`, seed, country)))
	}
	if n := alike("AT"); n != 4 {
		t.Errorf("ten percent of 40 persons are %d", n)
	}
	t.Run("a person who moves is counted where they are now", func(t *testing.T) {
		var moves []string
		for i := range 20 {
			moves = append(moves, fmt.Sprintf(`{"external_id":"%d","country":"DE"}`, 20+i))
		}
		s.accept(t, "people", moves...)
		s.accept(t, "people", `{"external_id":"20"}`, `{"external_id":"21","country":null}`) // what is not said does not change
		if at, de := alike("AT"), alike("DE"); at != 2 || de != 2 {
			t.Errorf("ten percent of 20 and 20 persons are %d and %d", at, de)
		}
	})
}

func TestRejectedPeople(t *testing.T) {
	s := start(t)
	for line, words := range map[string][]string{
		`{}`:                                                               {"external_id", "hashed_maids"},
		`{"country":"US"}`:                                                 {"external_id", "hashed_maids"},
		`{"emails":[]}`:                                                    {"external_id", "hashed_maids"},
		`{"external_id":null}`:                                             {"external_id", "hashed_maids"},
		`{"external_id":""}`:                                               {"external_id", "1 to 256"},
		`{"external_id":5}`:                                                {"external_id", "'string'"},
		`{"external_id":["a"]}`:                                            {"external_id", "'string'"},
		`{"external_id":"a","emails":"a@b.c"}`:                             {"emails", "'array'"},
		`{"external_id":"a","emails":["nobody"]}`:                          {"emails", "e-mail address", "e-mail"},
		`{"external_id":"a","emails":["@"]}`:                               {"emails", "e-mail"},
		`{"external_id":"a","emails":["a b@c"]}`:                           {"emails", "e-mail"},
		`{"external_id":"a","emails":["a@b",null]}`:                        {"emails", "'string'"},
		`{"external_id":"a","hashed_emails":["x"]}`:                        {"hashed_emails[0]", "SHA-256"},
		`{"external_id":"a","maids":[""]}`:                                 {"maids", "empty"},
		`{"external_id":"a","maids":[" \t"]}`:                              {"maids", "empty"},
		`{"external_id":"a","hashed_maids":["zz"]}`:                        {"hashed_maids[0]", "SHA-256"},
		`{"external_id":"a","country":"us"}`:                               {"country", "upper-case"},
		`{"external_id":"a","country":"XX"}`:                               {"country", "ISO 3166"},
		`{"external_id":"a","colour":"` + strings.Repeat("r", 4096) + `"}`: {"'colour'", "4096 bytes"},
		`{"External_ID":"a"}`:                                              {"'external_id' is missing"},
		`{"external_id":"a","external_id":"b"}`:                            {"external_id", "twice"},
		`[{"external_id":"a"}]`:                                            {"'object'"},
		`"a"`:                                                              {"'object'"},
		`null`:                                                             {"'object'"},
		`{"external_id":"a"`:                                               {"not valid JSON"},
		`{"external_id":"a"} {"external_id":"b"}`:                          {"not valid JSON"},
		"{\"external_id\":\"a\xff\"}":                                      {"UTF-8"},
		`{"a":` + strings.Repeat("[", 100_000):                             {"not valid JSON"},
		`{"external_id":"` + strings.Repeat("a", 257):                      {"not valid JSON"},
		`{"external_id":"` + strings.Repeat("a", 257) + `"}`:               {"external_id", "1 to 256", "257"},
	} {
		t.Run(line[:min(60, len(line))], func(t *testing.T) { s.reject(t, "people", line, words...) })
	}
	t.Run("the longest name is taken", func(t *testing.T) {
		s.accept(t, "people", `{"external_id":"`+strings.Repeat("a", 256)+`"}`)
	})
	t.Run("and so is one of several bytes to a letter", func(t *testing.T) {
		s.accept(t, "people", `{"external_id":"`+strings.Repeat("ü", 128)+`"}`)
		s.reject(t, "people", `{"external_id":"`+strings.Repeat("ü", 129)+`"}`, "external_id", "256")
	})
}
