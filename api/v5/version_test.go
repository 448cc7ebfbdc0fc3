package v5_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"golang.org/x/oauth2/clientcredentials"

	v5 "github.com/parterre/parterre/api/v5"
	"github.com/parterre/parterre/internal/server"
)

const customPath = inAccount + "/audiences/custom"

// operationsOf are the operations of a version's contract, by their names.
func operationsOf(t *testing.T, version string) map[string]*openapi3.Operation {
	t.Helper()
	all := map[string]*openapi3.Operation{}
	for _, item := range contractOf(t, version).doc.Paths.Map() {
		for _, operation := range item.Operations() {
			all[operation.OperationID] = operation
		}
	}
	return all
}

// The table of differences says the same of operations as the contracts do.
func TestVersionsHaveTheOperationsOfTheirContracts(t *testing.T) {
	old, current := operationsOf(t, "5.14"), operationsOf(t, "5.23")
	names := slices.Concat(slices.Collect(maps.Keys(old)), slices.Collect(maps.Keys(current)))
	for _, name := range names {
		f := v5.Feature(name)
		if got, want := v5.V14.Has(f), old[name] != nil; got != want {
			t.Errorf("5.14 has %s: %v, in its contract: %v", name, got, want)
		}
		if got, want := v5.V23.Has(f), current[name] != nil; got != want {
			t.Errorf("5.23 has %s: %v, in its contract: %v", name, got, want)
		}
		if v5.Live.Has(f) != v5.V23.Has(f) {
			t.Errorf("live and 5.23 differ about %s", name)
		}
	}
}

// The routes of 5.14 are those of its contract, and take the tokens that it names.
func TestRoutesOfAnOlderVersion(t *testing.T) {
	a := v5.New(v5.Options{Now: time.Now, Version: v5.V14})
	operations := operationsOf(t, "5.14")
	for _, route := range a.Routes() {
		o := operations[route.Operation]
		if o == nil {
			t.Errorf("5.14 has no %s", route.Operation)
			continue
		}
		if also := alsoTakes(o); also != route.Also {
			t.Errorf("%s takes tokens of kind %q beside a user's, in the contract %q", route.Operation, route.Also, also)
		}
		delete(operations, route.Operation)
	}
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		t.Errorf("%s has no route", name)
	}
}

// Each case says what the versions from one on do, and those before it. Everything that succeeds is held against the contract
// of its version, requests too.
func TestWhatVersionsDifferIn(t *testing.T) {
	info := event(1, "checkout", noon, `,"app_info":{"app_id":"1"}`)
	custom := func(member string) string { return event(1, "checkout", noon, `,"custom_data":{`+member+`}`) }
	old := func(objective string) string {
		return fmt.Sprintf(`{"audience_type":"ENGAGEMENT","name":"n","rule":{"objective_type":[%q]}}`, objective)
	}
	type exchange struct{ method, path, body string }
	for _, tt := range []struct {
		name      string
		does      exchange
		succeeds  []string
		otherwise func(t *testing.T, a answer)
	}{
		{
			"custom audiences are older",
			exchange{
				http.MethodPost, customPath,
				`{"sharing_type":"CUSTOM","data_party":"1p","category":"DLX Demographics","name":"n","rule":{"engager_type":1}}`,
			},
			[]string{"5.14"},
			func(t *testing.T, a answer) { refused(t, a, 405, 5) }, // GET …/{audience_id} is there
		},
		{
			"conversion tokens came later",
			exchange{http.MethodPost, "/v5/oauth/conversion_token", ""},
			[]string{"5.23", "live"},
			func(t *testing.T, a answer) { refused(t, a, 404, 404) },
		},
		{
			"an update without a body is older",
			exchange{http.MethodPatch, "", ""},
			[]string{"5.14"},
			func(t *testing.T, a answer) { refused(t, a, 400, 1, "empty") },
		},
		{
			"app_info came later",
			exchange{http.MethodPost, eventsPath, request(info)},
			[]string{"5.23", "live"},
			func(t *testing.T, a answer) {
				refused(t, a, 400, 1, "Additional properties are not allowed ('data[0].app_info' was unexpected)")
			},
		},
		{
			"device_info came later",
			exchange{http.MethodPost, eventsPath, request(info, event(1, "lead", noon, `,"device_info":{}`))},
			[]string{"5.23", "live"},
			func(t *testing.T, a answer) { refused(t, a, 400, 1, "app_info") },
		},
		{
			"external_measurement_id came later",
			exchange{http.MethodPost, eventsPath, request(custom(`"external_measurement_id":"x"`))},
			[]string{"5.23", "live"},
			func(t *testing.T, a answer) { refused(t, a, 400, 1, "('data[0].custom_data.external_measurement_id'") },
		},
		{
			"predicted_ltv came later",
			exchange{http.MethodPost, eventsPath, request(custom(`"value":"1"`), custom(`"predicted_ltv":"5"`))},
			[]string{"5.23", "live"},
			func(t *testing.T, a answer) { refused(t, a, 400, 1, "('data[1].custom_data.predicted_ltv'") },
		},
		{
			"VIDEO_VIEW is older",
			exchange{http.MethodPost, inAccount + "/audiences", old("VIDEO_VIEW")},
			[]string{"5.14"},
			func(t *testing.T, a answer) { refused(t, a, 400, 1, "'VIDEO_VIEW'", "'VIDEO_COMPLETION'") },
		},
		{
			"VIDEO_COMPLETION is in all",
			exchange{http.MethodPost, inAccount + "/audiences", old("VIDEO_COMPLETION")},
			[]string{"5.14", "5.23", "live"},
			nil,
		},
		{
			"exceptions are an object, or ignored",
			exchange{http.MethodPost, inAccount + "/customer_lists", `{"name":"n","records":"a@example.com","exceptions":3}`},
			[]string{"5.23", "live"},
			func(t *testing.T, a answer) { refused(t, a, 400, 1, "'exceptions'", "'object'") },
		},
		{
			"exceptions that are one are taken",
			exchange{http.MethodPost, inAccount + "/customer_lists", `{"name":"n","records":"a@example.com","exceptions":{}}`},
			[]string{"5.14", "5.23", "live"},
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for version := range v5.Versions {
				s := startAs(t, server.Memory, version)
				path := tt.does.path
				if path == "" {
					path = pathOf(s.create(t, "ENGAGEMENT", `{"engager_type":1}`).ID)
				}
				if slices.Contains(tt.succeeds, version) {
					s.call(t, tt.does.method, path, tt.does.body)
					continue
				}
				before := s.everything(t)
				tt.otherwise(t, s.send(t, s.Token, tt.does.method, path, strings.NewReader(tt.does.body)))
				s.unchanged(t, before)
			}
		})
	}
}

