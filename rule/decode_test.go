package rule_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

// What is refused, and with which words, stands in the corpus of package ruletest.

// sample is a rule in one spelling of many.
type sample struct {
	name, text string
	sent       string // when it is not the text itself
	want       rule.Rule
}

func visitor(change func(v *rule.Visitor)) rule.Rule {
	v := rule.Visitor{Tags: []parterre.ID{7}, RetentionDays: 180, Prefill: true}
	change(&v)
	return rule.Rule{Type: parterre.VisitorAudience, Visitor: &v}
}

func engagement(change func(e *rule.Engagement)) rule.Rule {
	e := rule.Engagement{RetentionDays: 180}
	change(&e)
	return rule.Rule{Type: parterre.EngagementAudience, Engagement: &e}
}

func list(id parterre.ID) rule.Rule {
	return rule.Rule{Type: parterre.CustomerListAudience, List: &rule.List{ID: id}}
}

func actAlike(seeds ...parterre.ID) rule.Rule {
	return rule.Rule{Type: parterre.ActAlikeAudience, ActAlike: &rule.ActAlike{Seeds: seeds, Country: "US", Percentage: 10}}
}

var samples = []sample{
	{name: "a list as a string", text: `{"customer_list_id":"643"}`, want: list(643)},
	{name: "a list as a list of one", text: `{"customer_list_id":["643"]}`, want: list(643)},
	{name: "a list that is named twice", text: `{"customer_list_id":["643","643"]}`, want: list(643)},
	{name: "the longest id", text: `{"customer_list_id":"999999999999999999"}`, want: list(999999999999999999)},
	{name: "an id that nothing has", text: `{"customer_list_id":"0643"}`, want: list(0)},
	{name: "the published rule", text: `{"seed_id":["10"],"country":"US","percentage":"10"}`, want: actAlike(10)},
	{name: "a seed outside a list", text: `{"percentage":10,"seed_id":"10","country":"US"}`, want: actAlike(10)},
	{name: "seeds in disorder", text: `{"seed_id":["12","10","12"],"country":"US","percentage":10}`, want: actAlike(10, 12)},
	{name: "a visitor's tag as a string", text: `{"visitor_source_id":"7"}`, want: visitor(func(*rule.Visitor) {})},
	{
		name: "the published visitor rule",
		text: `{"visitor_source_id":["7"],"retention_days":"180","event_source":{"=":["web","mobile"]},` +
			`"ingestion_source":{"=":["tag"]}}`,
		want: visitor(func(v *rule.Visitor) {
			v.Sources = []parterre.EventSource{parterre.Mobile, parterre.Web}
			v.Ingestions = []parterre.IngestionSource{parterre.FromTag}
		}),
	},
	{
		name: "retention as a number",
		text: `{"visitor_source_id":"7","retention_days":540}`,
		want: visitor(func(v *rule.Visitor) { v.RetentionDays = 540 }),
	},
	{
		name: "no prefill", text: `{"prefill":false,"visitor_source_id":"7"}`,
		want: visitor(func(v *rule.Visitor) { v.Prefill = false }),
	},
	{
		name: "several tags", text: `{"visitor_source_id":["8","7","8"]}`,
		want: visitor(func(v *rule.Visitor) { v.Tags = []parterre.ID{7, 8} }),
	},
	{
		name: "an event in the spelling of rules", text: `{"visitor_source_id":"7","event":"addtocart"}`,
		want: visitor(func(v *rule.Visitor) { v.Event = "add_to_cart" }),
	},
	{
		name: "an event of a partner", text: `{"visitor_source_id":"7","event":"ss-Acme"}`,
		want: visitor(func(v *rule.Visitor) { v.Event = "ss-Acme" }),
	},
	{
		name: "a URL", text: `{"visitor_source_id":"7","url":"https://a.example/"}`,
		want: visitor(func(v *rule.Visitor) { v.URL = rule.URL{Equal: []string{"https://a.example/"}} }),
	},
	{
		name: "a list of URLs, in order", text: `{"visitor_source_id":"7","url":["b","a"]}`,
		want: visitor(func(v *rule.Visitor) { v.URL = rule.URL{Equal: []string{"b", "a"}} }),
	},
	{
		name: "all operators",
		text: `{"visitor_source_id":"7","url":{"=":"a","!=":["b"],"contains":["c","d"],"not_contains":"e"}}`,
		want: visitor(func(v *rule.Visitor) {
			v.URL = rule.URL{
				Equal: []string{"a"}, NotEqual: []string{"b"}, Contains: []string{"c", "d"}, NotContains: []string{"e"},
			}
		}),
	},
	{
		name: "event data",
		text: `{"visitor_source_id":"7","event":"checkout","event_data":{"value":"116.00","search_string":"a","line_items":` +
			`[{"product_price":48,"id":11},{}],"member":true,"order_id":null}}`,
		want: visitor(func(v *rule.Visitor) {
			v.Event = "checkout"
			v.Data = parterre.EventData{
				Fields: []parterre.Datum{
					{Name: "member", Value: "true"}, {Name: "search_query", Value: "a"}, {Name: "value", Value: "116"},
				},
				Items: [][]parterre.Datum{{{Name: "product_id", Value: "11"}, {Name: "product_price", Value: "48"}}, nil},
			}
		}),
	},
	{
		name: "event data without an event", text: `{"visitor_source_id":"7","event_data":{"value":116}}`,
		want: visitor(func(*rule.Visitor) {}),
	},
	{name: "any engager", text: `{"engager_type":1}`, want: engagement(func(*rule.Engagement) {})},
	{
		name: "engagers of high intent", text: `{"engager_type":"2"}`,
		want: engagement(func(e *rule.Engagement) { e.Optimised = true }),
	},
	{
		name: "the published engagement rule", text: `{"engagement_domain":["www.entomi.com"],"engager_type":1}`,
		want: engagement(func(e *rule.Engagement) { e.Domains = []string{"www.entomi.com"} }),
	},
	{
		name: "engagements, every condition",
		text: `{"engagement_domain":" WWW.Entomi.com","engagement_type":"save","pin_id":"12","ad_id":["22","21"],` +
			`"campaign_id":["31"],"objective_type":"AWARENESS","url":{"contains":"x"},"retention_days":"30"}`,
		want: engagement(func(e *rule.Engagement) {
			*e = rule.Engagement{
				Domains: []string{"www.entomi.com"}, Type: parterre.Save, Pins: []parterre.ID{12}, Ads: []parterre.ID{21, 22},
				Campaigns: []parterre.ID{31}, Objectives: []string{"AWARENESS"}, URL: rule.URL{Contains: []string{"x"}},
				RetentionDays: 30,
			}
		}),
	},
	{
		name: "unknown members", text: `{"colour":"red","customer_list_id":"643","more":{"customer_list_id":5}}`,
		sent: `{"customer_list_id":"643"}`, want: list(643),
	},
	{
		name: "nulls, of any rule", text: `{"seed_id":null,"customer_list_id":"643","ad_account_id":null,"x":null}`,
		sent: `{"customer_list_id":"643"}`, want: list(643),
	},
	{
		name: "the ad account", text: `{"ad_account_id":"549755885175","customer_list_id":"643"}`, want: list(643),
	},
	{
		name: "space", text: "\t{ \"customer_list_id\" :\r\n [ \"643\" ] }  ",
		sent: `{"customer_list_id":["643"]}`, want: list(643),
	},
	{
		name: "numbers in a spelling of their own", text: `{"visitor_source_id":"7","retention_days":1.8e2}`,
		want: visitor(func(*rule.Visitor) {}),
	},
	{
		name: "signs that HTML or Unicode would escape",
		text: `{"url":"a?b=<1>&c=2\u003d` + "\u2028" + `","visitor_source_id":"7"}`,
		want: visitor(func(v *rule.Visitor) { v.URL = rule.URL{Equal: []string{"a?b=<1>&c=2=\u2028"}} }),
	},
	{
		name: "nulls inside a condition", text: `{"visitor_source_id":"7","url":{"=":null,"!=":"b"}}`,
		want: visitor(func(v *rule.Visitor) { v.URL = rule.URL{NotEqual: []string{"b"}} }),
	},
}

