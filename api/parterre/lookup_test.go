package parterre_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre/client"
)

// lookUp asks for the memberships of many persons.
func (s service) lookUp(t testing.TB, body string) answer {
	t.Helper()
	return s.send(t, http.MethodPost, "memberships", strings.NewReader(body))
}

func TestManyAreLookedUpInOrder(t *testing.T) {
	s := start(t)
	everybody := s.visitors(t)
	leads := s.audience(t, client.TypeVisitor, fmt.Sprintf(`{"visitor_source_id":%q,"event":"lead"}`, s.tag(t)))
	s.accept(t, "people", `{"external_id":"me","emails":["me@example.com"]}`, `{"external_id":"you","emails":["you@example.com"]}`)
	s.accept(t, "events", event(s.AdAccount, fmt.Sprintf(`"em":[%q]`, sha256Hex("me@example.com")), ""))
	me, none := `{"audience_ids":["`+everybody+`"]}`, `{"audience_ids":[]}`
	if got := s.in(t, "external_id=me"); !slices.Equal(got, []string{everybody}) {
		t.Fatalf("one person is in %v, want %s and not %s", got, everybody, leads)
	}
	for name, tt := range map[string]struct {
		body string
		want []string
	}{
		"one":            {`[{"external_id":"me"}]`, []string{me}},
		"in their order": {`[{"external_id":"you"},{"external_id":"me"},{"external_id":"nobody"}]`, []string{none, me, none}},
		"by any name": {
			`[{"email":" ME@example.com "},{"hashed_email":"` + sha256Hex("me@example.com") + `"},{"maid":"x"},{"hashed_maid":"` +
				strings.Repeat("a", 64) + `"}]`, []string{me, me, none, none},
		},
		"the same twice": {`[{"external_id":"me"},{"external_id":"me"}]`, []string{me, me}},
		"with space":     {" [ { \"external_id\" :\t\"me\" } ,\r\n {\"external_id\":\"you\"} ] \n", []string{me, none}},
		"with escapes":   {`[{"external_id":"\u006de"},{"\u0065mail":"me@example.com"},{"external_id":"\"\\ž"}]`, []string{me, me, none}},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.lookUp(t, tt.body)
			want := fmt.Sprintf(`{"memberships":[%s],"as_of":%d}`, strings.Join(tt.want, ","), noon)
			if a.status != http.StatusOK || string(a.body) != want {
				t.Errorf("the answer is %d %s, want %s", a.status, a.body, want)
			}
		})
	}
	t.Run("a thousand", func(t *testing.T) {
		who := make([]client.Identifier, 1000)
		for i := range who {
			who[i].ExternalID = []string{"me", "you"}[i%2]
		}
		got, err := s.Client.MembershipsOfMany(t.Context(), who)
		if err != nil || len(got) != 1000 {
			t.Fatalf("there are %d answers, %v", len(got), err)
		}
		for i, m := range got {
			if m.AsOf != noon || len(m.AudienceIDs) != 1-i%2 {
				t.Fatalf("the answer at %d is %+v", i, m)
			}
		}
	})
	t.Run("a removed audience is gone at once", func(t *testing.T) {
		if _, err := s.Client.RemoveAudience(t.Context(), s.AdAccount, everybody); err != nil {
			t.Fatal(err)
		}
		if a := s.lookUp(t, `[{"external_id":"me"}]`); strings.Contains(string(a.body), everybody) {
			t.Errorf("the answer is %s", a.body)
		}
	})
}

func TestManyThatAreNotWellNamedAreRefused(t *testing.T) {
	s := start(t)
	list := func(n int) string { return "[" + strings.Repeat(`{"external_id":"a"},`, n-1) + `{"external_id":"a"}]` }
	for body, words := range map[string][]string{
		``:                            {"JSON", "external_id"},
		`[{"external_id":"a"}`:        {"JSON"},
		`[{"external_id":"a"}] x`:     {"JSON"},
		`[{"external_id":"a"},]`:      {"JSON"},
		"[{\"external_id\":\"a\n\"}]": {"JSON"},
		`{"external_id":"a"}`:         {"'array'", "'object'"},
		`null`:                        {"'array'", "'null'"},
		`[]`:                          {"1 to 1000", "were 0"},
		list(1001):                    {"1 to 1000", "were 1001"},
		`["me@example.com"]`:          {"'[0]'", "'object'"},
		`[{"external_id":"a"},null]`:  {"'[1]'", "'object'"},
		`[{"external_id":"a"},{}]`:    {"'[1]'", "just one", "'hashed_maid'", "were 0"},
		`[{"external_id":"a"},{"external_id":"a","email":"a@b.c"}]`:   {"'[1]'", "just one", "were 2"},
		`[{"external_id":"a"},{"external_id":"a","external_id":"b"}]`: {"'[1].external_id'", "twice"},
		`[{"external_id":"a"},{"external_id":"b"},{"name":"c"}]`:      {"'[2].name' was unexpected"},
		`[{"external_id":"a"},{"external_id":5}]`:                     {"'[1].external_id'", "'string'"},
		`[{"external_id":"a"},{"external_id":null}]`:                  {"'[1].external_id'", "'string'"},
		`[{"external_id":""}]`:                                        {"'[0].external_id'", "1 to 256"},
		`[{"external_id":"` + strings.Repeat("a", 257) + `"}]`:        {"'[0].external_id'", "1 to 256"},
		`[{"email":"a@b.c"},{"email":"nobody"}]`:                      {"'[1].email'", "e-mail"},
		`[{"hashed_email":"a@b.c"}]`:                                  {"'[0].hashed_email'", "SHA-256"},
		`[{"maid":" "}]`:                                              {"'[0].maid'", "empty"},
		`[{"hashed_maid":"x"}]`:                                       {"'[0].hashed_maid'", "SHA-256"},
		"[{\"external_id\":\"\xff\"}]":                                {"UTF-8"},
		`[{"external_id":"\ud800"}]`:                                  {"'[0].external_id'", "surrogate"},
	} {
		t.Run("refused is "+body[:min(len(body), 60)], func(t *testing.T) {
			refused(t, s.lookUp(t, body), http.StatusBadRequest, 1, words...)
		})
	}
	t.Run("what is refused is not repeated", func(t *testing.T) {
		for _, body := range []string{`[{"hashed_email":"a@b.c"}]`, `["a@b.c"]`, `[{"email":{"a@b.c":1}}]`, `[{"email":["a@b.c"]}]`} {
			if a := s.lookUp(t, body); strings.Contains(string(a.body), "a@b.c") {
				t.Errorf("the answer to %s is %s", body, a.body)
			}
		}
	})
	t.Run("a body over the limit is refused", func(t *testing.T) {
		refused(t, s.lookUp(t, list(1)+strings.Repeat(" ", 1<<20)), http.StatusRequestEntityTooLarge, 413, "1048576")
	})
	t.Run("strangers and advertisers are refused", func(t *testing.T) {
		advertiser := s.issue(t, `{"scopes":["ads:read","ads:write"],"ad_account_ids":["`+s.AdAccount+`"]}`)
		body := func() *strings.Reader { return strings.NewReader(list(1)) }
		refused(t, s.sendAs(t, "x", http.MethodPost, "memberships", body()), http.StatusUnauthorized, 2, "Authentication failed.")
		refused(t, s.sendAs(t, advertiser, http.MethodPost, "memberships", body()), http.StatusUnauthorized, 3, "parterre:operator")
	})
}
