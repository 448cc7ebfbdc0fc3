package v5_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/sandbox"
)

// dump is what the catalogue has of the ad account, with every line of the audit: whatever is changed leaves one.
func (s *service) dump(t *testing.T) string {
	t.Helper()
	var all []any
	err := s.Catalog.View(t.Context(), func(tx *catalog.Tx) error {
		page := catalog.Page{Limit: 250}
		audiences, _, err := tx.Audiences(sandbox.AdAccount, page)
		if err != nil {
			return err
		}
		lists, _, err := tx.CustomerLists(sandbox.AdAccount, page)
		if err != nil {
			return err
		}
		tags, _, err := tx.ConversionTags(sandbox.AdAccount, page)
		if err != nil {
			return err
		}
		accounts, _, err := tx.AdAccounts(page)
		if err != nil {
			return err
		}
		audit, _, err := tx.AuditOf(sandbox.AdAccount, page)
		if err != nil {
			return err
		}
		jobs, _, err := tx.Jobs(page)
		all = append(all, audiences, lists, tags, accounts, audit, jobs)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wrong is a request as nobody should send it.
type wrong struct {
	name, kind, body string
	statuses         []int
}

// wrongBodies are bodies that no operation with a JSON body takes.
var wrongBodies = []wrong{
	{"a body that is no JSON", "application/json", `{"name":`, []int{400}},
	{"no body", "application/json", ``, []int{400}},
	{"a body after the body", "application/json", `{}{}`, []int{400}},
	{"a list", "application/json", `[{}]`, []int{400}},
	{"a string", "application/json", `"name"`, []int{400}},
	{"a number", "application/json", `5`, []int{400}},
	{"null", "application/json", `null`, []int{400}},
	{"not UTF-8", "application/json", "{\"name\":\"\xff\"}", []int{400}},
	{"a member twice", "application/json", `{"name":"a","name":"b"}`, []int{400}},
	{"every member of a wrong type", "application/json", everyMember(`{"a":[1]}`), []int{400}},
	{"every member a huge number", "application/json", everyMember(`1e400`), []int{400}},
	{"nesting without end", "application/json", `{"rule":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, []int{400, 404}},
	{"a form", "application/x-www-form-urlencoded", `name=a`, []int{415}},
	{"plain text", "text/plain", `{"name":"a"}`, []int{415}},
	{"more than any operation reads", "application/json", `{"name":"` + strings.Repeat("n", 17<<20) + `"}`, []int{413}},
}

// everyMember gives all members that bodies of the family have the same value.
func everyMember(value string) string {
	var members []string
	for _, name := range []string{
		"name", "rule", "audience_type", "description", "operation_type", "records", "list_type", "data", "audience_id",
		"recipient_account_ids", "recipient_business_ids", "operation", "total_parts", "country", "currency", "owner_user_id",
		"aem_enabled", "md_frequency", "targeting_spec", "keywords", "placement_group", "ad_account_id",
	} {
		members = append(members, fmt.Sprintf("%q:%s", name, value))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// Every operation refuses what is wrong with a clear error, never with a fault of the service, and nothing has changed
// afterwards.
func TestNothingWrongChangesAnything(t *testing.T) {
	s := start(t)
	list := s.aList(t)
	audience := as[struct{ ID string }](t, s.call(t, http.MethodPost, inAccount+"/audiences",
		`{"audience_type":"CUSTOMER_LIST","name":"A","rule":{"customer_list_id":"`+list+`"}}`)).ID
	tag := as[struct{ ID string }](t, s.call(t, http.MethodPost, inAccount+"/conversion_tags", `{"name":"T"}`)).ID
	up := s.upload(t, list, "ADD", 1)
	s.settle(t)
	before := s.dump(t)
	there := strings.NewReplacer("{ad_account_id}", account, "{business_id}", business, "{audience_id}", audience,
		"{customer_list_id}", list, "{customer_list_upload_id}", up.id, "{conversion_tag_id}", tag)
	for _, route := range routes() {
		if route.Basic {
			continue
		}
		t.Run(route.Operation, func(t *testing.T) {
			s.wrongIDs(t, route)
			if route.MaxBody > 0 {
				s.wrongBodies(t, route.Method, there.Replace(route.Path))
			}
			s.wrongQueries(t, route, there.Replace(route.Path))
		})
	}
	if after := s.dump(t); after != before {
		t.Errorf("the catalogue was\n%s\nand is\n%s", before, after)
	}
}

// wrongIDs asks for what is not there, or cannot be.
func (s *service) wrongIDs(t *testing.T, route wire.Route) {
	t.Helper()
	for _, id := range []string{"x", "0", "-1", "1.5", "%00", "9999999999999999999", strings.Repeat("9", 300), "%F0%9F%A6%8B", "1%2F2"} {
		target := route.Path
		for _, parameter := range []string{
			"{ad_account_id}", "{business_id}", "{audience_id}", "{customer_list_id}", "{customer_list_upload_id}", "{conversion_tag_id}",
		} {
			target = strings.ReplaceAll(target, parameter, id)
		}
		if target == route.Path {
			return // it has none
		}
		a := s.send(t, s.Token, route.Method, target, strings.NewReader(`{}`))
		if e := as[refusal](t, a); a.status < 400 || a.status > 404 || e.Code == 0 || e.Message == "" {
			t.Errorf("%s %.80s: %d: %s", route.Method, target, a.status, a.body)
		}
	}
}

func (s *service) wrongBodies(t *testing.T, method, target string) {
	t.Helper()
	for _, w := range wrongBodies {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+target, bytes.NewReader([]byte(w.body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.Token)
		r.Header.Set("Content-Type", w.kind)
		a := s.exchange(t, r)
		if e := as[refusal](t, a); !slices.Contains(w.statuses, a.status) || e.Code == 0 || e.Message == "" {
			t.Errorf("%s: %s: %d: %.300s", target, w.name, a.status, a.body)
		}
	}
}

func (s *service) wrongQueries(t *testing.T, route wire.Route, target string) {
	t.Helper()
	if route.Method != http.MethodGet {
		return
	}
	for _, query := range []string{
		"page_size=x&bookmark=%00&order=up", "page_size=-1", "%zz", "bookmark=%ff", "page_size=1e3&audience_id=x&lookback_period=2d",
	} {
		if a := s.send(t, s.Token, route.Method, target+"?"+query, http.NoBody); a.status >= 500 {
			t.Errorf("%s?%s: %d: %s", target, query, a.status, a.body)
		}
	}
}
