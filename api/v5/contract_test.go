package v5_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// contract is the published description of the API, against which everything on the wire is held.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

// published are the contracts, each read once for all tests. What is live has no contract: it is 5.23 and more.
var published = map[string]func() (*contract, error){"5.14": reading("5.14"), "5.23": reading("5.23")}

func reading(version string) func() (*contract, error) {
	return sync.OnceValues(func() (*contract, error) { return readContract("testdata/contract.v" + version + ".json") })
}

func readContract(file string) (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	doc.Servers = openapi3.Servers{{URL: "/v5"}}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route the contract: %w", err)
	}
	return &contract{doc, router}, nil
}

// theContract is the contract of the default version.
func theContract(t testing.TB) *contract {
	t.Helper()
	return contractOf(t, "5.23")
}

func contractOf(t testing.TB, version string) *contract {
	t.Helper()
	c, err := published[version]()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// input finds the operation of a request; nil when the contract has none.
func (c *contract) input(method, target string, body []byte) (*openapi3filter.RequestValidationInput, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	r := &http.Request{Method: method, URL: u, Header: http.Header{"Content-Type": {"application/json"}}}
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	} else {
		r.Body = http.NoBody
	}
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // the contract has no such operation
	}
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc, // tokens are the service's business
			SkipSettingDefaults: true,
		},
	}, nil
}

// checkRequest holds a request that is meant to be valid against the contract.
func (c *contract) checkRequest(method, target string, body []byte) error {
	in, err := c.input(method, target, c.withoutLooseRules(body))
	if err != nil || in == nil {
		return err
	}
	return openapi3filter.ValidateRequest(in.Request.Context(), in)
}

// checkAnswer holds an answer against the contract. Where the contract has no operation, an error must still be one.
func (c *contract) checkAnswer(method, target string, got answer) error {
	in, err := c.input(method, target, nil)
	if err != nil {
		return err
	}
	if in == nil {
		if got.status == http.StatusOK {
			return nil // an operation of Parterre's own
		}
		var body any
		if err := json.Unmarshal(got.body, &body); err != nil {
			return fmt.Errorf("the body is not JSON: %w", err)
		}
		return c.doc.Components.Schemas["Error"].Value.VisitJSON(body)
	}
	return openapi3filter.ValidateResponse(in.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: got.status, Header: got.header,
		Body: io.NopCloser(bytes.NewReader(c.withoutLooseRules(got.body))),
	})
}

// withoutLooseRules is the one exception from the contract, and it is for the member rule alone: the published page writes
// rules that its own schema forbids ("percentage": "10", a list as visitor_source_id, a url of operators), the service takes
// them, and what comes back is what was sent. Such a rule is emptied before the rest is held against the schema; a rule
// that has the schema's shape stays and is checked. What a rule holds is for other tests to compare.
func (c *contract) withoutLooseRules(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || !emptyLooseRules(c.doc.Components.Schemas["AudienceRule"].Value, v) {
		return body
	}
	out, err := json.Marshal(v)
	if err != nil {
		return body
	}
	return out
}

func emptyLooseRules(schema *openapi3.Schema, v any) (changed bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			changed = emptyLooseRules(schema, item) || changed
		}
	case map[string]any:
		for name, member := range v {
			rule, is := member.(map[string]any)
			if name == "rule" && is && schema.VisitJSON(member) != nil {
				clear(rule)
				changed = true
			} else if name == "items" {
				changed = emptyLooseRules(schema, member) || changed
			}
		}
	}
	return changed
}

// A guard that lets everything through would guard nothing.
func TestTheContractIsHeldAgainstTheWire(t *testing.T) {
	c := theContract(t)
	const one = "/v5/ad_accounts/549755885175/audiences/2542620639259"
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   string // of the complaint; empty for none
	}{
		{"a whole audience is one", 200, `{"id":"1","name":"n","size":3,"rule":{"retention_days":3}}`, ""},
		{"an audience's size is a number", 200, `{"id":"1","size":"3"}`, "size"},
		{"an audience's id is a string of digits", 200, `{"id":"x"}`, "id"},
		{"a loose rule is excepted", 200, `{"id":"1","rule":{"percentage":"10"}}`, ""},
		{"a loose rule excepts nothing else", 200, `{"id":1,"rule":{"percentage":"10"}}`, "id"},
		{"a rule is an object", 200, `{"rule":[]}`, "rule"},
		{"an error has a code and a message", 404, `{"code":1000,"message":"m"}`, ""},
		{"an error without a code is none", 404, `{"message":"m"}`, "code"},
		{"an answer is JSON", 404, `Not found`, "decode"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := c.checkAnswer(http.MethodGet, one, answer{
				status: tt.status, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(tt.body),
			})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the complaint is %v, want one about %q", err, tt.want)
			}
		})
	}
	t.Run("a request of the wrong shape is one", func(t *testing.T) {
		if err := c.checkRequest(http.MethodPatch, one, []byte(`{"name":3}`)); err == nil {
			t.Error("a name that is a number was let through")
		}
		if err := c.checkRequest(http.MethodGet, "/v5/ad_accounts/549755885175/audiences?page_size=251", nil); err == nil {
			t.Error("a page size of 251 was let through")
		}
	})
}
