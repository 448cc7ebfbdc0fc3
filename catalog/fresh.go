package catalog

import (
	"context"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

// mostFresh is how many tokens, and how many roles, are kept in memory. Beyond it all of them are forgotten, and those that are
// asked for are read again.
const mostFresh = 10_000

// fresh keeps in memory what every request asks for: whose a token is, and what the user's role is. It never knows something
// else than the store: every transaction that wrote tokens or roles makes it forget, before whoever made the transaction
// learns that it is durable. What was read while that happened is not kept, because it may be from before.
type fresh struct {
	mu      sync.RWMutex
	changes uint64 // how often something was forgotten
	tokens  map[string]Token
	roles   map[held]parterre.Role
}

// held names a role: of a user, on an ad account or on a business.
type held struct{ user, account, business parterre.ID }

// concerns says whether what a table holds may be kept in memory.
func concerns(t driver.Table) bool { return t == driver.Tokens || t == driver.Roles }

func (f *fresh) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes++
	f.tokens, f.roles = nil, nil
}

// freshly gives what is kept under the key, or reads it, and keeps it when there was no change meanwhile. Of gives the map to
// look in. What there is not is never kept: a stranger could have the others forgotten.
func freshly[K comparable, V any](f *fresh, of func() *map[K]V, key K, read func() (V, bool, error)) (V, error) {
	f.mu.RLock()
	v, there := (*of())[key]
	before := f.changes
	f.mu.RUnlock()
	if there {
		return v, nil
	}
	v, keep, err := read()
	if err != nil || !keep {
		return v, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changes != before {
		return v, nil
	}
	m := of()
	if *m == nil || len(*m) >= mostFresh {
		*m = map[K]V{}
	}
	(*m)[key] = v
	return v, nil
}

// Token reads the token with that digest, or fails with [parterre.Unauthenticated]. The store is asked only when it was changed
// since, and the token may have ended by itself: that is for the caller to see. Its scopes are shared, and stay unchanged.
func (c *Catalog) Token(ctx context.Context, digest string) (Token, error) {
	return freshly(&c.fresh, func() *map[string]Token { return &c.fresh.tokens }, digest, func() (k Token, _ bool, err error) {
		err = c.View(ctx, func(tx *Tx) (err error) {
			k, err = tx.TokenByDigest(digest)
			return err
		})
		return k, true, err
	})
}

// Role is the role of a user on an ad account, empty when they have none. The store is asked only when it was changed since.
func (c *Catalog) Role(ctx context.Context, user, account parterre.ID) (parterre.Role, error) {
	return c.role(ctx, held{user: user, account: account}, func(tx *Tx) (parterre.Role, error) { return tx.Role(user, account) })
}

// BusinessRole is Role on a business.
func (c *Catalog) BusinessRole(ctx context.Context, user, business parterre.ID) (parterre.Role, error) {
	return c.role(ctx, held{user: user, business: business}, func(tx *Tx) (parterre.Role, error) {
		return tx.BusinessRole(user, business)
	})
}

func (c *Catalog) role(ctx context.Context, of held, read func(*Tx) (parterre.Role, error)) (parterre.Role, error) {
	return freshly(&c.fresh, func() *map[held]parterre.Role { return &c.fresh.roles }, of, func() (r parterre.Role, _ bool, err error) {
		err = c.View(ctx, func(tx *Tx) (err error) {
			r, err = read(tx)
			return err
		})
		return r, r != "", err
	})
}
