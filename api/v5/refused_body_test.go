package v5_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// bodies are the operations that take a body, with one that each takes.
func bodies(t *testing.T, s *service) []struct{ operation, method, target, body string } {
	t.Helper()
	all := ofEach(t, s)
	list := as[customerList](t, s.call(t, http.MethodGet, inAccount+"/customer_lists", "").first(t)).ID
	rule := string(all["VISITOR"].Rule)
	return []struct{ operation, method, target, body string }{
		{
			"audiences/create", http.MethodPost, inAccount + "/audiences",
			`{"audience_type":"VISITOR","name":"n","rule":` + rule + `}`,
		},
		{"audiences/update", http.MethodPatch, pathOf(all["VISITOR"].ID), `{"name":"n"}`},
		{"customer_lists/create", http.MethodPost, inAccount + "/customer_lists", `{"name":"n","records":"a@example.com"}`},
		{"customer_lists/update", http.MethodPatch, listPath(list), `{"operation_type":"ADD","records":"a@example.com"}`},
		{"conversion_tags/create", http.MethodPost, inAccount + "/conversion_tags", `{"name":"n"}`},
		{"events/create", http.MethodPost, inAccount + "/events", `{"data":[` + event(1, "checkout", noon, "") + `]}`},
	}
}

func TestRefusedBodies(t *testing.T) {
	s := start(t)
	for _, b := range bodies(t, s) {
		largest, end := 0, strings.LastIndexByte(b.body, '"')
		for _, route := range routes() {
			if route.Operation == b.operation {
				largest = int(route.MaxBody)
			}
		}
		for _, tt := range []struct {
			name, body   string
			status, code int
			words        []string
		}{
			{"that is empty", "", 400, 1, []string{"body"}},
			{"of white space", " \n", 400, 1, []string{"body"}},
			{"that is not JSON", "name=n", 400, 1, []string{"body", "not valid JSON"}},
			{"that is cut short", b.body[:len(b.body)-1], 400, 1, []string{"body", "not valid JSON"}},
			{"with something behind it", b.body + "{}", 400, 1, []string{"body", "not valid JSON"}},
			{"with a comma too many", strings.TrimSuffix(b.body, "}") + ",}", 400, 1, []string{"body", "not valid JSON"}},
			{"with a number that is none", `{"name":01}`, 400, 1, []string{"body", "not valid JSON"}},
			{"that is a list", "[" + b.body + "]", 400, 1, []string{"body", "'object'"}},
			{"that is null", "null", 400, 1, []string{"body", "'object'"}},
			{"that is a string", `"{}"`, 400, 1, []string{"body", "'object'"}},
			{"that is a number", "5", 400, 1, []string{"body", "'object'"}},
			{"with a member twice", strings.TrimSuffix(b.body, "}") + "," + b.body[1:], 400, 1, []string{"twice"}},
			{"nested without end", strings.Repeat("[", 100_000), 400, 1, []string{"body", "not valid JSON"}},
			{
				"nested very deep", `{"name":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
				400, 1,
				[]string{"body", "not valid JSON"},
			},
			{"that is not UTF-8", b.body[:end] + "\xff" + b.body[end:], 400, 1, []string{"body", "UTF-8"}},
			{"that begins with a byte order mark", "\ufeff" + b.body, 400, 1, []string{"body", "not valid JSON"}},
			{"over the limit", b.body + strings.Repeat(" ", largest), 413, 413, []string{strconv.Itoa(largest), "bytes"}},
			{"over the limit by one byte", b.body + strings.Repeat(" ", largest+1-len(b.body)), 413, 413, nil},
		} {
			t.Run(b.operation+" refuses a body "+tt.name, func(t *testing.T) {
				before := s.everything(t)
				s.refuse(t, b.method, b.target, tt.body, tt.status, tt.code, tt.words...)
				s.unchanged(t, before)
			})
		}
		t.Run(b.operation+" takes a body at the limit", func(t *testing.T) {
			s.callBeyond(t, b.method, b.target, b.body+strings.Repeat(" ", largest-len(b.body)))
			s.settle(t) // what it began is not to be taken for what the next one did
		})
	}
}

func TestRefusedMembers(t *testing.T) {
	s := start(t)
	visitor := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
	rule := string(visitor.Rule)
	create, update := "POST "+inAccount+"/audiences", "PATCH "+pathOf(visitor.ID)
	for _, tt := range []struct {
		request, body string
		words         []string
	}{
		{create, `{}`, []string{"audience_type", "required"}},
		{create, `{"audience_type":"VISITOR","rule":` + rule + `}`, []string{"'name'", "required"}},
		{create, `{"audience_type":"VISITOR","NAME":"n","rule":` + rule + `}`, []string{"'name'", "required"}},
		{create, `{"audience_type":"VISITOR","name":"","rule":` + rule + `}`, []string{"'name'", "empty"}},
		{create, `{"audience_type":"VISITOR","name":null,"rule":` + rule + `}`, []string{"'name'", "'string'"}},
		{create, `{"audience_type":"VISITOR","name":["n"],"rule":` + rule + `}`, []string{"'name'", "'string'"}},
		{create, `{"audience_type":"VISITOR","name":"n"}`, []string{"'rule'", "required"}},
		{create, `{"audience_type":"visitor","name":"n","rule":` + rule + `}`, []string{"audience_type", "'VISITOR'"}},
		{create, `{"audience_type":"","name":"n","rule":` + rule + `}`, []string{"audience_type", "'VISITOR'"}},
		{
			create, `{"audience_type":"PERSONA","name":"n","rule":` + rule + `}`,
			[]string{"audience_type", "PERSONA", "'VISITOR'"},
		},
		{create, `{"audience_type":5,"name":"n","rule":` + rule + `}`, []string{"audience_type", "'string'"}},
		{
			create, `{"audience_type":"VISITOR","name":"n","description":["d"],"rule":` + rule + `}`,
			[]string{"description", "'string'"},
		},
		{
			create, `{"audience_type":"VISITOR","name":"n","ad_account_id":"x","rule":` + rule + `}`,
			[]string{"ad_account_id", `^\d+$`},
		},
		{
			create, `{"audience_type":"VISITOR","name":"n","ad_account_id":5,"rule":` + rule + `}`,
			[]string{"ad_account_id", "'string'"},
		},
		{update, `{"operation_type":"update"}`, []string{"operation_type", "'UPDATE', 'REMOVE'"}},
		{update, `{"operation_type":"remove"}`, []string{"operation_type", "'UPDATE', 'REMOVE'"}},
		{update, `{"operation_type":"DELETE"}`, []string{"operation_type", "'UPDATE', 'REMOVE'"}},
		{update, `{"operation_type":""}`, []string{"operation_type", "'UPDATE', 'REMOVE'"}},
		{update, `{"operation_type":null}`, []string{"operation_type", "'string'"}},
		{update, `{"operation_type":["REMOVE"]}`, []string{"operation_type", "'string'"}},
		{update, `{"name":""}`, []string{"'name'", "empty"}},
		{update, `{"name":5}`, []string{"'name'", "'string'"}},
		{update, `{"name":null}`, []string{"'name'", "'string'"}},
		{update, `{"name":" \n"}`, []string{"'name'", "empty", "1 to 256"}},
		{update, `{"name":"` + strings.Repeat("ü", 257) + `"}`, []string{"'name'", "too long", "1 to 256"}},
		{update, `{"name":"\ud83c"}`, []string{"'name'", "not text"}},
		{update, `{"description":"` + strings.Repeat("ü", 4097) + `"}`, []string{"description", "too long", "4096"}},
		{update, `{"description":5}`, []string{"description", "'string'"}},
		{update, `{"rule":null}`, []string{"'rule'", "'object'"}},
		{update, `{"name":"n","ad_account_id":"12x"}`, []string{"ad_account_id", `^\d+$`}},
		{update, `{"name":"n","ad_account_id":"1234567890123456789"}`, []string{"ad_account_id", "18"}},
	} {
		t.Run(fmt.Sprintf("%s %.80s", tt.request, tt.body), func(t *testing.T) {
			before := s.everything(t)
			s.clock.seconds.Add(1)
			method, target, _ := strings.Cut(tt.request, " ")
			s.refuse(t, method, target, tt.body, 400, 1, tt.words...)
			s.unchanged(t, before)
		})
	}
	t.Run("names of members differ by case", func(t *testing.T) {
		want := s.get(t, visitor.ID)
		s.clock.seconds.Add(1)
		mustBe(t, s.patch(t, visitor.ID, `{"NAME":"x","Rule":{},"Operation_Type":"REMOVE","DESCRIPTION":5}`), want)
		mustBe(t, s.get(t, visitor.ID), want)
	})
}

func TestRefusedIDs(t *testing.T) {
	s := start(t)
	for _, tt := range []struct {
		id           string
		status, code int // for a record of the ad account
		words        []string
	}{
		{"12x", 400, 1, []string{"12x", `^\d+$`}},
		{"-1", 400, 1, []string{`^\d+$`}},
		{"%2B1", 400, 1, []string{`^\d+$`}},
		{"1%2F2", 400, 1, []string{`^\d+$`}},
		{"1%00", 400, 1, []string{`^\d+$`}},
		{"1%0A", 400, 1, []string{`^\d+$`}},
		{"%20", 400, 1, []string{`^\d+$`}},
		{"%D9%A3", 400, 1, []string{`^\d+$`}}, // a digit, but not one of ours
		{"%FF", 400, 1, []string{`^\d+$`}},
		{"1.0", 400, 1, []string{`^\d+$`}},
		{"1234567890123456789", 400, 1, []string{"18"}},
		{strings.Repeat("1", 10_000), 400, 1, []string{"18"}},
		{strings.Repeat("x", 10_000), 400, 1, []string{`^\d+$`}},
		{"999999999999999999", 404, 0, nil},
		{"0", 404, 0, nil},
		{"000000000000000001", 404, 0, nil},
	} {
		name := tt.id[:min(len(tt.id), 40)]
		for what, code := range map[string]int{"audience_id": 1000, "customer_list_id": 1001, "conversion_tag_id": 404} {
			t.Run(what+" "+name, func(t *testing.T) {
				target := inAccount + map[string]string{
					"audience_id": "/audiences/", "customer_list_id": "/customer_lists/", "conversion_tag_id": "/conversion_tags/",
				}[what] + tt.id
				words := tt.words
				if tt.status == 400 {
					code, words = tt.code, append([]string{what}, tt.words...)
				}
				a := s.send(t, s.Token, http.MethodGet, target, http.NoBody)
				refused(t, a, tt.status, code, words...)
				if len(a.body) > 500 {
					t.Errorf("the answer repeats %d bytes", len(a.body))
				}
				for operation, body := range map[string]string{
					"audience_id": `{"name":"n"}`, "customer_list_id": `{"operation_type":"ADD","records":"a@example.com"}`,
				} {
					if operation == what {
						s.refuse(t, http.MethodPatch, target, body, tt.status, code, words...)
					}
				}
			})
		}
		t.Run("ad_account_id "+name, func(t *testing.T) {
			for _, below := range []string{"", "/audiences", "/audiences/1", "/customer_lists", "/conversion_tags"} {
				if tt.status == 400 {
					s.refuse(t, http.MethodGet, "/v5/ad_accounts/"+tt.id+below, "", 400, 1,
						append([]string{"ad_account_id"}, tt.words...)...)
				} else { // an ad account that does not exist is like one of somebody else
					s.refuse(t, http.MethodGet, "/v5/ad_accounts/"+tt.id+below, "", 403, 29)
				}
			}
		})
	}
}
