package index

import (
	"context"
	"math"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// change is a change of the index that is being put together under the lock: who the identifiers point at, and what is to
// be written.
type change struct {
	ix       *Index
	known    map[parterre.Identifier]parterre.PersonID
	tops     driver.Tops
	writes   driver.Writes
	merges   map[block]*pairs
	facetIDs map[*facetEntry]driver.FacetID // of those that had none
	pageIDs  map[*pageEntry]driver.PageID
}

// block is one block of a roll.
type block struct {
	roll  driver.RollID
	block uint16
}

// pairs are the persons of one block, unordered, with repetition.
type pairs struct {
	lows   []uint16
	stamps []parterre.Stamp
}

func (ix *Index) newChangeLocked() *change {
	return &change{
		ix: ix, tops: ix.mu.tops, known: map[parterre.Identifier]parterre.PersonID{}, merges: map[block]*pairs{},
	}
}

// beginLocked starts a change about the people behind who, one entry a person. The caller holds mu.
func (ix *Index) beginLocked(ctx context.Context, who [][]parterre.Identifier) (*change, error) {
	c := ix.newChangeLocked()
	var ids []parterre.Identifier
	for _, w := range who {
		for _, id := range w {
			if _, seen := c.known[id]; seen {
				continue
			}
			if c.known[id] = c.ix.identities.get(id); c.known[id] == 0 {
				ids = append(ids, id)
			}
		}
	}
	return c, c.look(ctx, ids, len(who))
}

// look finds whom identifiers that are not remembered point at; as many as persons may be new.
func (c *change) look(ctx context.Context, ids []parterre.Identifier, persons int) error {
	if uint64(c.tops.Person)+uint64(persons) > math.MaxUint32 {
		return parterre.Errorf(parterre.Unavailable, "There is no room for more persons: 2^32 - 1 are the most")
	}
	found, err := c.ix.d.Persons(ctx, ids)
	if err != nil {
		return parterre.Internalf(err, "look identifiers up")
	}
	for i, id := range ids {
		c.known[id] = found[i]
	}
	return nil
}

// knowLocked takes over what was found out without the lock. An identifier keeps its person, so only those that pointed at
// nobody are looked up again, and only when some were bound since.
func (c *change) knowLocked(ctx context.Context, m *meaning) error {
	var again []parterre.Identifier
	for i, id := range m.ids {
		c.known[id] = m.found[i]
		if m.found[i] == 0 {
			again = append(again, id)
		}
	}
	if m.epoch == c.ix.epoch.Load() {
		again = nil
	}
	return c.look(ctx, again, len(m.persons))
}

// whom says who of those that identifiers point at is meant, 0 for nobody: whom the first one points at that points at somebody; only
// when none of those given is strong, somebody known by an address and agent.
func whom(who []parterre.Identifier, known func(i int) parterre.PersonID) parterre.PersonID {
	strong := false
	for i, id := range who {
		strong = strong || id.Strong()
		if id.Kind != parterre.Agent && known(i) != 0 {
			return known(i)
		}
	}
	for i, id := range who {
		if !strong && id.Kind == parterre.Agent && known(i) != 0 {
			return known(i)
		}
	}
	return 0
}

// person finds who is meant; when that is nobody and create is set, a new person. Identifiers that pointed at nobody
// point at that person from then on; in a closed population only an import, which sets create, makes them. One that points
// at somebody else is left alone: it was there first.
func (c *change) person(who []parterre.Identifier, create bool) parterre.PersonID {
	p := whom(who, func(i int) parterre.PersonID { return c.known[who[i]] })
	if p == 0 {
		if !create || len(who) == 0 {
			return 0
		}
		c.tops.Person++
		p = c.tops.Person
	}
	if !c.ix.closed || create {
		c.bind(who, p)
	}
	return p
}

func (c *change) bind(who []parterre.Identifier, p parterre.PersonID) {
	for _, id := range who {
		if c.known[id] == 0 {
			c.known[id] = p
			c.writes.Bindings = append(c.writes.Bindings, driver.Binding{Identifier: id, Person: p})
		}
	}
}

// remember keeps whom the identifiers of the change point at, once it was made.
func (c *change) remember() {
	for id, p := range c.known {
		if p != 0 {
			c.ix.identities.put(id, p)
		}
	}
}

// merge notes that a person's stamp in a roll is at least s.
func (c *change) merge(id driver.RollID, p parterre.PersonID, s parterre.Stamp) {
	at := block{id, roll.Block(p)}
	m := c.merges[at]
	if m == nil {
		m = &pairs{}
		c.merges[at] = m
	}
	m.lows = append(m.lows, roll.Low(p))
	m.stamps = append(m.stamps, s)
}

// commitLocked makes the change visible. The caller holds mu, and waits for durable after releasing it.
func (c *change) commitLocked(ctx context.Context) (durable func() error, err error) {
	for at, m := range c.merges {
		c.writes.Merges = append(c.writes.Merges, driver.Merge{
			Roll: at.roll, Block: at.block, Chunk: roll.Of(m.lows, m.stamps),
		})
	}
	c.writes.Tops = c.tops
	if durable, err = c.ix.applyLocked(ctx, &c.writes); err == nil {
		c.remember()
	}
	return durable, err
}

// Lookup finds the person of the first identifier that points at somebody, 0 when none does.
func (ix *Index) Lookup(ctx context.Context, who []parterre.Identifier) (parterre.PersonID, error) {
	for i, id := range who {
		if p := ix.identities.get(id); p != 0 {
			return p, nil
		}
		persons, err := ix.d.Persons(ctx, who[i:i+1])
		if err != nil {
			return 0, parterre.Internalf(err, "look identifiers up")
		}
		if persons[0] != 0 {
			ix.identities.put(id, persons[0])
			return persons[0], nil
		}
	}
	return 0, nil
}
