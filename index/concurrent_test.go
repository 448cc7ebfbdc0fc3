package index_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

// union is the plain answer: of the persons of a crowd, with the numbers that importCrowd gave them, the last moment at which
// each had an event that an audience selects.
func union(events []parterre.Event, s index.Standing) stamps {
	number := map[parterre.Identifier]parterre.PersonID{}
	for n := range crowd {
		number[person(n)[0]] = parterre.PersonID(n + 1) //nolint:gosec // few
	}
	all := stamps{}
	for _, e := range events {
		if s.Match(&e.Facet) && e.Facet.Account == s.Accounts[0] {
			p := number[e.Who[0]]
			all[p] = max(all[p], e.At)
		}
	}
	return all
}

// Several writers take events in, with new facets among them, while audiences come, are evaluated, and go.
func TestAnAudienceThatIsEvaluatedWhileEventsArriveMissesNothing(t *testing.T) {
	const writers, batches, size, rounds = 3, 40, 25, 6
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		const seed = 11
		d := open()
		ix := newIndex(t, d)
		ix.SetFacetCacheSize(8)
		importCrowd(t, ix, crowd)

		made := make([][]parterre.Event, writers)
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(w)))
				for range batches {
					part := someEvents(r, crowd, size)
					for i := range part { // some facets that nobody has seen before
						if r.IntN(2) == 0 {
							part[i] = inBlue(part[i])
						}
						if r.IntN(10) == 0 {
							part[i].Facet.Name = fmt.Sprintf("custom-%d", r.IntN(1000))
						}
					}
					if err := ix.Ingest(t.Context(), part); err != nil {
						t.Errorf("ingest: %v", err)
					}
					made[w] = append(made[w], part...)
				}
			})
		}
		evaluated := map[parterre.ID]index.Standing{}
		for round := range rounds {
			var evaluations sync.WaitGroup
			for i, page := range pages {
				s := ofURL(parterre.ID(100*(round+1)+i), page)
				if (i+round)%2 == 0 {
					s = ofBlue(s)
				}
				evaluated[parterre.ID(s.Roll.A)] = s //nolint:gosec // an id
				evaluations.Go(func() {
					ix.Register(s)
					if err := ix.Evaluate(t.Context(), s); err != nil {
						t.Errorf("evaluate: %v", err)
					}
				})
			}
			evaluations.Wait()
			gone := ofURL(parterre.ID(100*(round+1)), pages[0])
			must(t, ix.Drop(t.Context(), gone.Roll))
			delete(evaluated, parterre.ID(gone.Roll.A)) //nolint:gosec // an id
			if left := rollOf(t, d, gone.Roll); len(left) > 0 {
				t.Errorf("round %d: the roll that was dropped holds %d persons", round, len(left))
			}
		}
		all.Wait()

		var events []parterre.Event
		for _, part := range made {
			events = append(events, part...)
		}
		for id, s := range evaluated {
			if got, want := heldBy(t, ix, s.Roll), union(events, s); !maps.Equal(got, want) {
				t.Errorf("seed %d: audience %d has %d persons, want %d", seed, id, len(got), len(want))
				same(t, "its roll", got, want)
			}
		}
	})
}

// Whoever asks while events arrive gets an answer that was right at some moment between question and answer: a membership
// without a window only grows here.
func TestAnswersNeverGoBackWhileEventsArrive(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		importCrowd(t, ix, crowd)
		s := ofURL(10, "/shoes")
		ix.Register(s)
		done := make(chan struct{})
		var readers sync.WaitGroup
		for range 2 {
			readers.Go(func() {
				last := 0
				for asked := 0; ; asked++ {
					n, _, err := ix.Count(t.Context(), everybody(10), noon)
					if err != nil || n < last {
						t.Errorf("Count says %d after %d: %v", n, last, err)
						return
					}
					last = n
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		for n := range crowd {
			must(t, ix.Ingest(t.Context(), []parterre.Event{visit(person(n), "/shoes", noon)}))
			if is, err := ix.Contains(t.Context(), everybody(10), parterre.PersonID(n+1), noon); !is || err != nil {
				t.Errorf("person %d was taken in and is no member: %v", n+1, err)
			}
		}
		close(done)
		readers.Wait()
	})
}
