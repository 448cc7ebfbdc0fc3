package parterre_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/parterre/parterre"
)

func TestTheSpellingsOfAnEventNameAreOneName(t *testing.T) {
	for _, c := range []struct{ rule, event, tag string }{
		{"pagevisit", "page_visit", "PAGE_VISIT"},
		{"signup", "signup", "SIGNUP"},
		{"checkout", "checkout", "CHECKOUT"},
		{"viewcategory", "view_category", "VIEW_CATEGORY"},
		{"search", "search", "SEARCH"},
		{"addtocart", "add_to_cart", "ADD_TO_CART"},
		{"watchvideo", "watch_video", "WATCH_VIDEO"},
		{"lead", "lead", "LEAD"},
		{"custom", "custom", "CUSTOM"},
		{"appinstall", "app_install", "APP_INSTALL"},
		{"initiatecheckout", "initiate_checkout", "INITIATE_CHECKOUT"},
	} {
		for _, s := range []string{c.rule, c.event, c.tag} {
			if name, known := parterre.EventName(s); name != c.event || !known {
				t.Errorf("%s is %s (known: %t), not %s", s, name, known, c.event)
			}
		}
	}
}

func TestANameThatSomebodyMadeUpIsLeftAsItIs(t *testing.T) {
	for _, s := range []string{
		"ss-acme", "PageVisit", "Page_Visit", "PAGEVISIT", "page-visit", " checkout", "", "pagevisit_", "größe",
	} {
		if name, known := parterre.EventName(s); name != s || known {
			t.Errorf("%q is %q (known: %t)", s, name, known)
		}
	}
}

func TestAnActionSourceIsAnEventSource(t *testing.T) {
	want := map[string]parterre.EventSource{
		"web": parterre.Web, "app_android": parterre.Mobile, "app_ios": parterre.Mobile, "offline": parterre.Offline,
	}
	if len(parterre.ActionSources) != len(want) {
		t.Errorf("the action sources are %q", parterre.ActionSources)
	}
	for _, action := range parterre.ActionSources {
		if got, ok := parterre.SourceOfAction(action); !ok || got != want[action] {
			t.Errorf("%s is %q, %t", action, got, ok)
		}
	}
	for _, action := range []string{"", "mobile", "Web", "app"} {
		if got, ok := parterre.SourceOfAction(action); ok || got != "" {
			t.Errorf("%q is %q", action, got)
		}
	}
}

func TestAWordIsReadExactlyAndARefusalNamesAllThatAreAllowed(t *testing.T) {
	event := func(s string) (string, error) {
		w, err := parterre.ParseEventSource("f", s)
		return string(w), err
	}
	ingestion := func(s string) (string, error) {
		w, err := parterre.ParseIngestionSource("f", s)
		return string(w), err
	}
	engagement := func(s string) (string, error) {
		w, err := parterre.ParseEngagementType("f", s)
		return string(w), err
	}
	objective := func(s string) (string, error) { return parterre.ParseObjective("f", s) }
	audience := func(s string) (string, error) {
		w, err := parterre.ParseAudienceType("f", s)
		return string(w), err
	}
	for _, c := range []struct {
		name  string
		parse func(string) (string, error)
		words string
	}{
		{"event source", event, "web mobile offline"},
		{"ingestion source", ingestion, "tag mmp file_upload conversions_api"},
		{"engagement type", engagement, "click save closeup comment like"},
		{
			"objective", objective,
			"AWARENESS CONSIDERATION WEB_CONVERSION CATALOG_SALES VIDEO_COMPLETION VIDEO_VIEW WEB_SESSIONS",
		},
		{"audience type", audience, "CUSTOMER_LIST VISITOR ENGAGEMENT ACTALIKE"},
	} {
		words := strings.Fields(c.words)
		for _, w := range words {
			if got, err := c.parse(w); err != nil || got != w {
				t.Errorf("%s %s: %q, %v", c.name, w, got, err)
			}
		}
		all := "['" + strings.Join(words, "', '") + "']"
		for _, w := range []string{"", "x", strings.ToUpper(words[0]) + " ", " " + words[0], words[0] + words[1]} {
			got, err := c.parse(w)
			var e *parterre.Error
			if got != "" || !errors.As(err, &e) || e.Code != parterre.InvalidRequest || e.Field != "f" {
				t.Fatalf("%s %q: %q, %v", c.name, w, got, err)
			}
			if want := parterre.Quote(w) + " is not one of " + all + " ('f')"; e.Public != want {
				t.Errorf("%s %q: %s", c.name, w, e.Public)
			}
		}
	}
}

func TestAPersonaAudienceIsKnownButRefused(t *testing.T) {
	_, err := parterre.ParseAudienceType("audience_type", "PERSONA")
	want := "'audience_type' PERSONA cannot be created over the API; " +
		"allowed: ['CUSTOMER_LIST', 'VISITOR', 'ENGAGEMENT', 'ACTALIKE']"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestACountryIsTwoUpperCaseLettersThatStandForOne(t *testing.T) {
	for _, s := range []string{"US", "CA", "GB", "DE", "JP", "AD", "ZW"} {
		if got, err := parterre.ParseCountry("country", s); err != nil || got != s {
			t.Errorf("%s: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "U", "us", "Us", "USA", "XX", "ZZ", "  ", "S ", " A", "D A", "UK", "A\x00"} {
		got, err := parterre.ParseCountry("country", s)
		if got != "" || parterre.CodeOf(err) != parterre.InvalidRequest || !strings.Contains(err.Error(), "'country'") ||
			!strings.Contains(err.Error(), "two upper-case letters are allowed") {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
}
