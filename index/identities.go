package index

import (
	"hash/maphash"
	"sync"

	"github.com/parterre/parterre"
)

// identities remember whom identifiers point at: most of those that events show, so that few are looked up in the store. An
// identifier keeps its person, so what is remembered stays true, and those that point at nobody are not remembered.
//
// In place of an identifier stands its hash of 96 bits, by seeds of this process, and an entry takes 16 bytes: a map of
// the identifiers would take ten times as much. With a hundred million entries, a look-up takes one identifier for another with a
// probability of 10⁻²¹.
type identities struct {
	seeds  [2]maphash.Seed
	shards [identityShards]identityShard
}

const (
	identityShards = 64
	identityBytes  = 16
)

// identityShard has a part of the entries. It grows up to its size, so that what is not used costs nothing.
type identityShard struct {
	sync.Mutex
	sets         []identitySet
	most         int // sets
	entries      int
	hits, misses uint64
}

// identitySet is where an entry may be: a line of the processor's cache. What is found moves forward by one, and what is new
// takes the last place, so those that are asked for again and again stay.
type identitySet [4]identity

// identity is an entry, empty when the person is 0.
type identity struct {
	rest   uint64
	place  uint32 // tells the set, too
	person parterre.PersonID
}

func (t *identities) init(bytes int64) {
	t.seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].most = int(max(1, bytes/identityShards/identityBytes/int64(len(identitySet{}))))
	}
}

// hashed gives an identifier's shard and its entry, without the person.
func (t *identities) hashed(id parterre.Identifier) (*identityShard, identity) {
	const odd = 0x9e3779b97f4a7c15
	kind := uint64(id.Kind) * odd
	first, second := maphash.String(t.seeds[0], id.Value)+kind, maphash.String(t.seeds[1], id.Value)+kind
	return &t.shards[first%identityShards], identity{rest: second, place: uint32(first >> 32)}
}

// get gives the person of an identifier, 0 when it is not remembered.
func (t *identities) get(id parterre.Identifier) parterre.PersonID {
	s, want := t.hashed(id)
	s.Lock()
	defer s.Unlock()
	if len(s.sets) > 0 {
		set := s.set(want.place)
		for i, have := range set {
			if have.rest == want.rest && have.place == want.place && have.person != 0 {
				if i > 0 {
					set[i-1], set[i] = have, set[i-1]
				}
				s.hits++
				return have.person
			}
		}
	}
	s.misses++
	return 0
}

// put remembers the person of an identifier.
func (t *identities) put(id parterre.Identifier, p parterre.PersonID) {
	s, e := t.hashed(id)
	e.person = p
	s.Lock()
	defer s.Unlock()
	if slots := len(s.sets) * len(identitySet{}); s.entries >= slots*3/4 && len(s.sets) < s.most {
		old := s.sets
		s.sets, s.entries = make([]identitySet, min(max(1, 2*len(old)), s.most)), 0
		for i := range old {
			for _, one := range old[i] {
				s.add(one)
			}
		}
	}
	s.add(e)
}

// set is where an entry may be.
func (s *identityShard) set(place uint32) *identitySet {
	return &s.sets[uint64(place)*uint64(len(s.sets))>>32]
}

// add puts an entry into its set, at the last place where none is free. One that is there already, or empty, changes nothing.
func (s *identityShard) add(e identity) {
	if e.person == 0 {
		return
	}
	set := s.set(e.place)
	for i := range set {
		if set[i].person == 0 {
			set[i] = e
			s.entries++
			return
		}
		if set[i].rest == e.rest && set[i].place == e.place {
			return
		}
	}
	set[len(set)-1] = e
}

func (t *identities) stats() CacheStats {
	all := CacheStats{Name: "identifiers"}
	for i := range t.shards {
		s := &t.shards[i]
		s.Lock()
		all.Entries, all.Hits, all.Misses = all.Entries+s.entries, all.Hits+s.hits, all.Misses+s.misses
		s.Unlock()
	}
	return all
}
