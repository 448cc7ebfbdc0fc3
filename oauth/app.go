package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/url"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// NewSecret makes a secret for an app.
func NewSecret() string { return rand.Text() + rand.Text() }

// Register writes an app, with a secret of which the digest is kept, in place of the one with the same id.
func (t *Tokens) Register(ctx context.Context, a catalog.App, secret string) error {
	a.Secret = digest(secret)
	return t.catalog.Update(ctx, func(tx *catalog.Tx) error { return tx.PutApp(a) })
}

// AuthenticateApp finds the app with those credentials, or fails with [parterre.Unauthenticated].
func (t *Tokens) AuthenticateApp(ctx context.Context, id, secret string) (catalog.App, error) {
	number, err := parterre.ParseID("client_id", id)
	if err != nil {
		return catalog.App{}, unauthenticated()
	}
	a, err := t.app(ctx, number)
	if parterre.CodeOf(err) == parterre.NotFound {
		return a, unauthenticated()
	}
	if err == nil && !matches(a.Secret, secret) {
		return catalog.App{}, unauthenticated()
	}
	return a, err
}

// matches says whether the digest is that of the secret, or of what the secret says as a part of a form: the standard has
// credentials encoded so before they are put together (RFC 6749, section 2.3.1), and only some clients do it.
func matches(want, secret string) bool {
	same := subtle.ConstantTimeCompare([]byte(want), []byte(digest(secret)))
	if plain, err := url.QueryUnescape(secret); err == nil {
		same |= subtle.ConstantTimeCompare([]byte(want), []byte(digest(plain)))
	}
	return same == 1
}

func (t *Tokens) app(ctx context.Context, id parterre.ID) (a catalog.App, err error) {
	err = t.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		a, err = tx.App(id)
		return err
	})
	return a, err
}

// Asked is what an app asks a user for.
type Asked struct {
	App      catalog.App
	Redirect string // one of the app's own
	Scopes   []parterre.Scope
}

// Ask reads what an app asks for: its id, one of its redirect URIs to the letter, and scopes separated by commas or spaces.
// It fails with [parterre.InvalidRequest]; known says whether the app and the redirect URI were right at least, so that the
// user may be sent back with the error.
func (t *Tokens) Ask(ctx context.Context, client, redirect, scope string) (asked Asked, known bool, err error) {
	if client == "" {
		return asked, false, parterre.Invalid("client_id", "Parameter 'client_id' is required: the id of an app")
	}
	id, err := parterre.ParseID("client_id", client)
	if err != nil {
		return asked, false, err
	}
	asked.App, err = t.app(ctx, id)
	if parterre.CodeOf(err) == parterre.NotFound {
		return asked, false, parterre.Invalid("client_id", "Parameter 'client_id' value %s is not the id of an app", parterre.Quote(client))
	}
	if err != nil {
		return asked, false, err
	}
	if !slices.Contains(asked.App.RedirectURIs, redirect) {
		return asked, false, parterre.Invalid("redirect_uri",
			"Parameter 'redirect_uri' value %s is not one of those that the app registered: they must be equal to the letter",
			parterre.Quote(redirect))
	}
	asked.Redirect = redirect
	asked.Scopes, err = ParseScopes(scope)
	return asked, true, err
}

// Consent makes the code that a user's consent gives. It lasts for ten minutes and can be used once.
func (t *Tokens) Consent(ctx context.Context, a Asked, user parterre.ID) (code string, err error) {
	code = secret("")
	g := catalog.Grant{
		Digest: digest(code), Code: true, App: a.App.ID, User: user, Scopes: a.Scopes, Redirect: a.Redirect,
		Expires: t.now().Add(codeLife).Unix(),
	}
	return code, t.catalog.Update(ctx, func(tx *catalog.Tx) error { return tx.AddGrant(&g) })
}
