package index

import (
	"cmp"
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
	of     askings // by the ad account whose facets they select
	last   uint64  // registrations are numbered
	facets cache[driver.FacetID, *derivedFacet]
	pages  cache[pageOf, *derivedPage]
	cells  cache[history.Cell, *derivedCell]
	wiped  uint64 // how often an ad account was dropped
}

// pageOf is a page of an ad account.
type pageOf struct {
	account parterre.ID
	page    driver.PageID
}

// derivedFacet is a facet with the audiences that take any URL.
type derivedFacet struct {
	known bool // it is stored
	facet parterre.Facet
	stands
}

// derivedPage is a page with the audiences that ask for a URL and may have this one.
type derivedPage struct {
	url string
	stands
}

// derivedCell are the audiences that ask for a URL and have a facet on a page.
type derivedCell struct{ stands }

// stands are audiences, of which those that registered up to a number were judged. They are replaced, and never changed.
type stands struct {
	judged uint64
	list   []*standing
}

// with adds those of some audiences whom it suits, and takes those away that are gone.
func (s stands) with(more []*standing, judged uint64, suits func(*standing) bool) stands {
	list := make([]*standing, 0, len(s.list))
	for _, one := range s.list {
		if !one.gone.Load() {
			list = append(list, one)
		}
	}
	for _, one := range since(more, s.judged) {
		if one.seq <= judged && !one.gone.Load() && suits(one) {
			list = append(list, one)
		}
	}
	return stands{judged, list}
}

func (d *derived) init() {
	d.rolls, d.of = map[driver.RollID]*standing{}, askings{}
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
	d.rolls[s.Roll] = one
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
	delete(d.rolls, id)
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
	none := len(d.rolls) == 0
	d.mu.Unlock()
	if none {
		return found, nil
	}
	var room [64]line
	lines, err := ix.histories.of(ctx, ix.d, p, room[:0])
	if err != nil {
		return nil, parterre.Internalf(err, "read a history")
	}
	var held []heldBy
	for len(lines) > 0 {
		if held, lines = d.hold(lines, held); len(lines) > 0 {
			if err := ix.judgeCell(ctx, lines[0].cell); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(held, func(a, b heldBy) int {
		return cmp.Or(cmp.Compare(a.by.seq, b.by.seq), cmp.Compare(b.stamp, a.stamp))
	})
	for i, h := range held {
		if i == 0 || h.by != held[i-1].by {
			found = append(found, Holding{h.by.roll, h.stamp})
		}
	}
	return found, nil
}

// heldBy is a stamp in an audience.
type heldBy struct {
	by    *standing
	stamp parterre.Stamp
}

// hold takes lines one after another, up to the first whose cell has to be judged.
func (d *derived) hold(lines []line, held []heldBy) ([]heldBy, []line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, l := range lines {
		f, known := d.facets.get(driver.FacetID(l.cell.Facet()))
		if !known || f.known && f.judged != d.last {
			return held, lines[i:]
		}
		if !f.known {
			continue
		}
		c, known := d.cells.get(l.cell)
		if !known || c.judged != d.last {
			return held, lines[i:]
		}
		for _, list := range [2][]*standing{f.list, c.list} {
			for _, one := range list {
				if !one.gone.Load() {
					held = append(held, heldBy{one, l.stamp})
				}
			}
		}
	}
	return held, nil
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
	at, knownCell := d.cells.get(c)
	d.mu.Unlock()
	if f.known && !known {
		url, _, err := ix.d.URL(ctx, page.account, page.page)
		if err != nil {
			return parterre.Internalf(err, "read a URL")
		}
		p = &derivedPage{url: url}
	}
	if !knownCell {
		at = &derivedCell{}
	}
	if f.known {
		d.mu.Lock()
		now, all := d.last, d.of.of(page.account)
		takeAny, takeURL := since(all.nothing, f.judged), all.of(p.url, p.judged)
		d.mu.Unlock()
		f = &derivedFacet{true, f.facet, f.with(takeAny, now, func(s *standing) bool { return s.Place(&f.facet) })}
		p = &derivedPage{p.url, p.with(takeURL, now, func(s *standing) bool { return s.URL(p.url) })}
		at = &derivedCell{at.with(p.list, now, func(s *standing) bool { return s.Place(&f.facet) })}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wiped != wiped { // what was read may be of a facet that went
		return nil
	}
	d.facets.put(id, f)
	if f.known {
		d.pages.put(page, p)
		d.cells.put(c, at)
	}
	return nil
}
