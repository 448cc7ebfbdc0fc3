package catalog_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

const noAudience = "Audience could not be found."

// create writes a new audience.
func create(t testing.TB, c *catalog.Catalog, account parterre.ID, name string) parterre.Audience {
	t.Helper()
	a := parterre.Audience{
		AdAccount: account, Name: name, Type: parterre.VisitorAudience, Rule: []byte(`{"retention_days":30}`),
		CreatedBy: "app", Version: 1, RuleVersion: 1,
	}
	update(t, c, func(tx *catalog.Tx) error { return tx.CreateAudience(&a) })
	return a
}

// wantAudience demands that an audience is stored as given.
func wantAudience(t testing.TB, c *catalog.Catalog, want parterre.Audience) {
	t.Helper()
	view(t, c, func(tx *catalog.Tx) error {
		got, err := tx.Audience(want.AdAccount, want.ID)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the audience is %+v, want %+v", got, want)
		}
		return err
	})
}

// wantVersions demands the names that an audience has had.
func wantVersions(t testing.TB, c *catalog.Catalog, id parterre.ID, want ...string) {
	t.Helper()
	var names []string
	view(t, c, func(tx *catalog.Tx) error {
		versions, next, err := tx.AudienceVersions(id, catalog.Page{Limit: 100})
		for _, v := range versions {
			names = append(names, v.Name)
		}
		if next != 0 {
			t.Errorf("the versions go on after %d", next)
		}
		return err
	})
	if !reflect.DeepEqual(names, want) {
		t.Errorf("the versions are %q, want %q", names, want)
	}
}

func TestCreateAudience(t *testing.T) {
	c := newCatalog()
	a := create(t, c, 7, "first")
	if a.ID != 2542620639259 || a.Created != noon || a.Updated != noon {
		t.Errorf("the new audience is %+v, want the first id, created and updated at noon", a)
	}
	wantAudience(t, c, a)
	b := create(t, c, 8, "second")
	if b.ID != a.ID+1 {
		t.Errorf("the second audience has the id %d, want one more than %d", b.ID, a.ID)
	}
	description := ""
	dated := parterre.Audience{
		AdAccount: 7, Description: &description, Rule: []byte("{}"), Created: 5, Updated: 6, Served: 3,
		ServedRule: []byte(`{"served":1}`),
	}
	update(t, c, func(tx *catalog.Tx) error { return tx.CreateAudience(&dated) })
	wantAudience(t, c, dated)
	if dated.Created != 5 || dated.Updated != 6 {
		t.Errorf("the moments that were given became %d and %d", dated.Created, dated.Updated)
	}
	wantVersions(t, c, a.ID, "first")
}

func TestRuleIsKeptAsSent(t *testing.T) {
	c := newCatalog()
	rule := `{"url":"<&>\u003c\u2028","b":1.50,"a":12345678901234567890,"b":2,"z":[],"e":{}}`
	a := parterre.Audience{AdAccount: 7, Rule: []byte(rule)}
	update(t, c, func(tx *catalog.Tx) error { return tx.CreateAudience(&a) })
	view(t, c, func(tx *catalog.Tx) error {
		got, err := tx.Audience(7, a.ID)
		if string(got.Rule) != rule {
			t.Errorf("the rule became\n%s\nwant\n%s", got.Rule, rule)
		}
		return err
	})
	a.Rule = []byte("{")
	err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutAudience(&a) })
	if err == nil || parterre.CodeOf(err) != parterre.Internal {
		t.Errorf("writing a rule that is not JSON: %v, want an internal error", err)
	}
}

func TestAudienceOfAnotherAccount(t *testing.T) {
	c := newCatalog()
	a := create(t, c, 7, "mine")
	for _, who := range []struct{ account, id parterre.ID }{{8, a.ID}, {0, a.ID}, {7, a.ID + 1}, {7, 0}, {7, -1}} {
		view(t, c, func(tx *catalog.Tx) error {
			_, err := tx.Audience(who.account, who.id)
			wantError(t, err, parterre.AudienceNotFound, noAudience)
			return nil
		})
		stolen := parterre.Audience{ID: who.id, AdAccount: who.account, Rule: []byte("{}")}
		for _, write := range []func(*catalog.Tx, *parterre.Audience) error{
			(*catalog.Tx).PutAudience, (*catalog.Tx).PutServed, (*catalog.Tx).RemoveAudience,
		} {
			err := c.Update(t.Context(), func(tx *catalog.Tx) error { return write(tx, &stolen) })
			wantError(t, err, parterre.AudienceNotFound, noAudience)
		}
	}
	wantAudience(t, c, a)
	wantVersions(t, c, a.ID, "mine")
}

func TestVersions(t *testing.T) {
	c := newCatalog()
	a, other := create(t, c, 7, "one"), create(t, c, 7, "other")
	for _, name := range []string{"two", "three"} {
		a.Name, a.Version = name, a.Version+1
		update(t, c, func(tx *catalog.Tx) error { return tx.PutAudience(&a) })
		wantAudience(t, c, a)
	}
	a.Served, a.ServedRule = 1, a.Rule
	update(t, c, func(tx *catalog.Tx) error { return tx.PutServed(&a) })
	wantAudience(t, c, a)
	wantVersions(t, c, a.ID, "one", "two", "three")
	wantVersions(t, c, other.ID, "other")
	view(t, c, func(tx *catalog.Tx) error {
		newest, next, err := tx.AudienceVersions(a.ID, catalog.Page{Descending: true, Limit: 2})
		if err != nil || len(newest) != 2 || newest[0].Name != "three" || newest[1].Name != "two" || next == 0 {
			t.Errorf("the newest two versions are %+v, then %d, %v", newest, next, err)
		}
		oldest, next, err := tx.AudienceVersions(a.ID, catalog.Page{After: next, Descending: true, Limit: 2})
		if len(oldest) != 1 || oldest[0].Name != "one" || next != 0 {
			t.Errorf("the oldest version is %+v, then %d", oldest, next)
		}
		return err
	})
}

