package v5_test

import (
	"fmt"
	"net/http"
	"testing"
)

// quality is an entry of the answer about the quality of events.
type quality struct {
	Status     string                       `json:"overall_status"`
	Platform   string                       `json:"source_platform"`
	Ingestion  string                       `json:"ingestion_source"`
	Lookback   string                       `json:"lookback_period"`
	Components map[string]map[string]detail `json:"quality_components"`
}

type detail struct {
	Coverage float64
	Issues   []struct{ ID, Name, Reason string }
}

// rated reads the quality of the ad account's events.
func (s *service) rated(t testing.TB, query string) []quality {
	t.Helper()
	return as[[]quality](t, s.call(t, http.MethodGet, inAccount+"/conversion_eqs?"+query, ""))
}

// carrying is an event of a name, with an id of its own, of somebody and of what else is given.
func carrying(n int, name, source string, at int64, user, more string) string {
	return fmt.Sprintf(`{"event_name":%q,"action_source":%q,"event_time":%d,"event_id":"e%d","user_data":{%s}%s}`,
		name, source, at, n, user, more)
}

// Who an event names: by an e-mail address, or only by where they are.
var (
	byEmail = fmt.Sprintf(`"em":[%q]`, sha256Hex(email(1)))
	byAgent = `"client_ip_address":"192.0.2.7","client_user_agent":"Mozilla/5.0"`
)

func (q *quality) coverage(t testing.TB, component, name string, want float64, issues int) {
	t.Helper()
	d, there := q.Components[component][name]
	if !there || d.Coverage != want || len(d.Issues) != issues {
		t.Errorf("%s of %s is %+v (there: %v), want a coverage of %v and %d issues", component, name, d, there, want, issues)
	}
}

func TestTheQualityOfEvents(t *testing.T) {
	s := start(t)
	if got := string(s.call(t, http.MethodGet, inAccount+"/conversion_eqs?lookback_period=1d", "").body); got != "[]" {
		t.Errorf("before there are events the answer is %s", got)
	}
	const order = `,"event_source_url":"https://shop.example/","custom_data":{"order_id":"o","value":"7.50","content_ids":["1"]}`
	var events []string
	for n := range 10 {
		user, more := byAgent, `,"event_source_url":"https://shop.example/"`
		if n < 4 {
			user, more = byAgent+","+byEmail, order
		}
		events = append(events, carrying(n, "checkout", "web", noon, user, more))
	}
	s.happen(t, events...)
	s.happen(t, events[:7]...) // again: they count once
	got := s.rated(t, "lookback_period=14d")
	if len(got) != 1 || got[0].Platform != "WEB" || got[0].Ingestion != "CONVERSIONS_API" || got[0].Lookback != "14d" {
		t.Fatalf("the answer is %+v", got)
	}
	for component, want := range map[string]float64{
		"hashed_email": 40, "advertiser_external_id": 0, "click_id_epik": 0, "external_event_id": 100, "ip_address": 100,
		"user_agent": 100, "source_url": 100, "order_id": 40, "order_value": 40, "product_id": 40,
	} {
		issues := 0
		if want < 100 {
			issues = 1
		}
		got[0].coverage(t, component, "checkout", want, issues)
	}
	if _, there := got[0].Components["hashed_maid"]; there {
		t.Error("a page is asked for the advertising id of a device")
	}
	issue := got[0].Components["hashed_email"]["checkout"].Issues[0]
	if issue.ID != "hashed_email__CHECKOUT" || issue.Reason != "40% of these events came with hashed_email: 60% and more are good" {
		t.Errorf("the issue is %+v", issue)
	}
	s.wipe(t)
	if got := s.rated(t, "lookback_period=14d"); len(got) > 0 {
		t.Errorf("after the sandbox was deleted there is still %+v", got)
	}
}

