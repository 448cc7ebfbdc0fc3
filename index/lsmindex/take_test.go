package lsmindex_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/roll"
)

// A write of many acts is taken over a part at a time. What is pending is written out between two parts, and the plug is pulled.
func TestAWriteThatIsTakenOverInPartsIsWholeAfterACrash(t *testing.T) {
	const writes, acts = 40, 2000
	fs := vfs.NewCrashableMem()
	x := open(t, fs, "index", lsmindex.Options{CacheBytes: 1 << 20})
	done, stop := context.WithCancel(t.Context())
	var settling sync.WaitGroup
	settling.Go(func() {
		for done.Err() == nil {
			if err := x.Settle(done); err != nil && done.Err() == nil {
				t.Errorf("settle: %v", err)
			}
		}
	})
	for i := range writes {
		w := &driver.Writes{}
		for j := range acts {
			p := parterre.PersonID(i*acts + j + 1)
			w.Acts = append(w.Acts, driver.Act{Page: 3, Facet: 6, Person: p, Stamp: 7})
		}
		durable, err := x.Apply(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		if err := durable(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			wantPersons(t, fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))}), (i+1)*acts)
		}
	}
	stop()
	settling.Wait()
	closeIndex(t, x)
}

// wantPersons demands that so many persons are in the roll of the facet, and on the page.
func wantPersons(t *testing.T, fs vfs.FS, want int) {
	t.Helper()
	x := open(t, fs, "index", small)
	defer closeIndex(t, x)
	for _, id := range []driver.RollID{{Kind: driver.FacetRoll, A: 6}, driver.OnPage(3, 6)} {
		n := 0
		if err := x.Chunks(t.Context(), id, func(_ uint16, c roll.Chunk) error { n += c.Len(); return nil }); err != nil {
			t.Fatal(err)
		}
		if n != want {
			t.Errorf("after the crash %d persons are in roll %v, want %d", n, id, want)
		}
	}
}
