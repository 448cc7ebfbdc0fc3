package lsmindex_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/row"
)

const rowsFacet driver.FacetID = 6

func product(n int) parterre.EventData {
	return parterre.EventData{Items: [][]parterre.Datum{{{Name: "id", Value: fmt.Sprint("product-", n)}}}}
}

// checkout is the n-th of some checkouts: one to three items of many products, and an order id of its own.
func checkout(r *rand.Rand, n, products int) row.Row {
	data := parterre.EventData{Fields: []parterre.Datum{
		{Name: "currency", Value: "EUR"},
		{Name: "num_items", Value: strconv.Itoa(1 + r.IntN(5))},
		{Name: "order_id", Value: fmt.Sprint("order-", n)},
		{Name: "value", Value: fmt.Sprintf("%d.%02d", r.IntN(600), r.IntN(100))},
	}}
	for range 1 + r.IntN(3) {
		data.Items = append(data.Items, []parterre.Datum{
			{Name: "id", Value: fmt.Sprint("product-", r.IntN(products))},
			{Name: "item_price", Value: fmt.Sprintf("%d.%02d", r.IntN(200), r.IntN(100))},
			{Name: "quantity", Value: strconv.Itoa(1 + r.IntN(3))},
		})
	}
	return row.Row{
		Person: parterre.PersonID(1 + r.IntN(10_000_000)), Stamp: parterre.Stamp(1_750_000_000 + r.IntN(90*86400)),
		Page: uint32(1 + r.IntN(20_000)), Data: data,
	}
}

// addCheckouts applies some checkouts, numbered from a number on.
func addCheckouts(t testing.TB, x *lsmindex.Index, r *rand.Rand, from, n, products int) {
	t.Helper()
	for n > 0 {
		w := &driver.Writes{}
		for range min(n, 1000) {
			w.Rows = append(w.Rows, driver.Row{Facet: rowsFacet, Row: checkout(r, from, products)})
			from++
			n--
		}
		if _, err := x.Apply(context.Background(), w); err != nil {
			t.Fatal(err)
		}
	}
}

// rowsWith counts rows, with two yields.
func rowsWith(x *lsmindex.Index, want parterre.EventData) (int, error) {
	var found atomic.Int64
	count := func(parterre.PersonID, parterre.Stamp, uint32) { found.Add(1) }
	err := x.Rows(context.Background(), []driver.FacetID{rowsFacet}, want, []driver.YieldRow{count, count})
	return int(found.Load()), err
}

