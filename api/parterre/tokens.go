package parterre

import (
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/internal/jsonbody"
	"github.com/parterre/parterre/oauth"
)

// createToken makes a token of a new user, so that a client can rehearse what it does without a scope, or without a right
// on the ad account. It is the sandbox's own.
func (a *API) createToken(r *wire.Request) (any, error) {
	o := jsonbody.Parse("", r.Payload)
	o.DropNulls()
	o.Only([]string{"scopes", "ad_account_ids", "business_ids", "role"})
	o.Require("scopes", "ad_account_ids")
	g := oauth.Grant{App: r.Principal.App, AppID: r.Principal.AppID, Scopes: []parterre.Scope{}}
	for _, s := range o.Strings("scopes") {
		scope := parterre.Scope(s)
		if !slices.Contains(parterre.Scopes, scope) {
			o.Fail("scopes", "holds the unknown scope %s; allowed: %s", parterre.Quote(s), allScopes())
		}
		g.Scopes = append(g.Scopes, scope)
	}
	role := parterre.Owner
	if s := o.String("role"); s != nil {
		var err error
		if role, err = parterre.ParseRole("role", *s); err != nil {
			o.FailWith(err)
		}
	}
	known := a.accounts(r.Context())
	accounts := existing(o, "ad_account_ids", parterre.ParseID, known.exists)
	businesses := existing(o, "business_ids", parterre.ParseBusinessID, known.businessExists)
	if err := o.Err(); err != nil {
		return nil, err
	}
	token, err := a.issue(r.Context(), g, role, accounts, businesses)
	if err != nil {
		return nil, err
	}
	return struct {
		AccessToken string           `json:"access_token"`
		Scopes      []parterre.Scope `json:"scopes"`
	}{token, g.Scopes}, nil
}

// existing reads a list of ids of records that must exist.
func existing(
	o *jsonbody.Object, member string, parse func(field, s string) (parterre.ID, error), exists func(string, parterre.ID) error,
) (ids []parterre.ID) {
	for _, s := range o.Strings(member) {
		id, err := parse(member, s)
		if err == nil {
			err = exists(member, id)
		}
		o.FailWith(err)
		ids = append(ids, id)
	}
	return ids
}

func allScopes() string {
	words := make([]string, len(parterre.Scopes))
	for i, s := range parterre.Scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}
