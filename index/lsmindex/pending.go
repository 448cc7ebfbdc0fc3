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
	rolls map[driver.RollID]*loose // but not of pages
	pages map[driver.PageID]*loosePage
	lines map[uint32][]history.Line // of histories, by group; what has been handed out is never changed
	gone  map[uint32]bool           // facets whose rolls were dropped, so that lines say nothing of them; another map after each drop
	rows  map[driver.FacetID]*looseRows
	bytes int64  // about how much memory it takes
	last  uint64 // the last entry of the log that is in it
}

func newPending() *pending {
	return &pending{
		rolls: map[driver.RollID]*loose{}, pages: map[driver.PageID]*loosePage{}, lines: map[uint32][]history.Line{},
		rows: map[driver.FacetID]*looseRows{},
	}
}

// About how much memory things take.
const (
	bytesPerRoll  = 120 // or page
	bytesPerMove  = 12
	bytesPerAct   = bytesPerMove + 18 + 24
	bytesPerGroup = usualLines * 16
)

// usualLines is for how many lines of a group there is room at first.
const usualLines = 8

// add takes an entry of the log over, or a part of one, which has no number. Drops come first.
func (p *pending) add(e *entry) {
	for _, id := range e.drops {
		p.drop(id)
	}
	for _, m := range e.moves {
		p.move(m.Roll, m.Person, m.Stamp)
	}
	for _, a := range e.acts {
		p.act(a)
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
	p.last = max(p.last, e.number)
}

// act takes an act over: into the roll of its facet, that of the facet on its page, and a history.
func (p *pending) act(a driver.Act) {
	if a.Stamp == 0 {
		return
	}
	p.move(driver.RollID{Kind: driver.FacetRoll, A: uint64(a.Facet)}, a.Person, a.Stamp)
	on := p.pages[a.Page]
	if on == nil {
		on = &loosePage{}
		p.pages[a.Page] = on
		p.bytes += bytesPerRoll
	}
	on.acts = append(on.acts, pageAct{a.Facet, a.Person, a.Stamp})
	group := history.Group(a.Person)
	lines := p.lines[group]
	if lines == nil {
		lines = make([]history.Line, 0, usualLines)
		p.bytes += bytesPerGroup
	}
	p.lines[group] = append(lines, history.Line{
		Cell: history.CellOf(uint32(a.Page), uint32(a.Facet)), Stamp: a.Stamp, Low: history.Low(a.Person),
	})
}

func (p *pending) drop(id driver.RollID) {
	if id.Kind == driver.PageRoll {
		page, facet := id.PageAndFacet()
		if on := p.pages[page]; on != nil {
			on.acts = slices.DeleteFunc(slices.Clone(on.acts), func(a pageAct) bool { return a.facet == facet })
		}
		return
	}
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

// pairs gives the pairs of a roll. They are not changed any more.
func (p *pending) pairs(id driver.RollID) (found []roll.Pair) {
	if id.Kind == driver.PageRoll {
		page, facet := id.PageAndFacet()
		return p.pages[page].pairs(func(a *pageAct) bool { return a.facet == facet })
	}
	if l := p.rolls[id]; l != nil {
		return l.pairs
	}
	return nil
}

// loosePage are the acts on a page, of all facets. What has been handed out is never changed.
type loosePage struct{ acts []pageAct }

type pageAct struct {
	facet  driver.FacetID
	person parterre.PersonID
	stamp  parterre.Stamp
}

// pairs gives the pairs of some acts.
func (l *loosePage) pairs(wanted func(*pageAct) bool) (found []roll.Pair) {
	if l == nil {
		return nil
	}
	for i := range l.acts {
		if a := &l.acts[i]; wanted(a) {
			found = append(found, roll.PairOf(a.person, a.stamp))
		}
	}
	return found
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
		if id.Kind == driver.PageRoll {
			for _, pair := range p.pairs(id) {
				if roll.Block(pair.Person()) == block {
					found = append(found, pair)
				}
			}
		} else if l := p.rolls[id]; l != nil {
			found = append(found, l.of(block)...)
		}
	})
	return found
}

// pendingRollsLocked gives what is pending of the rolls that are united. The pairs are not changed any more.
func (x *Index) pendingRollsLocked(u *driver.Union) (found [][]roll.Pair) {
	x.bothLocked(func(p *pending) {
		for _, s := range u.Spans {
			switch {
			case u.Kind == driver.PageRoll:
				found = append(found, p.onPages(s, u.Keep)...)
			case s.Least == s.Most:
				if u.Keep(s.Least) {
					found = append(found, p.pairs(driver.RollID{Kind: u.Kind, A: s.Least}))
				}
			default:
				for id, l := range p.rolls {
					if id.Kind == u.Kind && s.Least <= id.A && id.A <= s.Most && u.Keep(id.A) {
						found = append(found, l.pairs)
					}
				}
			}
		}
	})
	return found
}

// onPages gives what is pending of the rolls of pages in a span.
func (p *pending) onPages(s driver.Span, keep func(a uint64) bool) (found [][]roll.Pair) {
	on := func(page driver.PageID, l *loosePage) {
		found = append(found, l.pairs(func(a *pageAct) bool {
			cell := driver.OnPage(page, a.facet).A
			return s.Least <= cell && cell <= s.Most && keep(cell)
		}))
	}
	first, _ := driver.RollID{A: s.Least}.PageAndFacet()
	last, _ := driver.RollID{A: s.Most}.PageAndFacet()
	if first == last {
		on(first, p.pages[first])
		return found
	}
	for page, l := range p.pages {
		on(page, l)
	}
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
