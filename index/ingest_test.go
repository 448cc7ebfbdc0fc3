package index_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/memindex"
)

// pages are where the people of these tests go.
var pages = []string{"", "/", "/shoes", "/hats", "/shoes?colour=red", "/checkout"}

// someEvents makes up events of a crowd on the pages of the ad accounts 1 and 2.
func someEvents(r *rand.Rand, crowd, n int) []parterre.Event {
	events := make([]parterre.Event, n)
	for i := range events {
		at := parterre.Stamp(noon + r.IntN(30)*day + r.IntN(3))
		events[i] = visit(person(r.IntN(crowd)), pages[r.IntN(len(pages))], at)
		events[i].Facet.Account = parterre.ID(1 + r.IntN(2))
	}
	return events
}

// arrival is a way in which events arrive.
type arrival struct {
	r      *rand.Rand
	ix     *index.Index
	events []parterre.Event
	ingest func([]parterre.Event)
}

func (a arrival) allAtOnce() { a.ingest(a.events) }

func (a arrival) oneByOneBackwards() {
	for _, e := range slices.Backward(a.events) {
		a.ingest([]parterre.Event{e})
	}
}

func (a arrival) inPartsShuffled() {
	for _, part := range inParts(a.r, a.events) {
		a.ingest(part)
	}
}

func (a arrival) inPartsTwice() {
	parts := inParts(a.r, a.events)
	parts = append(parts, parts...)
	a.r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for _, part := range parts {
		a.ingest(part)
	}
}

func (a arrival) bySeveralAtOnce() {
	var all sync.WaitGroup
	for _, part := range inParts(a.r, a.events) {
		all.Go(func() { a.ingest(part) })
	}
	all.Wait()
}

func (a arrival) withAFullCache() {
	a.ix.SetFacetCacheSize(1)
	a.inPartsShuffled()
}

// inParts shuffles events and divides them at random.
func inParts(r *rand.Rand, events []parterre.Event) (parts [][]parterre.Event) {
	events = slices.Clone(events)
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for len(events) > 0 {
		n := 1 + r.IntN(len(events))
		parts = append(parts, events[:n])
		events = events[n:]
	}
	return parts
}

// outcome is what some events lead to, in whatever way they arrive.
type outcome struct {
	Facets   [3]map[string]stamps // by ad account
	Standing map[string]stamps    // of audiences that stood before, by page
	Past     map[string]stamps    // of audiences that were evaluated afterwards
}

func arrive(
	t *testing.T, d driver.Driver, r *rand.Rand, events []parterre.Event, way func(arrival),
) outcome {
	t.Helper()
	ix := newIndex(t, d)
	importCrowd(t, ix, crowd)
	for i, page := range pages {
		ix.Register(ofURL(parterre.ID(10+i), page))
	}
	way(arrival{r, ix, events, func(part []parterre.Event) {
		if err := ix.Ingest(t.Context(), part); err != nil {
			t.Errorf("ingest %d events: %v", len(part), err)
		}
	}})
	if got := ix.Population(); got != crowd {
		t.Errorf("there are %d persons, want %d", got, crowd)
	}
	made := outcome{Standing: map[string]stamps{}, Past: map[string]stamps{}}
	for account := range made.Facets {
		made.Facets[account] = facetRolls(t, d, parterre.ID(account))
	}
	for i, page := range pages {
		made.Standing[page] = rollOf(t, d, index.AudienceRoll(parterre.ID(10+i), 1))
		s := ofURL(parterre.ID(20+i), page)
		must(t, ix.Evaluate(t.Context(), s))
		made.Past[page] = rollOf(t, d, s.Roll)
	}
	return made
}

// crowd is how many people there are in these tests.
const crowd = 40

func TestEventsMayArriveInAnyOrderAndMoreThanOnce(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		for seed := range uint64(3) {
			r := rand.New(rand.NewPCG(seed, 7))
			events := someEvents(r, crowd, 300)
			want := arrive(t, open(), r, events, arrival.allAtOnce)
			same(t, fmt.Sprintf("standing and evaluated audiences of seed %d", seed), want.Past, want.Standing)
			for name, way := range map[string]func(arrival){
				"one by one, backwards":                arrival.oneByOneBackwards,
				"shuffled, in parts":                   arrival.inPartsShuffled,
				"shuffled, in parts, every part twice": arrival.inPartsTwice,
				"in parts, by several at once":         arrival.bySeveralAtOnce,
				"with a cache of facets too small":     arrival.withAFullCache,
			} {
				got := arrive(t, open(), rand.New(rand.NewPCG(seed, 8)), events, way)
				same(t, fmt.Sprintf("seed %d: %s", seed, name), got, want)
			}
		}
	})
}

func TestEventsThatNameNobodyAreLeftOut(t *testing.T) {
	d := memindex.New()
	ix := newIndex(t, d)
	nobody := visit(nil, "/", noon)
	must(t, ix.Ingest(t.Context(), nil))
	must(t, ix.Ingest(t.Context(), []parterre.Event{nobody}))
	given := []parterre.Event{nobody, visit(who("ann"), "/hats", noon), nobody}
	must(t, ix.Ingest(t.Context(), given))
	if ix.Population() != 1 || len(facetRolls(t, d, 1)) != 1 {
		t.Errorf("there are %d persons and the facets %v", ix.Population(), facetRolls(t, d, 1))
	}
	if len(given[0].Who)+len(given[2].Who) != 0 || len(given[1].Who) != 1 {
		t.Error("the caller's events were changed")
	}
}
