package index_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/memindex"
)

// wantHoldings demands that everybody in the crowd holds, of each audience, what the events say.
func wantHoldings(t *testing.T, ix *index.Index, when string, want map[driver.RollID]stamps) {
	t.Helper()
	for id, stamps := range want {
		same(t, fmt.Sprintf("%s: who holds %v", when, id), heldBy(t, ix, id), stamps)
	}
}

func TestWhatAPersonHoldsIsWhatTheEventsSay(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		importCrowd(t, ix, crowd)
		r := rand.New(rand.NewPCG(1, 9))
		anybody := index.Standing{Roll: index.AudienceRoll(9, 1), Accounts: []parterre.ID{1}, Place: func(*parterre.Facet) bool { return true }}
		one, two, three := ofURL(10, pages[0]), fresh(ofURL(11, pages[1])), ofBlue(ofURL(12, pages[0]))
		ix.Register(one)
		ix.Register(anybody)
		first := someEvents(r, crowd, 100)
		must(t, ix.Ingest(t.Context(), first))
		wantHoldings(t, ix, "at first", map[driver.RollID]stamps{
			one.Roll: union(first, one), anybody.Roll: union(first, anybody), two.Roll: {}, three.Roll: {},
		})
		ix.Register(two)
		ix.Register(three)
		second := someEvents(r, crowd, 100)
		for i := range second {
			if r.IntN(2) == 0 {
				second[i] = inBlue(second[i])
			}
		}
		must(t, ix.Ingest(t.Context(), second))
		both := slices.Concat(first, second)
		wantHoldings(t, ix, "after events", map[driver.RollID]stamps{
			one.Roll: union(both, one), anybody.Roll: union(both, anybody), two.Roll: union(second, two), three.Roll: union(second, three),
		})
		must(t, ix.Evaluate(t.Context(), three))
		four := ofURL(13, pages[2]) // comes when all cells were judged
		ix.Register(four)
		wantHoldings(t, ix, "after an evaluation", map[driver.RollID]stamps{three.Roll: union(both, three), four.Roll: union(both, four)})
		must(t, ix.Drop(t.Context(), one.Roll))
		must(t, ix.Drop(t.Context(), two.Roll))
		wantHoldings(t, ix, "after two went", map[driver.RollID]stamps{one.Roll: {}, two.Roll: {}, four.Roll: union(both, four)})
		must(t, ix.Fill(t.Context(), one.Roll, []parterre.PersonID{3}))
		wantHoldings(t, ix, "after one was filled", map[driver.RollID]stamps{one.Roll: {3: 1}, two.Roll: {}})
	})
}

// Somebody asks while events arrive and an audience comes and goes: what is asked for the first time then misses nothing.
func TestWhatAPersonHoldsMissesNothingThatArrivesMeanwhile(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		for seed := range uint64(10) {
			ix := newIndex(t, open())
			if seed%2 == 1 { // some are forgotten
				ix.SetFacetCacheSize(100)
			}
			importCrowd(t, ix, crowd)
			stays, goes, derived := fresh(ofURL(10, pages[0])), fresh(ofURL(11, pages[0])), ofURL(12, pages[0])
			ix.Register(stays)
			ix.Register(goes)
			events := someEvents(rand.New(rand.NewPCG(seed, 9)), crowd, 400)
			must(t, ix.Ingest(t.Context(), events[:100]))
			var all sync.WaitGroup
			var done atomic.Bool
			all.Go(func() {
				defer done.Store(true)
				for i := 100; i < len(events); i += 10 {
					if err := ix.Ingest(t.Context(), events[i:i+10]); err != nil {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				ix.Register(derived)
				if err := ix.Drop(t.Context(), goes.Roll); err != nil {
					t.Error(err)
				}
			})
			for p := range 2 * parterre.PersonID(crowd) { // each is asked about twice at a time
				all.Go(func() {
					for n := 0; n < 3 || !done.Load(); n++ {
						if _, err := ix.Holdings(t.Context(), p%crowd); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			wantHoldings(t, ix, fmt.Sprint("of seed ", seed), map[driver.RollID]stamps{
				stays.Roll: union(events, stays), derived.Roll: union(events, derived), goes.Roll: {},
			})
		}
	})
}

// Whoever was looked up is not read again, and what they do afterwards is known.
func TestWhoeverWasLookedUpIsRemembered(t *testing.T) {
	store := newFailing(memindex.New())
	ix := newIndex(t, store)
	derived := ofURL(12, "/hats")
	ix.Register(derived)
	hat := func(at parterre.Stamp) parterre.Event { return visit(who("ann"), "/hats", at) }
	must(t, ix.Ingest(t.Context(), []parterre.Event{visit(who("ann"), "/", noon)}))
	wantHoldings(t, ix, "before", map[driver.RollID]stamps{derived.Roll: {}})
	must(t, ix.Ingest(t.Context(), []parterre.Event{hat(noon + 5), hat(noon + 7), hat(noon + 6)}))
	wantHoldings(t, ix, "when she saw hats", map[driver.RollID]stamps{derived.Roll: {1: noon + 7}})
	store.breaks("History", 0)
	defer store.breaks("", 0)
	for i := range parterre.Stamp(100) { // more than are kept apart from those that she holds by
		must(t, ix.Ingest(t.Context(), []parterre.Event{hat(noon + 8 + i), visit(who("ann"), fmt.Sprint("/", i%20), noon+i)}))
		if held, err := ix.Holdings(t.Context(), 1); i%40 == 0 && (err != nil || held[0].Stamp != noon+8+i) {
			t.Errorf("she holds %v, %v", held, err)
		}
	}
	for i := range parterre.Stamp(100) { // and without being looked up meanwhile
		must(t, ix.Ingest(t.Context(), []parterre.Event{hat(noon + 200 + i)}))
	}
	held, err := ix.Holdings(t.Context(), 1)
	if err != nil || len(held) != 1 || held[0].Stamp != noon+299 {
		t.Errorf("she holds %v, %v when the store cannot be read", held, err)
	}
	if _, err := ix.Holdings(t.Context(), 10_000); err == nil {
		t.Error("somebody who was not looked up is not read")
	}
}

// whileJudging is a store in which something happens when a facet is read for the first time.
type whileJudging struct {
	driver.Driver
	happens func()
}

func (d *whileJudging) Facet(ctx context.Context, id driver.FacetID) (parterre.ID, []byte, error) {
	if do := d.happens; do != nil {
		d.happens = nil
		do()
	}
	return d.Driver.Facet(ctx, id)
}

// What a person does between the reading of their history and the end of a look-up is in the next one.
func TestWhatAPersonDoesDuringALookUpIsNotForgotten(t *testing.T) {
	store := &whileJudging{Driver: memindex.New()}
	ix := newIndex(t, store)
	derived := ofURL(12, "/hats")
	ix.Register(derived)
	must(t, ix.Ingest(t.Context(), []parterre.Event{visit(who("ann"), "/", noon)}))
	store.happens = func() { must(t, ix.Ingest(t.Context(), []parterre.Event{visit(who("ann"), "/hats", noon+5)})) }
	if _, err := ix.Holdings(t.Context(), 1); err != nil || store.happens != nil {
		t.Fatalf("the look-up failed, or judged nothing: %v", err)
	}
	wantHoldings(t, ix, "afterwards", map[driver.RollID]stamps{derived.Roll: {1: noon + 5}})
}
