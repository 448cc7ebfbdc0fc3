package index_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cespare/xxhash/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

// sent is the n-th event of a name: of nobody, on the web, by the tag, with some components.
func sent(name string, n int, at parterre.Stamp, with ...parterre.Component) parterre.Event {
	e := visit(nil, "", at)
	e.Facet.Name = name
	e.Key = xxhash.Sum64String(fmt.Sprint(name, n))
	e.Sent.Platform = parterre.OnWeb
	for _, c := range with {
		e.Sent.Components = e.Sent.Components.With(c, true)
	}
	return e
}

func sampleOf(t testing.TB, ix *index.Index, days int) []index.Sampled {
	t.Helper()
	all, err := ix.Sample(t.Context(), 1, parterre.Platforms, noon, days)
	must(t, err)
	return all
}

// within demands that an estimate is near what it estimates.
func within(t testing.TB, what string, got, want, most float64) {
	t.Helper()
	if math.Abs(got-want) > most {
		t.Errorf("%s is estimated at %.4g, and is %.4g", what, got, want)
	}
}

func TestASampleOfFewEventsIsExact(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		var events []parterre.Event
		for n := range 20 {
			e := sent("checkout", n, noon, parterre.HasURL)
			if n < 5 {
				e.Sent.Components = e.Sent.Components.With(parterre.HasEmail, true)
			}
			events = append(events, e)
		}
		other := sent("my own", 1, noon)
		other.Sent.Platform, other.Facet.Ingestion = parterre.OnIOS, parterre.FromMMP
		silent := sent("lead", 1, noon)
		silent.Key = 0
		unknown := sent("lead", 2, noon)
		unknown.Sent.Platform = 0
		must(t, ix.Ingest(t.Context(), append(events, other, silent, unknown)))
		got := sampleOf(t, ix, 1)
		if len(got) != 2 || got[0].Name != "checkout" || got[1].Name != "" ||
			got[1].Platform != parterre.OnIOS || got[1].Ingestion != parterre.FromMMP {
			t.Fatalf("the sample is %+v", got)
		}
		within(t, "the number of events", got[0].Events, 20, 0.1)
		for c, want := range map[parterre.Component]float64{parterre.HasURL: 1, parterre.HasEmail: 0.25, parterre.HasMAID: 0} {
			within(t, "the share of "+c.String(), got[0].With[c]/got[0].Events, want, 1e-9)
		}
	})
}

// However events come, the sample is the same: twice, in another order, in other company.
func TestASampleDoesNotDependOnHowEventsCome(t *testing.T) {
	var events []parterre.Event
	for n := range 5000 {
		events = append(events, sent("search", n, noon-parterre.Stamp(n%3)*day, parterre.Component(n%parterre.NumComponents)))
	}
	once := newIndex(t, drivers["memindex"](t))
	must(t, once.Ingest(t.Context(), events))
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		again := slices.Concat(events, events[:2000])
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		for some := range slices.Chunk(again, 700) {
			must(t, ix.Ingest(t.Context(), some))
		}
		same(t, "the sample", sampleOf(t, ix, 14), sampleOf(t, once, 14))
	})
}

// Of two events that rank the same in their register, it is not the one with more components that is drawn.
func TestASampleDoesNotPreferWhatCameWithMore(t *testing.T) {
	const pairs = 4000
	for c := range parterre.Component(parterre.NumComponents) {
		ix := newIndex(t, drivers["memindex"](t))
		var events []parterre.Event
		for register := range uint64(pairs) {
			bare, full := sent("lead", 0, noon), sent("lead", 0, noon, c)
			bare.Key, full.Key = 1<<40|register, 1<<40|register
			events = append(events, bare, full)
		}
		must(t, ix.Ingest(t.Context(), events))
		got := sampleOf(t, ix, 1)[0]
		within(t, "the share of "+c.String(), got.With[c]/got.Events, 0.5, 0.05)
	}
}

