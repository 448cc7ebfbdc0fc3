// Package parterre is Parterre's own API, /parterre/v1: what the API v5 has no operation for. The operator of a platform
// imports persons and what they did, and asks who is in which audience; in the sandbox there are tokens to be had.
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
	"github.com/parterre/parterre/oauth"
)

// tokenBody is how large the body of a request for a token may be.
const tokenBody = 1 << 16

// API makes the routes of /parterre/v1.
type API struct {
	service *audiences.Service
	issue   func(ctx context.Context, g oauth.Grant, accounts []parterre.ID) (token string, err error)
	now     func() time.Time
}

// Options is what the API is made of.
type Options struct {
	Service *audiences.Service
	Now     func() time.Time

	// Issue makes a token of a new user with a role on the ad accounts. It is nil outside the sandbox, and then there is
	// no route for it.
	Issue func(ctx context.Context, g oauth.Grant, accounts []parterre.ID) (token string, err error)
}

// New makes the API.
func New(o Options) *API { return &API{service: o.Service, issue: o.Issue, now: o.Now} }

// Routes are the operations.
func (a *API) Routes() []wire.Route {
	route := func(op, method, path string, h func(*wire.Request) (any, error)) wire.Route {
		return wire.Route{
			Operation: op, Method: method, Path: "/parterre/v1/" + path, Scope: parterre.ScopeOperator, Handle: h,
		}
	}
	routes := []wire.Route{
		route("people/import", http.MethodPost, "people", a.importPeople),
		route("engagements/import", http.MethodPost, "engagements", a.importEngagements),
		route("events/import", http.MethodPost, "events", a.importEvents),
		route("memberships/get", http.MethodGet, "memberships", a.memberships),
	}
	if a.issue != nil {
		token := route("tokens/create", http.MethodPost, "tokens", a.createToken)
		token.Sandbox, token.MaxBody = true, tokenBody
		routes = append(routes, token)
	}
	return routes
}
