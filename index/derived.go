package index

import (
	"context"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
)

// derived are the audiences that have no roll of their own, because it follows from the rolls of facets and pages: who is in
// them is read from there, and who holds what from histories. So they are evaluated when somebody asks, cost events nothing,
// and are never behind. Audiences whose rules look at data, or leave the past out, have rolls that events move.
//
// What it takes to tell which of them have a cell is remembered: audiences that take any URL judge each facet once, the
// others judge each page once, and of those whom a page suits each judges the facets on it.
type derived struct {
	mu sync.Mutex

	rolls  map[driver.RollID]*standing
	number map[uint32]*standing // by the number of the registration, of which a process has fewer than 2^32
	of     askings              // by the ad account whose facets they select
	last   uint64               // the state of them, another one after each change; a registration has the number of its state
	facets cache[driver.FacetID, *derivedFacet]
	pages  cache[pageOf, *derivedPage]
	cells  cache[history.Cell, derivedCell]
	wiped  uint64 // how often an ad account was dropped
}

// pageOf is a page of an ad account.
type pageOf struct {
	account parterre.ID
	page    driver.PageID
}

// derivedFacet is a facet with the audiences that take any URL, which the lock guards.
type derivedFacet struct {
	known bool // it is stored
	facet parterre.Facet
	stands
}

// derivedPage is a page with the audiences that ask for a URL and may have this one, which the lock guards.
type derivedPage struct {
	url string
	stands
}

// derivedCell are the audiences that ask for a URL and have a facet on a page, and those that take any, which are the facet's.
type derivedCell struct {
	facet *derivedFacet
	stands
}

// stands are audiences, as they were in a state of those that there are. They are replaced, and never changed.
type stands struct {
	judged  uint64
	list    []*standing
	numbers []uint32 // of the registrations of the same, so that a look-up need not go to each
}

// with adds those of some audiences whom it suits, and takes those away that are gone.
func (s stands) with(more []*standing, judged uint64, suits func(*standing) bool) stands {
	if s.judged == judged {
		return s
	}
	now := stands{judged: judged}
	add := func(one *standing) {
		now.list, now.numbers = append(now.list, one), append(now.numbers, uint32(one.seq))
	}
	for _, one := range s.list {
		if !one.gone.Load() {
			add(one)
		}
	}
	for _, one := range since(more, s.judged) {
		if one.seq <= judged && !one.gone.Load() && suits(one) {
			add(one)
		}
	}
	return now
}

func (d *derived) init() {
	d.rolls, d.number, d.of = map[driver.RollID]*standing{}, map[uint32]*standing{}, askings{}
}

func (d *derived) setSizes(facets, pages, cells int) {
	d.facets.size, d.pages.size, d.cells.size = facets, pages, cells
}

// register makes an audience known. One that is known already is left as it is.
func (d *derived) register(s Standing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rolls[s.Roll] != nil {
		return
	}
	d.last++
	one := &standing{Standing: s, roll: s.Roll, seq: d.last}
	d.rolls[s.Roll], d.number[uint32(one.seq)] = one, one
	for _, account := range s.Accounts {
		d.of.of(account).add(one)
	}
}

// forget ends an audience, and says whether it was known.
func (d *derived) forget(id driver.RollID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.rolls[id]
	if one == nil {
		return false
	}
	one.gone.Store(true)
	d.last++
	delete(d.rolls, id)
	delete(d.number, uint32(one.seq))
	for _, account := range one.Accounts {
		d.of.of(account).remove(one)
	}
	return true
}

// wipe forgets what facets an ad account had.
func (d *derived) wipe() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wiped++
	d.last++
	d.facets.clear()
	d.cells.clear()
}

// find gives an audience that is known, or nil.
func (d *derived) find(id driver.RollID) *standing {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rolls[id]
}

// line is a cell that a person was in, with the last moment.
type line struct {
	cell  history.Cell
	stamp parterre.Stamp
}

