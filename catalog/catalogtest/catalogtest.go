// Package catalogtest holds the laws that every backend of the catalogue keeps. A backend's whole part is one test that
// calls [Run]. A law has a sentence for its name; a bug that is found in one backend becomes a law for all of them.
package catalogtest

import (
	"errors"
	"reflect"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

// Ability is something that a backend may lack.
type Ability uint

// The abilities.
const (
	Durable Ability = 1 << iota // what was stored is there when the store is opened again
)

// Harness gives a law the store to judge.
type Harness struct {
	Claims Ability

	// Open opens the harness's own store, empty the first time. A law may close what it gave and call it again, when the
	// backend is durable; what it does not close it leaves to the harness's cleanup.
	Open func(testing.TB) driver.Driver
}

// law is one thing that backends promise.
type law struct {
	name  string
	needs Ability
	check func(*testing.T, Harness)
}

// on is a law about a store that stays open.
func on(check func(*testing.T, driver.Driver)) func(*testing.T, Harness) {
	return func(t *testing.T, h Harness) { check(t, h.Open(t)) }
}

// Run judges a backend. It makes a harness for each law, and one more to ask what the backend claims.
func Run(t *testing.T, newHarness func(testing.TB) Harness) {
	claims := newHarness(t).Claims
	for _, laws := range [][]law{rowLaws, keyLaws, listLaws, nextLaws, updateLaws, durableLaws, historyLaws} {
		for _, l := range laws {
			t.Run(l.name, func(t *testing.T) {
				if l.needs&^claims != 0 {
					t.Skipf("the backend does not claim it (abilities %b)", l.needs&^claims)
				}
				l.check(t, newHarness(t))
			})
		}
	}
}

// errWanted is an error that laws let updates fail with.
var errWanted = errors.New("the law wants this update to fail")

// row makes a row with a body of its own.
func row(id, owner parterre.ID, key string) driver.Row {
	return driver.Row{ID: id, Owner: owner, Key: key, Body: []byte("body of " + id.String())}
}

// update runs an update that must succeed.
func update(t testing.TB, d driver.Driver, f func(driver.Tx) error) {
	t.Helper()
	if err := d.Update(t.Context(), f); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// view runs a view that must succeed.
func view(t testing.TB, d driver.Driver, f func(driver.Reader) error) {
	t.Helper()
	if err := d.View(t.Context(), f); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// put writes rows in one update that must succeed.
func put(t testing.TB, d driver.Driver, table driver.Table, rows ...driver.Row) {
	t.Helper()
	update(t, d, func(tx driver.Tx) error {
		for _, r := range rows {
			if err := tx.Put(t.Context(), table, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// remove deletes rows in one update that must succeed.
func remove(t testing.TB, d driver.Driver, table driver.Table, ids ...parterre.ID) {
	t.Helper()
	update(t, d, func(tx driver.Tx) error {
		for _, id := range ids {
			if err := tx.Delete(t.Context(), table, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// wantRow demands that a row, and no other, is found by its id.
func wantRow(t testing.TB, d driver.Driver, table driver.Table, want driver.Row) {
	t.Helper()
	view(t, d, func(r driver.Reader) error {
		got, err := r.Row(t.Context(), table, want.ID)
		if err != nil {
			t.Errorf("row %d of %s: %v", want.ID, table, err)
		} else if !same(got, want) {
			t.Errorf("row %d of %s is %s, not %s", want.ID, table, show(got), show(want))
		}
		return nil
	})
}

// wantKey demands that a row, and no other, is found by its key.
func wantKey(t testing.TB, d driver.Driver, table driver.Table, want driver.Row) {
	t.Helper()
	view(t, d, func(r driver.Reader) error {
		got, err := r.ByKey(t.Context(), table, want.Key)
		if err != nil {
			t.Errorf("row with the key %q of %s: %v", want.Key, table, err)
		} else if !same(got, want) {
			t.Errorf("row with the key %q of %s is %s, not %s", want.Key, table, show(got), show(want))
		}
		return nil
	})
}

// wantNone demands that no row has the id.
func wantNone(t testing.TB, d driver.Driver, table driver.Table, id parterre.ID) {
	t.Helper()
	view(t, d, func(r driver.Reader) error {
		if got, err := r.Row(t.Context(), table, id); !errors.Is(err, driver.ErrNotFound) {
			t.Errorf("row %d of %s is %s with error %v, want ErrNotFound", id, table, show(got), err)
		}
		return nil
	})
}

// wantNoKey demands that no row has the key.
func wantNoKey(t testing.TB, d driver.Driver, table driver.Table, key string) {
	t.Helper()
	view(t, d, func(r driver.Reader) error {
		if got, err := r.ByKey(t.Context(), table, key); !errors.Is(err, driver.ErrNotFound) {
			t.Errorf("row with the key %q of %s is %s with error %v, want ErrNotFound", key, table, show(got), err)
		}
		return nil
	})
}

// list reads the rows of a range, in a view of its own.
func list(t testing.TB, d driver.Driver, table driver.Table, r driver.Range) []driver.Row {
	t.Helper()
	var rows []driver.Row
	view(t, d, func(reader driver.Reader) (err error) {
		rows, err = reader.List(t.Context(), table, r)
		return err
	})
	return rows
}

// wantList demands the ids of a range.
func wantList(t testing.TB, d driver.Driver, table driver.Table, r driver.Range, want ...parterre.ID) {
	t.Helper()
	if got := idsOf(list(t, d, table, r)); !reflect.DeepEqual(got, want) {
		t.Errorf("list of %s %+v is %v, want %v", table, r, got, want)
	}
}

func idsOf(rows []driver.Row) []parterre.ID {
	var ids []parterre.ID
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}
