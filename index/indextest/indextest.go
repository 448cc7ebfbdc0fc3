// Package indextest is the law of the drivers of the index. A driver proves itself by calling [Run] from a test. Every bug
// that is found in one driver becomes a law for all of them.
//
// [History] and [Model] serve tests that only one driver needs, such as those that pull the plug: random writes from a seed,
// and what a store must hold after them.
package indextest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Harness is an empty store under test. The laws close the driver.
type Harness struct {
	Driver driver.Driver

	// Reopen opens again what was closed. A backend that sets it claims the ability [Durable].
	Reopen func(t testing.TB) driver.Driver
}

// Ability is something that a backend need not be able to do.
type Ability string

// Durable is the ability to keep what was written when the store is closed and opened again.
const Durable Ability = "durable"

func (h Harness) can(a Ability) bool { return a == "" || a == Durable && h.Reopen != nil }

// law is a sentence that must be true of every driver that has the ability.
type law struct {
	name  string
	needs Ability
	check func(s *store)
}

// Run checks every law on a store of its own.
func Run(t *testing.T, open func(t testing.TB) Harness) {
	for _, l := range laws() {
		t.Run(l.name, func(t *testing.T) {
			s := &store{TB: t, Harness: open(t)}
			t.Cleanup(s.close)
			if !s.can(l.needs) {
				t.Skipf("the backend does not claim to be %s", l.needs)
			}
			l.check(s)
		})
	}
}

func laws() []law {
	var all []law
	for _, some := range [][]law{identifierLaws, peopleLaws, facetLaws, rollLaws, dropLaws, storeLaws} {
		all = append(all, some...)
	}
	return all
}

// store is an open driver in a test, with the calls that the laws make. A call that fails ends the test.
type store struct {
	testing.TB
	Harness
	closed bool
}

func (s *store) close() {
	s.Helper()
	if s.closed {
		return
	}
	s.closed = true
	if err := s.Driver.Close(); err != nil {
		s.Errorf("close: %v", err)
	}
}

func (s *store) reopen() {
	s.Helper()
	s.close()
	s.Driver, s.closed = s.Reopen(s), false
}

// apply applies each of the writes, and waits for none before the last was applied.
func (s *store) apply(writes ...*driver.Writes) {
	s.Helper()
	var wait []func() error
	for _, w := range writes {
		durable, err := s.Driver.Apply(context.Background(), w)
		if err != nil {
			s.Fatalf("apply: %v", err)
		}
		wait = append(wait, durable)
	}
	for _, durable := range wait {
		if err := durable(); err != nil {
			s.Fatalf("durable: %v", err)
		}
	}
}

func (s *store) bind(bindings ...driver.Binding) {
	s.Helper()
	s.apply(&driver.Writes{Bindings: bindings})
}

func (s *store) merge(merges ...driver.Merge) {
	s.Helper()
	s.apply(&driver.Writes{Merges: merges})
}

func (s *store) persons(ids ...parterre.Identifier) []parterre.PersonID {
	s.Helper()
	persons, err := s.Driver.Persons(context.Background(), ids)
	if err != nil {
		s.Fatalf("persons: %v", err)
	}
	return persons
}

func (s *store) people(persons ...parterre.PersonID) [][]byte {
	s.Helper()
	bodies, err := s.Driver.People(context.Background(), persons)
	if err != nil {
		s.Fatalf("people: %v", err)
	}
	return bodies
}

func (s *store) facets(keys ...driver.FacetKey) []driver.FacetID {
	s.Helper()
	ids, err := s.Driver.Facets(context.Background(), keys)
	if err != nil {
		s.Fatalf("facets: %v", err)
	}
	return ids
}

func (s *store) tops() driver.Tops {
	s.Helper()
	tops, err := s.Driver.Tops(context.Background())
	if err != nil {
		s.Fatalf("tops: %v", err)
	}
	return tops
}

// body is a facet as a scan yields it.
type body struct {
	id   driver.FacetID
	text string
}

func (s *store) scanFacets(account parterre.ID) []body {
	s.Helper()
	var all []body
	err := s.Driver.ScanFacets(context.Background(), account, func(id driver.FacetID, b []byte) error {
		all = append(all, body{id, string(b)})
		return nil
	})
	if err != nil {
		s.Fatalf("scan the facets of %v: %v", account, err)
	}
	return all
}

// blockOf is a chunk as a scan yields it.
type blockOf struct {
	block uint16
	stamp stamps
}

// stamps are the contents of a chunk.
type stamps map[uint16]parterre.Stamp

func stampsOf(c roll.Chunk) stamps {
	all := stamps{}
	for i := range c.Len() {
		low, at := c.At(i)
		all[low] = at
	}
	return all
}

func (s *store) chunks(id driver.RollID) []blockOf {
	s.Helper()
	var all []blockOf
	err := s.Driver.Chunks(context.Background(), id, func(block uint16, c roll.Chunk) error {
		all = append(all, blockOf{block, stampsOf(c)})
		return nil
	})
	if err != nil {
		s.Fatalf("chunks of %v: %v", id, err)
	}
	return all
}

func (s *store) chunk(id driver.RollID, block uint16) stamps {
	s.Helper()
	c, err := s.Driver.Chunk(context.Background(), id, block)
	if err != nil {
		s.Fatalf("chunk %d of %v: %v", block, id, err)
	}
	return stampsOf(c)
}

func (s *store) want(what string, got, want any) {
	s.Helper()
	if !reflect.DeepEqual(got, want) {
		s.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func (s *store) wantError(what string, got, want error) {
	s.Helper()
	if !errors.Is(got, want) {
		s.Errorf("%s: error %v, want %v", what, got, want)
	}
}

// merging is a merge of some persons, given as low, stamp, low, stamp.
func merging(id driver.RollID, block uint16, pairs ...uint32) driver.Merge {
	var lows []uint16
	var at []parterre.Stamp
	for i := 0; i+1 < len(pairs); i += 2 {
		lows = append(lows, uint16(pairs[i]))
		at = append(at, parterre.Stamp(pairs[i+1]))
	}
	return driver.Merge{Roll: id, Block: block, Chunk: roll.Of(lows, at)}
}
