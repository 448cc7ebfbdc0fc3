package v5_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/parterre/parterre"
	v5 "github.com/parterre/parterre/api/v5"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/sandbox"
)

// operations are the operations of the contract, by method and path.
func operations(t *testing.T) map[string]*openapi3.Operation {
	t.Helper()
	all := map[string]*openapi3.Operation{}
	for path, item := range theContract(t).doc.Paths.Map() {
		for method, operation := range item.Operations() {
			all[method+" /v5"+path] = operation
		}
	}
	return all
}

// filled is the path of a route with ids in place of its parameters: the sandbox's, and of records that are not there.
func filled(path string) string {
	return strings.NewReplacer("{ad_account_id}", account, "{business_id}", sandbox.Business.String(), "{audience_id}", "1",
		"{customer_list_id}", "1", "{customer_list_upload_id}", "1", "{conversion_tag_id}", "1").Replace(path)
}

func routes() []wire.Route { return v5.New(v5.Options{}).Routes() }

func TestRoutesAreTheContracts(t *testing.T) {
	all := operations(t)
	for _, route := range routes() {
		operation := all[route.Method+" "+route.Path]
		if operation == nil {
			t.Errorf("%s: the contract has no %s %s", route.Operation, route.Method, route.Path)
			continue
		}
		if operation.OperationID != route.Operation {
			t.Errorf("%s %s is %s, the contract calls it %s", route.Method, route.Path, route.Operation, operation.OperationID)
		}
		if scopes := scopesOf(operation); !slices.Contains(scopes, string(route.Scope)) && !route.Basic {
			t.Errorf("%s asks for the scope %s, the contract for one of %v", route.Operation, route.Scope, scopes)
		}
		if category := operation.Extensions["x-ratelimit-category"]; category != string(route.Category) {
			t.Errorf("%s counts as %q, in the contract as %v", route.Operation, route.Category, category)
		}
		if _, basic := (*operation.Security)[0]["basic"]; basic != route.Basic {
			t.Errorf("%s is for apps: %v; in the contract: %v", route.Operation, route.Basic, basic)
		}
		if also := alsoTakes(operation); also != route.Also {
			t.Errorf("%s takes tokens of kind %q beside a user's, in the contract %q", route.Operation, route.Also, also)
		}
		if takesBody := operation.RequestBody != nil; takesBody != (route.MaxBody > 0) {
			t.Errorf("%s reads a body: %v; in the contract it has one: %v", route.Operation, route.MaxBody > 0, takesBody)
		}
		if route.Sandbox != (route.Operation == "sandbox/delete") {
			t.Errorf("%s is for the sandbox alone, the contract knows no such thing", route.Operation)
		}
	}
}

// alsoTakes is the kind of token that the contract allows beside a user's.
func alsoTakes(o *openapi3.Operation) parterre.TokenKind {
	for _, requirement := range *o.Security {
		for scheme := range requirement {
			switch scheme {
			case "client_credentials":
				return parterre.ClientToken
			case "conversion_token":
				return parterre.ConversionToken
			}
		}
	}
	return parterre.UserToken
}

// scopesOf are the scopes of an operation, whichever scheme asks for them.
func scopesOf(o *openapi3.Operation) (scopes []string) {
	for _, requirement := range *o.Security {
		for _, some := range requirement {
			scopes = append(scopes, some...)
		}
	}
	return scopes
}

func TestEveryOperationIsServed(t *testing.T) {
	served := map[string]bool{}
	for _, route := range routes() {
		if served[route.Operation] {
			t.Errorf("%s has two routes", route.Operation)
		}
		served[route.Operation] = true
	}
	for _, operation := range operations(t) {
		if !served[operation.OperationID] {
			t.Errorf("%s has no route", operation.OperationID)
		}
	}
}

// Each route answers where the contract puts it: without a token, that there is none.
func TestEveryRouteAnswers(t *testing.T) {
	s := start(t)
	for _, route := range routes() {
		target := filled(route.Path)
		if strings.Contains(target, "{") {
			t.Errorf("%s has a parameter that this test does not know", route.Path)
		}
		refused(t, s.send(t, "", route.Method, target, http.NoBody), http.StatusUnauthorized, 2)
	}
}