// What the contract of 5.23 has in an event and that of 5.14 has not, an event may not have in 5.14.
func TestMembersOfEventsThatCameLater(t *testing.T) {
	properties := func(version string) (event, custom openapi3.Schemas) {
		event = contractOf(t, version).doc.Components.Schemas["ConversionEvents"].Value.Properties["data"].Value.Items.Value.Properties
		return event, event["custom_data"].Value.Properties
	}
	oldEvent, oldCustom := properties("5.14")
	event5, custom5 := properties("5.23")
	value := func(s *openapi3.SchemaRef) string {
		switch {
		case s.Value.Type.Is("object"):
			return "{}"
		case s.Value.Type.Is("integer"):
			return "1"
		}
		return `"x"`
	}
	s, later := startAs(t, server.Memory, "5.14"), 0
	for name, schema := range event5 {
		if oldEvent[name] == nil {
			later++
			s.refuse(t, http.MethodPost, eventsPath, request(event(1, "lead", noon, fmt.Sprintf(`,%q:%s`, name, value(schema)))), 400, 1, name)
		}
	}
	for name, schema := range custom5 {
		if oldCustom[name] == nil {
			later++
			s.refuse(t, http.MethodPost, eventsPath,
				request(event(1, "lead", noon, fmt.Sprintf(`,"custom_data":{%q:%s}`, name, value(schema)))), 400, 1, name)
		}
	}
	if later != 5 {
		t.Errorf("%d members came later, want 5", later)
	}
}

// members are the members of an answer that not every version has.
func members(t *testing.T, s *service) map[string][]string {
	t.Helper()
	tag := s.tag(t, "n")
	a := s.create(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, tag))
	s.list(t, 0, 3)
	optional := []string{"created_by_company_name", "is_nca", "is_ctv_enabled", "time_zone", "aem_external_id_enabled"}
	all := map[string][]string{}
	note := func(name string, got json.RawMessage) {
		o := as[map[string]json.RawMessage](t, answer{body: got})
		all[name] = []string{}
		for _, member := range optional {
			if value, there := o[member]; there {
				all[name] = append(all[name], member+"="+string(value))
			}
		}
	}
	first := func(target string) json.RawMessage {
		return as[struct{ Items []json.RawMessage }](t, s.call(t, http.MethodGet, target, "")).Items[0]
	}
	note("audience", s.call(t, http.MethodGet, pathOf(a.ID), "").body)
	note("audience in a list", first(inAccount+"/audiences"))
	note("audience written", s.call(t, http.MethodPatch, pathOf(a.ID), `{"name":"other"}`).body)
	note("list", s.call(t, http.MethodGet, inAccount+"/customer_lists/4189730", "").body)
	note("list in a list", first(inAccount+"/customer_lists"))
	note("ad account", s.call(t, http.MethodGet, inAccount, "").body)
	note("ad account in a list", first("/v5/ad_accounts"))
	note("configs", as[struct{ Configs json.RawMessage }](t, s.call(t, http.MethodGet, tagsPath+"/"+tag, "")).Configs)
	return all
}