// Points are collected over the components that count: here seven, or three of an offline event.
func TestTheOverallQuality(t *testing.T) {
	const url = `,"event_source_url":"https://shop.example/"`
	external := fmt.Sprintf(`,"external_id":[%q]`, sha256Hex("x"))
	for _, tt := range []struct{ name, source, user, more, want string }{
		{"nothing but where somebody is", "web", byAgent, "", "NEEDS_IMPROVEMENT"},           // 3 of 7
		{"the page as well", "web", byAgent, url, "FAIR"},                                    // 4 of 7
		{"an e-mail address as well", "web", byAgent + "," + byEmail, url, "FAIR"},           // 5 of 7
		{"two names as well", "web", byAgent + "," + byEmail + external, url, "GOOD"},        // 6 of 7
		{"a click as well", "web", byAgent + "," + byEmail + `,"click_id":"c"`, url, "GOOD"}, // 6 of 7
		{"an app with an e-mail address alone", "app_ios", byEmail, "", "NEEDS_IMPROVEMENT"}, // 2 of 6
		{"an app that says where as well", "app_ios", byAgent + "," + byEmail, "", "FAIR"},   // 4 of 6
		{"an app with all", "app_ios", byAgent + "," + byEmail + external, "", "GOOD"},       // 5 of 6
		{"a shop with an e-mail address", "offline", byEmail, "", "FAIR"},                    // 1 of 2
		{"a shop with two names", "offline", byEmail + external, "", "GOOD"},                 // 2 of 2
		{"a shop where nobody is known", "offline", byAgent, "", "NEEDS_IMPROVEMENT"},        // 0 of 2
		{"an app that knows where alone", "app_android", byAgent, "", "FAIR"},                // 3 of 6
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t)
			s.happen(t, carrying(1, "lead", tt.source, noon, tt.user, tt.more))
			if got := s.rated(t, "lookback_period=1d"); len(got) != 1 || got[0].Status != tt.want {
				t.Errorf("the answer is %+v, want %s", got, tt.want)
			}
		})
	}
}

// A share at the edge: 3 of 10 are fair, and 6 of 10 are good.
func TestTheEdgesOfQuality(t *testing.T) {
	for _, tt := range []struct {
		with int
		want string // of an offline event, for which two components count, of which the other one is always there
	}{{2, "FAIR"}, {3, "GOOD"}, {5, "GOOD"}, {6, "GOOD"}} {
		s := start(t)
		var events []string
		for n := range 10 {
			user := byAgent + fmt.Sprintf(`,"external_id":[%q]`, sha256Hex("x"))
			if n < tt.with {
				user += "," + byEmail
			}
			events = append(events, carrying(n, "lead", "offline", noon, user, ""))
		}
		s.happen(t, events...)
		got := s.rated(t, "lookback_period=1d")
		if len(got) != 1 || got[0].Status != tt.want {
			t.Errorf("with %d of 10 the answer is %+v, want %s", tt.with, got, tt.want)
			continue
		}
		issues := 1
		if tt.with >= 6 {
			issues = 0
		}
		got[0].coverage(t, "hashed_email", "lead", float64(10*tt.with), issues)
	}
}

func TestTheQualityOfPlatformsAndSources(t *testing.T) {
	s := start(t)
	s.happen(t,
		carrying(1, "lead", "web", noon, byEmail, ""), carrying(2, "lead", "app_ios", noon, byEmail, ""),
		carrying(3, "lead", "app_android", noon, byAgent, ""), carrying(4, "signup", "app_android", noon, byAgent, ""),
		carrying(5, "lead", "offline", noon, byEmail, ""), carrying(6, "Moth found", "web", noon, byEmail, ""),
		carrying(7, "Owl found", "web", noon, byAgent, ""))
	s.happen(t, carrying(8, "search", "web", noon, byEmail, `,"opt_out":true`)) // who it was is not kept, what it came with is
	s.lines(t, "events", fmt.Sprintf(`{"ad_account_id":%q,"ingestion_source":"mmp",`, account)+carrying(9, "lead", "app_ios", noon, byEmail, "")[1:],
		fmt.Sprintf(`{"ad_account_id":%q,`, account)+carrying(10, "lead", "web", noon, byEmail, "")[1:])
	for query, want := range map[string][]string{
		"":                                {"WEB TAG", "WEB CONVERSIONS_API", "MOBILE MMP", "MOBILE CONVERSIONS_API", "OFFLINE CONVERSIONS_API"},
		"&source_platform=WEB":            {"WEB TAG", "WEB CONVERSIONS_API"},
		"&source_platform=MOBILE":         {"MOBILE MMP", "MOBILE CONVERSIONS_API"},
		"&source_platform=MOBILE_ANDROID": {"MOBILE_ANDROID CONVERSIONS_API"},
		"&source_platform=MOBILE_IOS":     {"MOBILE_IOS MMP", "MOBILE_IOS CONVERSIONS_API"},
		"&source_platform=POINT_OF_SALE":  {},
		"&ingestion_source=TAG":           {"WEB TAG"},
		"&ingestion_source=NATIVE":        {},
		"&ingestion_source=FILE_UPLOAD":   {},
		"&ingestion_source=CONVERSIONS_API&source_platform=OFFLINE": {"OFFLINE CONVERSIONS_API"},
	} {
		got := []string{}
		for _, q := range s.rated(t, "lookback_period=1d"+query) {
			got = append(got, q.Platform+" "+q.Ingestion)
		}
		mustEqual(t, "the entries of "+query, got, want)
	}
	web := s.rated(t, "lookback_period=1d&source_platform=WEB&ingestion_source=CONVERSIONS_API")[0]
	web.coverage(t, "hashed_email", "lead", 100, 0)
	web.coverage(t, "hashed_email", "search", 100, 0)
	web.coverage(t, "hashed_email", "advertiser_defined_event", 50, 1)
	apps := s.rated(t, "lookback_period=1d&source_platform=MOBILE&ingestion_source=CONVERSIONS_API")[0]
	apps.coverage(t, "hashed_email", "lead", 50, 1)
	apps.coverage(t, "hashed_maid", "signup", 0, 1)
}

