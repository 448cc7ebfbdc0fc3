package catalog_test

import (
	"reflect"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

const noAccount = "AdAccount not found."

// accounts writes ad accounts with those ids.
func accounts(t testing.TB, c *catalog.Catalog, ids ...parterre.ID) {
	t.Helper()
	update(t, c, func(tx *catalog.Tx) error {
		for _, id := range ids {
			if err := tx.PutAdAccount(&parterre.AdAccount{ID: id, Name: "account " + id.String()}); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestAdAccounts(t *testing.T) {
	c := newCatalog()
	a := parterre.AdAccount{
		ID: 549755885175, Name: "shop", Owner: 1, Username: "u", Country: "DE", Currency: "EUR", Created: 5, Updated: 6,
	}
	for _, name := range []string{"shop", "renamed"} { // a new one, and in place
		a.Name = name
		update(t, c, func(tx *catalog.Tx) error { return tx.PutAdAccount(&a) })
		view(t, c, func(tx *catalog.Tx) error {
			got, err := tx.AdAccount(a.ID)
			if got != a {
				t.Errorf("the ad account is %+v, want %+v", got, a)
			}
			return err
		})
	}
	accounts(t, c, 3, 1)
	got := pages(t, c, catalog.Page{Limit: 2}, func(a parterre.AdAccount) parterre.ID { return a.ID },
		(*catalog.Tx).AdAccounts)
	if want := [][]parterre.ID{{1, 3}, {549755885175}}; !reflect.DeepEqual(got, want) {
		t.Errorf("the ad accounts are %v, want %v", got, want)
	}
	view(t, c, func(tx *catalog.Tx) error {
		_, err := tx.AdAccount(2)
		wantError(t, err, parterre.NotFound, noAccount)
		if got, err := tx.AdAccount(1); err != nil || got.Created != noon || got.Updated != noon {
			t.Errorf("the ad account is %+v, %v, want it created and updated at noon", got, err)
		}
		return nil
	})
	for _, id := range []parterre.ID{0, -1} {
		err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutAdAccount(&parterre.AdAccount{ID: id}) })
		if err == nil || parterre.CodeOf(err) != parterre.Internal {
			t.Errorf("writing an ad account with the id %d: %v, want an internal error", id, err)
		}
	}
}

func TestRoles(t *testing.T) {
	c := newCatalog()
	accounts(t, c, 1, 12, 2)
	want := func(user, account parterre.ID, role parterre.Role) {
		t.Helper()
		view(t, c, func(tx *catalog.Tx) error {
			got, err := tx.Role(user, account)
			if got != role {
				t.Errorf("user %d has the role %q on %d, want %q", user, got, account, role)
			}
			return err
		})
	}
	grant := func(user, account parterre.ID, role parterre.Role) {
		t.Helper()
		update(t, c, func(tx *catalog.Tx) error { return tx.GrantRole(user, account, role) })
	}
	want(1, 12, "")
	grant(1, 12, "OWNER")
	grant(11, 2, "ANALYST") // the digits of both together are the same
	want(1, 12, "OWNER")
	want(11, 2, "ANALYST")
	want(1, 2, "")
	want(12, 1, "")
	grant(1, 12, "ANALYST")
	want(1, 12, "ANALYST")
	grant(1, 12, "")
	grant(1, 12, "")
	want(1, 12, "")
	want(11, 2, "ANALYST")
	err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.GrantRole(1, 99, "OWNER") })
	wantError(t, err, parterre.NotFound, noAccount)
}

func TestAccountsOf(t *testing.T) {
	c := newCatalog()
	accounts(t, c, 1, 2, 3, 4, 5, 6)
	update(t, c, func(tx *catalog.Tx) error {
		for _, account := range []parterre.ID{5, 1, 6, 3, 2} { // not in order
			if err := tx.GrantRole(7, account, "OWNER"); err != nil {
				return err
			}
		}
		return tx.GrantRole(8, 4, "OWNER")
	})
	id := func(a parterre.AdAccount) parterre.ID { return a.ID }
	list := func(tx *catalog.Tx, p catalog.Page) ([]parterre.AdAccount, parterre.ID, error) {
		return tx.AccountsOf(7, p)
	}
	for _, l := range []struct {
		page catalog.Page
		want [][]parterre.ID
	}{
		{catalog.Page{Limit: 6}, [][]parterre.ID{{1, 2, 3, 5, 6}}},
		{catalog.Page{Limit: 5}, [][]parterre.ID{{1, 2, 3, 5, 6}}},
		{catalog.Page{Limit: 2}, [][]parterre.ID{{1, 2}, {3, 5}, {6}}},
		{catalog.Page{Limit: 3, Descending: true}, [][]parterre.ID{{6, 5, 3}, {2, 1}}},
		{catalog.Page{Limit: 3, After: 4}, [][]parterre.ID{{5, 6}}},
		{catalog.Page{Limit: 3, After: 6}, [][]parterre.ID{{}}},
	} {
		if got := pages(t, c, l.page, id, list); !reflect.DeepEqual(got, l.want) {
			t.Errorf("the pages of %+v are %v, want %v", l.page, got, l.want)
		}
	}
}

func TestTokens(t *testing.T) {
	c := newCatalog()
	wantGone := func(digest string) {
		t.Helper()
		view(t, c, func(tx *catalog.Tx) error {
			_, err := tx.TokenByDigest(digest)
			wantError(t, err, parterre.Unauthenticated, "Authentication failed.")
			return nil
		})
	}
	want := func(k catalog.Token) {
		t.Helper()
		view(t, c, func(tx *catalog.Tx) error {
			got, err := tx.TokenByDigest(k.Digest)
			if !reflect.DeepEqual(got, k) {
				t.Errorf("the token is %+v, want %+v", got, k)
			}
			return err
		})
	}
	scopes := []parterre.Scope{parterre.ScopeAdsRead, parterre.ScopeAdsWrite}
	first := catalog.Token{Digest: "aa", App: "app", User: 1, Scopes: scopes, Name: "ci", Created: 5}
	nameless := catalog.Token{Digest: "bb", App: "app", User: 2, Scopes: scopes, Sandbox: true, Created: noon}
	other := catalog.Token{Digest: "cc", App: "app", User: 1, Scopes: scopes, Name: "CI", Created: 7}
	second := catalog.Token{Digest: "dd", App: "new", User: 1, Name: "ci", Created: 8}
	put := func(tokens ...catalog.Token) {
		t.Helper()
		update(t, c, func(tx *catalog.Tx) error {
			for _, k := range tokens {
				if err := tx.PutToken(k); err != nil {
					return err
				}
			}
			return nil
		})
	}
	wantGone("aa")
	wantGone("")
	undated := nameless
	undated.Created = 0
	put(first, undated, other, catalog.Token{Digest: "ee"}, catalog.Token{Digest: "ff"})
	want(catalog.Token{Digest: "ee", Created: noon}) // no name is no name in common
	want(first)
	want(nameless)
	want(other)
	wantGone("AA")
	put(second) // takes the place of the one with its name, and of no other
	wantGone("aa")
	want(second)
	want(nameless)
	want(other)
	second.App = "again"
	put(second, second)
	want(second)
	nameless.Name = "named"
	put(nameless) // in place of the one with its digest
	want(nameless)
	err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutToken(catalog.Token{}) })
	if err == nil || parterre.CodeOf(err) != parterre.Internal {
		t.Errorf("writing a token without a digest: %v, want an internal error", err)
	}
}
