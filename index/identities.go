package index

import (
	"hash/maphash"
	"sync"

	"github.com/parterre/parterre"
)

// identities remember whom identifiers point at: most of those that events show, so that few are looked up in the store. An
// identifier keeps its person, so what is remembered stays true, and those that point at nobody are not remembered.
//
// In place of an identifier stands its hash of 96 bits, by seeds of this process, and an entry takes 16 bytes. With a hundred million
// entries, a look-up takes one identifier for another with a probability of 10⁻²¹.
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

// identitySet is a line of the processor's cache. An entry may be in either of two sets, so that hardly any are left out while others
// have room. What is found moves forward by one, and what is new takes the last place, so those that are asked for again
// and again stay.
type identitySet [4]identity

// identity is an entry, empty when the person is 0.
type identity struct {
	rest   uint64 // its upper half tells one set
	place  uint32 // and this the other
	person parterre.PersonID
}

func (t *identities) init(bytes int64) {
	t.seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].most = int(max(1, bytes/identityShards/identityBytes/int64(len(identitySet{}))))
	}
}

// hashed gives the number of an identifier's shard, and its entry without the person.
func (t *identities) hashed(id parterre.Identifier) (shard uint8, e identity) {
	const odd = 0x9e3779b97f4a7c15
	kind := uint64(id.Kind) * odd
	first, second := maphash.String(t.seeds[0], id.Value)+kind, maphash.String(t.seeds[1], id.Value)+kind
	return uint8(first % identityShards), identity{rest: second, place: uint32(first >> 32)}
}

// get gives the person of an identifier, 0 when it is not remembered.
func (t *identities) get(id parterre.Identifier) parterre.PersonID {
	shard, want := t.hashed(id)
	s := &t.shards[shard]
	s.Lock()
	defer s.Unlock()
	return s.find(want)
}

// getAll gives the persons of many identifiers. It goes from shard to shard: what is looked up under one lock, the processor
// looks up at once.
func (t *identities) getAll(ids []parterre.Identifier) []parterre.PersonID {
	wanted, shards := make([]identity, len(ids)), make([]uint8, len(ids))
	var ends [identityShards + 1]int // where those of each shard begin, and, once they are put there, where they end
	for i := range ids {
		shards[i], wanted[i] = t.hashed(ids[i])
		ends[shards[i]+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	order := make([]int32, len(ids))
	for i, shard := range shards {
		order[ends[shard]] = int32(i)
		ends[shard]++
	}
	found := make([]parterre.PersonID, len(ids))
	from := 0
	for i, to := range ends[:identityShards] {
		if from == to {
			continue
		}
		s := &t.shards[i]
		s.Lock()
		for _, at := range order[from:to] {
			found[at] = s.find(wanted[at])
		}
		s.Unlock()
		from = to
	}
	return found
}

// put remembers the person of an identifier.
func (t *identities) put(id parterre.Identifier, p parterre.PersonID) {
	shard, e := t.hashed(id)
	e.person = p
	s := &t.shards[shard]
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

// find gives the person of an entry, 0 when it is not there. The caller holds the lock.
func (s *identityShard) find(want identity) parterre.PersonID {
	if len(s.sets) > 0 {
		for _, set := range s.setsOf(want) {
			for i := range set {
				if have := set[i]; have.rest == want.rest && have.place == want.place && have.person != 0 {
					if i > 0 {
						set[i-1], set[i] = have, set[i-1]
					}
					s.hits++
					return have.person
				}
			}
		}
	}
	s.misses++
	return 0
}

// setsOf are where an entry may be.
func (s *identityShard) setsOf(e identity) [2]*identitySet {
	n := uint64(len(s.sets))
	return [2]*identitySet{&s.sets[uint64(e.place)*n>>32], &s.sets[e.rest>>32*n>>32]}
}

// add puts an entry into the one of its sets that has more room; where both are full, to the last place of the second. One that is there
// already, or empty, changes nothing.
func (s *identityShard) add(e identity) {
	if e.person == 0 {
		return
	}
	sets := s.setsOf(e)
	var used [2]int
	for i, set := range sets {
		for used[i] < len(set) && set[used[i]].person != 0 {
			if have := set[used[i]]; have.rest == e.rest && have.place == e.place {
				return
			}
			used[i]++
		}
	}
	at := 1
	if used[0] < used[1] {
		at = 0
	}
	if used[at] == len(sets[at]) {
		sets[at][used[at]-1] = e
		return
	}
	sets[at][used[at]] = e
	s.entries++
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
