package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var tokens = noun{driver.Tokens, 1, parterre.Unauthenticated, "Authentication failed."}

// Token is what a bearer token stands for. The token itself is not kept: Digest is its SHA-256 digest in hexadecimal.
type Token struct {
	Digest  string             `json:"-"` // the key of the row
	Kind    parterre.TokenKind `json:"kind,omitempty"`
	App     string             `json:"app"`
	AppID   parterre.ID        `json:"app_id,omitempty"`
	User    parterre.ID        `json:"user"`
	Scopes  []parterre.Scope   `json:"scopes"`
	Name    string             `json:"name,omitempty"` // what the operator calls it
	Sandbox bool               `json:"sandbox,omitempty"`
	Created int64              `json:"created"`           // seconds since 1970
	Expires int64              `json:"expires,omitempty"` // seconds since 1970; 0 when it does not end by itself
	Family  parterre.ID        `json:"-"`                 // of grants, which it goes with; 0 for none
}

// PutToken writes a token in place of the one with the same digest, and of the one with the same name unless the name is
// empty. A moment of creation that is 0 becomes now.
func (t *Tx) PutToken(k Token) error {
	if k.Digest == "" {
		return parterre.Errorf(parterre.Internal, "a token has no digest")
	}
	if k.Name != "" {
		if err := t.dropNamed(k.Name); err != nil {
			return err
		}
	}
	row, err := t.byKey(tokens, k.Digest)
	if parterre.CodeOf(err) == parterre.Unauthenticated {
		row.ID, err = t.next(tokens)
	}
	if err != nil {
		return err
	}
	t.seconds(&k.Created)
	return t.save(t.put, tokens, driver.Row{ID: row.ID, Owner: k.Family, Key: k.Digest}, k)
}

// TokenByDigest reads the token with that digest, or fails with [parterre.Unauthenticated].
func (t *Tx) TokenByDigest(digest string) (Token, error) {
	row, err := t.byKey(tokens, digest)
	if err != nil {
		return Token{}, err
	}
	k, err := decode[Token](tokens, row)
	k.Digest, k.Family = row.Key, row.Owner
	return k, err
}

// dropNamed deletes the tokens with that name. It looks at every token: a token is written when an operator asks for one.
func (t *Tx) dropNamed(name string) error {
	return t.dropRows(tokens, 0, func(row driver.Row) (bool, error) {
		k, err := decode[Token](tokens, row)
		return k.Name == name, err
	})
}

// DeleteToken removes the token with that digest; that there is none is not an error.
func (t *Tx) DeleteToken(digest string) error {
	row, err := t.byKey(tokens, digest)
	if parterre.CodeOf(err) == parterre.Unauthenticated {
		return nil
	}
	if err != nil {
		return err
	}
	return t.remove(tokens, row.ID)
}
