// Package v5 speaks the audience family of the Pinterest API v5: it turns requests into use cases of package audiences and
// their results into the shapes of the contract. Codes, wordings and what is left open are settled by the reference.
package v5

import (
	"cmp"
	"net/http"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/upload"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/conversion"
	"github.com/parterre/parterre/oauth"
	"github.com/parterre/parterre/ratelimit"
)

// How large bodies may be: a rule is small, records are 50,000 digests at most, and events a thousand.
const (
	smallBody   = 1 << 20
	recordsBody = 8 << 20
	eventsBody  = 16 << 20
)

// API makes the routes of v5.
type API struct {
	service   *audiences.Service
	tokens    *oauth.Tokens
	links     upload.Links
	bookmarks bookmarks
	now       func() time.Time
	version   Version
	limits    conversion.Limits
}

// Options is what the API is made of.
type Options struct {
	Service *audiences.Service
	Tokens  *oauth.Tokens
	Links   upload.Links // where parts of uploads are put
	Key     []byte       // signs bookmarks: one that another key signed is refused, so keep it
	Now     func() time.Time
	Version Version           // that is spoken; Default when 0
	Events  conversion.Limits // how old events may be
}

// New makes the API.
func New(o Options) *API {
	return &API{
		service: o.Service, tokens: o.Tokens, links: o.Links, bookmarks: bookmarks{o.Key}, now: o.Now,
		version: cmp.Or(o.Version, Default), limits: o.Events,
	}
}

