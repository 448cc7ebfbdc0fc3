// Package memindex is a driver of the index that keeps everything in maps under one mutex. It is deliberately naive: it is
// the plain answer that the tests compare other drivers with, and it serves where nothing has to last.
package memindex

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
	"github.com/parterre/parterre/row"
)

// Index keeps identifiers, facets and rolls in memory. Its methods may be called concurrently, and from inside a scan.
type Index struct {
	mu struct {
		sync.Mutex
		tops     driver.Tops
		bindings map[parterre.Identifier]parterre.PersonID
		people   map[parterre.PersonID][]byte
		facets   map[driver.FacetKey]driver.FacetID
		bodies   map[parterre.ID]map[driver.FacetID][]byte // by ad account
		pages    map[driver.PageKey]driver.PageID
		urls     map[parterre.ID]map[driver.PageID]string // by ad account
		rolls    map[driver.RollID]map[parterre.PersonID]parterre.Stamp
		acts     map[parterre.PersonID]map[history.Cell]parterre.Stamp // histories
		rows     map[driver.FacetID][]row.Row
	}
}

// New makes an empty index.
func New() *Index {
	x := new(Index)
	x.mu.bindings = map[parterre.Identifier]parterre.PersonID{}
	x.mu.people = map[parterre.PersonID][]byte{}
	x.mu.facets = map[driver.FacetKey]driver.FacetID{}
	x.mu.bodies = map[parterre.ID]map[driver.FacetID][]byte{}
	x.mu.pages = map[driver.PageKey]driver.PageID{}
	x.mu.urls = map[parterre.ID]map[driver.PageID]string{}
	x.mu.rolls = map[driver.RollID]map[parterre.PersonID]parterre.Stamp{}
	x.mu.acts = map[parterre.PersonID]map[history.Cell]parterre.Stamp{}
	x.mu.rows = map[driver.FacetID][]row.Row{}
	return x
}

// Tops gives the highest numbers stored.
func (x *Index) Tops(context.Context) (driver.Tops, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.mu.tops, nil
}

// Persons finds the person of each identifier.
func (x *Index) Persons(_ context.Context, ids []parterre.Identifier) ([]parterre.PersonID, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	persons := make([]parterre.PersonID, len(ids))
	for i, id := range ids {
		persons[i] = x.mu.bindings[id]
	}
	return persons, nil
}

// People gives the stored body of each person.
func (x *Index) People(_ context.Context, persons []parterre.PersonID) ([][]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	bodies := make([][]byte, len(persons))
	for i, p := range persons {
		bodies[i] = slices.Clone(x.mu.people[p])
	}
	return bodies, nil
}

// Facets finds the number of each facet.
func (x *Index) Facets(_ context.Context, keys []driver.FacetKey) ([]driver.FacetID, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	ids := make([]driver.FacetID, len(keys))
	for i, k := range keys {
		ids[i] = x.mu.facets[k]
	}
	return ids, nil
}

// Facet gives a facet's ad account and body.
func (x *Index) Facet(_ context.Context, id driver.FacetID) (parterre.ID, []byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for account, bodies := range x.mu.bodies {
		if body, found := bodies[id]; found {
			return account, copied(body), nil
		}
	}
	return 0, nil, nil
}

// URL gives the URL of a page.
func (x *Index) URL(_ context.Context, account parterre.ID, id driver.PageID) (string, bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	url, found := x.mu.urls[account][id]
	return url, found, nil
}

// ScanFacets yields the facets of an ad account as they were when the scan began.
func (x *Index) ScanFacets(
	ctx context.Context, account parterre.ID, yield func(id driver.FacetID, body []byte) error,
) error {
	bodies := x.bodiesOf(account)
	for _, id := range slices.Sorted(maps.Keys(bodies)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := yield(id, bodies[id]); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) bodiesOf(account parterre.ID) map[driver.FacetID][]byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	bodies := map[driver.FacetID][]byte{}
	for id, body := range x.mu.bodies[account] {
		bodies[id] = slices.Clone(body)
	}
	return bodies
}

