package lsmindex_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/indextest"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/roll"
)

// restless settles after every write: sometimes before the next call, and sometimes while others are under way.
type restless struct {
	*lsmindex.Index
	t    testing.TB
	mu   sync.Mutex // of r
	r    *rand.Rand
	left sync.WaitGroup
}

func (x *restless) Apply(ctx context.Context, w *driver.Writes) (func() error, error) {
	durable, err := x.Index.Apply(ctx, w)
	x.mu.Lock()
	now := x.r.IntN(2) == 0
	x.mu.Unlock()
	x.left.Go(func() { //nolint:contextcheck // it goes on when the caller has ended
		if err := x.Settle(context.Background()); err != nil {
			x.t.Error(err)
		}
	})
	if now {
		x.left.Wait()
	}
	return durable, err
}

func (x *restless) Close() error {
	x.left.Wait()
	return x.Index.Close()
}

func TestLawsWhileItIsFolded(t *testing.T) {
	indextest.Run(t, func(t testing.TB) indextest.Harness {
		fs := vfs.NewMem()
		begin := func(t testing.TB) driver.Driver {
			return &restless{Index: open(t, fs, "index", small), t: t, r: rand.New(rand.NewPCG(1, 2))}
		}
		return indextest.Harness{Driver: begin(t), Reopen: begin}
	})
}

// someActs are acts of many persons on one page, at a moment.
func someActs(persons int, at parterre.Stamp) *driver.Writes {
	w := &driver.Writes{}
	for p := range parterre.PersonID(persons) {
		w.Acts = append(w.Acts, driver.Act{Page: 3, Facet: 6, Person: p + 1, Stamp: at + parterre.Stamp(p)})
	}
	return w
}

// foldedKeys are a block of the roll of a facet, a block of that of the facet on a page, and histories, after someActs.
func foldedKeys() map[string][]byte {
	return map[string][]byte{
		"facet":   lsmindex.RollKey(driver.RollID{Kind: driver.FacetRoll, A: 6}, 0),
		"page":    lsmindex.RollKey(driver.OnPage(3, 6), 0),
		"history": lsmindex.HistoryKey(0),
	}
}

// checkFolded fails the test unless everything of someActs, up to a moment, is folded, and is what it should be.
func checkFolded(t *testing.T, x *lsmindex.Index, persons int, at parterre.Stamp) {
	t.Helper()
	for what, key := range foldedKeys() {
		value := stored(t, x, key)
		if len(value) == 0 || value[0] != lsmindex.Folded {
			t.Fatalf("the value of a %s is not folded, but has %d bytes and %d operands", what, len(value), len(lsmindex.OperandsOf(value)))
		}
	}
	crowd := roll.NewCrowd(at)
	u := driver.Union{
		Kind: driver.FacetRoll, Spans: []driver.Span{{Least: 6, Most: 6}}, Keep: func(uint64) bool { return true }, Blocks: driver.All(),
	}
	if err := x.Unite(t.Context(), u, crowd); err != nil || crowd.Count() != persons {
		t.Fatalf("%d persons and error %v, want %d and none", crowd.Count(), err, persons)
	}
	var lines []parterre.Stamp
	err := x.History(t.Context(), 5, func(_ history.Cell, s parterre.Stamp) { lines = append(lines, s) })
	if err != nil || len(lines) != 1 || lines[0] != at+4 {
		t.Fatalf("the history of person 5 is %v, error %v, want one line of %d", lines, err, at+4)
	}
}

// Operands that are in several levels of the tree meet in whoever reads them, who sees one when they are too many to stay side
// by side: that is not to be taken for what was folded.
func TestHoweverManyOperandsThereAreTheyAreFolded(t *testing.T) {
	for _, operands := range []int{1, 2, 60} {
		x := open(t, vfs.NewMem(), "index", small)
		const persons = 5000
		for i := range operands {
			apply(t, x, someActs(persons, parterre.Stamp(100+i)))
			if err := x.WriteOut(); err != nil {
				t.Fatal(err)
			}
			if err := x.Tree().Flush(); err != nil {
				t.Fatal(err)
			}
		}
		for what, key := range foldedKeys() {
			if value := stored(t, x, key); value[0] == lsmindex.Folded {
				t.Errorf("the value of a %s is folded before anybody folds", what)
			}
		}
		for range 2 {
			if err := x.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			checkFolded(t, x, persons, parterre.Stamp(100+operands-1))
		}
		closeIndex(t, x)
	}
}

func TestWhatComesIsFoldedInTime(t *testing.T) {
	fs := vfs.NewMem()
	ticks := make(chan time.Time)
	o := small
	o.Ticks, o.PendingBytes = ticks, 64<<20
	x := open(t, fs, "index", o)
	const persons = 30_000 // more than a little
	apply(t, x, someActs(persons, 100))
	ticks <- time.Time{} // sees that something came
	ticks <- time.Time{} // sees that nothing came since, and folds
	ticks <- time.Time{} // is taken when that is done
	checkFolded(t, x, persons, 100)
	closeIndex(t, x)

	// What was written out and not folded is known after an opening, too.
	x = open(t, fs, "index", lsmindex.Options{})
	apply(t, x, someActs(persons, 200))
	if err := x.WriteOut(); err != nil {
		t.Fatal(err)
	}
	closeIndex(t, x)
	o.Ticks = ticks
	x = open(t, fs, "index", o)
	defer closeIndex(t, x)
	ticks <- time.Time{}
	ticks <- time.Time{}
	checkFolded(t, x, persons, 200)
}
