// Package parterre is Parterre's own API, /parterre/v1: what the API v5 has no operation for. The operator of a platform
// imports persons and what they did, makes businesses and ad accounts, and asks who is in which audience; in the sandbox there are tokens to be had.
//
// Imports are newline-delimited JSON. They are read as they come and taken in a batch at a time, so an import may be of any
// length. What was taken in before an import broke off stays, and sending the whole again does no harm.
package parterre

import (
	"context"
	"net/http"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/conversion"
	"github.com/parterre/parterre/oauth"
)

// smallBody is how large a body may be that is no import.
const smallBody = 1 << 16

// Issue makes a token of a new user with the role on the ad accounts and the businesses.
type Issue func(ctx context.Context, g oauth.Grant, role parterre.Role, accounts, businesses []parterre.ID) (string, error)

// API makes the routes of /parterre/v1.
type API struct {
	service *audiences.Service
	issue   Issue
	now     func() time.Time
	limits  conversion.Limits
}

// Options is what the API is made of.
type Options struct {
	Service *audiences.Service
	Now     func() time.Time
	Issue   Issue             // nil outside the sandbox, and then there is no route for it
	Events  conversion.Limits // how old events may be
}

// New makes the API.
func New(o Options) *API {
	return &API{service: o.Service, issue: o.Issue, now: o.Now, limits: o.Events}
}

// Routes are the operations.
func (a *API) Routes() []wire.Route {
	route := func(op, method, path string, h func(*wire.Request) (any, error)) wire.Route {
		return wire.Route{
			Operation: op, Method: method, Path: "/parterre/v1/" + path, Scope: parterre.ScopeOperator, Handle: h,
		}
	}
	lookup := route("memberships/get_many", http.MethodPost, "memberships", a.membershipsOfMany)
	lookup.MaxBody = maxLookupBody
	routes := []wire.Route{
		route("people/import", http.MethodPost, "people", a.importPeople),
		route("engagements/import", http.MethodPost, "engagements", a.importEngagements),
		route("events/import", http.MethodPost, "events", a.importEvents),
		route("memberships/get", http.MethodGet, "memberships", a.memberships),
		route("stats/get", http.MethodGet, "stats", a.stats),
		lookup,
		route("event_counts/get", http.MethodGet, "event_counts", a.eventCounts),
		small(route("conversion_tags/update", http.MethodPatch, "conversion_tags/{conversion_tag_id}", a.updateTag)),
		route("audiences/get", http.MethodGet, "audiences/{audience_id}", a.explainAudience),
		route("audiences/recompute", http.MethodPost, "audiences/{audience_id}/recompute", a.recomputeAudience),
		small(route("businesses/create", http.MethodPost, "businesses", a.createBusiness)),
		small(route("ad_accounts/create", http.MethodPost, "ad_accounts", a.createAdAccount)),
	}
	routes = append(routes, wire.Route{
		Operation: "openapi/get", Method: http.MethodGet, Path: "/parterre/v1/openapi.json", Open: true, Handle: describe,
	})
	if a.issue != nil {
		token := small(route("tokens/create", http.MethodPost, "tokens", a.createToken))
		token.Sandbox = true
		routes = append(routes, token)
	}
	return routes
}

// small is a route whose body is small and read whole.
func small(r wire.Route) wire.Route {
	r.MaxBody = smallBody
	return r
}
