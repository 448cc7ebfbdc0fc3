package catalogtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var rowLaws = []law{
	{"a row that was never written is not found", 0, on(neverWritten)},
	{"a row reads as it was written", 0, on(readsAsWritten)},
	{"a row is replaced in place", 0, on(replaced)},
	{"a deleted row is not found, and deleting it again is no error", 0, on(deleted)},
	{"the same id in two tables is two rows", 0, on(twoTables)},
	{"an id can have 18 digits", 0, on(longIDs)},
	{"a body can be any bytes, none, or four megabytes", 0, on(anyBody)},
	{"a row belongs to the caller who reads it", 0, on(callersOwn)},
	{"a row is not kept by the store after it was written", 0, on(notKept)},
}

// same compares rows. An empty body is an empty body, nil or not.
func same(a, b driver.Row) bool {
	return a.ID == b.ID && a.Owner == b.Owner && a.Key == b.Key && bytes.Equal(a.Body, b.Body)
}

// show prints a row without the whole of a long body.
func show(r driver.Row) string {
	return fmt.Sprintf("{id %d, owner %d, key %q, %d bytes %.40q}", r.ID, r.Owner, r.Key, len(r.Body), r.Body)
}

func neverWritten(t *testing.T, d driver.Driver) {
	for _, table := range driver.Tables {
		wantNone(t, d, table, 1)
		wantNone(t, d, table, 0)
		wantNoKey(t, d, table, "key")
		wantList(t, d, table, driver.Range{Owner: 1, Limit: 10})
	}
}

func readsAsWritten(t *testing.T, d driver.Driver) {
	for i, table := range driver.Tables {
		want := row(parterre.ID(i+1), parterre.ID(i), fmt.Sprintf("key %d", i))
		put(t, d, table, want)
		wantRow(t, d, table, want)
		wantKey(t, d, table, want)
		if got := list(t, d, table, driver.Range{Owner: want.Owner, Limit: 10}); len(got) != 1 || !same(got[0], want) {
			t.Errorf("%s lists %v, want only %s", table, got, show(want))
		}
	}
}

func replaced(t *testing.T, d driver.Driver) {
	put(t, d, driver.Audiences, row(1, 10, "old"), row(2, 10, ""))
	now := driver.Row{ID: 1, Owner: 11, Key: "new", Body: []byte("another body")}
	put(t, d, driver.Audiences, now)
	wantRow(t, d, driver.Audiences, now)
	wantKey(t, d, driver.Audiences, now)
	wantNoKey(t, d, driver.Audiences, "old")
	wantList(t, d, driver.Audiences, driver.Range{Owner: 10, Limit: 9}, 2)
	wantList(t, d, driver.Audiences, driver.Range{Owner: 11, Limit: 9}, 1)
	wantRow(t, d, driver.Audiences, row(2, 10, ""))
}

func deleted(t *testing.T, d driver.Driver) {
	put(t, d, driver.Jobs, row(1, 5, "a"), row(2, 5, "b"))
	remove(t, d, driver.Jobs, 1)
	wantNone(t, d, driver.Jobs, 1)
	wantNoKey(t, d, driver.Jobs, "a")
	wantList(t, d, driver.Jobs, driver.Range{Owner: 5, Limit: 9}, 2)
	remove(t, d, driver.Jobs, 1, 77)
	wantRow(t, d, driver.Jobs, row(2, 5, "b"))
}

func twoTables(t *testing.T, d driver.Driver) {
	a, b := row(1, 7, "same key"), row(1, 8, "same key")
	b.Body = []byte("another body")
	put(t, d, driver.Audiences, a)
	put(t, d, driver.RemovedAudiences, b)
	wantRow(t, d, driver.Audiences, a)
	wantKey(t, d, driver.RemovedAudiences, b)
	remove(t, d, driver.Audiences, 1)
	wantNone(t, d, driver.Audiences, 1)
	wantRow(t, d, driver.RemovedAudiences, b)
}

func longIDs(t *testing.T, d driver.Driver) {
	ids := []parterre.ID{
		1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<53 + 1, 549755885175, 2542620639259, 999_999_999_999_999_998,
		999_999_999_999_999_999,
	}
	for _, id := range ids {
		put(t, d, driver.Audiences, row(id, 999_999_999_999_999_999, id.String()))
	}
	for _, id := range ids {
		want := row(id, 999_999_999_999_999_999, id.String())
		wantRow(t, d, driver.Audiences, want)
		wantKey(t, d, driver.Audiences, want)
	}
	all := driver.Range{Owner: 999_999_999_999_999_999, Limit: 20}
	wantList(t, d, driver.Audiences, all, 1<<31-1, 1<<31, 1<<32-1, 1<<32, 549755885175, 2542620639259, 1<<53+1,
		999_999_999_999_999_998, 999_999_999_999_999_999)
	all.After, all.Descending = 999_999_999_999_999_999, true
	all.Limit = 2
	wantList(t, d, driver.Audiences, all, 999_999_999_999_999_998, 1<<53+1)
}

func anyBody(t *testing.T, d driver.Driver) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	long := make([]byte, 4<<20)
	for i := range long {
		long[i] = byte(random.Uint32())
	}
	for i, body := range [][]byte{nil, {}, {0}, []byte("\x00text\x00"), every, long} {
		want := driver.Row{ID: parterre.ID(i + 1), Body: body}
		put(t, d, driver.ListBatches, want)
		wantRow(t, d, driver.ListBatches, want)
		want.Body = long[:i]
		put(t, d, driver.ListBatches, want)
		wantRow(t, d, driver.ListBatches, want)
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

func callersOwn(t *testing.T, d driver.Driver) {
	want := row(1, 5, "key")
	put(t, d, driver.Settings, want)
	spoil := func(r driver.Reader) error {
		ctx := t.Context()
		byID, err := r.Row(ctx, driver.Settings, 1)
		if err != nil {
			return err
		}
		byKey, err := r.ByKey(ctx, driver.Settings, "key")
		if err != nil {
			return err
		}
		listed, err := r.List(ctx, driver.Settings, driver.Range{Owner: 5, Limit: 5})
		if err != nil {
			return err
		}
		for _, got := range append(listed, byID, byKey) {
			if !same(got, want) {
				t.Errorf("read %s, want %s", show(got), show(want))
			}
			clear(got.Body)
		}
		return nil
	}
	view(t, d, spoil)
	view(t, d, spoil)
	update(t, d, func(tx driver.Tx) error { return spoil(tx) })
	wantRow(t, d, driver.Settings, want)
}

func notKept(t *testing.T, d driver.Driver) {
	want, given := row(1, 5, "key"), row(1, 5, "key")
	update(t, d, func(tx driver.Tx) error {
		err := tx.Put(t.Context(), driver.Settings, given)
		clear(given.Body)
		return err
	})
	wantRow(t, d, driver.Settings, want)
}
