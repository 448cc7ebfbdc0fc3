package catalogtest

import (
	"errors"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var nextLaws = []law{
	{"the first id is the one asked for, and then they ascend", 0, on(nextAscends)},
	{"each table counts for itself", 0, on(nextPerTable)},
	{"an id is not given again when its row is deleted", 0, on(nextNotReused)},
	{"a first id above those given is jumped to, one below is not", 0, on(nextFirst)},
	{"ids ascend beyond 32 bits", 0, on(nextLong)},
}

// next takes an id in an update of its own.
func next(t testing.TB, d driver.Driver, table driver.Table, first parterre.ID) parterre.ID {
	t.Helper()
	var id parterre.ID
	update(t, d, func(tx driver.Tx) (err error) {
		id, err = tx.Next(t.Context(), table, first)
		return err
	})
	return id
}

// wantNext demands the next id.
func wantNext(t testing.TB, d driver.Driver, table driver.Table, first, want parterre.ID) {
	t.Helper()
	if got := next(t, d, table, first); got != want {
		t.Errorf("the next id of %s is %d, want %d", table, got, want)
	}
}

// wantAbove demands that the next id is above one given before, and gives it.
func wantAbove(t testing.TB, d driver.Driver, table driver.Table, first, before parterre.ID) parterre.ID {
	t.Helper()
	got := next(t, d, table, first)
	if got <= before {
		t.Errorf("the next id of %s is %d, want one above %d", table, got, before)
	}
	return got
}

func nextAscends(t *testing.T, d driver.Driver) {
	wantNext(t, d, driver.Audiences, 100, 100)
	last := parterre.ID(100)
	for range 10 {
		last = wantAbove(t, d, driver.Audiences, 100, last)
	}
	update(t, d, func(tx driver.Tx) error { // in one transaction as well
		for range 10 {
			id, err := tx.Next(t.Context(), driver.Audiences, 100)
			if err != nil {
				return err
			}
			if id <= last {
				t.Errorf("the next id is %d, want one above %d", id, last)
			}
			last = id
		}
		return nil
	})
}

func nextPerTable(t *testing.T, d driver.Driver) {
	for i, table := range driver.Tables {
		first := parterre.ID(1000 * (i + 1))
		wantNext(t, d, table, first, first)
	}
	for i, table := range driver.Tables {
		wantAbove(t, d, table, parterre.ID(1000*(i+1)), parterre.ID(1000*(i+1)))
	}
}

func nextNotReused(t *testing.T, d driver.Driver) {
	var last parterre.ID
	for range 5 {
		id := wantAbove(t, d, driver.Jobs, 1, last)
		put(t, d, driver.Jobs, row(id, 0, ""))
		remove(t, d, driver.Jobs, id)
		last = id
	}
}

func nextFirst(t *testing.T, d driver.Driver) {
	wantNext(t, d, driver.Audit, 5, 5)
	wantNext(t, d, driver.Audit, 500, 500)
	wantAbove(t, d, driver.Audit, 5, 500)
}

func nextLong(t *testing.T, d driver.Driver) {
	wantNext(t, d, driver.Audiences, 2542620639259, 2542620639259)
	wantAbove(t, d, driver.Audiences, 2542620639259, 2542620639259)
	wantNext(t, d, driver.ConversionTags, 1<<32-1, 1<<32-1)
	wantAbove(t, d, driver.ConversionTags, 1<<32-1, 1<<32-1)
}

// failedNext takes an id in an update that fails.
func failedNext(t testing.TB, d driver.Driver, table driver.Table, first parterre.ID) parterre.ID {
	t.Helper()
	var id parterre.ID
	err := d.Update(t.Context(), func(tx driver.Tx) (err error) {
		if id, err = tx.Next(t.Context(), table, first); err != nil {
			return err
		}
		return errWanted
	})
	if !errors.Is(err, errWanted) {
		t.Fatalf("the update ended with %v, want the error of its function", err)
	}
	return id
}
