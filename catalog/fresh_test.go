package catalog_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/memcatalog"
)

// watched is a store that counts views, and does something between the reading of a view and its return.
type watched struct {
	driver.Driver
	views   atomic.Int64
	between func()
}

func (w *watched) View(ctx context.Context, f func(driver.Reader) error) error {
	w.views.Add(1)
	err := w.Driver.View(ctx, f)
	if then := w.between; then != nil {
		w.between = nil
		then()
	}
	return err
}

// unsure is a store that has carried an update out, and says that it failed.
type unsure struct{ driver.Driver }

func (u *unsure) Update(ctx context.Context, f func(driver.Tx) error) error {
	return errors.Join(u.Driver.Update(ctx, f), errors.New("nobody knows"))
}

// role demands a role of user 7 on ad account 1.
func role(t *testing.T, c *catalog.Catalog, want parterre.Role) {
	t.Helper()
	if got, err := c.Role(t.Context(), 7, 1); err != nil || got != want {
		t.Errorf("the role is %q, %v, want %q", got, err, want)
	}
}

// token demands that there is a token with that digest, or none.
func token(t *testing.T, c *catalog.Catalog, digest string, there bool) {
	t.Helper()
	k, err := c.Token(t.Context(), digest)
	switch {
	case there && (err != nil || k.Digest != digest):
		t.Errorf("the token %s is %+v, %v", digest, k, err)
	case !there && parterre.CodeOf(err) != parterre.Unauthenticated:
		t.Errorf("the token %s is %+v, %v, want none", digest, k, err)
	}
}

func putToken(k catalog.Token) func(*catalog.Tx) error {
	return func(tx *catalog.Tx) error { return tx.PutToken(k) }
}

func grantRole(r parterre.Role) func(*catalog.Tx) error {
	return func(tx *catalog.Tx) error { return tx.GrantRole(7, 1, r) }
}

func TestTokensAndRolesAreReadOnce(t *testing.T) {
	store := &watched{Driver: memcatalog.New()}
	c := over(store)
	accounts(t, c, 1)
	update(t, c, putToken(catalog.Token{Digest: "a"}))
	update(t, c, grantRole("OWNER"))
	update(t, c, func(tx *catalog.Tx) error {
		if err := tx.PutBusiness(&parterre.Business{ID: 9}); err != nil {
			return err
		}
		return tx.GrantBusinessRole(7, 9, "ADMIN")
	})
	for range 3 {
		token(t, c, "a", true)
		role(t, c, "OWNER")
		if r, err := c.BusinessRole(t.Context(), 7, 9); r != "ADMIN" || err != nil {
			t.Errorf("the role on the business is %q, %v", r, err)
		}
		update(t, c, func(tx *catalog.Tx) error { return tx.PutSetting("s", []byte("v")) }) // of no concern
	}
	if got := store.views.Load(); got != 3 {
		t.Errorf("the store was asked %d times, want once for each of three", got)
	}
}

// Whatever ends or changes a token or a role is known as soon as it is done.
func TestWhatIsKeptInMemoryIsForgotten(t *testing.T) {
	c := newCatalog()
	accounts(t, c, 1)
	update(t, c, grantRole("OWNER"))
	role(t, c, "OWNER")
	update(t, c, grantRole("ANALYST"))
	role(t, c, "ANALYST")
	update(t, c, grantRole(""))
	role(t, c, "")
	update(t, c, grantRole("OWNER")) // that there was none is not kept
	role(t, c, "OWNER")

	for name, end := range map[string]func(*catalog.Tx, parterre.ID) error{
		"deleted":             func(tx *catalog.Tx, _ parterre.ID) error { return tx.DeleteToken("a access") },
		"with its family":     func(tx *catalog.Tx, family parterre.ID) error { return tx.DropFamily(family) },
		"expired and swept":   func(tx *catalog.Tx, _ parterre.ID) error { return tx.Sweep(31) },
		"expired and dropped": func(tx *catalog.Tx, family parterre.ID) error { return tx.DropExpired(family, 30) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCatalog()
			token(t, c, "a access", false)
			of := family(t, c, "a", 10, 20, 30)
			token(t, c, "a access", true)
			update(t, c, func(tx *catalog.Tx) error { return end(tx, of) })
			token(t, c, "a access", false)
		})
	}
	update(t, c, putToken(catalog.Token{Digest: "old", Name: "ci"}))
	token(t, c, "old", true)
	update(t, c, putToken(catalog.Token{Digest: "new", Name: "ci"}))
	token(t, c, "old", false)
	token(t, c, "new", true)
	update(t, c, putToken(catalog.Token{Digest: "new", Name: "ci", User: 5}))
	if k, err := c.Token(t.Context(), "new"); err != nil || k.User != 5 {
		t.Errorf("the token is %+v, %v, want it of user 5", k, err)
	}
}

// What was read before a change, and is about to be kept after it, must not be kept.
func TestAChangeWhileItIsReadIsNotMissed(t *testing.T) {
	store := &watched{Driver: memcatalog.New()}
	c := over(store)
	accounts(t, c, 1)
	update(t, c, putToken(catalog.Token{Digest: "a"}))
	update(t, c, grantRole("OWNER"))
	store.between = func() { update(t, c, func(tx *catalog.Tx) error { return tx.DeleteToken("a") }) }
	token(t, c, "a", true) // it was read before
	token(t, c, "a", false)
	store.between = func() { update(t, c, grantRole("ANALYST")) }
	role(t, c, "OWNER")
	role(t, c, "ANALYST")
}

// An update of which nobody knows whether it happened is looked up.
func TestAnUpdateThatMayHaveHappenedIsNotMissed(t *testing.T) {
	store := memcatalog.New()
	c := over(&unsure{store})
	first := over(store)
	update(t, first, putToken(catalog.Token{Digest: "a"}))
	token(t, c, "a", true)
	if err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.DeleteToken("a") }); err == nil {
		t.Fatal("the update succeeded")
	}
	token(t, c, "a", false)
}

// Many ask while one goes on revoking; nobody is told of a token that was gone before they asked.
func TestNobodyIsLetInAfterARevocation(t *testing.T) {
	c := newCatalog()
	var gone atomic.Int64 // tokens up to this one are revoked
	var wg sync.WaitGroup
	const all = 300
	for i := range all {
		update(t, c, putToken(catalog.Token{Digest: strconv.Itoa(i + 1)}))
	}
	for range 4 {
		wg.Go(func() {
			for {
				last := gone.Load()
				if last == all {
					return
				}
				if last > 0 {
					if _, err := c.Token(t.Context(), strconv.FormatInt(last, 10)); err == nil {
						t.Errorf("token %d is taken after it was revoked", last)
						return
					}
				}
				_, _ = c.Token(t.Context(), strconv.FormatInt(last+1, 10))
			}
		})
	}
	for i := range int64(all) {
		update(t, c, func(tx *catalog.Tx) error { return tx.DeleteToken(strconv.FormatInt(i+1, 10)) })
		gone.Store(i + 1)
	}
	wg.Wait()
}

// However many callers there are, what is kept of them is bounded.
func TestManyTokensDoNotFillTheMemory(t *testing.T) {
	c := newCatalog()
	const all = catalog.MostFresh + 10
	update(t, c, func(tx *catalog.Tx) error {
		for i := range all {
			if err := tx.PutToken(catalog.Token{Digest: strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range all {
		token(t, c, strconv.Itoa(i), true)
	}
	if n := c.Fresh(); n == 0 || n > catalog.MostFresh {
		t.Errorf("%d tokens are kept in memory, want some and %d at most", n, catalog.MostFresh)
	}
}
