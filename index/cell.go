package index

import (
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

// cell is a facet on a page. Its group are the audiences that ask for a URL; those that take any are in the facet's.
type cell struct {
	facet *facetEntry
	page  *pageEntry
	group
}

// group are audiences that stand somewhere.
type group struct {
	judged uint64      // the registration up to which audiences were judged
	always []*standing // those that any event moves

	// byDatum are those that an event moves which has the right data, by one of the data that it must have.
	byDatum map[needed][]*standing
}

// needed is a datum that an event must have, in a field or in an item.
type needed struct {
	item bool
	parterre.Datum
}

// add takes an audience in.
func (at *group) add(s *standing) {
	if !s.needsData() {
		at.always = append(at.always, s)
		return
	}
	key := needed{item: true} // of a rule that only asks for an item, whatever it is
	switch {
	case len(s.Data.Fields) > 0:
		key = needed{false, s.Data.Fields[0]}
	default:
		for _, item := range s.Data.Items {
			if len(item) > 0 {
				key.Datum = item[0]
				break
			}
		}
	}
	if at.byDatum == nil {
		at.byDatum = map[needed][]*standing{}
	}
	at.byDatum[key] = append(at.byDatum[key], s)
}

// each calls move for the audiences that an event with the data moves, perhaps more than once.
func (at *group) each(data *parterre.EventData, move func(*standing)) {
	for _, s := range at.always {
		if !s.gone.Load() {
			move(s)
		}
	}
	if len(at.byDatum) > 0 {
		at.eachWithData(data, move)
	}
}

func (at *group) eachWithData(data *parterre.EventData, move func(*standing)) {
	look := func(key needed) {
		for _, s := range at.byDatum[key] {
			if !s.gone.Load() && rule.MatchData(s.Data, *data) {
				move(s)
			}
		}
	}
	for _, d := range data.Fields {
		look(needed{false, d})
	}
	if len(data.Items) > 0 {
		look(needed{item: true})
	}
	for _, item := range data.Items {
		for _, d := range item {
			look(needed{true, d})
		}
	}
}

// clean forgets audiences that are gone.
func (at *group) clean() {
	gone := func(s *standing) bool { return s.gone.Load() }
	at.always = slices.DeleteFunc(at.always, gone)
	for key, list := range at.byDatum {
		if list = slices.DeleteFunc(list, gone); len(list) == 0 {
			delete(at.byDatum, key)
		} else {
			at.byDatum[key] = list
		}
	}
}

// judge gives the cell of each event, and matches facets and pages against the audiences that stand now: without the lock,
// because a rule may be long, and a URL too, and nobody else has to wait for that. A facet is judged by the audiences that
// take any URL, a page by the others; of those that a page suits, the facet of each cell is judged when an event is taken.
func (ix *Index) judge(events []parterre.Event) []*cell {
	cells := make([]*cell, len(events))
	facets, pages := map[*facetEntry]*judgement{}, map[*pageEntry]*judgement{}
	ix.mu.Lock()
	now := ix.mu.lastSeq
	var recent recentFacets
	for i := range events {
		at := ix.cellLocked(&events[i].Facet, &recent)
		cells[i] = at
		stands := ix.mu.standing.of(at.facet.place.Account)
		if at.facet.judged != now && facets[at.facet] == nil {
			facets[at.facet] = &judgement{from: at.facet.judged, stands: since(stands.nothing, at.facet.judged)}
		}
		if at.page.judged != now && pages[at.page] == nil {
			pages[at.page] = &judgement{from: at.page.judged, stands: stands.of(at.page.name.url, at.page.judged)}
		}
	}
	ix.mu.Unlock()
	if len(facets)+len(pages) == 0 {
		return cells
	}
	for e, j := range facets {
		j.by(e.suits)
	}
	for e, j := range pages {
		j.by(e.suits)
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for e, j := range facets {
		if e.judged == j.from { // else somebody was quicker
			e.takeOver(j.suit, now)
		}
	}
	for e, j := range pages {
		if e.judged == j.from {
			e.takeOver(j.suit, now)
		}
	}
	return cells
}

// judgement are the audiences that registered after another, and of these the ones that suit.
type judgement struct {
	from         uint64
	stands, suit []*standing
}

func (j *judgement) by(suits func(*standing) bool) {
	for _, s := range j.stands {
		if suits(s) {
			j.suit = append(j.suit, s)
		}
	}
}

// suits says whether an audience that takes any URL selects the facet.
func (e *facetEntry) suits(s *standing) bool {
	f := e.place.facet()
	return s.Place(&f)
}

// suits says whether the page has the URL that an audience asks for.
func (e *pageEntry) suits(s *standing) bool { return s.URL(e.name.url) }

func (e *facetEntry) takeOver(suit []*standing, judged uint64) {
	e.clean()
	for _, s := range suit {
		if !s.gone.Load() {
			e.add(s)
		}
	}
	e.judged = judged
}

func (e *pageEntry) takeOver(suit []*standing, judged uint64) {
	e.suit = slices.DeleteFunc(append(e.suit, suit...), func(s *standing) bool { return s.gone.Load() })
	e.judged = judged
}

// cellLocked finds or makes the cell of a facet.
func (ix *Index) cellLocked(f *parterre.Facet, recent *recentFacets) *cell {
	key := cellKey{ix.facetLocked(f, recent), ix.pageLocked(f)}
	at, found := ix.mu.cells.get(key)
	if !found {
		at = &cell{facet: key.facet, page: key.page}
		ix.mu.cells.put(key, at)
	}
	return at
}

// catchUpLocked judges the audiences that registered since facet, page and cell were judged.
func (ix *Index) catchUpLocked(at *cell) {
	now := ix.mu.lastSeq
	stands := ix.mu.standing.of(at.facet.place.Account)
	if at.facet.judged != now {
		j := judgement{stands: since(stands.nothing, at.facet.judged)}
		j.by(at.facet.suits)
		at.facet.takeOver(j.suit, now)
	}
	if at.page.judged != now {
		j := judgement{stands: stands.of(at.page.name.url, at.page.judged)}
		j.by(at.page.suits)
		at.page.takeOver(j.suit, now)
	}
	if at.judged == now {
		return
	}
	at.clean()
	f := at.facet.place.facet()
	for _, s := range since(at.page.suit, at.judged) {
		if s.Place(&f) {
			at.add(s)
		}
	}
	at.judged = now
}
