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
	o.Only([]string{"scopes", "ad_account_ids"})
	o.Require("scopes", "ad_account_ids")
	g := oauth.Grant{App: r.Principal.App, AppID: r.Principal.AppID, Scopes: []parterre.Scope{}}
	for _, s := range o.Strings("scopes") {
		scope := parterre.Scope(s)
		if !slices.Contains(parterre.Scopes, scope) {
			o.Fail("scopes", "holds the unknown scope %s; allowed: %s", parterre.Quote(s), allScopes())
		}
		g.Scopes = append(g.Scopes, scope)
	}
	var accounts []parterre.ID
	for _, s := range o.Strings("ad_account_ids") {
		id, err := parterre.ParseID("ad_account_ids", s)
		if err != nil {
			return nil, err
		}
		if err := a.accounts(r.Context()).exists("ad_account_ids", id); err != nil {
			return nil, err
		}
		accounts = append(accounts, id)
	}
	if err := o.Err(); err != nil {
		return nil, err
	}
	token, err := a.issue(r.Context(), g, accounts)
	if err != nil {
		return nil, err
	}
	return struct {
		AccessToken string           `json:"access_token"`
		Scopes      []parterre.Scope `json:"scopes"`
	}{token, g.Scopes}, nil
}

func allScopes() string {
	words := make([]string, len(parterre.Scopes))
	for i, s := range parterre.Scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}
