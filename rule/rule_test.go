package rule_test

import (
	"slices"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
	"github.com/parterre/parterre/rule/ruletest"
)

// selector is an evaluator that asks Match, Accounts and Window. What these say nothing about, lists and ACTALIKE, is the
// naive evaluator's.
type selector struct {
	ruletest.Evaluator
	events    []happening
	audiences map[parterre.ID]standing
}

type happening struct {
	person string
	facet  parterre.Facet
	at     parterre.Stamp
}

type standing struct {
	account parterre.ID
	rule    rule.Rule
	arrived int
}

func newSelector(t testing.TB) ruletest.Evaluator {
	return &selector{Evaluator: ruletest.Naive(t), audiences: map[parterre.ID]standing{}}
}

func (s *selector) Happen(person string, f parterre.Facet, at parterre.Stamp) error {
	s.events = append(s.events, happening{person, f, at})
	return s.Evaluator.Happen(person, f, at)
}

func (s *selector) Set(audience, account parterre.ID, r rule.Rule, at int64) error {
	s.audiences[audience] = standing{account, r, len(s.events)}
	return s.Evaluator.Set(audience, account, r, at)
}

func (s *selector) Remove(audience parterre.ID) error {
	delete(s.audiences, audience)
	return s.Evaluator.Remove(audience)
}

func (s *selector) Members(audience parterre.ID, at int64) ([]string, error) {
	a, ok := s.audiences[audience]
	if !ok || len(a.rule.Accounts(a.account)) == 0 {
		return s.Evaluator.Members(audience, at)
	}
	events := s.events
	if a.rule.Visitor != nil && !a.rule.Visitor.Prefill {
		events = events[a.arrived:]
	}
	var members []string
	for _, e := range events {
		concerned := slices.Contains(a.rule.Accounts(a.account), e.facet.Account)
		if concerned && a.rule.Match(&e.facet) && at-int64(e.at) <= a.rule.Window() {
			members = append(members, e.person)
		}
	}
	slices.Sort(members)
	return slices.Compact(members), nil
}

func TestMatchMeansWhatTheCorpusSays(t *testing.T) {
	ruletest.Run(t, newSelector)
}

func TestMatchAgreesWithTheNaiveEvaluator(t *testing.T) {
	ruletest.Histories(t, newSelector, ruletest.HistoryOptions{Histories: 60})
}

func TestAWindowIsTheRetentionInSeconds(t *testing.T) {
	for _, c := range []struct {
		kind parterre.AudienceType
		text string
		want int64
	}{
		{parterre.VisitorAudience, `{"visitor_source_id":"7","retention_days":1}`, 86_400},
		{parterre.VisitorAudience, `{"visitor_source_id":"7"}`, 180 * 86_400},
		{parterre.EngagementAudience, `{"engager_type":1,"retention_days":"540"}`, 540 * 86_400},
		{parterre.CustomerListAudience, `{"customer_list_id":"643"}`, 0},
		{parterre.ActAlikeAudience, `{"seed_id":"10","country":"US","percentage":1}`, 0},
	} {
		if got := mustDecode(t, c.kind, c.text).Window(); got != c.want {
			t.Errorf("%s: %d, not %d", c.text, got, c.want)
		}
	}
}

func TestARuleLooksAtTheFacetsOfItsAccounts(t *testing.T) {
	const own = 549755885175
	for _, c := range []struct {
		kind parterre.AudienceType
		text string
		want []parterre.ID
	}{
		{parterre.VisitorAudience, `{"visitor_source_id":"7"}`, []parterre.ID{own}},
		{parterre.VisitorAudience, `{"visitor_source_id":"7","ad_account_id":"1"}`, []parterre.ID{own}},
		{parterre.EngagementAudience, `{"engager_type":1}`, []parterre.ID{own}},
		{parterre.EngagementAudience, `{"engagement_domain":"a.example"}`, []parterre.ID{0, own}},
		{parterre.CustomerListAudience, `{"customer_list_id":"643"}`, nil},
		{parterre.ActAlikeAudience, `{"seed_id":"10","country":"US","percentage":1}`, nil},
	} {
		r := mustDecode(t, c.kind, c.text)
		if got := r.Accounts(own); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", c.text, got, c.want)
		}
		for _, kind := range []parterre.FacetKind{parterre.Conversion, parterre.Engagement} {
			if c.want == nil && r.Match(&parterre.Facet{Kind: kind}) {
				t.Errorf("%s selects a facet", c.text)
			}
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	r := mustDecode(b, parterre.VisitorAudience, `{"visitor_source_id":["7","8"],"event":"checkout",
		"url":{"contains":["/till","/express"],"not_contains":"test"},"event_source":{"=":["web","mobile"]},
		"event_data":{"currency":"USD","line_items":[{"product_id":11}]}}`)
	facet := parterre.Facet{
		Kind: parterre.Conversion, Account: 1, Tag: 8, Name: "checkout", Source: parterre.Web, Ingestion: parterre.FromTag,
		URL: "https://shop.example/de/express?step=2",
		Data: parterre.EventData{
			Fields: parterre.SortData([]parterre.Datum{{Name: "currency", Value: "USD"}, {Name: "value", Value: "116"}}),
			Items:  [][]parterre.Datum{{{Name: "product_id", Value: "9"}}, {{Name: "product_id", Value: "11"}}},
		},
	}
	other := facet
	other.Name = "page_visit"
	for _, c := range []struct {
		name  string
		facet parterre.Facet
		want  bool
	}{{"a facet that meets all conditions", facet, true}, {"a facet of another event", other, false}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r.Match(&c.facet) != c.want {
					b.Fatal("it is judged wrongly")
				}
			}
		})
	}
}

func mustDecode(t testing.TB, kind parterre.AudienceType, text string) *rule.Rule {
	t.Helper()
	r, err := rule.Decode("rule", kind, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &r
}
