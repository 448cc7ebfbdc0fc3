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

// Credentials open the sandbox: a token with every scope, and what an app shows that users let act for them.
type Credentials struct {
	Token        string
	App          parterre.ID
	AppSecret    string
	RedirectURIs []string // of the app
}

// DefaultRedirectURI is where the app sends users back to when nothing else was said: the address that the vendor's own
// example listens on.
const DefaultRedirectURI = "http://localhost:8085/"

// Prepare sees to it that the business, its ad account and the app are there, and gives the credentials: those given, and
// new ones in place of what is empty. Those of before stop working.
func (s *Sandbox) Prepare(ctx context.Context, c Credentials) (Credentials, error) {
	if c.App == 0 {
		c.App = AppID
	}
	if c.AppSecret == "" {
		c.AppSecret = oauth.NewSecret()
	}
	if len(c.RedirectURIs) == 0 {
		c.RedirectURIs = []string{DefaultRedirectURI}
	}
	app := catalog.App{ID: c.App, Name: App, Owner: User, RedirectURIs: c.RedirectURIs, Sandbox: true}
	if err := s.tokens.Register(ctx, app, c.AppSecret); err != nil {
		return c, err
	}
	token, err := s.prepare(ctx, c)
	c.Token = token
	return c, err
}

func (s *Sandbox) prepare(ctx context.Context, c Credentials) (string, error) {
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := prepareBusiness(tx); err != nil {
			return err
		}
		if err := tx.KeepSandboxApp(c.App); err != nil {
			return err
		}
		return prepareAdAccount(tx)
	})
	if err != nil {
		return "", err
	}
	g := oauth.Grant{Name: tokenName, App: App, AppID: c.App, User: User, Scopes: parterre.Scopes, Sandbox: true}
	if c.Token == "" {
		return s.tokens.Issue(ctx, g)
	}
	return c.Token, s.tokens.Set(ctx, c.Token, g)
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
