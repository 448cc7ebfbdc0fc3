package index_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

// wantHoldings demands that everybody in the crowd holds what the rolls of the audiences hold.
func wantHoldings(t *testing.T, ix *index.Index, d driver.Driver, when string, rolls ...driver.RollID) {
	t.Helper()
	want := map[string]parterre.Stamp{}
	for _, id := range rolls {
		for p, s := range rollOf(t, d, id) {
			want[fmt.Sprint(p, id)] = s
		}
	}
	got := map[string]parterre.Stamp{}
	for p := range parterre.PersonID(crowd + 2) {
		held, err := ix.Holdings(t.Context(), p)
		must(t, err)
		for _, h := range held {
			got[fmt.Sprint(p, h.Roll)] = h.Stamp
		}
	}
	same(t, when, got, want)
}

func TestWhatAPersonHoldsIsWhatTheRollsHold(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		d := open()
		ix := newIndex(t, d)
		importCrowd(t, ix, crowd)
		r := rand.New(rand.NewPCG(1, 9))
		one, two, three := ofURL(10, pages[0]), ofURL(11, pages[1]), ofURL(12, pages[0])
		ix.Register(one)
		must(t, ix.Ingest(t.Context(), someEvents(r, crowd, 100)))
		wantHoldings(t, ix, d, "at first", one.Roll)
		ix.Register(two)
		must(t, ix.Ingest(t.Context(), someEvents(r, crowd, 100)))
		wantHoldings(t, ix, d, "after events", one.Roll, two.Roll)
		must(t, ix.Evaluate(t.Context(), two))
		must(t, ix.Evaluate(t.Context(), three))
		wantHoldings(t, ix, d, "after evaluations", one.Roll, two.Roll, three.Roll)
		must(t, ix.Drop(t.Context(), one.Roll))
		wantHoldings(t, ix, d, "after a roll was dropped", two.Roll, three.Roll)
		must(t, ix.Fill(t.Context(), one.Roll, []parterre.PersonID{3}))
		wantHoldings(t, ix, d, "after it was filled again", one.Roll, two.Roll, three.Roll)
	})
}

// Somebody asks while events arrive and an audience comes and goes: what is asked for the first time then misses nothing.
func TestWhatAPersonHoldsMissesNothingThatArrivesMeanwhile(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		for seed := range uint64(10) {
			d := open()
			ix := newIndex(t, d)
			importCrowd(t, ix, crowd)
			stays, goes := ofURL(10, pages[0]), ofURL(11, pages[0])
			ix.Register(stays)
			ix.Register(goes)
			events := someEvents(rand.New(rand.NewPCG(seed, 9)), crowd, 400)
			must(t, ix.Ingest(t.Context(), events[:100]))
			var all sync.WaitGroup
			all.Go(func() {
				for i := 100; i < len(events); i += 10 {
					if err := ix.Ingest(t.Context(), events[i:i+10]); err != nil {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				if err := ix.Drop(t.Context(), goes.Roll); err != nil {
					t.Error(err)
				}
			})
			for p := range parterre.PersonID(crowd) {
				all.Go(func() {
					if _, err := ix.Holdings(t.Context(), p); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			wantHoldings(t, ix, d, fmt.Sprint("of seed ", seed), stays.Roll)
		}
	})
}
