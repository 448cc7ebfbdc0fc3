package v5_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/sandbox"
)

// elsewhere makes a second ad account of the sandbox's user, with a list, a tag and an audience of its own.
func (s *service) elsewhere(t *testing.T) (list, tag, seed string) {
	t.Helper()
	const id parterre.ID = 549755885176
	err := s.Catalog.Update(t.Context(), func(tx *catalog.Tx) error {
		if err := tx.PutAdAccount(&parterre.AdAccount{ID: id, Name: "elsewhere", Country: "US", Currency: "USD"}); err != nil {
			return err
		}
		return tx.GrantRole(sandbox.User, id, "OWNER")
	})
	if err != nil {
		t.Fatal(err)
	}
	there := fmt.Sprintf("/v5/ad_accounts/%d/", id)
	create := func(what, body string) string {
		return as[struct{ ID string }](t, s.call(t, http.MethodPost, there+what, body)).ID
	}
	list = create("customer_lists", `{"name":"n","records":"a@example.com"}`)
	tag = create("conversion_tags", `{"name":"n"}`)
	seed = create("audiences",
		fmt.Sprintf(`{"audience_type":"CUSTOMER_LIST","name":"n","rule":{"customer_list_id":%q}}`, list))
	return list, tag, seed
}

// Every rule here is refused, at a creation and at an update, with words that say which member is wrong and what is allowed,
// and leaves nothing behind.
func TestRefusedRules(t *testing.T) {
	s := start(t)
	theirList, theirTag, theirSeed := s.elsewhere(t)
	all := ofEach(t, s)
	alike := s.complete(t, "ACTALIKE", fmt.Sprintf(`{"seed_id":[%q],"country":"US","percentage":1}`, all["VISITOR"].ID))
	values := strings.NewReplacer("TAG", tagOf(t, all["VISITOR"]), "SEED", all["CUSTOMER_LIST"].ID,
		"ALIKE", alike.ID, "THEIRLIST", theirList, "THEIRTAG", theirTag, "THEIRSEED", theirSeed)
	for _, tt := range []struct {
		category, rule string
		words          []string
	}{
		// What every rule must be.
		{"VISITOR", `null`, []string{"'rule'", "'object'"}},
		{"VISITOR", `[]`, []string{"'rule'", "'object'"}},
		{"VISITOR", `"x"`, []string{"'rule'", "'object'"}},
		{"VISITOR", `{"visitor_source_id":"TAG","visitor_source_id":"TAG"}`, []string{"rule.visitor_source_id", "twice"}},
		{"VISITOR", `{"ad_account_id":5,"visitor_source_id":"TAG"}`, []string{"rule.ad_account_id", "string"}},

		// What it needs.
		{"CUSTOMER_LIST", `{}`, []string{"rule.customer_list_id", "required"}},
		{"VISITOR", `{}`, []string{"rule.visitor_source_id", "required"}},
		{"VISITOR", `{"Visitor_Source_ID":"TAG"}`, []string{"rule.visitor_source_id", "required"}},
		{"ENGAGEMENT", `{}`, []string{"engagement_domain", "engager_type"}},
		{"ENGAGEMENT", `{"retention_days":3}`, []string{"engagement_domain", "engager_type"}},
		{"ACTALIKE", `{"country":"US","percentage":1}`, []string{"rule.seed_id", "required"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"percentage":1}`, []string{"rule.country", "required"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US"}`, []string{"rule.percentage", "required"}},

		// Ids.
		{"VISITOR", `{"visitor_source_id":"12x"}`, []string{"rule.visitor_source_id", `^\d+$`}},
		{"VISITOR", `{"visitor_source_id":"1234567890123456789"}`, []string{"rule.visitor_source_id", "18"}},
		{"VISITOR", `{"visitor_source_id":""}`, []string{"rule.visitor_source_id", `^\d+$`}},
		{"VISITOR", `{"visitor_source_id":[]}`, []string{"rule.visitor_source_id", "empty"}},
		{"VISITOR", `{"visitor_source_id":5}`, []string{"rule.visitor_source_id", "string"}},
		{"VISITOR", `{"visitor_source_id":["TAG",5]}`, []string{"rule.visitor_source_id", "string"}},
		{"VISITOR", `{"visitor_source_id":["TAG","٣"]}`, []string{"rule.visitor_source_id", `^\d+$`}},
		{"CUSTOMER_LIST", `{"customer_list_id":"12x"}`, []string{"rule.customer_list_id", `^\d+$`}},
		{"CUSTOMER_LIST", `{"customer_list_id":["1","2"]}`, []string{"rule.customer_list_id", "one"}},
		{"ENGAGEMENT", `{"pin_id":["x"]}`, []string{"rule.pin_id", `^\d+$`}},
		{"ENGAGEMENT", `{"ad_id":["1234567890123456789"]}`, []string{"rule.ad_id", "18"}},
		{"ENGAGEMENT", `{"campaign_id":[5]}`, []string{"rule.campaign_id", "string"}},

		// What does not exist here.
		{"CUSTOMER_LIST", `{"customer_list_id":"999999"}`, []string{"rule.customer_list_id", "999999", "does not exist"}},
		{"CUSTOMER_LIST", `{"customer_list_id":"THEIRLIST"}`, []string{"rule.customer_list_id", theirList, "this ad account"}},
		{"CUSTOMER_LIST", `{"customer_list_id":"SEED"}`, []string{"rule.customer_list_id", "does not exist"}},
		{"CUSTOMER_LIST", `{"customer_list_id":"0"}`, []string{"rule.customer_list_id", "does not exist"}},
		{"VISITOR", `{"visitor_source_id":"999999"}`, []string{"rule.visitor_source_id", "999999", "does not exist"}},
		{
			"VISITOR", `{"visitor_source_id":["TAG","THEIRTAG"]}`,
			[]string{"rule.visitor_source_id", theirTag, "this ad account"},
		},
		{"VISITOR", `{"visitor_source_id":"0TAG"}`, []string{"rule.visitor_source_id", "does not exist"}},
		{
			"ACTALIKE", `{"seed_id":["999999"],"country":"US","percentage":1}`,
			[]string{"rule.seed_id", "999999", "does not exist"},
		},
		{
			"ACTALIKE", `{"seed_id":["SEED","THEIRSEED"],"country":"US","percentage":1}`,
			[]string{"rule.seed_id", theirSeed, "this ad account"},
		},
		{
			"ACTALIKE", `{"seed_id":["SEED","ALIKE"],"country":"US","percentage":1}`,
			[]string{"rule.seed_id", "CUSTOMER_LIST, VISITOR"},
		},

		// Numbers out of their range.
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":0}`, []string{"rule.percentage", "1 to 10"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":11}`, []string{"rule.percentage", "1 to 10"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":"0"}`, []string{"rule.percentage", "1 to 10"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":"11"}`, []string{"rule.percentage", "1 to 10"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":-1}`, []string{"rule.percentage", "1 to 10"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":2.5}`, []string{"rule.percentage", "1 to 10"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":"+5"}`, []string{"rule.percentage", "1 to 10"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":" 5"}`, []string{"rule.percentage", "1 to 10"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":[5]}`, []string{"rule.percentage", "1 to 10"}},
		{"VISITOR", `{"visitor_source_id":"TAG","retention_days":0}`, []string{"rule.retention_days", "1 to 540"}},
		{"VISITOR", `{"visitor_source_id":"TAG","retention_days":541}`, []string{"rule.retention_days", "1 to 540"}},
		{"VISITOR", `{"visitor_source_id":"TAG","retention_days":"0"}`, []string{"rule.retention_days", "1 to 540"}},
		{"VISITOR", `{"visitor_source_id":"TAG","retention_days":"541"}`, []string{"rule.retention_days", "1 to 540"}},
		{"VISITOR", `{"visitor_source_id":"TAG","retention_days":"a week"}`, []string{"rule.retention_days", "1 to 540"}},
		{"VISITOR", `{"visitor_source_id":"TAG","retention_days":1e400}`, []string{"rule.retention_days", "1 to 540"}},
		{
			"VISITOR", `{"visitor_source_id":"TAG","retention_days":99999999999999999999}`,
			[]string{"rule.retention_days", "1 to 540"},
		},
		{"VISITOR", `{"visitor_source_id":"TAG","retention_days":true}`, []string{"rule.retention_days", "1 to 540"}},
		{"ENGAGEMENT", `{"engager_type":1,"retention_days":541}`, []string{"rule.retention_days", "1 to 540"}},
		{"ENGAGEMENT", `{"engager_type":0}`, []string{"rule.engager_type", "1 to 2"}},
		{"ENGAGEMENT", `{"engager_type":3}`, []string{"rule.engager_type", "1 to 2"}},

		// Words.
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"us","percentage":1}`, []string{"rule.country", "upper-case"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"USA","percentage":1}`, []string{"rule.country", "US, CA or GB"}},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"","percentage":1}`, []string{"rule.country", "US, CA or GB"}},
		{"ENGAGEMENT", `{"engagement_type":"CLICK"}`, []string{"rule.engagement_type", "'click'", "'like'"}},
		{"ENGAGEMENT", `{"engagement_type":["click"]}`, []string{"rule.engagement_type", "string"}},
		{"ENGAGEMENT", `{"objective_type":["FAME"]}`, []string{"rule.objective_type", "'AWARENESS'"}},
		{"ENGAGEMENT", `{"engagement_domain":[]}`, []string{"rule.engagement_domain", "empty"}},
		{"ENGAGEMENT", `{"engagement_domain":[" "]}`, []string{"rule.engagement_domain", "empty"}},
		{"VISITOR", `{"visitor_source_id":"TAG","event":""}`, []string{"rule.event", "empty"}},
		{"VISITOR", `{"visitor_source_id":"TAG","event":["checkout"]}`, []string{"rule.event", "string"}},
		{"VISITOR", `{"visitor_source_id":"TAG","prefill":"false"}`, []string{"rule.prefill", "boolean"}},

		// Operators.
		{
			"VISITOR", `{"visitor_source_id":"TAG","url":{"starts_with":"x"}}`,
			[]string{"rule.url", "'contains'", "'not_contains'", "'!='"},
		},
		{"VISITOR", `{"visitor_source_id":"TAG","url":{"CONTAINS":"x"}}`, []string{"rule.url", "'contains'"}},
		{"VISITOR", `{"visitor_source_id":"TAG","url":{}}`, []string{"rule.url", "'contains'"}},
		{"VISITOR", `{"visitor_source_id":"TAG","url":{"contains":""}}`, []string{"rule.url.contains", "empty"}},
		{"VISITOR", `{"visitor_source_id":"TAG","url":{"=":5}}`, []string{"rule.url.=", "string"}},
		{"VISITOR", `{"visitor_source_id":"TAG","url":[]}`, []string{"rule.url", "empty"}},
		{"VISITOR", `{"visitor_source_id":"TAG","url":5}`, []string{"rule.url", "operators"}},
		{"VISITOR", `{"visitor_source_id":"TAG","event_source":["web"]}`, []string{"rule.event_source", `{"=": [...]}`}},
		{"VISITOR", `{"visitor_source_id":"TAG","event_source":"web"}`, []string{"rule.event_source", `{"=": [...]}`}},
		{"VISITOR", `{"visitor_source_id":"TAG","event_source":{"!=":["web"]}}`, []string{"rule.event_source", `"="`}},
		{"VISITOR", `{"visitor_source_id":"TAG","event_source":{"=":["Web"]}}`, []string{"rule.event_source.=", "'web'"}},
		{"VISITOR", `{"visitor_source_id":"TAG","event_source":{"=":[]}}`, []string{"rule.event_source.=", "empty"}},
		{
			"VISITOR", `{"visitor_source_id":"TAG","ingestion_source":["tag"]}`,
			[]string{"rule.ingestion_source", `{"=": [...]}`},
		},
		{
			"VISITOR", `{"visitor_source_id":"TAG","ingestion_source":{"=":["pixel"]}}`,
			[]string{"rule.ingestion_source.=", "'conversions_api'"},
		},

		// Data.
		{"VISITOR", `{"visitor_source_id":"TAG","event_data":[]}`, []string{"rule.event_data", "object"}},
		{
			"VISITOR", `{"visitor_source_id":"TAG","event":"lead","event_data":{"value":[1]}}`,
			[]string{"rule.event_data.value", "string, a number"},
		},
		{
			"VISITOR", `{"visitor_source_id":"TAG","event":"lead","event_data":{"currency":"usd"}}`,
			[]string{"rule.event_data.currency", "'USD'"},
		},
		{
			"VISITOR", `{"visitor_source_id":"TAG","event":"lead","event_data":{"line_items":[5]}}`,
			[]string{"rule.event_data.line_items", "object"},
		},

		// The shape of another type.
		{"CUSTOMER_LIST", `{"visitor_source_id":"TAG"}`, []string{"rule.visitor_source_id", "VISITOR", "'customer_list_id'"}},
		{
			"VISITOR", `{"seed_id":["SEED"],"country":"US","percentage":1}`,
			[]string{"rule.seed_id", "ACTALIKE", "'visitor_source_id'"},
		},
		{"VISITOR", `{"visitor_source_id":"TAG","engager_type":1}`, []string{"rule.engager_type", "ENGAGEMENT"}},
		{"ENGAGEMENT", `{"engager_type":1,"event":"checkout"}`, []string{"rule.event", "VISITOR", "'engagement_domain'"}},
		{"ACTALIKE", `{"customer_list_id":"1"}`, []string{"rule.customer_list_id", "CUSTOMER_LIST", "'seed_id'"}},
	} {
		t.Run(tt.category+" "+tt.rule, func(t *testing.T) {
			rule, before := values.Replace(tt.rule), s.everything(t)
			s.refuse(t, http.MethodPost, inAccount+"/audiences",
				fmt.Sprintf(`{"audience_type":%q,"name":"n","rule":%s}`, tt.category, rule), 400, 1, tt.words...)
			s.clock.seconds.Add(1)
			s.refuse(t, http.MethodPatch, pathOf(all[tt.category].ID), `{"name":"n","rule":`+rule+`}`, 400, 1, tt.words...)
			s.unchanged(t, before)
		})
	}
	t.Run("an audience cannot be its own seed", func(t *testing.T) {
		before := s.everything(t)
		id := all["ACTALIKE"].ID
		s.refuse(t, http.MethodPatch, pathOf(id), fmt.Sprintf(`{"rule":{"seed_id":[%q],"country":"US","percentage":1}}`, id),
			400, 1, "rule.seed_id", id, "own seed")
		s.unchanged(t, before)
	})
}

// everything is what can be read of the ad account.
func (s *service) everything(t testing.TB) string {
	t.Helper()
	s.settle(t) // a status may be about to change
	var all strings.Builder
	for _, what := range []string{"audiences?page_size=250", "customer_lists?page_size=250", "conversion_tags"} {
		all.Write(s.call(t, http.MethodGet, inAccount+"/"+what, "").body)
		all.WriteByte('\n')
	}
	return all.String()
}

// unchanged demands that everything is as it was before.
func (s *service) unchanged(t testing.TB, before string) {
	t.Helper()
	if after := s.everything(t); after != before {
		t.Errorf("something has changed: there are %d bytes now and there were %d; the first change is at\n%.300s",
			len(after), len(before), after[commonPrefix(after, before):])
	}
}

func commonPrefix(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return max(0, i-100)
		}
	}
	return max(0, min(len(a), len(b))-100)
}

// tagOf is the tag that the rule of an audience names.
func tagOf(t *testing.T, a audience) string {
	t.Helper()
	return as[struct {
		Tag string `json:"visitor_source_id"`
	}](t, answer{body: a.Rule}).Tag
}