// Routes are the operations of the version, as the contract names them.
func (a *API) Routes() []wire.Route {
	const (
		account   = "/v5/ad_accounts/{ad_account_id}"
		audiences = account + "/audiences"
		lists     = account + "/customer_lists"
		uploads   = lists + "/{customer_list_id}/uploads"
		tags      = account + "/conversion_tags"
		business  = "/v5/businesses/{business_id}/audiences"
	)
	const client, none = parterre.ClientToken, parterre.UserToken
	read := func(op, path string, also parterre.TokenKind, h func(*wire.Request) (any, error)) wire.Route {
		return wire.Route{
			Operation: op, Method: http.MethodGet, Path: path, Scope: parterre.ScopeAdsRead, Category: ratelimit.AdsRead, Also: also,
			Handle: h,
		}
	}
	write := func(op, method, path string, most int64, h func(*wire.Request) (any, error)) wire.Route {
		return wire.Route{
			Operation: op, Method: method, Path: path, Scope: parterre.ScopeAdsWrite, Category: ratelimit.AdsWrite, MaxBody: most,
			Handle: h,
		}
	}
	return a.version.spoken([]wire.Route{
		read("ad_accounts/list", "/v5/ad_accounts", client, a.listAdAccounts),
		write("ad_accounts/create", http.MethodPost, "/v5/ad_accounts", smallBody, a.createAdAccount),
		read("ad_accounts/get", account, client, a.getAdAccount),
		read("audiences/list", audiences, client, a.listAudiences),
		write("audiences/create", http.MethodPost, audiences, smallBody, a.createAudience),
		write("audiences/create_custom", http.MethodPost, audiences+"/custom", smallBody, a.createCustomAudience),
		read("audiences/get", audiences+"/{audience_id}", client, a.getAudience),
		write("audiences/update", http.MethodPatch, audiences+"/{audience_id}", smallBody, a.updateAudience),
		read("customer_lists/list", lists, none, a.listCustomerLists),
		write("customer_lists/create", http.MethodPost, lists, recordsBody, a.createCustomerList),
		read("customer_lists/get", lists+"/{customer_list_id}", client, a.getCustomerList),
		write("customer_lists/update", http.MethodPatch, lists+"/{customer_list_id}", recordsBody, a.updateCustomerList),
		write("customer_list_uploads/create", http.MethodPost, uploads, smallBody, a.createUpload),
		read("customer_list_uploads/get", uploads+"/{customer_list_upload_id}", none, a.getUpload),
		write("customer_list_uploads/run", http.MethodPost, uploads+"/{customer_list_upload_id}/run", 0, a.runUpload),
		{
			Operation: "ad_groups/audience_sizing", Method: http.MethodPost, Path: account + "/ad_groups/audience_sizing",
			Scope: parterre.ScopeAdsRead, Right: parterre.Read, Category: ratelimit.AdsRead, Also: client, MaxBody: smallBody,
			Handle: a.sizeAudience,
		},
		read("audience_insights/get", account+"/audience_insights", client, a.audienceInsights),
		read("audience_insights_scope_and_type/get", account+"/insights/audiences", client, a.scopesAndTypes),
		read("conversion_tags/list", tags, client, a.listConversionTags),
		write("conversion_tags/create", http.MethodPost, tags, smallBody, a.createConversionTag),
		read("page_visit_conversion_tags/get", tags+"/page_visit", client, a.listPageVisits),
		read("ocpm_eligible_conversion_tags/get", tags+"/ocpm_eligible", client, a.getEligible),
		read("conversion_tags/get", tags+"/{conversion_tag_id}", client, a.getConversionTag),
		read("advertiser_defined_events/get", account+"/advertiser_defined_events", client, a.listAdvertiserEvents),
		read("conversion_eqs/list", account+"/conversion_eqs", client, a.listEventQuality),
		{
			Operation: "events/create", Method: http.MethodPost, Path: account + "/events", Scope: parterre.ScopeAdsWrite,
			Category: ratelimit.AdsConversions, CountAs: countEvents, Also: parterre.ConversionToken,
			Right: parterre.SendEvents, MaxBody: eventsBody, Handle: a.createEvents,
		},
		write("update_ad_account_to_ad_account_shared_audience", http.MethodPatch, audiences+"/ad_accounts/shared", smallBody,
			a.shareWithAccounts),
		write("update_ad_account_to_business_shared_audience", http.MethodPatch, audiences+"/businesses/shared", smallBody,
			a.shareWithBusinesses),
		asBusiness(write("update_business_to_ad_account_shared_audience", http.MethodPatch, business+"/ad_accounts/shared",
			smallBody, a.shareWithAccounts)),
		asBusiness(write("update_business_to_business_shared_audience", http.MethodPatch, business+"/businesses/shared",
			smallBody, a.shareWithBusinesses)),
		read("ad_accounts_audiences_shared_accounts/list", audiences+"/shared/accounts", client, a.listSharedAccounts),
		asBusiness(read("business_account_audiences_shared_accounts/list", business+"/shared/accounts", none,
			a.listSharedAccounts)),
		asBusiness(read("shared_audiences_for_business/list", business, none, a.listReceivedAudiences)),
		sandbox(write("sandbox/delete", http.MethodDelete, account+"/sandbox", 0, a.deleteSandbox)),
		{
			Operation: "oauth/token", Method: http.MethodPost, Path: "/v5/oauth/token", Basic: true, Category: ratelimit.OrgRead,
			MaxBody: smallBody, Handle: a.giveToken,
		},
		{
			Operation: "token/revoke", Method: http.MethodPost, Path: "/v5/oauth/token/revoke", Basic: true, Category: ratelimit.OrgWrite,
			MaxBody: smallBody, Handle: a.revokeToken,
		},
		{
			Operation: "oauth/conversion_token", Method: http.MethodPost, Path: "/v5/oauth/conversion_token",
			Scope: parterre.ScopeAdsWrite, Category: ratelimit.OrgWrite, Handle: a.giveConversionToken,
		},
	})
}

// asBusiness is a route on a business, which asks for scopes of its own.
func asBusiness(r wire.Route) wire.Route {
	if r.Scope = parterre.ScopeBizWrite; r.Method == http.MethodGet {
		r.Scope = parterre.ScopeBizRead
	}
	return r
}

// sandbox is a route for tokens of the sandbox alone.
func sandbox(r wire.Route) wire.Route {
	r.Sandbox, r.WrongID = true, "Invalid ad account id"
	return r
}

// page is the envelope of a list (reference, section 1.6): the bookmark is there on the last page too, and null.
type page struct {
	Items    any     `json:"items"`
	Bookmark *string `json:"bookmark"`
}