func TestRemoveAudience(t *testing.T) {
	c := newCatalog()
	a, b := create(t, c, 7, "goes"), create(t, c, 7, "stays")
	a.Name = "gone"
	update(t, c, func(tx *catalog.Tx) error { return tx.RemoveAudience(&a) })
	view(t, c, func(tx *catalog.Tx) error {
		_, err := tx.Audience(7, a.ID)
		wantError(t, err, parterre.AudienceNotFound, noAudience)
		left, _, err := tx.Audiences(7, catalog.Page{Limit: 5})
		if err != nil || len(left) != 1 || left[0].ID != b.ID {
			t.Errorf("the audiences left are %+v, %v, want %d alone", left, err, b.ID)
		}
		removed, _, err := tx.RemovedAudiences(7, catalog.Page{Limit: 5})
		if want := []parterre.Audience{a}; !reflect.DeepEqual(removed, want) {
			t.Errorf("the removed audiences are %+v, want %+v", removed, want)
		}
		return err
	})
	wantVersions(t, c, a.ID, "goes")
	// What was removed does not come back by a late write, and its id is not given again.
	for _, write := range []func(*catalog.Tx, *parterre.Audience) error{
		(*catalog.Tx).PutAudience, (*catalog.Tx).PutServed, (*catalog.Tx).RemoveAudience,
	} {
		err := c.Update(t.Context(), func(tx *catalog.Tx) error { return write(tx, &a) })
		wantError(t, err, parterre.AudienceNotFound, noAudience)
	}
	update(t, c, func(tx *catalog.Tx) error { return tx.RemoveAudience(&b) })
	if next := create(t, c, 7, "new"); next.ID <= b.ID {
		t.Errorf("a new audience has the id %d, which is not above %d", next.ID, b.ID)
	}
}

func TestAudiencePages(t *testing.T) {
	c := newCatalog()
	first := create(t, c, 7, "1").ID
	for range 5 {
		create(t, c, 7, "more")
		create(t, c, 8, "of another account")
	}
	id := func(a parterre.Audience) parterre.ID { return a.ID }
	list := func(tx *catalog.Tx, p catalog.Page) ([]parterre.Audience, parterre.ID, error) {
		return tx.Audiences(7, p)
	}
	at := func(offsets ...parterre.ID) []parterre.ID {
		for i := range offsets {
			offsets[i] += first
		}
		return offsets
	}
	for _, l := range []struct {
		page catalog.Page
		want [][]parterre.ID
	}{
		{catalog.Page{Limit: 7}, [][]parterre.ID{at(0, 1, 3, 5, 7, 9)}},
		{catalog.Page{Limit: 6}, [][]parterre.ID{at(0, 1, 3, 5, 7, 9)}},
		{catalog.Page{Limit: 5}, [][]parterre.ID{at(0, 1, 3, 5, 7), at(9)}},
		{catalog.Page{Limit: 3}, [][]parterre.ID{at(0, 1, 3), at(5, 7, 9)}},
		{catalog.Page{Limit: 2, Descending: true}, [][]parterre.ID{at(9, 7), at(5, 3), at(1, 0)}},
		{catalog.Page{Limit: 4, Descending: true}, [][]parterre.ID{at(9, 7, 5, 3), at(1, 0)}},
		{catalog.Page{Limit: 3, After: first + 4}, [][]parterre.ID{at(5, 7, 9)}},
		{catalog.Page{Limit: 3, After: first + 9}, [][]parterre.ID{{}}},
		{catalog.Page{Limit: 3, After: first, Descending: true}, [][]parterre.ID{{}}},
	} {
		if got := pages(t, c, l.page, id, list); !reflect.DeepEqual(got, l.want) {
			t.Errorf("the pages of %+v are %v, want %v", l.page, got, l.want)
		}
	}
	if got := pages(t, newCatalog(), catalog.Page{Limit: 3}, id, list); len(got) != 1 || len(got[0]) != 0 {
		t.Errorf("the pages of nothing are %v, want one without audiences", got)
	}
}

func TestAllAudiences(t *testing.T) {
	c := newCatalog()
	var want []parterre.ID
	update(t, c, func(tx *catalog.Tx) error {
		for account := parterre.ID(1); account <= 3; account++ {
			if err := tx.PutAdAccount(&parterre.AdAccount{ID: account}); err != nil {
				return err
			}
			for range 1 + 500*(account-1) { // more than are read at a time
				a := parterre.Audience{AdAccount: account, Rule: []byte("{}")}
				if err := tx.CreateAudience(&a); err != nil {
					return err
				}
				want = append(want, a.ID)
			}
		}
		return nil
	})
	var got []parterre.ID
	view(t, c, func(tx *catalog.Tx) error {
		return tx.AllAudiences(func(a parterre.Audience) error { got = append(got, a.ID); return nil })
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %d audiences, want each of %d once, in the order of accounts and ids", len(got), len(want))
	}
	enough, seen := errors.New("enough"), 0
	err := c.View(t.Context(), func(tx *catalog.Tx) error {
		return tx.AllAudiences(func(parterre.Audience) error {
			if seen++; seen == 3 {
				return enough
			}
			return nil
		})
	})
	if !errors.Is(err, enough) || seen != 3 {
		t.Errorf("the walk ended after %d with %v, want 3 and the error of the function", seen, err)
	}
}
