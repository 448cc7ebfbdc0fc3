// Package oauth knows the apps and their tokens: what each token stands for, and how it is come by (reference, section 13).
// A user's consent gives a code, a code gives an access token and a refresh token, a refresh token gives another pair; an
// app's own credentials give a token as well, and a user may have one for conversions. Only digests of secrets are kept.
package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// What tokens begin with, and how long they last (reference, section 13.2). A conversion token has no end.
const (
	accessPrefix  = "pina_"
	refreshPrefix = "pinr_"
	clientPrefix  = "pinc_"

	accessLife  = 30 * 24 * time.Hour
	refreshLife = 60 * 24 * time.Hour
	codeLife    = 10 * time.Minute
)

// Tokens authenticates callers and issues tokens, over the catalogue. Its methods may be called concurrently.
type Tokens struct {
	catalog *catalog.Catalog
	now     func() time.Time
}

// New makes Tokens over the catalogue, which it does not own.
func New(c *catalog.Catalog, now func() time.Time) *Tokens { return &Tokens{c, now} }

// Sweep deletes what has ended. It goes through everything that was ever consented to, so it is for the start of a service.
func (t *Tokens) Sweep(ctx context.Context) error {
	return t.catalog.Update(ctx, func(tx *catalog.Tx) error { return tx.Sweep(t.now().Unix()) })
}

// Grant is what a token stands for.
type Grant struct {
	Name    string // a token replaces the one with the same name; empty for a token without one
	Kind    parterre.TokenKind
	App     string
	AppID   parterre.ID
	User    parterre.ID
	Scopes  []parterre.Scope
	Sandbox bool
}

// Issue makes a new token, which does not end by itself.
func (t *Tokens) Issue(ctx context.Context, g Grant) (token string, err error) {
	token = secret(accessPrefix)
	return token, t.Set(ctx, token, g)
}

// Set makes the given string a token, which does not end by itself.
func (t *Tokens) Set(ctx context.Context, token string, g Grant) error {
	return t.catalog.Update(ctx, func(tx *catalog.Tx) error { return tx.PutToken(record(token, g)) })
}

// record is what the catalogue keeps of a token.
func record(token string, g Grant) catalog.Token {
	return catalog.Token{
		Digest: digest(token), Kind: g.Kind, App: g.App, AppID: g.AppID, User: g.User, Scopes: g.Scopes, Name: g.Name,
		Sandbox: g.Sandbox,
	}
}

// Authenticate finds the principal behind a token, or fails with [parterre.Unauthenticated].
func (t *Tokens) Authenticate(ctx context.Context, token string) (*parterre.Principal, error) {
	k, err := t.catalog.Token(ctx, digest(token))
	if err != nil {
		return nil, err
	}
	if ended(k.Expires, t.now()) {
		return nil, unauthenticated()
	}
	return &parterre.Principal{
		App: k.App, AppID: k.AppID, User: k.User, Kind: k.Kind, Scopes: k.Scopes, Sandbox: k.Sandbox,
	}, nil
}

// ConversionToken makes a token of the principal's for sending events, without an end.
func (t *Tokens) ConversionToken(ctx context.Context, p *parterre.Principal) (string, error) {
	return t.Issue(ctx, Grant{
		Kind: parterre.ConversionToken, App: p.App, AppID: p.AppID, User: p.User, Scopes: []parterre.Scope{}, Sandbox: p.Sandbox,
	})
}

// ended says whether something that lasts to a moment, in seconds since 1970, is over; 0 is no end.
func ended(expires int64, now time.Time) bool { return expires != 0 && expires <= now.Unix() }

func unauthenticated() error {
	return parterre.Errorf(parterre.Unauthenticated, "Authentication failed.")
}

// secret makes a secret of 52 random characters.
func secret(prefix string) string { return prefix + rand.Text() + rand.Text() }

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
