package index

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/parterre/parterre"
)

func TestIdentitiesRememberWhatFitsAndNothingElse(t *testing.T) {
	var ids identities
	ids.init(identityShards * identityBytes * 64)
	name := func(i int) parterre.Identifier { return parterre.ByExternalID(strconv.Itoa(i)) }
	const many = identityShards * 64 * 4
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() {
			for i := part; i < many; i += 4 {
				ids.put(name(i), parterre.PersonID(i+1))
				ids.put(name(i), parterre.PersonID(i+1))
			}
		})
	}
	all.Wait()
	found := 0
	for i := range many {
		switch p := ids.get(name(i)); p {
		case 0:
		case parterre.PersonID(i + 1):
			found++
		default:
			t.Fatalf("identifier %d points at person %d", i, p)
		}
	}
	s := ids.stats()
	if most := identityShards * 64; found < most*3/4 || found > most || s.Entries != found {
		t.Errorf("%d are remembered, said to be %d, and there is room for %d", found, s.Entries, most)
	}
	if int(s.Hits) != found || int(s.Hits+s.Misses) != many {
		t.Errorf("%d hits and %d misses of %d found among %d", s.Hits, s.Misses, found, many)
	}
	var some []parterre.Identifier
	for i := range 500 {
		some = append(some, name(i*many/250)) // half of them are nobody's
	}
	for i, p := range ids.getAll(some) {
		if alone := ids.get(some[i]); p != alone {
			t.Errorf("identifier %d points at person %d among others, and alone at %d", i, p, alone)
		}
	}
	for i := many; i < 2*many; i++ {
		if p := ids.get(name(i)); p != 0 {
			t.Fatalf("identifier %d, which nobody has, points at person %d", i, p)
		}
	}
}

func TestTheSameTextOfAnotherKindIsAnotherIdentifier(t *testing.T) {
	var ids identities
	ids.init(1 << 20)
	ids.put(parterre.ByExternalID("ann"), 7)
	if p := ids.get(parterre.ByClickID("ann")); p != 0 {
		t.Errorf("the click id points at person %d", p)
	}
	if p := ids.get(parterre.ByExternalID("ann")); p != 7 {
		t.Errorf("the name points at person %d, want 7", p)
	}
}

// Who is asked for again stays, whoever comes meanwhile.
func TestWhoIsAskedForAgainStaysRemembered(t *testing.T) {
	var ids identities
	ids.init(0) // a set for each shard
	ann := parterre.ByExternalID("ann")
	ids.put(ann, 7)
	for i := range 100 * identityShards {
		if p := ids.get(ann); p != 7 {
			t.Fatalf("after %d others ann is person %d", i, p)
		}
		ids.put(parterre.ByExternalID(strconv.Itoa(i)), parterre.PersonID(i+8))
	}
}

func BenchmarkIdentities(b *testing.B) {
	var ids identities
	ids.init(256 << 20)
	var known []parterre.Identifier
	for i := range 1 << 20 {
		id := parterre.ByEmail(fmt.Sprintf("%d@example.com", i))[0]
		known = append(known, id)
		ids.put(id, parterre.PersonID(i+1))
	}
	i := 0
	for b.Loop() {
		ids.get(known[i*7919%len(known)])
		i++
	}
}
