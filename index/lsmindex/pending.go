package lsmindex

import (
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// pending is what was applied in single moves and rows and is in the log of the tree alone: what makes up its rolls and
// blocks of rows is put together in memory, until there is enough of it to be written at once.
type pending struct {
	rolls map[driver.RollID]*loose
	rows  map[driver.FacetID]*looseRows
	bytes int64  // about how much memory it takes
	last  uint64 // the last entry of the log that is in it
}

func newPending() *pending {
	return &pending{rolls: map[driver.RollID]*loose{}, rows: map[driver.FacetID]*looseRows{}}
}

// About how much memory things take.
const (
	bytesPerRoll = 120
	bytesPerMove = 12
)

// add takes an entry of the log over. Drops come first.
func (p *pending) add(e *entry) {
	for _, id := range e.drops {
		delete(p.rolls, id)
	}
	var last driver.RollID
	var to *loose
	for _, m := range e.moves {
		if m.Stamp == 0 {
			continue
		}
		if to == nil || m.Roll != last {
			if to = p.rolls[m.Roll]; to == nil {
				to = &loose{}
				p.rolls[m.Roll] = to
				p.bytes += bytesPerRoll
			}
			last = m.Roll
		}
		to.pairs = append(to.pairs, roll.PairOf(m.Person, m.Stamp))
	}
	for _, r := range ownCopies(e.rows) {
		to := p.rows[r.Facet]
		if to == nil {
			to = &looseRows{}
			p.rows[r.Facet] = to
		}
		p.bytes += to.add(r.Row)
	}
	p.bytes += int64(len(e.moves)) * bytesPerMove
	p.last = e.number
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

// pendingRollsLocked gives what is pending of rolls of a kind. The pairs are not changed any more.
func (x *Index) pendingRollsLocked(kind driver.RollKind, spans []driver.Span, keep func(a uint64) bool) (found [][]roll.Pair) {
	wide := func(s driver.Span) bool { return s.Least != s.Most }
	x.bothLocked(func(p *pending) {
		if !slices.ContainsFunc(spans, wide) { // rolls that can be named
			for _, s := range spans {
				if l := p.rolls[driver.RollID{Kind: kind, A: s.Least}]; l != nil && keep(s.Least) {
					found = append(found, l.pairs)
				}
			}
			return
		}
		for id, l := range p.rolls {
			if id.Kind == kind && keep(id.A) && driver.InSpan(spans, id.A) {
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
