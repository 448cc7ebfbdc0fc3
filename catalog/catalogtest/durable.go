package catalogtest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var durableLaws = []law{
	{"what was written is there when the store is opened again", Durable, survives},
	{"what was deleted or failed is not there when the store is opened again", Durable, staysGone},
	{"ids go on where they were when the store is opened again", Durable, nextSurvives},
}

// reopen closes a store and opens it again.
func reopen(t *testing.T, h Harness, d driver.Driver) driver.Driver {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	return h.Open(t)
}

func survives(t *testing.T, h Harness) {
	d := h.Open(t)
	for round := range parterre.ID(3) {
		for _, table := range driver.Tables {
			put(t, d, table, row(round+1, round, fmt.Sprintf("key %d", round)))
		}
		d = reopen(t, h, d)
		for _, table := range driver.Tables {
			for id := range round + 1 {
				want := row(id+1, id, fmt.Sprintf("key %d", id))
				wantRow(t, d, table, want)
				wantKey(t, d, table, want)
				wantList(t, d, table, driver.Range{Owner: id, Limit: 5}, id+1)
			}
		}
	}
}

func staysGone(t *testing.T, h Harness) {
	d := h.Open(t)
	unspoilt(t, d)
	put(t, d, driver.Audiences, row(4, 7, "four"))
	remove(t, d, driver.Audiences, 4)
	err := d.Update(t.Context(), func(tx driver.Tx) error { return errors.Join(spoil(t.Context(), tx), errWanted) })
	if !errors.Is(err, errWanted) {
		t.Errorf("the update ended with %v, want the error of its function", err)
	}
	d = reopen(t, h, d)
	wantUnspoilt(t, d)
	wantNone(t, d, driver.Audiences, 4)
	wantNoKey(t, d, driver.Audiences, "four")
}

func nextSurvives(t *testing.T, h Harness) {
	d := h.Open(t)
	wantNext(t, d, driver.Audiences, 100, 100)
	put(t, d, driver.Audiences, row(100, 1, ""))
	remove(t, d, driver.Audiences, 100)
	last := parterre.ID(100)
	for range 3 {
		d = reopen(t, h, d)
		last = wantAbove(t, d, driver.Audiences, 100, last)
	}
}
