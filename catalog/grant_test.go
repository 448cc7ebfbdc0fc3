package catalog_test

import (
	"reflect"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// family writes a code that lasts to one moment, and what came of it: a refresh token and an access token that last to
// others. What is 0 is left out. The digests begin with the name.
func family(t *testing.T, c *catalog.Catalog, name string, code, refresh, access int64) parterre.ID {
	t.Helper()
	first := catalog.Grant{Digest: name + " code", Code: true, App: 5, Redirect: "http://localhost/", Expires: code}
	update(t, c, func(tx *catalog.Tx) error {
		if err := tx.AddGrant(&first); err != nil {
			return err
		}
		if refresh != 0 {
			g := catalog.Grant{Family: first.Family, Digest: name + " refresh", App: 5, Expires: refresh}
			if err := tx.AddGrant(&g); err != nil {
				return err
			}
		}
		if access != 0 {
			return tx.PutToken(catalog.Token{Family: first.Family, Digest: name + " access", AppID: 5, Expires: access})
		}
		return nil
	})
	return first.Family
}

// left are those of the digests behind which there is a grant or a token.
func left(t *testing.T, c *catalog.Catalog, digests ...string) (found []string) {
	t.Helper()
	view(t, c, func(tx *catalog.Tx) error {
		for _, d := range digests {
			_, none := tx.GrantByDigest(d)
			_, neither := tx.TokenByDigest(d)
			if none == nil || neither == nil {
				found = append(found, d)
			}
		}
		return nil
	})
	return found
}

func TestGrants(t *testing.T) {
	c := newCatalog()
	id := family(t, c, "a", 10, 20, 30)
	view(t, c, func(tx *catalog.Tx) error {
		code, err := tx.GrantByDigest("a code")
		want := catalog.Grant{
			ID: id, Family: id, Digest: "a code", Code: true, App: 5, Redirect: "http://localhost/", Expires: 10,
		}
		if err != nil || !reflect.DeepEqual(code, want) {
			t.Errorf("the code is %+v, %v, want %+v", code, err, want)
		}
		refresh, err := tx.GrantByDigest("a refresh")
		if err != nil || refresh.Family != id || refresh.ID == id || refresh.Code {
			t.Errorf("the refresh token is %+v, %v", refresh, err)
		}
		_, err = tx.GrantByDigest("b code")
		wantError(t, err, parterre.NotFound, "Grant could not be found.")
		return nil
	})
}

func TestAFamilyIsDroppedWhole(t *testing.T) {
	c := newCatalog()
	a := family(t, c, "a", 10, 20, 30)
	family(t, c, "b", 10, 20, 30)
	update(t, c, func(tx *catalog.Tx) error { return tx.DropFamily(a) })
	got := left(t, c, "a code", "a refresh", "a access", "b code", "b refresh", "b access")
	if want := []string{"b code", "b refresh", "b access"}; !reflect.DeepEqual(got, want) {
		t.Errorf("left is %v, want %v", got, want)
	}
}

func TestSweepDeletesWhatHasEnded(t *testing.T) {
	for name, f := range map[string]struct {
		code, refresh, access int64
		want                  []string
	}{
		"a code that was never used":      {code: 10},
		"a code that lasts":               {code: 11, want: []string{"code"}},
		"a family that has ended":         {code: 5, refresh: 10, access: 9},
		"a family with a refresh token":   {code: 5, refresh: 11, access: 9, want: []string{"code", "refresh"}},
		"a family with an access token":   {code: 5, refresh: 9, access: 11, want: []string{"code", "access"}},
		"a family of which nothing ended": {code: 11, refresh: 12, access: 13, want: []string{"code", "refresh", "access"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCatalog()
			family(t, c, "", f.code, f.refresh, f.access)
			update(t, c, func(tx *catalog.Tx) error { return tx.Sweep(10) })
			var got []string
			for _, d := range left(t, c, " code", " refresh", " access") {
				got = append(got, d[1:])
			}
			if !reflect.DeepEqual(got, f.want) {
				t.Errorf("left is %v, want %v", got, f.want)
			}
		})
	}
	t.Run("tokens that came of no consent", func(t *testing.T) {
		c := newCatalog()
		update(t, c, func(tx *catalog.Tx) error {
			for digest, expires := range map[string]int64{"ended": 10, "lasts": 11, "endless": 0} {
				if err := tx.PutToken(catalog.Token{Digest: digest, Expires: expires}); err != nil {
					return err
				}
			}
			return tx.Sweep(10)
		})
		if got, want := left(t, c, "ended", "lasts", "endless"), []string{"lasts", "endless"}; !reflect.DeepEqual(got, want) {
			t.Errorf("left is %v, want %v", got, want)
		}
	})
}

func TestApps(t *testing.T) {
	c := newCatalog()
	a := catalog.App{ID: 7, Name: "app", Owner: 1, Secret: "aa", RedirectURIs: []string{"http://localhost/"}, Created: 5}
	box, other := catalog.App{ID: 8, Sandbox: true, Created: noon}, catalog.App{ID: 9, Sandbox: true}
	update(t, c, func(tx *catalog.Tx) error {
		for _, one := range []catalog.App{a, box, other} {
			if err := tx.PutApp(one); err != nil {
				return err
			}
		}
		return tx.KeepSandboxApp(8)
	})
	view(t, c, func(tx *catalog.Tx) error {
		for _, want := range []catalog.App{a, box} {
			if got, err := tx.App(want.ID); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("the app is %+v, %v, want %+v", got, err, want)
			}
		}
		_, err := tx.App(9)
		wantError(t, err, parterre.NotFound, "App could not be found.")
		return nil
	})
}
