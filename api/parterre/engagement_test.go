package parterre_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parterre/parterre/client"
)

func engagement(person, more string) string {
	return fmt.Sprintf(`{"person":{%s},"engagement_type":"save","engaged_at":%d%s}`, person, noon-10, more)
}

// An engagement finds its person by any identifier, and makes one where there is none yet.
func TestEngagementsByAnyIdentifier(t *testing.T) {
	s := start(t)
	s.accept(t, "people", fmt.Sprintf(
		`{"external_id":"me","emails":["me@example.com"],"hashed_emails":[%q],"maids":[%q],"hashed_maids":[%q]}`,
		sha256Hex("me2@example.com"), maid, sha1Hex("device")))
	for i, person := range []string{
		`"external_id":"me"`, `"email":"ME@example.com"`, `"hashed_email":"` + md5Hex("me@example.com") + `"`,
		`"hashed_email":"` + sha256Hex("me2@example.com") + `"`, `"maid":"` + strings.ToUpper(maid) + `"`,
		`"hashed_maid":"` + sha1Hex("device") + `"`, `"hashed_maid":"` + sha256Hex(maid) + `"`,
		`"external_id":"me","email":"new@example.com","maid":null`,
	} {
		t.Run(person, func(t *testing.T) {
			s.accept(t, "engagements", engagement(person, fmt.Sprintf(`,"ad_account_id":%q,"pin_id":"%d"`, s.AdAccount, 100+i)))
			id := s.audience(t, client.TypeEngagement, fmt.Sprintf(`{"pin_id":["%d"]}`, 100+i))
			s.member(t, id, "external_id=me", true)
			if n := s.size(t, id); n != 1 {
				t.Errorf("the audience has %d members", n)
			}
		})
	}
	t.Run("of a person whom nobody knew", func(t *testing.T) {
		s.accept(t, "engagements",
			engagement(`"email":"stranger@example.com"`, fmt.Sprintf(`,"ad_account_id":%q,"pin_id":"9"`, s.AdAccount)))
		id := s.audience(t, client.TypeEngagement, `{"pin_id":["9"]}`)
		s.member(t, id, "hashed_email="+sha256Hex("stranger@example.com"), true)
		s.member(t, id, "external_id=me", false)
	})
}

func TestMomentsOfEngagements(t *testing.T) {
	s := start(t)
	id := s.audience(t, client.TypeEngagement, `{"engager_type":1,"retention_days":1}`)
	line := func(person string, at any) string {
		return fmt.Sprintf(`{"person":{"external_id":%q},"engagement_type":"like","ad_account_id":%q,"engaged_at":%v}`,
			person, s.AdAccount, at)
	}
	s.accept(t, "engagements",
		line("seconds", noon),
		line("text", `"2026-05-28T20:26:40Z"`),
		line("zone", `"2026-05-28T22:26:40.5+02:00"`),
		line("a day ahead", noon+86_400),
		line("a day ago", noon-86_400),
		line("longer ago", noon-86_401),
		line("very long ago", 1),
	)
	for person, in := range map[string]bool{
		"seconds": true, "text": true, "zone": true, "a day ahead": true, "a day ago": true, "longer ago": false, "very long ago": false,
	} {
		s.member(t, id, "external_id="+person, in)
	}
}

func TestRejectedEngagements(t *testing.T) {
	s := start(t)
	const moment = "seconds since 1970"
	me := `"external_id":"me"`
	for line, words := range map[string][]string{
		`{}`: {"'person'", "required"},
		`{"person":{"external_id":"me"},"engaged_at":5}`:           {"'engagement_type'", "required"},
		`{"person":{"external_id":"me"},"engagement_type":"save"}`: {"'engaged_at'", "required"},
		engagement("",
			""): {
			"person.external_id", "'hashed_maid'",
		},
		engagement(`"external_id":null`,
			""): {"person.external_id", "'hashed_maid'"},
		engagement(`"external_id":""`,
			""): {"person.external_id", "1 to 256"},
		engagement(`"email":"me"`,
			""): {"person.email", "e-mail"},
		engagement(`"hashed_email":"me@example.com"`,
			""): {"person.hashed_email", "SHA-256"},
		engagement(`"maid":" "`,
			""): {"person.maid", "empty"},
		engagement(`"hashed_maid":"x"`,
			""): {"person.hashed_maid", "SHA-256"},
		engagement(`"click_id":"x"`,
			""): {"('person.click_id' was unexpected)"},
		`{"person":"me","engagement_type":"save","engaged_at":5}`: {
			"'person'", "'object'",
		},
		engagement(me,
			`,"colour":"red"`): {"('colour' was unexpected)"},
		engagement(me, `,"pin_id":"x"`): {"'pin_id'", `^\d+$`},
		engagement(me,
			`,"pin_id":7`): {"'pin_id'", "'string'"},
		engagement(me, `,"ad_id":"1234567890123456789"`): {"'ad_id'", "18"},
		engagement(me,
			`,"campaign_id":["1"]`): {"'campaign_id'", "'string'"},
		engagement(me,
			`,"ad_account_id":"1"`): {"'ad_account_id'", "does not exist"},
		engagement(me,
			`,"ad_account_id":"0"`): {"'ad_account_id'", "does not exist"},
		engagement(me,
			`,"ad_account_id":"0549755885175"`): {"'ad_account_id'", "does not exist"},
		engagement(me,
			`,"objective_type":"FAME"`): {"'objective_type'", "'AWARENESS'"},
		engagement(me, `,"url":5`): {"'url'", "'string'"},
		engagement(me,
			`,"domain":[]`): {"'domain'", "'string'"},
		engagement(me,
			`,"pin_id":"x","ad_id":"y","ad_account_id":"z","campaign_id":"w"`): {"'ad_account_id'", "'z'"},
		`{"person":{"external_id":"me"},"engagement_type":"CLICK","engaged_at":5}`: {
			"'engagement_type'", "'click'",
		},
		`{"person":{"external_id":"me"},"engagement_type":"save","engaged_at":0}`: {
			"'engaged_at'", "1 to 1780086400",
		},
		`{"person":{"external_id":"me"},"engagement_type":"save","engaged_at":-5}`: {
			"'engaged_at'", "1 to 1780086400",
		},
		`{"person":{"external_id":"me"},"engagement_type":"save","engaged_at":1780086401}`: {
			"'engaged_at'", "1780086400",
		},
		`{"person":{"external_id":"me"},"engagement_type":"save","engaged_at":"soon"}`: {
			"'engaged_at'", moment,
		},
		`{"person":{"external_id":"me"},"engagement_type":"save","engaged_at":"2026-05-31T20:26:40Z"}`: {
			"'engaged_at'", moment,
		},
		`{"person":{"external_id":"me"},"engagement_type":"save","engaged_at":5.5}`: {"'engaged_at'"},
		`{"person":{"external_id":"me"},"engagement_type":"save","engaged_at":[5]}`: {"'engaged_at'"},
	} {
		t.Run(line, func(t *testing.T) { s.reject(t, "engagements", line, words...) })
	}
	if got := s.in(t, "external_id=me"); len(got) > 0 {
		t.Errorf("somebody is in %v", got)
	}
}

