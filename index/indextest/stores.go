package indextest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

var storeLaws = []law{
	{"a new store has no tops", "", func(s *store) { s.want("tops", s.tops(), driver.Tops{}) }},
	{"tops are remembered, and a zero leaves what is there", "", func(s *store) {
		s.apply(&driver.Writes{Tops: driver.Tops{Person: 5}})
		s.want("tops", s.tops(), driver.Tops{Person: 5})
		s.apply(&driver.Writes{Tops: driver.Tops{Facet: 1<<32 - 1}})
		s.want("tops", s.tops(), driver.Tops{Person: 5, Facet: 1<<32 - 1})
		s.apply(&driver.Writes{Tops: driver.Tops{Person: 1<<32 - 1}}, &driver.Writes{})
		s.want("tops", s.tops(), driver.Tops{Person: 1<<32 - 1, Facet: 1<<32 - 1})
		s.apply(&driver.Writes{Tops: driver.Tops{Store: 7}}, &driver.Writes{Tops: driver.Tops{Facet: 1}})
		s.want("tops", s.tops(), driver.Tops{Person: 1<<32 - 1, Facet: 1, Store: 7})
	}},
	{"an argument is left unchanged and is not kept", "", argumentsAreNotKept},
	{"a result is the caller's own copy", "", resultsAreCopies},
	{"the store may be read from inside a scan", "", readInsideScan},
	{"reads and writes may run at the same time", "", concurrently},
	{"random histories read like plain maps", "", func(s *store) { histories(s, false) }},
	{"writes survive reopening", Durable, func(s *store) { histories(s, true) }},
	{"an empty store survives reopening", Durable, func(s *store) {
		s.reopen()
		s.want("tops", s.tops(), driver.Tops{})
	}},
}

func argumentsAreNotKept(s *store) {
	id, personBody, facetBody := parterre.ByExternalID("u"), []byte("person"), []byte("facet")
	w := &driver.Writes{
		Tops:     driver.Tops{Person: 1, Facet: 1},
		Bindings: []driver.Binding{{Identifier: id, Person: 1}},
		People:   []driver.Person{{ID: 1, Body: personBody}},
		Facets:   []driver.Facet{{Key: facetKey(7, 'a'), ID: 1, Body: facetBody}},
		Drops:    []driver.RollID{lastRoll},
		Merges:   []driver.Merge{merging(someRoll, 1, 1, 1)},
	}
	s.apply(w)
	s.want("the person's body after the call", string(personBody), "person")
	s.want("the facet's body after the call", string(facetBody), "facet")
	s.want("the bindings after the call", w.Bindings, []driver.Binding{{Identifier: id, Person: 1}})
	copy(personBody, "xxxxxx")
	copy(facetBody, "xxxxx")
	w.Bindings[0] = driver.Binding{Identifier: id, Person: 2}
	w.Merges[0] = merging(someRoll, 1, 1, 77)
	s.want("people", s.people(1), [][]byte{[]byte("person")})
	s.want("facets", s.scanFacets(7), []body{{1, "facet"}})
	s.want("persons", s.persons(id), []parterre.PersonID{1})
	s.want("chunk", s.chunk(someRoll, 1), stamps{1: 1})

	asked := []parterre.Identifier{parterre.ByExternalID("z"), id, parterre.ByExternalID("a")}
	as := slices.Clone(asked)
	s.persons(asked...)
	s.want("what was asked", asked, as)
}

func resultsAreCopies(s *store) {
	id := parterre.ByExternalID("u")
	s.apply(&driver.Writes{
		Bindings: []driver.Binding{{Identifier: id, Person: 1}},
		People:   []driver.Person{{ID: 1, Body: []byte("person")}},
		Facets:   []driver.Facet{facet(7, 'a', 1, "facet")},
	})
	s.persons(id)[0] = 99
	bodies := s.people(1, 1)
	copy(bodies[0], "xxxxxx")
	s.want("the other result", string(bodies[1]), "person")
	s.facets(facetKey(7, 'a'))[0] = 99
	s.want("persons", s.persons(id), []parterre.PersonID{1})
	s.want("people", s.people(1), [][]byte{[]byte("person")})
	s.want("facets", s.facets(facetKey(7, 'a')), []driver.FacetID{1})
}

func readInsideScan(s *store) {
	s.apply(&driver.Writes{
		Facets: []driver.Facet{facet(7, 'a', 1, "one"), facet(7, 'b', 2, "two")},
		Merges: []driver.Merge{merging(someRoll, 1, 1, 1), merging(someRoll, 2, 2, 2)},
	})
	inside := 0
	err := s.Driver.ScanFacets(context.Background(), 7, func(driver.FacetID, []byte) error {
		return s.Driver.Chunks(context.Background(), someRoll, func(block uint16, c roll.Chunk) error {
			inside++
			s.want("chunk", s.chunk(someRoll, block), stampsOf(c))
			s.want("facets", s.facets(facetKey(7, 'b')), []driver.FacetID{2})
			return nil
		})
	})
	s.wantError("scan", err, nil)
	s.want("scans", inside, 4)
}

// concurrently writes pairs of things that belong together while others read them: a reader sees both or neither.
func concurrently(s *store) {
	a, b := parterre.ByExternalID("a"), parterre.ByExternalID("b")
	const n = 200
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := readPair(s.Driver, a, b); err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	var waits sync.WaitGroup
	for i := range n {
		durable, err := s.Driver.Apply(context.Background(), &driver.Writes{
			Bindings: []driver.Binding{
				{Identifier: a, Person: parterre.PersonID(i + 1)}, {Identifier: b, Person: parterre.PersonID(i + 1)},
			},
			Merges: []driver.Merge{
				merging(someRoll, 0, 1, uint32(i+1)), merging(someRoll, 65535, 1, uint32(i+1)),
			},
		})
		if err != nil {
			s.Errorf("apply: %v", err)
			break
		}
		waits.Go(func() { // durable may run while the next Apply does
			if err := durable(); err != nil {
				s.Errorf("durable: %v", err)
			}
		})
	}
	close(done)
	waits.Wait()
	readers.Wait()
	s.want("chunks at the end", s.chunks(someRoll), []blockOf{{0, stamps{1: n}}, {65535, stamps{1: n}}})
}

func readPair(d driver.Driver, a, b parterre.Identifier) error {
	persons, err := d.Persons(context.Background(), []parterre.Identifier{b, a})
	if err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	if persons[0] != persons[1] {
		return fmt.Errorf("one look-up saw half of a write: persons %v", persons)
	}
	var seen []parterre.Stamp
	err = d.Chunks(context.Background(), someRoll, func(_ uint16, c roll.Chunk) error {
		seen = append(seen, c.Stamp(1))
		return nil
	})
	if err != nil {
		return fmt.Errorf("chunks: %w", err)
	}
	if len(seen) != 0 && (len(seen) != 2 || seen[0] != seen[1]) {
		return fmt.Errorf("one scan saw half of a write: stamps %v", seen)
	}
	return nil
}

func histories(s *store, reopen bool) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	model := NewModel()
	for i, w := range History(seed, 150) {
		s.apply(w)
		model.Apply(w)
		if reopen && r.IntN(10) == 0 {
			s.reopen()
		}
		if r.IntN(10) != 0 && i != 149 {
			continue
		}
		if err := model.Diff(context.Background(), s.Driver); err != nil {
			s.Fatalf("seed %d, after write %d: %v", seed, i, err)
		}
	}
}