// rowKeys are the keys of heads, and of all pieces, with their sizes.
func rowKeys(t testing.TB, x *lsmindex.Index) (heads, pieces map[string]int) {
	t.Helper()
	heads, pieces = map[string]int{}, map[string]int{}
	it, err := x.Tree().NewIter(&pebble.IterOptions{LowerBound: []byte{0x31}, UpperBound: []byte{0x32}})
	if err != nil {
		t.Fatal(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		if it.Key()[5] == 0 {
			heads[string(it.Key())] = len(it.Value())
		}
		pieces[string(it.Key())] = len(it.Value())
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return heads, pieces
}

func TestSmallBlocksOfRowsBecomeLargeOnesAndNoRowIsLost(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", lsmindex.Options{})
	defer closeIndex(t, x)
	r := rand.New(rand.NewPCG(1, 1))
	const rounds, rows = 64, 90
	for i := range rounds {
		addCheckouts(t, x, r, i*rows, rows, 3)
		if err := x.WriteOut(); err != nil {
			t.Fatal(err)
		}
		for _, want := range []parterre.EventData{
			{}, {Fields: []parterre.Datum{{Name: "currency", Value: "EUR"}}},
		} {
			if n, err := rowsWith(x, want); err != nil || n != (i+1)*rows {
				t.Fatalf("after %d rows, %d have %v: %v", (i+1)*rows, n, want, err)
			}
		}
		want := parterre.EventData{Fields: []parterre.Datum{{Name: "order_id", Value: fmt.Sprint("order-", i*rows/2)}}}
		if n, err := rowsWith(x, want); err != nil || n != 1 {
			t.Fatalf("%d rows have %v: %v", n, want, err)
		}
	}
	if heads, _ := rowKeys(t, x); len(heads) > 7 {
		t.Errorf("%d rows, written in %d parts, are in %d blocks", rounds*rows, rounds, len(heads))
	}
}

func TestMoreRowsThanABlockTakesAreAllFound(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", lsmindex.Options{})
	defer closeIndex(t, x)
	r := rand.New(rand.NewPCG(1, 1))
	const rows = 70_001
	addCheckouts(t, x, r, 0, rows, 3)
	for _, when := range []string{"in memory", "written out"} {
		if n, err := rowsWith(x, parterre.EventData{}); err != nil || n != rows {
			t.Errorf("%s: %d rows of %d: %v", when, n, rows, err)
		}
		if err := x.WriteOut(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADamagedPieceOfRowsIsReportedByWhoReadsItAndStaysWhenMoreAreWritten(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", lsmindex.Options{})
	defer closeIndex(t, x)
	r := rand.New(rand.NewPCG(1, 1))
	addCheckouts(t, x, r, 0, 10, 1)
	if err := x.WriteOut(); err != nil {
		t.Fatal(err)
	}
	want := product(0)
	want.Fields = []parterre.Datum{{Name: "num_items", Value: "1"}, {Name: "order_id", Value: "order-3"}, {Name: "value", Value: "1"}}
	_, pieces := rowKeys(t, x)
	for key := range maps.Keys(pieces) {
		sound := stored(t, x, []byte(key))
		damaged := append([]byte{}, sound...)
		damaged[len(damaged)-1] ^= 1
		set(t, x, []byte(key), damaged)
		wants := parterre.EventData{}
		if level := key[5]; level == 1 || level == 2 {
			name := key[7 : len(key)-4]
			if datum := []parterre.Datum{{Name: name, Value: "x"}}; level == 1 {
				wants.Fields = datum
			} else {
				wants.Items = [][]parterre.Datum{datum}
			}
		} else if level == 3 {
			wants.Items = [][]parterre.Datum{nil}
		}
		if _, err := rowsWith(x, wants); !errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("key %x: error %v, want %v", key, err, driver.ErrCorrupt)
		}
		addCheckouts(t, x, r, 100, 20, 1)
		if err := x.WriteOut(); err != nil {
			t.Errorf("key %x is corrupt, and so other rows are not written out: %v", key, err)
		}
		if _, err := rowsWith(x, wants); !errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("key %x, more written: error %v, want %v", key, err, driver.ErrCorrupt)
		}
		set(t, x, []byte(key), sound)
		if _, err := rowsWith(x, want); err != nil {
			t.Errorf("key %x, sound again: %v", key, err)
		}
	}
}

func TestAPieceOfRowsThatIsNotThereIsReported(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", lsmindex.Options{})
	defer closeIndex(t, x)
	addCheckouts(t, x, rand.New(rand.NewPCG(1, 1)), 0, 10, 1)
	if err := x.WriteOut(); err != nil {
		t.Fatal(err)
	}
	heads, pieces := rowKeys(t, x)
	for key := range pieces {
		if _, head := heads[key]; !head && key[5] == 2 {
			if err := x.Tree().Delete([]byte(key), pebble.NoSync); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := rowsWith(x, product(0)); !errors.Is(err, driver.ErrCorrupt) {
		t.Errorf("error %v, want %v", err, driver.ErrCorrupt)
	}
}

// BenchmarkRowsOfAProduct asks three million checkouts for one product of two thousand.
func BenchmarkRowsOfAProduct(b *testing.B) {
	x := open(b, vfs.NewMem(), "index", lsmindex.Options{})
	defer closeIndex(b, x)
	const rows = 3_000_000
	r := rand.New(rand.NewPCG(1, 1))
	addCheckouts(b, x, r, 0, rows, 2000)
	if err := x.WriteOut(); err != nil {
		b.Fatal(err)
	}
	flushAndCompact(b, x)
	heads, pieces := rowKeys(b, x)
	bytes := 0
	for _, n := range pieces {
		bytes += n
	}
	for _, c := range []struct {
		name string
		want parterre.EventData
	}{
		{"product", product(17)},
		{"order", parterre.EventData{Fields: []parterre.Datum{{Name: "order_id", Value: "order-1234567"}}}},
		{"num_items", parterre.EventData{Fields: []parterre.Datum{{Name: "num_items", Value: "2"}}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if n, err = rowsWith(x, c.want); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n), "rows")
			b.ReportMetric(float64(bytes)/rows, "B/row")
			b.ReportMetric(float64(len(heads)), "blocks")
		})
	}
}