func TestImportedEvents(t *testing.T) {
	s := start(t)
	tag, other := s.tag(t), s.tag(t)
	me := fmt.Sprintf(`"em":[%q]`, sha256Hex("me@example.com"))
	rule := func(more string) string {
		return s.audience(t, client.TypeVisitor, fmt.Sprintf(`{"visitor_source_id":%q%s}`, tag, more))
	}
	s.accept(t, "people", `{"external_id":"me","emails":["me@example.com"]}`)
	s.accept(t, "events", event(s.AdAccount, me, fmt.Sprintf(`,"conversion_tag_id":%q,"ingestion_source":"file_upload",`+
		`"event_data":{"order_quantity":2,"line_items":[{"product_id":"11","product_name":"pot"}],"page_name":"pots"},`+
		`"custom_data":{"value":"7.50"}`, tag)))
	for name, id := range map[string]string{
		"is of its tag":              rule(""),
		"has its source":             rule(`,"ingestion_source":{"=":["file_upload"]}`),
		"has data in a rule's names": rule(`,"event":"pagevisit","event_data":{"order_quantity":"2","page_name":"pots","value":7.5}`),
		"has items in a rule's names": rule(
			`,"event":"pagevisit","event_data":{"line_items":{"product_id":11,"product_name":"pot"}}`),
	} {
		t.Run("an event "+name, func(t *testing.T) { s.member(t, id, "external_id=me", true) })
	}
	t.Run("an event is not of another tag", func(t *testing.T) {
		s.member(t, s.audience(t, client.TypeVisitor, fmt.Sprintf(`{"visitor_source_id":%q}`, other)), "external_id=me", false)
	})
	t.Run("an event came from a tag unless said", func(t *testing.T) {
		id := rule(`,"ingestion_source":{"=":["tag"]}`)
		s.member(t, id, "external_id=me", false)
		s.accept(t, "events", event(s.AdAccount, me, ""))
		s.member(t, id, "external_id=me", true)
	})
	t.Run("who opted out is in no audience", func(t *testing.T) {
		s.accept(t, "events", event(s.AdAccount, fmt.Sprintf(`"em":[%q]`, sha256Hex("out@example.com")), `,"opt_out":true`))
		if got := s.in(t, "email=out@example.com"); len(got) > 0 {
			t.Errorf("they are in %v", got)
		}
	})
	hash := sha256Hex("x")
	for line, words := range map[string][]string{
		`{}`: {"is a required property"},
		strings.Replace(event(s.AdAccount, me, ""), `"ad_account_id":"`+s.AdAccount+`",`, "",
			1): {"'ad_account_id'", "required"},
		event("1", me, ""): {"'ad_account_id'", "does not exist"},
		event("0", me, ""): {"'ad_account_id'", "does not exist"},
		event("x", me, ""): {"'ad_account_id'", `^\d+$`},
		event(s.AdAccount, me, `,"conversion_tag_id":"1"`):                    {"'conversion_tag_id'", "does not exist"},
		event(s.AdAccount, me, `,"conversion_tag_id":"0"`):                    {"'conversion_tag_id'", "does not exist"},
		event(s.AdAccount, me, `,"conversion_tag_id":"x"`):                    {"'conversion_tag_id'", `^\d+$`},
		event(s.AdAccount, me, `,"ingestion_source":"pixel"`):                 {"'ingestion_source'", "'mmp'"},
		event(s.AdAccount, me, `,"event_data":[]`):                            {"'event_data'", "'object'"},
		event(s.AdAccount, me, `,"event_data":{"value":[1]}`):                 {"'event_data.value'"},
		event(s.AdAccount, me, `,"colour":"red"`):                             {"('colour' was unexpected)"},
		event(s.AdAccount, `"em":["me@example.com"]`, ""):                     {"'em' is not in sha256 hashed format."},
		event(s.AdAccount, `"external_id":["`+hash+`"]`, ""):                  {"'user_data.em'", "hashed_maids"},
		strings.Replace(event(s.AdAccount, me, ""), `:1779999990,`, `:5,`, 1): {"Given timestamp is in the past"},
	} {
		t.Run(line, func(t *testing.T) { s.reject(t, "events", line, words...) })
	}
}