func TestARuleHasANormalFormAndEchoesWhatWasSent(t *testing.T) {
	for _, c := range samples {
		t.Run(c.name, func(t *testing.T) {
			got, err := rule.Decode("rule", c.want.Type, []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			want.Sent = json.RawMessage(c.sent)
			if c.sent == "" {
				want.Sent = json.RawMessage(c.text)
			}
			if diff := cmp.Diff(string(want.Sent), string(got.Sent)); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rule (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARefusalNamesThePathOfTheMember(t *testing.T) {
	for _, c := range []struct{ path, rule, field, message string }{
		{"rule", `{}`, "rule.visitor_source_id", "Invalid request: 'rule.visitor_source_id' is a required property"},
		{"", `{}`, "visitor_source_id", "Invalid request: 'visitor_source_id' is a required property"},
		{"rule", `[]`, "rule", "Invalid request: 'rule' [] is not of type 'object'"},
		{
			"a.rule", `{"visitor_source_id":"x"}`, "a.rule.visitor_source_id",
			`'a.rule.visitor_source_id' value 'x' must match the pattern: ^\d+$`,
		},
		{
			"rule", `{"visitor_source_id":"7","event":"lead","event_data":{"line_items":{"a":[]}}}`, "rule.event_data.line_items.a",
			"Invalid request: 'rule.event_data.line_items.a' must be a string, a number or a boolean",
		},
	} {
		_, err := rule.Decode(c.path, parterre.VisitorAudience, []byte(c.rule))
		e, ok := err.(*parterre.Error) //nolint:errorlint // Decode promises the type itself
		if !ok || e.Code != parterre.InvalidRequest || e.Field != c.field || e.Public != c.message {
			t.Errorf("at %q, %s: %+v", c.path, c.rule, err)
		}
	}
}

func TestARefusedRuleIsNoRule(t *testing.T) {
	got, err := rule.Decode("rule", parterre.VisitorAudience, []byte(`{"visitor_source_id":"7","retention_days":541}`))
	if err == nil {
		t.Fatal("it was accepted")
	}
	if diff := cmp.Diff(rule.Rule{}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAMessageRepeatsLittleOfWhatWasSent(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, text := range []string{
		`{"visitor_source_id":"` + long + `"}`,
		`{"visitor_source_id":"7","event":["` + long + `"]}`,
		`{"visitor_source_id":"7","url":{"` + long + `":"a"}}`,
		`{"visitor_source_id":"7","event":"lead","event_data":{"` + long + `":[]}}`,
		`{"visitor_source_id":"7","event":"lead","event_data":{"currency":"` + long + `"}}`,
		`"` + long + `"`,
	} {
		if _, err := rule.Decode("rule", parterre.VisitorAudience, []byte(text)); err == nil || len(err.Error()) > 500 {
			t.Errorf("%.60s…: the message is %.600s", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range samples {
		f.Add(string(c.want.Type), []byte(c.text))
	}
	for _, text := range []string{
		`{}`, `null`, `[{}]`, `{"url":{}}`, `{"visitor_source_id":7,"url":{"=":"a"},"event_source":{"=":["web"]}}`,
		`{"event_data":{"line_items":[{}, 5]}}`, `{"url":"\ud800"}`, "{\"event\":\"\xff\"}",
	} {
		for _, t := range parterre.AudienceTypes {
			f.Add(string(t), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, kind string, text []byte) {
		r, err := rule.Decode("rule", parterre.AudienceType(kind), text)
		if err != nil {
			if parterre.CodeOf(err) != parterre.InvalidRequest {
				t.Fatalf("a refusal that blames us: %v", err)
			}
			return
		}
		if !json.Valid(r.Sent) {
			t.Fatalf("what was sent is no JSON: %s", r.Sent)
		}
		again, err := rule.Decode("rule", r.Type, r.Sent)
		if err != nil {
			t.Fatalf("what was sent is refused: %s: %v", r.Sent, err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Fatalf("what was sent means something else (-first +again):\n%s", diff)
		}
		match(t, &r)
	})
}

// match sees to it that an accepted rule can be asked anything.
func match(t *testing.T, r *rule.Rule) {
	for _, kind := range []parterre.FacetKind{parterre.Conversion, parterre.Engagement} {
		f := parterre.Facet{Kind: kind}
		if r.Match(&f) && r.Window() == 0 {
			t.Fatalf("the rule %s selects a facet, but has no window", r.Sent)
		}
	}
}
