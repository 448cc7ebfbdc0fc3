// Package sandbox prepares the service for an engineer who rehearses: one business with one ad account, one app, and a token
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
	Business  parterre.ID = 729090764583391194
	AdAccount parterre.ID = 549755885175
	User      parterre.ID = 383791336903426391
	AppID     parterre.ID = 1500000
	App                   = "Parterre sandbox"
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

// Prepare sees to it that the business and its ad account are there, and gives the token with every scope: the given one, or a new one when
// it is empty. The one of before stops working.
func (s *Sandbox) Prepare(ctx context.Context, token string) (string, error) {
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := prepareBusiness(tx); err != nil {
			return err
		}
		return prepareAdAccount(tx)
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

func prepareBusiness(tx *catalog.Tx) error {
	_, err := tx.Business(Business)
	if parterre.CodeOf(err) == parterre.NotFound {
		err = tx.PutBusiness(&parterre.Business{ID: Business, Name: "Sandbox"})
	}
	if err != nil {
		return err
	}
	return tx.GrantBusinessRole(User, Business, parterre.Owner)
}

// prepareAdAccount makes the ad account, or gives one that was made before there were businesses to the sandbox's.
func prepareAdAccount(tx *catalog.Tx) error {
	a, err := tx.AdAccount(AdAccount)
	switch {
	case parterre.CodeOf(err) == parterre.NotFound:
		a = parterre.AdAccount{ID: AdAccount, Name: "Sandbox", Owner: User, Username: "sandbox", Country: "US", Currency: "USD"}
	case err != nil:
		return err
	}
	if a.Business != Business {
		a.Business = Business
		if err := tx.PutAdAccount(&a); err != nil {
			return err
		}
	}
	return tx.GrantRole(User, AdAccount, parterre.Owner)
}

// Issue makes a token of a new user, who has the role on the ad accounts and the businesses and none elsewhere.
func (s *Sandbox) Issue(
	ctx context.Context, g oauth.Grant, role parterre.Role, accounts, businesses []parterre.ID,
) (string, error) {
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
		for _, id := range businesses {
			if err := tx.GrantBusinessRole(user, id, role); err != nil {
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