func TestMembersOfVersions(t *testing.T) {
	const app, null = `created_by_company_name="Parterre sandbox"`, "created_by_company_name=null"
	const nca, ctv, zone, match = "is_nca=false", "is_ctv_enabled=false", `time_zone="UTC"`, "aem_external_id_enabled=false"
	none := []string{}
	for version, want := range map[string]map[string][]string{
		"5.14": {
			"audience": none, "audience in a list": none, "audience written": none, "list": none, "list in a list": none,
			"ad account": none, "ad account in a list": none, "configs": none,
		},
		"5.23": {
			"audience": {app}, "audience in a list": {app}, "audience written": {null}, "list": none, "list in a list": none,
			"ad account": none, "ad account in a list": none, "configs": {match},
		},
		"live": {
			"audience": {app, nca}, "audience in a list": {app, nca, ctv}, "audience written": {null, nca}, "list": none,
			"list in a list": {nca}, "ad account": {zone}, "ad account in a list": {zone}, "configs": {match},
		},
	} {
		t.Run(version, func(t *testing.T) { equal(t, members(t, startAs(t, server.Memory, version)), want) })
	}
	t.Run("5.23 unless said", func(t *testing.T) {
		equal(t, members(t, start(t)), members(t, startAs(t, server.Memory, "5.23")))
	})
}

func TestAppsReadForThemselvesSinceAVersion(t *testing.T) {
	for version, want := range map[string]int{"5.14": 401, "5.23": 200, "live": 200} {
		s := startAs(t, server.Memory, version)
		conf := clientcredentials.Config{
			ClientID: s.AppID, ClientSecret: s.AppSecret, TokenURL: s.URL + tokenPath, Scopes: []string{"ads:read"},
		}
		token, err := conf.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if a := s.send(t, token.AccessToken, http.MethodGet, inAccount+"/audiences", http.NoBody); a.status != want {
			t.Errorf("%s answers %d, want %d: %s", version, a.status, want, a.body)
		}
	}
}

// In 5.14 a tag knows nothing of external ids: the flag is one of the unknown members, which are ignored.
func TestAFlagThatIsUnknown(t *testing.T) {
	s := startAs(t, server.Memory, "5.14")
	s.call(t, http.MethodPost, tagsPath, `{"name":"n","aem_external_id_enabled":"of any type"}`)
}

func TestCustomAudiences(t *testing.T) {
	s := startAs(t, server.Memory, "5.14")
	tag, list := s.tag(t, "shop"), s.list(t, 0, 120)
	custom := func(rule string) string {
		return fmt.Sprintf(`{"sharing_type":"SYNDICATED","data_party":"3p","name":"of a partner","description":"d","rule":%s}`, rule)
	}
	seed := ""
	for _, tt := range []struct{ category, rule string }{
		{"CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, list)},
		{"VISITOR", fmt.Sprintf(`{"visitor_source_id":%q,"event":"checkout"}`, tag)},
		{"ENGAGEMENT", `{"engagement_domain":["www.entomi.com"]}`},
		{"ACTALIKE", `{"seed_id":["SEED"],"country":"US","percentage":3}`},
	} {
		a := as[audience](t, s.call(t, http.MethodPost, customPath, custom(strings.ReplaceAll(tt.rule, "SEED", seed))))
		if a.Category != tt.category || a.Status != "INITIALIZING" || a.Name != "of a partner" || *a.Description != "d" {
			t.Errorf("the audience is %+v, want one of %s", a, tt.category)
		}
		if seed == "" {
			seed = a.ID
		}
		s.ready(t, a.ID)
	}
	s.get(t, seed).is(t, 120, "READY")
	good := custom(`{"engager_type":1}`)
	for body, words := range map[string][]string{
		`{}`:                                              {"'sharing_type'", "required"},
		with(t, good, "name", ""):                         {"'name'", "required"},
		with(t, good, "rule", ""):                         {"'rule'", "required"},
		with(t, good, "name", `" "`):                      {"'name'", "empty"},
		with(t, good, "category", "3"):                    {"'category'", "'string'"},
		with(t, good, "data_party", `"2p"`):               {"'data_party'", "'2p'", "'1p', '3p'"},
		with(t, good, "sharing_type", `"custom"`):         {"'sharing_type'", "'CUSTOM', 'SYNDICATED'"},
		with(t, good, "rule", `[]`):                       {"'rule'", "'object'"},
		with(t, good, "rule", `{}`):                       {"'rule.engagement_domain'"},
		with(t, good, "rule", `{"customer_list_id":"1"}`): {"customer_list_id"},
		with(t, good, "rule", `{"visitor_source_id":"1","seed_id":["1"]}`):       {"seed_id"},
		with(t, good, "rule", `{"seed_id":["1"],"country":"US","percentage":3}`): {"seed_id"},
	} {
		t.Run(body, func(t *testing.T) {
			before := s.everything(t)
			s.refuse(t, http.MethodPost, customPath, body, 400, 1, words...)
			s.unchanged(t, before)
		})
	}
}

func TestThereAreThreeVersions(t *testing.T) {
	_, err := server.Build(context.Background(), server.Config{Addr: "127.0.0.1:0", Data: server.Memory, APIVersion: "5.15"})
	if err == nil || !strings.Contains(err.Error(), "5.14, 5.23 and live") {
		t.Errorf("a version that there is not: %v", err)
	}
}
