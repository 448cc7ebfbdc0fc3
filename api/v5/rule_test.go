package v5_test

import (
	"fmt"
	"strings"
	"testing"
)

// The four rules that must work exactly as the published page writes them.
func TestTheFourRulesAsThePageWritesThem(t *testing.T) {
	s := start(t)
	s.people(t, 0, 1500, "US")
	s.people(t, 1500, 2000, "GB")
	list := s.list(t, 0, 130)
	t.Run("CUSTOMER_LIST", func(t *testing.T) {
		s.works(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id": "%s"}`, list), 130, 129, 130)
	})
	seed := s.listed(t)[0]
	t.Run("ACTALIKE", func(t *testing.T) {
		var lines []string
		for p := range 280 { // 130 seeds, and 150 others who save the same pin
			lines = append(lines, engaged(p, "save", noon-10, `,"pin_id":"7"`))
		}
		s.lines(t, "engagements", lines...)
		s.works(t, "ACTALIKE", fmt.Sprintf(`{"seed_id": ["%s"], "country": "US", "percentage": "10"}`, seed), 150, 130, 280)
	})
	t.Run("VISITOR", func(t *testing.T) {
		tag, other := s.tag(t, "shop"), s.tag(t, "other")
		rule := fmt.Sprintf(`{"visitor_source_id": ["%s"], "retention_days": "180", `+
			`"event_source": {"=": ["web", "mobile"]}, "ingestion_source": {"=": ["tag"]}}`, tag)
		line := func(person int, more string) string {
			e := strings.TrimSuffix(event(person, "page_visit", noon-10, ""), "}")
			return e + fmt.Sprintf(`,"ad_account_id":%q%s}`, account, more)
		}
		var lines []string
		for p := range 120 {
			lines = append(lines, line(p, fmt.Sprintf(`,"conversion_tag_id":%q`, tag)))
		}
		lines = append(lines,
			strings.Replace(line(120, ""), `"web"`, `"app_ios"`, 1),
			strings.Replace(line(200, ""), `"web"`, `"offline"`, 1),
			line(201, `,"ingestion_source":"file_upload"`),
			line(202, `,"ingestion_source":"mmp"`),
			line(203, fmt.Sprintf(`,"conversion_tag_id":%q`, other)),
		)
		s.lines(t, "events", lines...)
		s.visits(t, 204, 210, noon-10, "https://shop.example/") // of the conversions API
		id := s.works(t, "VISITOR", rule, 121, 120, 200)
		for p := 201; p < 205; p++ {
			s.member(t, id, p, false)
		}
	})
	t.Run("ENGAGEMENT", func(t *testing.T) {
		var lines []string
		for p := range 110 {
			lines = append(lines, engaged(p, []string{"click", "save", "closeup", "comment", "like"}[p%5], noon-10,
				`,"url":"https://www.entomi.com/pots"`))
		}
		lines = append(lines,
			engaged(110, "save", noon-10, `,"domain":"WWW.entomi.com"`),
			engaged(200, "save", noon-10, `,"domain":"entomi.com"`),
			engaged(201, "save", noon-10, `,"domain":"shop.www.entomi.com"`),
		)
		s.lines(t, "engagements", lines...)
		id := s.works(t, "ENGAGEMENT", `{"engagement_domain": ["www.entomi.com"], "engager_type": 1}`, 111, 110, 200)
		s.member(t, id, 201, false)
	})
}

// works creates an audience, gives it a new rule that is the same, and demands its size, one member and one who is not,
// and that the rule comes back as it was sent.
func (s *service) works(t *testing.T, category, rule string, size, member, stranger int) (id string) {
	t.Helper()
	a := s.create(t, category, rule)
	for range 2 {
		if string(a.Rule) != compact(t, rule) {
			t.Errorf("the rule came back as\n%s, sent was\n%s", a.Rule, compact(t, rule))
		}
		a = s.ready(t, a.ID)
		a.is(t, size, statusOf(size))
		s.member(t, a.ID, member, true)
		s.member(t, a.ID, stranger, false)
		if string(a.Rule) != compact(t, rule) {
			t.Errorf("the rule is read as\n%s, sent was\n%s", a.Rule, compact(t, rule))
		}
		a = s.patch(t, a.ID, `{"rule":`+rule+`}`)
	}
	return s.ready(t, a.ID).ID
}

func statusOf(size int) string {
	if size < 100 {
		return "TOO_SMALL"
	}
	return "READY"
}

// shopEvents are things that persons 0, 1, 2, … did, one each.
var shopEvents = []string{
	0: event(0, "page_visit", noon-10, `,"event_source_url":"https://shop.example/red"`),
	1: event(1, "page_visit", noon-10, `,"event_source_url":"https://shop.example/blue"`),
	2: event(2, "checkout", noon-10, `,"event_source_url":"https://shop.example/red","custom_data":{"value":"116.00",`+
		`"currency":"USD","order_id":"X-1","contents":[{"id":"11","item_price":"48","quantity":1},{"id":"12"}]}`),
	3: event(3, "checkout", noon-10, `,"custom_data":{"value":"20","contents":[{"id":"11","item_price":"50"}]}`),
	4: event(4, "add_to_cart", noon-10, ""),
	5: event(5, "brew_tea", noon-10, ""),
	6: strings.Replace(event(6, "page_visit", noon-10, ""), `"web"`, `"app_android"`, 1),
}

// A rule says the same in every spelling that the published page uses, and comes back in the one that was sent.
func TestSpellingsOfARule(t *testing.T) {
	s := start(t)
	tag, other := s.tag(t, "shop"), s.tag(t, "other")
	s.happen(t, shopEvents...)
	for _, tt := range []struct {
		name, rule string
		members    []int
	}{
		{"a tag as a string", `{"visitor_source_id":"TAG"}`, []int{0, 1, 2, 3, 4, 5, 6}},
		{"two tags", `{"visitor_source_id":["TAG","OTHER"]}`, []int{0, 1, 2, 3, 4, 5, 6}},
		{"retention as a number", `{"visitor_source_id":"TAG","retention_days":180}`, []int{0, 1, 2, 3, 4, 5, 6}},
		{"retention with a point", `{"visitor_source_id":"TAG","retention_days":180.0}`, []int{0, 1, 2, 3, 4, 5, 6}},
		{"a url as a string", `{"visitor_source_id":"TAG","url":"https://shop.example/red"}`, []int{0, 2}},
		{
			"a url as a list", `{"visitor_source_id":"TAG","url":["https://shop.example/red","https://shop.example/blue"]}`,
			[]int{0, 1, 2},
		},
		{"a url that equals", `{"visitor_source_id":"TAG","url":{"=":"https://shop.example/red"}}`, []int{0, 2}},
		{"a url that differs", `{"visitor_source_id":"TAG","url":{"!=":["https://shop.example/red"]}}`, []int{1, 3, 4, 5, 6}},
		{"a url that contains", `{"visitor_source_id":"TAG","url":{"contains":["blue","green"]}}`, []int{1}},
		{"a url that does not contain", `{"visitor_source_id":"TAG","url":{"not_contains":"shop"}}`, []int{3, 4, 5, 6}},
		{
			"two operators on a url", `{"visitor_source_id":"TAG","url":{"contains":"shop","not_contains":["blue"]}}`,
			[]int{0, 2},
		},
		{"an event as a rule names it", `{"visitor_source_id":"TAG","event":"addtocart"}`, []int{4}},
		{"an event as events/create names it", `{"visitor_source_id":"TAG","event":"add_to_cart"}`, []int{4}},
		{"an event as a tag type", `{"visitor_source_id":"TAG","event":"ADD_TO_CART"}`, []int{4}},
		{"an event of a partner", `{"visitor_source_id":"TAG","event":"brew_tea"}`, []int{5}},
		{
			"an event and a url on one event",
			`{"visitor_source_id":"TAG","event":"checkout","url":["https://shop.example/red"]}`,
			[]int{2},
		},
		{
			"an event and a url on different ones",
			`{"visitor_source_id":"TAG","event":"checkout","url":"https://shop.example/blue"}`, nil,
		},
		{"a source", `{"visitor_source_id":"TAG","event_source":{"=":["mobile"]}}`, []int{6}},
		{
			"an ingestion source", `{"visitor_source_id":"TAG","ingestion_source":{"=":["conversions_api"]}}`,
			[]int{0, 1, 2, 3, 4, 5, 6},
		},
		{"data as a number", `{"visitor_source_id":"TAG","event":"checkout","event_data":{"value":116}}`, []int{2}},
		{
			"data as a string", `{"visitor_source_id":"TAG","event":"checkout","event_data":{"value":"116.0","currency":"USD"}}`,
			[]int{2},
		},
		{
			"an item",
			`{"visitor_source_id":"TAG","event":"checkout","event_data":{"line_items":{"product_id":11,"product_price":"48"}}}`,
			[]int{2},
		},
		{
			"a list of items",
			`{"visitor_source_id":"TAG","event":"checkout","event_data":{"line_items":[{"product_id":"11"}]}}`,
			[]int{2, 3},
		},
		{
			"data that need two items",
			`{"visitor_source_id":"TAG","event":"checkout","event_data":{"line_items":[{"product_id":"11"},{"product_id":"12"}]}}`,
			[]int{2},
		},
		{
			"data of two items in one",
			`{"visitor_source_id":"TAG","event":"checkout","event_data":{"line_items":[{"product_id":"12","product_price":"48"}]}}`,
			nil,
		},
		{"data that an advertiser made up", `{"visitor_source_id":"TAG","event":"checkout","event_data":{"gift":true}}`, nil},
		{
			"data without an event are not evaluated", `{"visitor_source_id":"TAG","event_data":{"value":"5"}}`,
			[]int{0, 1, 2, 3, 4, 5, 6},
		},
		{"the ad account again", `{"ad_account_id":"549755885175","visitor_source_id":"TAG","event":"checkout"}`, []int{2, 3}},
		{
			"another ad account, which does not count", `{"ad_account_id":"1","visitor_source_id":"TAG","event":"checkout"}`,
			[]int{2, 3},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rule := strings.NewReplacer("TAG", tag, "OTHER", other).Replace(tt.rule)
			a := s.complete(t, "VISITOR", rule)
			if string(a.Rule) != rule {
				t.Errorf("the rule came back as\n%s, sent was\n%s", a.Rule, rule)
			}
			a.is(t, len(tt.members), statusOf(len(tt.members)))
			for _, p := range tt.members {
				s.member(t, a.ID, p, true)
			}
		})
	}
}

