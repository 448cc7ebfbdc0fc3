package index_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

// moves imports people by name and country, in one batch: ann, US, bob, CA.
func moves(t *testing.T, ix *index.Index, namesAndCountries ...string) {
	t.Helper()
	var people []parterre.Person
	for pair := range slices.Chunk(namesAndCountries, 2) {
		people = append(people, parterre.Person{Who: who(pair[0]), Country: pair[1]})
	}
	must(t, ix.Import(t.Context(), people))
}

func wantCountry(t *testing.T, ix *index.Index, country string, want ...parterre.PersonID) {
	t.Helper()
	wantMembers(t, ix, index.OfCountry(country), noon, want...)
}

func TestThePersonsOfACountry(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		moves(t, ix, "ann", "US", "bob", "CA", "cid", "", "dan", "US")
		wantCountry(t, ix, "US", 1, 4)
		wantCountry(t, ix, "CA", 2)

		t.Run("are those who moved there last", func(t *testing.T) {
			moves(t, ix, "ann", "CA", "cid", "US")
			wantCountry(t, ix, "US", 3, 4)
			wantCountry(t, ix, "CA", 1, 2)
		})
		t.Run("and those who came back", func(t *testing.T) {
			for range 3 {
				moves(t, ix, "ann", "US")
				wantCountry(t, ix, "US", 1, 3, 4)
				wantCountry(t, ix, "CA", 2)
				moves(t, ix, "ann", "CA")
				wantCountry(t, ix, "US", 3, 4)
				wantCountry(t, ix, "CA", 1, 2)
			}
		})
		t.Run("stay there when no country is said, or the same one", func(t *testing.T) {
			moves(t, ix, "ann", "", "bob", "CA", "bob", "")
			wantCountry(t, ix, "CA", 1, 2)
		})
		t.Run("live in one country at a time, the one that was said last", func(t *testing.T) {
			moves(t, ix, "ann", "US", "ann", "GB", "bob", "GB", "bob", "CA")
			wantCountry(t, ix, "US", 3, 4)
			wantCountry(t, ix, "GB", 1)
			wantCountry(t, ix, "CA", 2)
		})
	})
}

func TestMovesGoOnAfterTheIndexWasOpenedAgain(t *testing.T) {
	fs := vfs.NewMem()
	ix, err := index.New(t.Context(), openLSM(t, fs), index.Options{})
	must(t, err)
	moves(t, ix, "ann", "US", "bob", "US")
	moves(t, ix, "ann", "CA")
	must(t, ix.Close())

	ix = newIndex(t, openLSM(t, fs))
	wantCountry(t, ix, "CA", 1)
	moves(t, ix, "ann", "US", "cid", "CA")
	wantCountry(t, ix, "US", 1, 2)
	wantCountry(t, ix, "CA", 3)
}

func TestAPersonWithoutIdentifiersIsNobody(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		must(t, ix.Import(t.Context(), nil))
		must(t, ix.Import(t.Context(), []parterre.Person{{Country: "US"}}))
		wantCountry(t, ix, "US")
		wantPopulation(t, ix, 0)
	})
}

// batch is a change of a list.
type batch struct {
	number  int
	remove  bool
	persons []int
}

// listed is the plain answer: who is on a list after all batches, in the order of their numbers.
func listed(batches []batch) []parterre.PersonID {
	on := map[int]bool{}
	for _, b := range batches {
		for _, n := range b.persons {
			on[n] = !b.remove
		}
	}
	var in []parterre.PersonID
	for n := range crowd {
		if on[n] {
			in = append(in, parterre.PersonID(n+1)) //nolint:gosec // few
		}
	}
	return in
}

func TestBatchesOfAListMayComeInAnyOrderAndAgain(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		for seed := range uint64(10) {
			r := rand.New(rand.NewPCG(seed, 3))
			ix := newIndex(t, open())
			importCrowd(t, ix, crowd)
			var batches []batch
			for i := range 1 + r.IntN(12) {
				b := batch{number: i + 1, remove: r.IntN(2) == 0}
				for range r.IntN(30) {
					b.persons = append(b.persons, r.IntN(crowd))
				}
				batches = append(batches, b)
			}
			shuffled := append(slices.Clone(batches), batches[:len(batches)/2]...)
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			for _, b := range shuffled {
				var records [][]parterre.Identifier
				for _, n := range b.persons {
					records = append(records, person(n))
				}
				must(t, ix.ChangeList(t.Context(), 641, b.number, b.remove, records))
			}
			if got, want := members(t, ix, index.OfList(641), noon), listed(batches); !slices.Equal(got, want) {
				t.Errorf("seed %d: on the list are %v, want %v", seed, got, want)
			}
		}
	})
}

func TestARecordIsOnePersonHoweverManyIdentifiersItHas(t *testing.T) {
	ix := newIndex(t, drivers["memindex"](t))
	record := parterre.ByEmail("ann@example.com")
	must(t, ix.ChangeList(t.Context(), 641, 1, false, [][]parterre.Identifier{record, record[1:], nil}))
	wantMembers(t, ix, index.OfList(641), noon, 1)
	for _, id := range record {
		wantOwner(t, ix, id, 1)
	}
	must(t, ix.ChangeList(t.Context(), 641, 2, true, [][]parterre.Identifier{record[2:]}))
	wantMembers(t, ix, index.OfList(641), noon)
}
