// Package sandbox prepares the service for an engineer who rehearses: one business, one app, one ad account, and a token
// with every scope.
package sandbox

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/oauth"
)

// What there is in the sandbox.
const (
	AdAccount parterre.ID = 549755885175
	User      parterre.ID = 383791336903426391
	AppID     parterre.ID = 1500000
	App                   = "Parterre sandbox"
	role                  = "OWNER"
	tokenName             = "sandbox" // of the grant, not the token
)

// firstOther is where the numbers of users begin who were made for a token of their own.
const firstOther = User + 1

// Sandbox makes and grants what there is in the sandbox, over the catalogue.
type Sandbox struct {
	catalog *catalog.Catalog
	tokens  *oauth.Tokens
}

// New makes a Sandbox.
func New(c *catalog.Catalog, t *oauth.Tokens) *Sandbox { return &Sandbox{c, t} }

// Prepare sees to it that the ad account is there, and gives the token with every scope: the given one, or a new one when
// it is empty. The one of before stops working.
func (s *Sandbox) Prepare(ctx context.Context, token string) (string, error) {
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		_, err := tx.AdAccount(AdAccount)
		if parterre.CodeOf(err) == parterre.NotFound {
			err = tx.PutAdAccount(&parterre.AdAccount{
				ID: AdAccount, Name: "Sandbox", Owner: User, Username: "sandbox", Country: "US", Currency: "USD",
			})
		}
		if err != nil {
			return err
		}
		return tx.GrantRole(User, AdAccount, role)
	})
	if err != nil {
		return "", err
	}
	g := oauth.Grant{Name: tokenName, App: App, AppID: AppID, User: User, Scopes: parterre.Scopes, Sandbox: true}
	if token == "" {
		return s.tokens.Issue(ctx, g)
	}
	return token, s.tokens.Set(ctx, token, g)
}

// Issue makes a token of a new user, who has a role on the ad accounts and nowhere else.
func (s *Sandbox) Issue(ctx context.Context, g oauth.Grant, accounts []parterre.ID) (string, error) {
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		user, err := tx.NextUser(firstOther)
		if err != nil {
			return err
		}
		g.User = user
		for _, id := range accounts {
			if err := tx.GrantRole(user, id, role); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	g.Sandbox = true
	return s.tokens.Issue(ctx, g)
}