// Pages finds the number of each page.
func (x *Index) Pages(_ context.Context, keys []driver.PageKey) ([]driver.PageID, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	ids := make([]driver.PageID, len(keys))
	for i, key := range keys {
		ids[i] = x.mu.pages[key]
	}
	return ids, nil
}

// ScanPages yields the pages of an ad account as they were when the scan began.
func (x *Index) ScanPages(
	ctx context.Context, account parterre.ID, after driver.PageID, yield func(id driver.PageID, url []byte) error,
) error {
	x.mu.Lock()
	urls := maps.Clone(x.mu.urls[account])
	x.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(urls)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if id <= after {
			continue
		}
		if err := yield(id, []byte(urls[id])); err != nil {
			return err
		}
	}
	return nil
}

// Unite adds the persons of some rolls to a crowd.
func (x *Index) Unite(ctx context.Context, u driver.Union, into *roll.Crowd) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, persons := range x.mu.rolls {
		if id.Kind != u.Kind || !driver.InSpan(u.Spans, id.A) || !u.Keep(id.A) {
			continue
		}
		for p, s := range persons {
			if u.Blocks.Has(roll.Block(p)) {
				into.AddPerson(p, s)
			}
		}
	}
	return nil
}

// History yields the cells that a person was in.
func (x *Index) History(ctx context.Context, p parterre.PersonID, yield func(history.Cell, parterre.Stamp)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	cells := maps.Clone(x.mu.acts[p])
	x.mu.Unlock()
	for c, s := range cells {
		yield(c, s)
	}
	return nil
}

// Last adds the persons to a crowd whose last moment in a wanted cell counts.
func (x *Index) Last(ctx context.Context, blocks driver.Blocks, want *history.Want, into *roll.Crowd) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for p, cells := range x.mu.acts {
		for c, s := range cells {
			if blocks.Has(roll.Block(p)) && want.Has(c) {
				into.AddPerson(p, s)
			}
		}
	}
	return nil
}