// The period is that of the events: today, in UTC, and the whole days before it.
func TestThePeriodOfQuality(t *testing.T) {
	s := start(t)
	const today = noon - noon%day
	for i, at := range []int64{today, today - 1, today - day, today - day - 1, today - 14*day, today - 14*day - 1} {
		s.happen(t, carrying(i, []string{"lead", "signup", "search", "custom", "checkout", "contact"}[i], "web", at, byEmail, ""))
	}
	for period, want := range map[string]int{"1d": 3, "14d": 5} {
		if got := s.rated(t, "lookback_period="+period)[0].Components["hashed_email"]; len(got) != want {
			t.Errorf("within %s there are %v, want %d names", period, got, want)
		}
	}
	s.clock.seconds.Add(20 * day)
	if got := s.rated(t, "lookback_period=14d"); len(got) > 0 {
		t.Errorf("20 days later there is still %+v", got)
	}
	s.happen(t, carrying(9, "lead", "web", today+20*day, byEmail, "")) // in the place of an old day
	if got := s.rated(t, "lookback_period=14d"); len(got) != 1 || len(got[0].Components["hashed_email"]) != 1 {
		t.Errorf("after one more event the answer is %+v", got)
	}
}

func TestRefusedQuestionsAboutQuality(t *testing.T) {
	s := start(t)
	for query, words := range map[string][]string{
		"":                                       {"'lookback_period'", "required", "'1d', '14d'"},
		"lookback_period=":                       {"'lookback_period'", "'1d', '14d'"},
		"lookback_period=7d":                     {"'lookback_period'", "7d"},
		"lookback_period=1d&source_platform=web": {"'source_platform'", "'POINT_OF_SALE'"},
		"lookback_period=1d&source_platform=":    {"'source_platform'"},
		"lookback_period=1d&ingestion_source=API": {"'ingestion_source'", "'CONVERSIONS_API'"},
	} {
		s.refuse(t, http.MethodGet, inAccount+"/conversion_eqs?"+query, "", 400, 1, words...)
	}
}

// A test stores nothing, so nothing is rated; a restart keeps what was.
func TestQualityIsOfWhatWasStored(t *testing.T) {
	s := startIn(t, t.TempDir())
	s.call(t, http.MethodPost, eventsPath+"?test=true", request(carrying(1, "lead", "web", noon, byEmail, "")))
	if got := s.rated(t, "lookback_period=1d"); len(got) > 0 {
		t.Errorf("after a test there is %+v", got)
	}
	s.happen(t, carrying(1, "lead", "web", noon, byEmail, ""))
	s.reopen(t)
	if got := s.rated(t, "lookback_period=1d"); len(got) != 1 {
		t.Errorf("after a restart there is %+v", got)
	}
}

func TestTheEventsOfTheAdvertiser(t *testing.T) {
	s := start(t)
	const path = inAccount + "/advertiser_defined_events"
	want := func(text string) {
		t.Helper()
		if got := string(s.call(t, http.MethodGet, path, "").body); got != compact(t, text) {
			t.Errorf("the answer is\n%s, want\n%s", got, compact(t, text))
		}
	}
	want(`{"items":[]}`)
	for i, name := range []string{"moth_found", "checkout", "PageVisit", "Add to Cart", "PAGE_VISIT", "Moth found", "moth_found", "über"} {
		s.happen(t, carrying(i, name, "web", noon, byEmail, ""))
	}
	s.happen(t, carrying(20, "in secret", "web", noon, byEmail, `,"opt_out":true`))
	other := s.newAccount(t, business)
	s.call(t, http.MethodPost, "/v5/ad_accounts/"+other+"/events", request(carrying(1, "theirs", "web", noon, byEmail, "")))
	s.lines(t, "engagements", engaged(1, "save", noon, fmt.Sprintf(`,"ad_account_id":%q`, account)))
	want(`{"items":[{"name":"Add to Cart","mapped_conversion_type":"ADD_TO_CART"},{"name":"Moth found","mapped_conversion_type":null},
		{"name":"PageVisit","mapped_conversion_type":"PAGE_VISIT"},{"name":"moth_found","mapped_conversion_type":null},
		{"name":"über","mapped_conversion_type":null}]}`)
	s.wipe(t)
	want(`{"items":[]}`)
}