// With many more events than registers, numbers and shares are near the truth.
func TestASampleOfManyEvents(t *testing.T) {
	const all = 400_000
	ix := newIndex(t, drivers["memindex"](t))
	r := rand.New(rand.NewPCG(2, 2))
	truth := [parterre.NumComponents]float64{}
	events := make([]parterre.Event, all)
	for n := range events {
		e := sent("page_visit", n, noon)
		for c := range truth {
			if r.IntN(parterre.NumComponents) >= c {
				e.Sent.Components = e.Sent.Components.With(parterre.Component(c), true)
				truth[c]++
			}
		}
		events[n] = e
	}
	must(t, ix.Ingest(t.Context(), events))
	got := sampleOf(t, ix, 1)[0]
	within(t, "the number of events", got.Events/all, 1, 0.025)
	for c, n := range truth {
		within(t, "the share of "+parterre.Component(c).String(), got.With[c]/got.Events, n/all, 0.012)
	}
}

// A day takes the place of the one sixteen days before, and what comes late for that one does not come back.
func TestASampleForgetsDays(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		at := func(back int) []parterre.Event {
			var events []parterre.Event
			for n := range 10 * (back + 2) {
				events = append(events, sent("lead", 1000*back+n, parterre.Stamp(noon-back*day)))
			}
			return events
		}
		for _, back := range []int{16, 15, 14, 1, 0, 17, 30} { // 16 lies where today does, 17 where yesterday
			must(t, ix.Ingest(t.Context(), at(back)))
		}
		for days, want := range map[int]float64{0: 20, 1: 20 + 30, 13: 20 + 30, 14: 20 + 30 + 160, 100: 20 + 30 + 160} {
			got := sampleOf(t, ix, days)
			if len(got) != 1 {
				t.Fatalf("the sample of %d days is %+v", days, got)
			}
			within(t, fmt.Sprintf("the number of events of %d days", days), got[0].Events, want, 1.5)
		}
	})
}

func TestDroppingAnAdAccountDropsItsSample(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		d := open()
		ix := newIndex(t, d)
		theirs := sent("lead", 1, noon)
		theirs.Facet.Account = 2
		must(t, ix.Ingest(t.Context(), []parterre.Event{sent("lead", 1, noon), sent("my own", 2, noon), theirs}))
		must(t, ix.DropAccount(t.Context(), 1))
		if got := sampleOf(t, ix, 14); len(got) > 0 {
			t.Errorf("there is still %+v", got)
		}
		left := func(account uint64) int {
			return len(rollOf(t, d, driver.RollID{Kind: driver.EventSample, A: account, B: 1<<8 | 1}))
		}
		if left(1) != 0 || left(2) != 1 {
			t.Errorf("of the dropped one %d registers are left, of the other %d", left(1), left(2))
		}
	})
}

// The names of events, platforms and ingestion sources are numbers on disk, which stay what they are.
func TestNumbersOfSamplesStay(t *testing.T) {
	for number, name := range map[int]string{0: "", 1: "page_visit", 3: "checkout", 9: "custom", 22: "submit_application", 23: ""} {
		if got := parterre.NumberedEvent(number); got != name {
			t.Errorf("event %d is %q, was %q", number, got, name)
		}
	}
	d := drivers["memindex"](t)
	e := sent("checkout", 0, noon, parterre.HasEmail, parterre.HasAgent)
	e.Key, e.Facet.Ingestion, e.Sent.Platform = 0x0123_4567_89ab_cdef, parterre.FromConversionsAPI, parterre.OffLine
	must(t, newIndex(t, d).Ingest(t.Context(), []parterre.Event{e}))
	same(t, "the roll", rollOf(t, d, driver.RollID{Kind: driver.EventSample, A: 1, B: 4<<8 | 4}), stamps{
		(3*16+noon/day%16)<<16 | 0x0def: noon/day/16<<21 | (7<<5|31-0x04)<<11 | (1<<3 | 1<<10) ^ 0x437,
	})
}
