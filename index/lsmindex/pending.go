package lsmindex

import (
	"maps"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// pending is what was applied in single moves, acts and rows and is in the log of the tree alone: what makes up its rolls,
// histories and blocks of rows is put together in memory, until there is enough of it to be written at once.
type pending struct {
	rolls map[driver.RollID]*loose
	lines map[uint32][]history.Line // of histories, by group; what has been handed out is never changed
	gone  map[uint32]bool           // facets whose rolls were dropped, so that lines say nothing of them; another map after each drop
	rows  map[driver.FacetID]*looseRows
	bytes int64  // about how much memory it takes
	last  uint64 // the last entry of the log that is in it
}

func newPending() *pending {
	return &pending{rolls: map[driver.RollID]*loose{}, lines: map[uint32][]history.Line{}, rows: map[driver.FacetID]*looseRows{}}
}

// About how much memory things take.
const (
	bytesPerRoll = 120
	bytesPerMove = 12
	bytesPerAct  = 2*bytesPerMove + 24
)

// add takes an entry of the log over. Drops come first.
func (p *pending) add(e *entry) {
	for _, id := range e.drops {
		p.drop(id)
	}
	for _, m := range e.moves {
		p.move(m.Roll, m.Person, m.Stamp)
	}
	for _, a := range e.acts {
		p.move(driver.RollID{Kind: driver.FacetRoll, A: uint64(a.Facet)}, a.Person, a.Stamp)
		p.move(driver.OnPage(a.Page, a.Facet), a.Person, a.Stamp)
		if a.Stamp != 0 {
			group := history.Group(a.Person)
			p.lines[group] = append(p.lines[group], history.Line{
				Cell: history.CellOf(uint32(a.Page), uint32(a.Facet)), Stamp: a.Stamp, Low: history.Low(a.Person),
			})
		}
	}
	for _, r := range ownCopies(e.rows) {
		to := p.rows[r.Facet]
		if to == nil {
			to = &looseRows{}
			p.rows[r.Facet] = to
		}
		p.bytes += to.add(r.Row)
	}
	p.bytes += int64(len(e.moves))*bytesPerMove + int64(len(e.acts))*bytesPerAct
	p.last = e.number
}

func (p *pending) drop(id driver.RollID) {
	delete(p.rolls, id)
	if id.Kind == driver.FacetRoll {
		gone := map[uint32]bool{uint32(id.A): true}
		maps.Copy(gone, p.gone)
		p.gone = gone
	}
}

func (p *pending) move(id driver.RollID, person parterre.PersonID, s parterre.Stamp) {
	if s == 0 {
		return
	}
	to := p.rolls[id]
	if to == nil {
		to = &loose{}
		p.rolls[id] = to
		p.bytes += bytesPerRoll
	}
	to.pairs = append(to.pairs, roll.PairOf(person, s))
}

// loose are the pairs of a roll, of which the first are compact. What has been handed out is never changed: pairs are added
// behind it, or put in order in another place.
type loose struct {
	pairs   []roll.Pair
	compact int
}

// enough is how many pairs may be out of order before they are put in order.
const enough = 64

// of gives the pairs of one block. The caller holds the lock of the index for writing.
func (l *loose) of(block uint16) (found []roll.Pair) {
	if len(l.pairs)-l.compact > max(enough, l.compact/8) {
		l.pairs = roll.Compact(slices.Clone(l.pairs))
		l.compact = len(l.pairs)
	}
	first := roll.PairOf(roll.Person(block, 0), 0)
	from, _ := slices.BinarySearch(l.pairs[:l.compact], first)
	for _, p := range l.pairs[from:l.compact] {
		if roll.Block(p.Person()) != block {
			break
		}
		found = append(found, p)
	}
	for _, p := range l.pairs[l.compact:] {
		if roll.Block(p.Person()) == block {
			found = append(found, p)
		}
	}
	return found
}

// both calls each for what is pending and what is being written out. The caller holds the lock.
func (x *Index) bothLocked(each func(p *pending)) {
	each(x.mu.young)
	if x.mu.old != nil {
		each(x.mu.old)
	}
}

// pendingBlock gives what is pending of one block of a roll.
func (x *Index) pendingBlockLocked(id driver.RollID, block uint16) (found []roll.Pair) {
	x.bothLocked(func(p *pending) {
		if l := p.rolls[id]; l != nil {
			found = append(found, l.of(block)...)
		}
	})
	return found
}

// pendingRollsLocked gives what is pending of the rolls that are united. The pairs are not changed any more.
func (x *Index) pendingRollsLocked(u *driver.Union) (found [][]roll.Pair) {
	wide := func(s driver.Span) bool { return s.Least != s.Most }
	x.bothLocked(func(p *pending) {
		if !slices.ContainsFunc(u.Spans, wide) { // rolls that can be named
			for _, s := range u.Spans {
				if l := p.rolls[driver.RollID{Kind: u.Kind, A: s.Least}]; l != nil && u.Keep(s.Least) {
					found = append(found, l.pairs)
				}
			}
			return
		}
		for id, l := range p.rolls {
			if id.Kind == u.Kind && u.Keep(id.A) && driver.InSpan(u.Spans, id.A) {
				found = append(found, l.pairs)
			}
		}
	})
	return found
}

// chunkOf makes a chunk of pairs of one block.
func chunkOf(pairs []roll.Pair) roll.Chunk {
	lows, stamps := make([]uint16, len(pairs)), make([]parterre.Stamp, len(pairs))
	for i, p := range pairs {
		lows[i], stamps[i] = roll.Low(p.Person()), p.Stamp()
	}
	return roll.Of(lows, stamps)
}