// Across yields one block of the roll of every audience.
func (x *Index) Across(ctx context.Context, block uint16, yield func(id driver.RollID, c roll.Chunk) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	ids := slices.Collect(maps.Keys(x.mu.rolls))
	x.mu.Unlock()
	for _, id := range ids {
		if c := x.chunksOf(id)[block]; id.Kind == driver.AudienceRoll && c.Len() > 0 {
			if err := yield(id, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Rows yields the rows of facets that have the data, to the yields in turn.
func (x *Index) Rows(ctx context.Context, facets []driver.FacetID, want parterre.EventData, yields []driver.YieldRow) error {
	n := 0
	for _, facet := range facets {
		if err := ctx.Err(); err != nil {
			return err
		}
		x.mu.Lock()
		rows := slices.Clone(x.mu.rows[facet])
		x.mu.Unlock()
		for _, r := range rows {
			if row.Has(&want, &r.Data) {
				yields[n%len(yields)](r.Person, r.Stamp, r.Page)
				n++
			}
		}
	}
	return ctx.Err()
}

// Chunks yields the chunks of a roll as they were when the scan began.
func (x *Index) Chunks(
	ctx context.Context, id driver.RollID, yield func(block uint16, c roll.Chunk) error,
) error {
	chunks := x.chunksOf(id)
	for _, block := range slices.Sorted(maps.Keys(chunks)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := yield(block, chunks[block]); err != nil {
			return err
		}
	}
	return nil
}

// Chunk reads one block of a roll.
func (x *Index) Chunk(_ context.Context, id driver.RollID, block uint16) (roll.Chunk, error) {
	return x.chunksOf(id)[block], nil
}

func (x *Index) chunksOf(id driver.RollID) map[uint16]roll.Chunk {
	x.mu.Lock()
	defer x.mu.Unlock()
	lows, stamps := map[uint16][]uint16{}, map[uint16][]parterre.Stamp{}
	for p, s := range x.mu.rolls[id] {
		block := roll.Block(p)
		lows[block] = append(lows[block], roll.Low(p))
		stamps[block] = append(stamps[block], s)
	}
	chunks := map[uint16]roll.Chunk{}
	for block := range lows {
		chunks[block] = roll.Of(lows[block], stamps[block])
	}
	return chunks
}

// Apply makes all of w visible. There is nothing to wait for: durable does nothing.
func (x *Index) Apply(ctx context.Context, w *driver.Writes) (durable func() error, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if w.Tops.Person != 0 {
		x.mu.tops.Person = w.Tops.Person
	}
	if w.Tops.Facet != 0 {
		x.mu.tops.Facet = w.Tops.Facet
	}
	if w.Tops.Store != 0 {
		x.mu.tops.Store = w.Tops.Store
	}
	for _, b := range w.Bindings {
		x.mu.bindings[b.Identifier] = b.Person
	}
	for _, p := range w.People {
		x.mu.people[p.ID] = copied(p.Body)
	}
	for _, f := range w.Facets {
		x.mu.facets[f.Key] = f.ID
		if x.mu.bodies[f.Key.Account] == nil {
			x.mu.bodies[f.Key.Account] = map[driver.FacetID][]byte{}
		}
		x.mu.bodies[f.Key.Account][f.ID] = copied(f.Body)
	}
	for _, f := range w.Going {
		delete(x.mu.facets, f.Key)
		delete(x.mu.bodies[f.Key.Account], f.ID)
		delete(x.mu.rows, f.ID)
	}
	if w.Tops.Page != 0 {
		x.mu.tops.Page = w.Tops.Page
	}
	for _, p := range w.Pages {
		x.mu.pages[p.Key] = p.ID
		if x.mu.urls[p.Key.Account] == nil {
			x.mu.urls[p.Key.Account] = map[driver.PageID]string{}
		}
		x.mu.urls[p.Key.Account][p.ID] = p.URL
	}
	for _, id := range w.Drops {
		delete(x.mu.rolls, id)
	}
	for _, m := range w.Merges {
		x.mergeLocked(m)
	}
	for _, m := range w.Moves {
		x.moveLocked(m.Roll, m.Person, m.Stamp)
	}
	for _, a := range w.Acts {
		x.actLocked(a)
	}
	for _, r := range w.Rows {
		x.mu.rows[r.Facet] = append(x.mu.rows[r.Facet], r.Row)
	}
	return func() error { return nil }, nil
}

func (x *Index) mergeLocked(m driver.Merge) {
	for i := range m.Chunk.Len() {
		low, s := m.Chunk.At(i)
		x.moveLocked(m.Roll, roll.Person(m.Block, low), s)
	}
}

func (x *Index) actLocked(a driver.Act) {
	if a.Stamp == 0 {
		return
	}
	x.moveLocked(driver.RollID{Kind: driver.FacetRoll, A: uint64(a.Facet)}, a.Person, a.Stamp)
	x.moveLocked(driver.OnPage(a.Page, a.Facet), a.Person, a.Stamp)
	if x.mu.acts[a.Person] == nil {
		x.mu.acts[a.Person] = map[history.Cell]parterre.Stamp{}
	}
	c := history.CellOf(uint32(a.Page), uint32(a.Facet))
	x.mu.acts[a.Person][c] = max(x.mu.acts[a.Person][c], a.Stamp)
}

func (x *Index) moveLocked(id driver.RollID, p parterre.PersonID, s parterre.Stamp) {
	if s == 0 {
		return
	}
	if x.mu.rolls[id] == nil {
		x.mu.rolls[id] = map[parterre.PersonID]parterre.Stamp{}
	}
	x.mu.rolls[id][p] = max(x.mu.rolls[id][p], s)
}

// Close does nothing.
func (x *Index) Close() error { return nil }

// copied is a copy that is never nil, because nil means that nothing is stored.
func copied(b []byte) []byte { return append([]byte{}, b...) }

var _ driver.Driver = (*Index)(nil)
