// Package oauth knows the bearer tokens: what each stands for, and how new ones are made. Only digests of tokens are kept.
package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// accessPrefix begins every access token (reference, section 13.2).
const accessPrefix = "pina_"

// Tokens authenticates callers and issues tokens, over the catalogue. Its methods may be called concurrently.
type Tokens struct {
	catalog *catalog.Catalog
}

// New makes Tokens over the catalogue, which it does not own.
func New(c *catalog.Catalog) *Tokens { return &Tokens{c} }

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

// Issue makes a new token.
func (t *Tokens) Issue(ctx context.Context, g Grant) (token string, err error) {
	token = accessPrefix + rand.Text() + rand.Text()
	return token, t.Set(ctx, token, g)
}

// Set makes the given string a token.
func (t *Tokens) Set(ctx context.Context, token string, g Grant) error {
	return t.catalog.Update(ctx, func(tx *catalog.Tx) error {
		return tx.PutToken(catalog.Token{
			Digest: digest(token), Kind: g.Kind, App: g.App, AppID: g.AppID, User: g.User, Scopes: g.Scopes, Name: g.Name,
			Sandbox: g.Sandbox,
		})
	})
}

// Authenticate finds the principal behind a token, or fails with [parterre.Unauthenticated].
func (t *Tokens) Authenticate(ctx context.Context, token string) (*parterre.Principal, error) {
	var k catalog.Token
	err := t.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		k, err = tx.TokenByDigest(digest(token))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &parterre.Principal{
		App: k.App, AppID: k.AppID, User: k.User, Kind: k.Kind, Scopes: k.Scopes, Sandbox: k.Sandbox,
	}, nil
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
