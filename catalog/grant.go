package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var grants = noun{driver.Grants, 1, parterre.NotFound, "Grant could not be found."}

// Grant is a secret that an app can turn into tokens: the code that a user's consent gave, or a refresh token. The secret
// itself is not kept: Digest is its SHA-256 digest in hexadecimal. All that came from one consent is one family.
type Grant struct {
	ID       parterre.ID      `json:"-"`
	Family   parterre.ID      `json:"-"` // the id of the code, with which the family begins
	Digest   string           `json:"-"` // the key of the row
	Code     bool             `json:"code,omitempty"`
	App      parterre.ID      `json:"app"`
	User     parterre.ID      `json:"user"`
	Scopes   []parterre.Scope `json:"scopes"`
	Redirect string           `json:"redirect,omitempty"` // of a code: where it was sent
	Expires  int64            `json:"expires"`            // seconds since 1970
	Spent    int64            `json:"spent,omitempty"`    // when it was turned into tokens; 0 when it was not
}

// AddGrant writes a new grant and fills in its id, and its family when that is 0.
func (t *Tx) AddGrant(g *Grant) error {
	id, err := t.next(grants)
	if err != nil {
		return err
	}
	g.ID = id
	if g.Family == 0 {
		g.Family = id
	}
	return t.save(t.put, grants, g.row(), g)
}

// PutGrant writes a grant in place of the stored one.
func (t *Tx) PutGrant(g *Grant) error { return t.save(t.replace, grants, g.row(), g) }

// row is where a grant is kept. A code begins its family and belongs to nothing, so that Sweep finds all families.
func (g *Grant) row() driver.Row {
	if g.Code {
		return driver.Row{ID: g.ID, Key: g.Digest}
	}
	return driver.Row{ID: g.ID, Owner: g.Family, Key: g.Digest}
}

// GrantByDigest reads the grant with that digest, or fails with [parterre.NotFound].
func (t *Tx) GrantByDigest(digest string) (Grant, error) {
	row, err := t.byKey(grants, digest)
	if err != nil {
		return Grant{}, err
	}
	return decodeGrant(row)
}

func decodeGrant(row driver.Row) (Grant, error) {
	g, err := decode[Grant](grants, row)
	g.ID, g.Family, g.Digest = row.ID, row.Owner, row.Key
	if g.Code {
		g.Family = g.ID
	}
	return g, err
}

// DropFamily deletes all grants and tokens that came from one consent.
func (t *Tx) DropFamily(family parterre.ID) error {
	if err := t.remove(grants, family); err != nil {
		return err
	}
	return t.dropFamily(family, func(int64) bool { return true })
}

// Sweep deletes what had ended by the moment: tokens, and grants. A code stays as long as something that came of it. It goes
// through all families.
func (t *Tx) Sweep(at int64) error {
	if err := t.dropRows(tokens, 0, func(row driver.Row) (bool, error) {
		k, err := decode[Token](tokens, row)
		return k.Expires != 0 && k.Expires <= at, err
	}); err != nil {
		return err
	}
	return t.dropRows(grants, 0, func(row driver.Row) (bool, error) {
		code, err := decodeGrant(row)
		if err != nil || code.Expires > at {
			return false, err
		}
		if err := t.DropExpired(code.Family, at); err != nil {
			return false, err
		}
		return t.barren(code.Family)
	})
}

// barren says whether nothing is left of a family beside its code.
func (t *Tx) barren(family parterre.ID) (bool, error) {
	for _, n := range []noun{grants, tokens} {
		if rows, _, err := t.page(n, family, Page{Limit: 1}); err != nil || len(rows) > 0 {
			return false, err
		}
	}
	return true, nil
}

// DropExpired deletes the grants and tokens of a family, but for its code, that had ended by the moment.
func (t *Tx) DropExpired(family parterre.ID, at int64) error {
	return t.dropFamily(family, func(expires int64) bool { return expires != 0 && expires <= at })
}

func (t *Tx) dropFamily(family parterre.ID, drop func(expires int64) bool) error {
	if err := t.dropRows(grants, family, func(row driver.Row) (bool, error) {
		g, err := decodeGrant(row)
		return drop(g.Expires), err
	}); err != nil {
		return err
	}
	return t.dropRows(tokens, family, func(row driver.Row) (bool, error) {
		k, err := decode[Token](tokens, row)
		return drop(k.Expires), err
	})
}

// dropRows deletes the rows of an owner of which drop says so.
func (t *Tx) dropRows(n noun, owner parterre.ID, drop func(driver.Row) (bool, error)) error {
	for p := (Page{Limit: walkStep}); ; {
		rows, next, err := t.page(n, owner, p)
		if err != nil {
			return err
		}
		for _, row := range rows {
			gone, err := drop(row)
			if err != nil {
				return err
			}
			if !gone {
				continue
			}
			if err := t.remove(n, row.ID); err != nil {
				return err
			}
		}
		if next == 0 {
			return nil
		}
		p.After = next
	}
}
