package parterre_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/parterre/parterre"
	ownapi "github.com/parterre/parterre/api/parterre"
	"github.com/parterre/parterre/oauth"
)

// described reads the description once for all tests.
var described = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.json")
	if err != nil {
		return nil, fmt.Errorf("read the description: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("the description is not valid: %w", err)
	}
	return legacy.NewRouter(doc)
})

// checkAnswer holds an answer against the description.
func checkAnswer(method, target string, status int, header http.Header, body []byte) error {
	router, err := described()
	if err != nil {
		return err
	}
	u, err := url.Parse(target)
	if err != nil {
		return err
	}
	r := &http.Request{Method: method, URL: u, Header: http.Header{}, Body: http.NoBody}
	route, params, err := router.FindRoute(r)
	if err != nil {
		return nil //nolint:nilerr // the description has no such operation
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
	})
}

// The description has the routes, all of them and no others.
func TestTheDescriptionHasTheRoutes(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			want[method+" /parterre/v1"+path] = operation.OperationID
		}
	}
	issue := func(context.Context, oauth.Grant, parterre.Role, []parterre.ID, []parterre.ID) (string, error) {
		return "", nil
	}
	for _, route := range ownapi.New(ownapi.Options{Now: time.Now, Issue: issue}).Routes() {
		if route.Open {
			continue // the description itself
		}
		at := route.Method + " " + route.Path
		if want[at] != route.Operation {
			t.Errorf("%s is %s, in the description %q", at, route.Operation, want[at])
		}
		delete(want, at)
	}
	for at, operation := range want {
		t.Errorf("%s (%s) has no route", at, operation)
	}
}

func TestTheDescriptionIsServedToEverybody(t *testing.T) {
	s := start(t)
	a := s.sendAs(t, "", http.MethodGet, "openapi.json", http.NoBody)
	if a.status != http.StatusOK || !strings.Contains(string(a.body), `"openapi":"3.0.3"`) {
		t.Errorf("the answer is %d: %.200s", a.status, a.body)
	}
}

// A guard that lets everything through would guard nothing.
func TestTheDescriptionIsHeldAgainstAnswers(t *testing.T) {
	header := http.Header{"Content-Type": {"application/json"}}
	for body, right := range map[string]bool{
		`{"audience_ids":["1"],"as_of":3}`: true, `{"audience_ids":[1],"as_of":3}`: false, `{"audience_ids":["1"]}`: false,
		`{"audience_ids":["1"],"as_of":3,"more":1}`: false,
	} {
		if err := checkAnswer(http.MethodGet, "/parterre/v1/memberships?email=a@b.c", 200, header, []byte(body)); (err == nil) != right {
			t.Errorf("%s: %v", body, err)
		}
	}
}