func TestWhatComesBackOfARule(t *testing.T) {
	s := start(t)
	tag := s.tag(t, "shop")
	for _, tt := range []struct{ name, sent, want string }{
		{"white space goes", " { \"visitor_source_id\" :\n[ \"TAG\" ] } ", `{"visitor_source_id":["TAG"]}`},
		{
			"the order stays", `{"retention_days":3,"visitor_source_id":"TAG","event":"x"}`,
			`{"retention_days":3,"visitor_source_id":"TAG","event":"x"}`,
		},
		{"what no rule has goes", `{"visitor_source_id":"TAG","colour":"red","EVENT":"x"}`, `{"visitor_source_id":"TAG"}`},
		{"what is null goes", `{"visitor_source_id":"TAG","event":null,"engager_type":null}`, `{"visitor_source_id":"TAG"}`},
		{"no default comes", `{"visitor_source_id":"TAG"}`, `{"visitor_source_id":"TAG"}`},
		{
			"letters stay as they were written", `{"visitor_source_id":"TAG","event":"<b>é\u00e9\ud83c\udf37"}`,
			`{"visitor_source_id":"TAG","event":"<b>é\u00e9\ud83c\udf37"}`,
		},
		{
			"numbers stay as they were written", `{"visitor_source_id":"TAG","event":"e","event_data":{"value":1.50,"n":1e2}}`,
			`{"visitor_source_id":"TAG","event":"e","event_data":{"value":1.50,"n":1e2}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sent, want := strings.ReplaceAll(tt.sent, "TAG", tag), strings.ReplaceAll(tt.want, "TAG", tag)
			a := as[audience](t, s.callBeyond(t, "POST", inAccount+"/audiences",
				`{"audience_type":"VISITOR","name":"n","rule":`+sent+`}`))
			if got := string(a.Rule); got != want {
				t.Errorf("after the creation the rule is\n%s, want\n%s", got, want)
			}
			s.ready(t, a.ID)
			a = as[audience](t, s.callBeyond(t, "PATCH", pathOf(a.ID), `{"rule":`+sent+`}`))
			if got := string(a.Rule); got != want {
				t.Errorf("after the update the rule is\n%s, want\n%s", got, want)
			}
			if got := string(s.ready(t, a.ID).Rule); got != want {
				t.Errorf("the rule is read as\n%s, want\n%s", got, want)
			}
		})
	}
}

func TestRulesOfEngagement(t *testing.T) {
	s := start(t)
	of := func(more string) string { return `,"ad_account_id":"` + account + `"` + more }
	s.lines(t, "engagements",
		engaged(0, "click", noon-10, of(`,"pin_id":"7","url":"https://pins.example/7"`)),
		engaged(1, "save", noon-10, of(`,"pin_id":"8","ad_id":"70","campaign_id":"700","objective_type":"AWARENESS"`)),
		engaged(2, "closeup", noon-10, of(`,"pin_id":"7"`)),
		engaged(3, "comment", noon-10, of(`,"ad_id":"71","campaign_id":"700","objective_type":"CATALOG_SALES"`)),
		engaged(4, "like", noon-10, of("")),
		engaged(5, "save", noon-10, `,"pin_id":"7"`), // of nobody's content
	)
	for _, tt := range []struct {
		name, rule string
		members    []int
	}{
		{"any engagement", `{"engager_type":1}`, []int{0, 1, 2, 3, 4}},
		{"any engagement, as a string", `{"engager_type":"1"}`, []int{0, 1, 2, 3, 4}},
		{"of high intent", `{"engager_type":2}`, []int{0, 1}},
		{"of one kind", `{"engagement_type":"comment"}`, []int{3}},
		{"with a pin", `{"pin_id":["7","9"]}`, []int{0, 2}},
		{"with a pin, as a string", `{"pin_id":"8"}`, []int{1}},
		{"with an ad", `{"ad_id":["71"]}`, []int{3}},
		{"with a campaign", `{"campaign_id":["700"]}`, []int{1, 3}},
		{"with an objective", `{"objective_type":["AWARENESS","VIDEO_COMPLETION"]}`, []int{1}},
		{"with a pin's url", `{"url":["https://pins.example/7"]}`, []int{0}},
		{"with all of it at once", `{"campaign_id":["700"],"engagement_type":"save","ad_id":["70"]}`, []int{1}},
		{"with what no one engagement has", `{"campaign_id":["700"],"pin_id":["7"]}`, nil},
		{"of the ad account, as the SDK says it", `{"engager_type":1,"ad_account_id":"` + account + `"}`, []int{0, 1, 2, 3, 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := s.complete(t, "ENGAGEMENT", tt.rule)
			if string(a.Rule) != tt.rule {
				t.Errorf("the rule came back as\n%s, sent was\n%s", a.Rule, tt.rule)
			}
			a.is(t, len(tt.members), statusOf(len(tt.members)))
			for _, p := range tt.members {
				s.member(t, a.ID, p, true)
			}
		})
	}
}

func TestRulesOfActAlike(t *testing.T) {
	s := start(t)
	s.people(t, 0, 990, "US")
	s.people(t, 990, 1500, "GB")
	seed := s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, s.list(t, 0, 100))).ID
	other := s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, s.list(t, 50, 200))).ID
	var smaller []int
	for percentage := 1; percentage <= 10; percentage++ {
		a := s.complete(t, "ACTALIKE", fmt.Sprintf(`{"seed_id":[%q],"country":"US","percentage":%d}`, seed, percentage))
		if want := (990*percentage + 99) / 100; a.Size != want {
			t.Errorf("%d%% of 990 persons are %d, want %d", percentage, a.Size, want)
		}
		if percentage%3 != 0 {
			continue
		}
		var members []int
		for p := 95; p < 230; p++ {
			if in := s.in(t, p); strings.Contains(strings.Join(in, " "), a.ID) {
				members = append(members, p)
			}
		}
		for _, p := range smaller {
			s.member(t, a.ID, p, true) // the smaller audience is in the larger one
		}
		smaller = members
		for p := range 3 {
			s.member(t, a.ID, p, false) // no seed is in it
		}
		s.member(t, a.ID, 1200, false) // nor is somebody of another country
	}
	t.Run("one seed as a string, the percentage as a string", func(t *testing.T) {
		s.works(t, "ACTALIKE", fmt.Sprintf(`{"seed_id":%q,"country":"GB","percentage":"10"}`, seed), 51, 990, 0)
	})
	t.Run("two seeds are left out both", func(t *testing.T) {
		rule := fmt.Sprintf(`{"seed_id":[%q,%q],"country":"US","percentage":10}`, seed, other)
		id := s.complete(t, "ACTALIKE", rule).ID
		s.member(t, id, 199, false)
		s.member(t, id, 200, true)
	})
}