// derivedHoldings appends what a person holds of derived audiences, each once.
func (ix *Index) derivedHoldings(ctx context.Context, p parterre.PersonID, found []Holding) ([]Holding, error) {
	d := &ix.derived
	d.mu.Lock()
	none, state := len(d.rolls) == 0, d.last
	d.mu.Unlock()
	if none {
		return found, nil
	}
	var lines [64]line
	known, err := ix.histories.of(ctx, ix.d, p, state, lines[:0])
	if err != nil {
		return nil, parterre.Internalf(err, "read a history")
	}
	if known.current && len(known.lines) == 0 {
		return append(found, known.held...), nil
	}
	var stamps [64]numbered
	more := stamps[:0]
	for rest := known.lines; len(rest) > 0; {
		if more, rest = d.hold(rest, more); len(rest) > 0 {
			if err := ix.judgeCell(ctx, rest[0].cell); err != nil {
				return nil, err
			}
		}
	}
	held := d.add(known.held, more)
	ix.histories.keep(p, &known, state, held)
	return append(found, held...), nil
}

// numbered is a stamp in the roll of a derived audience: the number of the registration ‖ the stamp.
type numbered uint64

func (n numbered) audience() uint32      { return uint32(n >> 32) }
func (n numbered) stamp() parterre.Stamp { return parterre.Stamp(uint32(n)) }

// hold takes lines one after another, up to the first whose cell has to be judged.
func (d *derived) hold(lines []line, found []numbered) ([]numbered, []line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, l := range lines {
		c, known := d.cells.get(l.cell)
		if !known || c.judged != d.last || c.facet.judged != d.last {
			return found, lines[i:]
		}
		for _, n := range c.facet.numbers {
			found = append(found, numbered(n)<<32|numbered(l.stamp))
		}
		for _, n := range c.numbers {
			found = append(found, numbered(n)<<32|numbered(l.stamp))
		}
	}
	return found, nil
}

// add gives what is held, each once, with more, which it changes.
func (d *derived) add(held []Holding, more []numbered) []Holding {
	slices.Sort(more)
	last := more[:0]
	for i, n := range more {
		if i+1 == len(more) || more[i+1].audience() != n.audience() { // the latest of each
			last = append(last, n)
		}
	}
	all := append(make([]Holding, 0, len(held)+len(last)), held...)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range last {
		one := d.number[n.audience()]
		if one == nil { // it has gone
			continue
		}
		if h := (Holding{one.roll, n.stamp()}); !extend(all[:len(held)], h) {
			all = append(all, h)
		}
	}
	return all
}

// judgeCell finds out which audiences have a cell: without the lock, because it reads, and because a rule may be long.
func (ix *Index) judgeCell(ctx context.Context, c history.Cell) error {
	d := &ix.derived
	id := driver.FacetID(c.Facet())
	d.mu.Lock()
	wiped := d.wiped
	f, known := d.facets.get(id)
	d.mu.Unlock()
	if !known {
		f = &derivedFacet{}
		_, body, err := ix.d.Facet(ctx, id)
		if err == nil && body != nil {
			f.known = true
			f.facet, err = decodeFacet(body)
		}
		if err != nil {
			return parterre.Internalf(err, "read a facet")
		}
	}
	page := pageOf{f.facet.Account, driver.PageID(c.Page())}
	d.mu.Lock()
	p, known := d.pages.get(page)
	d.mu.Unlock()
	if !known || !f.known { // of no ad account there may be other pages
		p = &derivedPage{}
	}
	if f.known && !known {
		url, _, err := ix.d.URL(ctx, page.account, page.page)
		if err != nil {
			return parterre.Internalf(err, "read a URL")
		}
		p.url = url
	}
	d.mu.Lock()
	now, all := d.last, &asking{}
	if f.known {
		all = d.of.of(page.account)
	}
	at, _ := d.cells.get(c)
	onFacet, onPage, onCell := f.stands, p.stands, at.stands
	takeAny, takeURL := since(all.nothing, onFacet.judged), all.of(p.url, onPage.judged)
	d.mu.Unlock()
	selects := func(s *standing) bool { return s.Place(&f.facet) }
	onFacet = onFacet.with(takeAny, now, selects)
	onPage = onPage.with(takeURL, now, func(s *standing) bool { return s.URL(p.url) })
	onCell = onCell.with(onPage.list, now, selects)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wiped != wiped { // what was read may be of a facet that went
		return nil
	}
	f.stands, p.stands = onFacet, onPage
	d.facets.put(id, f)
	d.cells.put(c, derivedCell{f, onCell})
	if f.known {
		d.pages.put(page, p)
	}
	return nil
}
