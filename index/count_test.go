package index_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

const (
	aDay  = 86_400
	today = noon / aDay
)

// counts demands how many events an ad account has, on all days together.
func counts(t testing.TB, ix *index.Index, account parterre.ID, want int) {
	t.Helper()
	_, all, err := ix.CountEvents(t.Context(), account, today-10, today+10)
	must(t, err)
	if all != want {
		t.Errorf("ad account %d has %d events, want %d", account, all, want)
	}
}

// keyed is an event with a key.
func keyed(key uint64, at parterre.Stamp) parterre.Event {
	e := visit(person(1), "/", at)
	e.Key = key
	return e
}

func TestEventsAreCountedOnce(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		r := rand.New(rand.NewPCG(1, 2))
		a, b, c, d := keyed(r.Uint64(), noon), keyed(r.Uint64(), noon), keyed(r.Uint64(), noon+aDay), keyed(r.Uint64(), noon-aDay)
		again := a
		again.At, again.Facet.URL, again.Facet.Ingestion = noon+aDay, "/other", parterre.FromConversionsAPI
		unnamed, without, engaged := keyed(r.Uint64(), noon), keyed(0, noon), keyed(r.Uint64(), noon)
		unnamed.Who, engaged.Facet.Kind = nil, parterre.Engagement
		counts(t, ix, 1, 0)
		for range 2 { // the second time changes nothing
			must(t, ix.Ingest(t.Context(), []parterre.Event{a, b, a, c, d, unnamed, without, engaged}))
			must(t, ix.Ingest(t.Context(), []parterre.Event{again}))
			days, all, err := ix.CountEvents(t.Context(), 1, today-1, today+1)
			must(t, err)
			same(t, "the days", days, []index.DayCount{{Day: today - 1, Events: 1}, {Day: today, Events: 2}, {Day: today + 1, Events: 2}})
			if all != 4 { // a was sent on two days
				t.Errorf("there are %d events, want 4", all)
			}
		}
		_, one, err := ix.CountEvents(t.Context(), 1, today, today)
		must(t, err)
		if one != 2 {
			t.Errorf("one day has %d events, want 2", one)
		}
	})
}

func TestCountsAreNear(t *testing.T) {
	for _, n := range []int{10, 100, 1000, 30_000, 200_000} {
		ix := newIndex(t, drivers["memindex"](t))
		r := rand.New(rand.NewPCG(uint64(n), 3))
		events := make([]parterre.Event, n)
		for i := range events {
			events[i] = keyed(r.Uint64(), noon)
		}
		must(t, ix.Ingest(t.Context(), events))
		days, all, err := ix.CountEvents(t.Context(), 1, today-1, today+1)
		must(t, err)
		if off := math.Abs(float64(all-n)) / float64(n); off > 0.025 || len(days) != 1 || days[0].Events != all {
			t.Errorf("%d events are counted as %d and %v", n, all, days)
		}
	}
}
