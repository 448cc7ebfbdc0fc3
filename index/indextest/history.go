package indextest

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
	"github.com/parterre/parterre/row"
)

// The names that histories use: few, so that they meet often.
var (
	historyIdentifiers = []parterre.Identifier{
		parterre.ByExternalID("a"), parterre.ByExternalID("A"), parterre.ByClickID("a"), parterre.ByClickID(""),
		parterre.ByEmail("a@example.com")[0], parterre.ByAdvertiserID(7, "a"), parterre.ByAgent("192.0.2.1", "agent"),
	}
	historyPeople   = []parterre.PersonID{1, 2, 65535, 65536, math.MaxUint32}
	historyAccounts = []parterre.ID{0, 7, 8, largestID}
	historyBlocks   = []uint16{0, 1, 255, 65535}
	movedRolls      = []driver.RollID{
		someRoll, lastRoll,
		{Kind: driver.AudienceRoll, A: someRoll.A, B: 4},
		{Kind: driver.ListAdded, A: math.MaxUint64, B: math.MaxUint32},
	}
	writtenRolls = append([]driver.RollID{{Kind: driver.FacetRoll, A: 3}}, movedRolls...) // merged into and dropped

	actedPages  = []driver.PageID{1, 2, 1 << 20}
	actedFacets = []driver.FacetID{1, 2, 70_000}
)

// historyRolls are all rolls that a history may have written.
var historyRolls = func() []driver.RollID {
	all := slices.Clone(writtenRolls)
	for _, facet := range actedFacets {
		all = append(all, driver.RollID{Kind: driver.FacetRoll, A: uint64(facet)})
		for _, page := range actedPages {
			all = append(all, driver.OnPage(page, facet))
		}
	}
	return all
}()

// actors are those who may have acted: few of a group, so that they meet often.
var actors = func() (all []parterre.PersonID) {
	for _, block := range historyBlocks {
		for _, low := range []uint16{0, 1, 255, 256, 40_000, 65_535} {
			all = append(all, roll.Person(block, low))
		}
	}
	return all
}()

const historyDigests = 4 // of each ad account

// historyFacets are those that have rows.
var historyFacets = []driver.FacetID{1, 2, math.MaxUint32}

func someRow(r *rand.Rand) row.Row {
	datum := func(name string) []parterre.Datum {
		return []parterre.Datum{{Name: name, Value: strconv.Itoa(r.IntN(5))}}
	}
	some := row.Row{
		Person: parterre.PersonID(1 + r.Uint32N(5)), Stamp: parterre.Stamp(1 + r.Uint32N(5)), Page: r.Uint32N(3),
		Data: parterre.EventData{Fields: datum("f")},
	}
	if r.IntN(2) == 0 {
		some.Data.Items = [][]parterre.Datum{datum("i"), nil, datum("j")}
	}
	return some
}

// History makes n random writes. It is a function of its arguments alone. Each write sets the top of the persons to its
// place in the history, counted from 1, so that a reader can tell how far a store has come.
func History(seed uint64, n int) []*driver.Writes {
	r := rand.New(rand.NewPCG(seed, 2))
	history := make([]*driver.Writes, n)
	for i := range history {
		history[i] = someWrites(r, i+1)
	}
	return history
}

func someWrites(r *rand.Rand, step int) *driver.Writes {
	w := &driver.Writes{Tops: driver.Tops{Person: parterre.PersonID(step)}}
	if r.IntN(3) == 0 {
		w.Tops.Facet = driver.FacetID(step)
	}
	for range r.IntN(4) {
		w.Bindings = append(w.Bindings,
			driver.Binding{Identifier: one(r, historyIdentifiers), Person: parterre.PersonID(1 + r.Uint32N(1000))})
	}
	for range r.IntN(3) {
		w.People = append(w.People, driver.Person{ID: one(r, historyPeople), Body: someBytes(r, step)})
	}
	for range r.IntN(3) {
		account, digest := one(r, historyAccounts), r.IntN(historyDigests)
		// A facet keeps its number for ever, so the number follows from the name.
		id := driver.FacetID(1 + digest*70000)
		w.Facets = append(w.Facets,
			driver.Facet{Key: facetKey(account, byte(digest)), ID: id, Body: someBytes(r, step)})
	}
	for range r.IntN(3) {
		account, digest := one(r, historyAccounts), r.IntN(historyDigests)
		w.Pages = append(w.Pages, driver.Page{
			Key: pageKey(account, byte(digest)), ID: driver.PageID(1 + digest*70000), URL: string(someBytes(r, step)),
		})
	}
	for range r.IntN(30) {
		w.Moves = append(w.Moves, driver.Move{
			Roll: one(r, movedRolls), Person: roll.Person(one(r, historyBlocks), uint16(r.IntN(1000)*65535/999)),
			Stamp: parterre.Stamp(r.Uint32N(5000)),
		})
	}
	for range r.IntN(30) {
		w.Acts = append(w.Acts, driver.Act{
			Page: one(r, actedPages), Facet: one(r, actedFacets), Person: one(r, actors), Stamp: parterre.Stamp(r.Uint32N(5000)),
		})
	}
	for range r.IntN(4) {
		w.Rows = append(w.Rows, driver.Row{Facet: one(r, historyFacets), Row: someRow(r)})
	}
	if r.IntN(5) == 0 {
		w.Drops = append(w.Drops, one(r, writtenRolls))
	}
	for range r.IntN(6) {
		w.Merges = append(w.Merges, driver.Merge{
			Roll: one(r, writtenRolls), Block: one(r, historyBlocks), Chunk: someChunk(r),
		})
	}
	return w
}

func one[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func someBytes(r *rand.Rand, step int) []byte {
	b := make([]byte, r.IntN(40))
	for i := range b {
		b[i] = byte(step * i)
	}
	return b
}

// someChunk has one person, a few, or some hundreds.
func someChunk(r *rand.Rand) roll.Chunk {
	var lows []uint16
	var at []parterre.Stamp
	for range 1 + r.IntN([]int{1, 5, 500}[r.IntN(3)]) {
		lows = append(lows, uint16(r.IntN(1000)*65535/999))
		at = append(at, parterre.Stamp(1+r.Uint32N(5000)))
	}
	return roll.Of(lows, at)
}

// Model is what a store must hold after some writes: plain maps.
type Model struct{ held contents }

// contents is what can be read of a store. Rolls are kept by person, so that the model knows nothing of chunks.
type contents struct {
	Tops     driver.Tops
	Bindings map[parterre.Identifier]parterre.PersonID
	People   map[parterre.PersonID]string
	Facets   map[driver.FacetKey]driver.FacetID
	Bodies   map[parterre.ID]map[driver.FacetID]string
	Pages    map[driver.PageKey]driver.PageID
	URLs     map[parterre.ID]map[driver.PageID]string
	Rolls    map[driver.RollID]map[parterre.PersonID]parterre.Stamp
	Acts     map[parterre.PersonID]map[history.Cell]parterre.Stamp
	Rows     map[driver.FacetID]map[string]bool // what a row says: it may come back more often than it was written
}

func newContents() contents {
	c := contents{
		Bindings: map[parterre.Identifier]parterre.PersonID{},
		People:   map[parterre.PersonID]string{},
		Facets:   map[driver.FacetKey]driver.FacetID{},
		Bodies:   map[parterre.ID]map[driver.FacetID]string{},
		Pages:    map[driver.PageKey]driver.PageID{},
		URLs:     map[parterre.ID]map[driver.PageID]string{},
		Rolls:    map[driver.RollID]map[parterre.PersonID]parterre.Stamp{},
		Acts:     map[parterre.PersonID]map[history.Cell]parterre.Stamp{},
		Rows:     map[driver.FacetID]map[string]bool{},
	}
	for _, p := range actors {
		c.Acts[p] = map[history.Cell]parterre.Stamp{}
	}
	for _, id := range historyFacets {
		c.Rows[id] = map[string]bool{}
	}
	for _, account := range historyAccounts {
		c.URLs[account] = map[driver.PageID]string{}
		c.Bodies[account] = map[driver.FacetID]string{}
	}
	for _, id := range historyRolls {
		c.Rolls[id] = map[parterre.PersonID]parterre.Stamp{}
	}
	return c
}

// NewModel makes the model of an empty store.
func NewModel() *Model { return &Model{newContents()} }

// Apply does what a store must do with a write of a history.
func (m *Model) Apply(w *driver.Writes) {
	if w.Tops.Person != 0 {
		m.held.Tops.Person = w.Tops.Person
	}
	if w.Tops.Facet != 0 {
		m.held.Tops.Facet = w.Tops.Facet
	}
	if w.Tops.Store != 0 {
		m.held.Tops.Store = w.Tops.Store
	}
	for _, b := range w.Bindings {
		m.held.Bindings[b.Identifier] = b.Person
	}
	for _, p := range w.People {
		m.held.People[p.ID] = string(p.Body)
	}
	for _, f := range w.Facets {
		m.held.Facets[f.Key] = f.ID
		m.held.Bodies[f.Key.Account][f.ID] = string(f.Body)
	}
	for _, id := range w.Drops {
		clear(m.held.Rolls[id])
	}
	for _, p := range w.Pages {
		m.held.Pages[p.Key] = p.ID
		m.held.URLs[p.Key.Account][p.ID] = p.URL
	}
	for _, merge := range w.Merges {
		m.held.add(merge.Roll, merge.Block, merge.Chunk)
	}
	for _, a := range w.Acts {
		m.held.act(a)
	}
	for _, move := range w.Moves {
		if stamps := m.held.Rolls[move.Roll]; move.Stamp > stamps[move.Person] {
			stamps[move.Person] = move.Stamp
		}
	}
	for _, r := range w.Rows {
		m.held.addRow(r.Facet, &r.Row)
	}
}

// historyWants are what rows are asked for.
var historyWants = func() (all []parterre.EventData) {
	for n := range 5 {
		value := strconv.Itoa(n)
		all = append(all,
			parterre.EventData{Fields: []parterre.Datum{{Name: "f", Value: value}}},
			parterre.EventData{Items: [][]parterre.Datum{{{Name: "i", Value: value}}}},
			parterre.EventData{Items: [][]parterre.Datum{{{Name: "j", Value: value}}}},
		)
	}
	return append(all, parterre.EventData{}, parterre.EventData{Fields: []parterre.Datum{{Name: "g", Value: "0"}}})
}()

// addRow notes what a row has of what rows are asked for.
func (c *contents) addRow(facet driver.FacetID, r *row.Row) {
	for i, want := range historyWants {
		has := len(want.Fields) == 0 || slices.Equal(want.Fields, r.Data.Fields)
		for _, item := range want.Items {
			has = has && slices.ContainsFunc(r.Data.Items, func(got []parterre.Datum) bool { return slices.Equal(item, got) })
		}
		if has {
			c.Rows[facet][said(r.Person, r.Stamp, r.Page, i)] = true
		}
	}
}

func said(p parterre.PersonID, s parterre.Stamp, page uint32, want int) string {
	return fmt.Sprintf("person %d at %d on page %d: want %d", p, s, page, want)
}

func (c *contents) act(a driver.Act) {
	if a.Stamp == 0 {
		return
	}
	for _, id := range []driver.RollID{{Kind: driver.FacetRoll, A: uint64(a.Facet)}, driver.OnPage(a.Page, a.Facet)} {
		c.Rolls[id][a.Person] = max(c.Rolls[id][a.Person], a.Stamp)
	}
	c.line(a.Person, history.CellOf(uint32(a.Page), uint32(a.Facet)), a.Stamp)
}

func (c *contents) line(p parterre.PersonID, cell history.Cell, s parterre.Stamp) {
	c.Acts[p][cell] = max(c.Acts[p][cell], s)
}

func (c *contents) add(id driver.RollID, block uint16, chunk roll.Chunk) {
	for i := range chunk.Len() {
		low, at := chunk.At(i)
		p := roll.Person(block, low)
		c.Rolls[id][p] = max(c.Rolls[id][p], at)
	}
}

// Diff reads everything that a history can have written, and returns an error that tells a difference to the model, or what
// went wrong when it was read.
func (m *Model) Diff(ctx context.Context, d driver.Driver) error {
	got, err := readAll(ctx, d)
	if err != nil {
		return err
	}
	want := m.held
	if got.Tops != want.Tops {
		return fmt.Errorf("tops are %v, want %v", got.Tops, want.Tops)
	}
	if err := differ("person", got.Bindings, want.Bindings); err != nil {
		return err
	}
	if err := differ("body", got.People, want.People); err != nil {
		return err
	}
	if err := differ("number", got.Facets, want.Facets); err != nil {
		return err
	}
	for account, bodies := range want.Bodies {
		if err := differ(fmt.Sprintf("ad account %v: body", account), got.Bodies[account], bodies); err != nil {
			return err
		}
	}
	for id, persons := range want.Rolls {
		if err := differ(fmt.Sprintf("roll %v: stamp", id), got.Rolls[id], persons); err != nil {
			return err
		}
	}
	for account, urls := range want.URLs {
		if err := differ(fmt.Sprintf("ad account %v: URL", account), got.URLs[account], urls); err != nil {
			return err
		}
	}
	for p, cells := range want.Acts {
		if err := differ(fmt.Sprintf("history of %d: stamp", p), got.Acts[p], cells); err != nil {
			return err
		}
	}
	for facet, rows := range want.Rows {
		if err := differ(fmt.Sprintf("facet %d: row", facet), got.Rows[facet], rows); err != nil {
			return err
		}
	}
	return differ("number", got.Pages, want.Pages)
}

// differ tells a difference between two maps.
func differ[K, V comparable](what string, got, want map[K]V) error {
	for k, w := range want {
		if g, found := got[k]; !found || g != w {
			return fmt.Errorf("%s of %v is %v (found: %t), want %v", what, k, g, found, w)
		}
	}
	for k, g := range got {
		if _, wanted := want[k]; !wanted {
			return fmt.Errorf("%s of %v is %v, want none", what, k, g)
		}
	}
	return nil
}

func readAll(ctx context.Context, d driver.Driver) (contents, error) {
	c := newContents()
	var err error
	if c.Tops, err = d.Tops(ctx); err != nil {
		return c, fmt.Errorf("tops: %w", err)
	}
	for _, read := range []func(context.Context, driver.Driver, *contents) error{
		readPeople, readFacets, readPages, readRolls, readUnions, readAcross, readActs, readRows,
	} {
		if err := read(ctx, d, &c); err != nil {
			return c, err
		}
	}
	return c, nil
}

func readPeople(ctx context.Context, d driver.Driver, c *contents) error {
	persons, err := d.Persons(ctx, historyIdentifiers)
	if err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	for i, p := range persons {
		if p != 0 {
			c.Bindings[historyIdentifiers[i]] = p
		}
	}
	bodies, err := d.People(ctx, historyPeople)
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	for i, b := range bodies {
		if b != nil {
			c.People[historyPeople[i]] = string(b)
		}
	}
	return nil
}

func readFacets(ctx context.Context, d driver.Driver, c *contents) error {
	for _, account := range historyAccounts {
		var keys []driver.FacetKey
		for digest := range historyDigests {
			keys = append(keys, facetKey(account, byte(digest)))
		}
		ids, err := d.Facets(ctx, keys)
		if err != nil {
			return fmt.Errorf("facets: %w", err)
		}
		for i, id := range ids {
			if id != 0 {
				c.Facets[keys[i]] = id
			}
		}
		err = d.ScanFacets(ctx, account, func(id driver.FacetID, b []byte) error {
			c.Bodies[account][id] = string(b)
			return nil
		})
		if err != nil {
			return fmt.Errorf("scan facets: %w", err)
		}
	}
	return nil
}

func readPages(ctx context.Context, d driver.Driver, c *contents) error {
	for _, account := range historyAccounts {
		var keys []driver.PageKey
		for digest := range historyDigests {
			keys = append(keys, pageKey(account, byte(digest)))
		}
		ids, err := d.Pages(ctx, keys)
		if err != nil {
			return fmt.Errorf("pages: %w", err)
		}
		for i, id := range ids {
			if id != 0 {
				c.Pages[keys[i]] = id
			}
		}
		after := driver.PageID(1)
		err = d.ScanPages(ctx, account, after, func(id driver.PageID, url []byte) error {
			c.URLs[account][id] = string(url)
			return nil
		})
		if err != nil {
			return fmt.Errorf("scan pages: %w", err)
		}
		if _, there := c.URLs[account][after]; there {
			return fmt.Errorf("a scan of the pages after %d yields it", after)
		}
		url, there, err := d.URL(ctx, account, after)
		if err != nil {
			return fmt.Errorf("the URL of page %d: %w", after, err)
		}
		if there {
			c.URLs[account][after] = url
		}
	}
	return nil
}

// readRows asks for rows of facets one by one, and of all at once, shared out among three.
func readRows(ctx context.Context, d driver.Driver, c *contents) error {
	for n, want := range historyWants {
		of := map[string]bool{}
		for _, facet := range historyFacets {
			err := d.Rows(ctx, []driver.FacetID{facet}, want, []driver.YieldRow{
				func(p parterre.PersonID, s parterre.Stamp, page uint32) {
					c.Rows[facet][said(p, s, page, n)], of[said(p, s, page, n)] = true, true
				},
			})
			if err != nil {
				return fmt.Errorf("rows of %d: %w", facet, err)
			}
		}
		var parts [3]map[string]bool
		var yields []driver.YieldRow
		for i := range parts {
			parts[i] = map[string]bool{}
			yields = append(yields, func(p parterre.PersonID, s parterre.Stamp, page uint32) { parts[i][said(p, s, page, n)] = true })
		}
		if err := d.Rows(ctx, historyFacets, want, yields); err != nil {
			return fmt.Errorf("rows of all: %w", err)
		}
		all := parts[0]
		maps.Copy(all, parts[1])
		maps.Copy(all, parts[2])
		if !maps.Equal(all, of) {
			return fmt.Errorf("shared out, the rows that have %v are %v, and one by one %v", want, all, of)
		}
	}
	return nil
}

// someBlocks are what unions are read in.
var someBlocks = []driver.Blocks{driver.All(), {First: 0, Last: 0}, {First: 1, Last: 300}, {First: 255, Last: math.MaxUint16}}

// readUnions unites rolls, which must be what the rolls are together.
func readUnions(ctx context.Context, d driver.Driver, c *contents) error {
	anything := func(uint64) bool { return true }
	for i, u := range []driver.Union{
		{Kind: driver.PageRoll, Spans: []driver.Span{{Least: 0, Most: math.MaxUint64}}, Keep: anything},
		{Kind: driver.PageRoll, Spans: []driver.Span{{Least: 1 << 32, Most: 2<<32 | 1}}, Keep: func(a uint64) bool { return a != 1<<32|1 }},
		{Kind: driver.PageRoll, Spans: []driver.Span{{Least: 1, Most: 1<<32 | 1}, {Least: math.MaxUint64, Most: math.MaxUint64}}, Keep: anything},
		{Kind: driver.FacetRoll, Spans: []driver.Span{{Least: 2, Most: 2}}, Keep: anything},
		{Kind: driver.FacetRoll, Spans: []driver.Span{{Least: 1, Most: 1}, {Least: 2, Most: 2}}, Keep: anything},
		{Kind: driver.FacetRoll, Spans: []driver.Span{{Least: 0, Most: 9}}, Keep: func(a uint64) bool { return a == 1 }},
	} {
		for _, u.Blocks = range []driver.Blocks{driver.All(), someBlocks[i%len(someBlocks)]} {
			want := map[parterre.PersonID]parterre.Stamp{}
			for id, persons := range c.Rolls {
				if id.Kind != u.Kind || !driver.InSpan(u.Spans, id.A) || !u.Keep(id.A) {
					continue
				}
				for p, s := range persons {
					if u.Blocks.Has(roll.Block(p)) {
						want[p] = max(want[p], s)
					}
				}
			}
			err := crowded(want, func(into *roll.Crowd) error { return d.Unite(ctx, u, into) })
			if err != nil {
				return fmt.Errorf("union of rolls of kind %d in %v: %w", u.Kind, u.Blocks, err)
			}
		}
	}
	return nil
}

// crowded tells a difference between the crowds that are found and those who have a stamp that counts: of everybody, and of some.
func crowded(stamps map[parterre.PersonID]parterre.Stamp, find func(into *roll.Crowd) error) error {
	middle := parterre.Stamp(math.MaxUint32)
	if len(stamps) > 0 {
		middle = slices.Sorted(maps.Values(stamps))[len(stamps)/2]
	}
	for _, since := range []parterre.Stamp{0, middle, middle + 1} {
		got, want := map[parterre.PersonID]parterre.Stamp{}, map[parterre.PersonID]parterre.Stamp{}
		oldest := parterre.Stamp(0)
		for p, s := range stamps {
			if s >= since {
				want[p] = 1
				if oldest == 0 || s < oldest {
					oldest = s
				}
			}
		}
		crowd := roll.NewCrowd(since)
		if err := find(crowd); err != nil {
			return err
		}
		crowd.Persons(func(p parterre.PersonID) { got[p] = 1 })
		if err := differ(fmt.Sprintf("since %d: person", since), got, want); err != nil {
			return err
		}
		if crowd.Count() != len(want) {
			return fmt.Errorf("since %d: %d persons are counted, and %d are there", since, crowd.Count(), len(want))
		}
		if found := crowd.Oldest(); found > oldest || len(want) > 0 && found < max(since, 1) || (found == 0) != (oldest == 0) {
			return fmt.Errorf("since %d: the oldest stamp is said to be %d, and is %d", since, found, oldest)
		}
	}
	return nil
}

// readActs reads the histories of those who may have acted, and what Last finds in them.
func readActs(ctx context.Context, d driver.Driver, c *contents) error {
	for _, p := range actors {
		if err := d.History(ctx, p, func(cell history.Cell, s parterre.Stamp) { c.line(p, cell, s) }); err != nil {
			return fmt.Errorf("history of %d: %w", p, err)
		}
	}
	for _, w := range []history.Want{
		{Facets: history.SetOf(actedFacets), Any: true},
		{Facets: history.SetOf(actedFacets[:1]), Pages: history.SetOf(actedPages[1:])},
		{Facets: history.SetOf(actedFacets[1:]), Pages: history.SetOf(actedPages[:1])},
	} {
		for _, blocks := range someBlocks {
			want := map[parterre.PersonID]parterre.Stamp{}
			for p, cells := range c.Acts {
				for cell, s := range cells {
					if blocks.Has(roll.Block(p)) && w.Has(cell) {
						want[p] = max(want[p], s)
					}
				}
			}
			if err := crowded(want, func(into *roll.Crowd) error { return d.Last(ctx, blocks, &w, into) }); err != nil {
				return fmt.Errorf("last moments in %v: %w", blocks, err)
			}
		}
	}
	return nil
}

// readAcross reads one block of the rolls of all audiences, which must be what they have there.
func readAcross(ctx context.Context, d driver.Driver, c *contents) error {
	for _, block := range historyBlocks {
		got, want := map[string]parterre.Stamp{}, map[string]parterre.Stamp{}
		err := d.Across(ctx, block, func(id driver.RollID, chunk roll.Chunk) error {
			for low, s := range stampsOf(chunk) {
				got[fmt.Sprint(id, low)] = s
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("across: %w", err)
		}
		for id, persons := range c.Rolls {
			for p, s := range persons {
				if id.Kind == driver.AudienceRoll && roll.Block(p) == block {
					want[fmt.Sprint(id, roll.Low(p))] = s
				}
			}
		}
		if err := differ(fmt.Sprintf("block %d across the rolls of audiences: stamp", block), got, want); err != nil {
			return err
		}
	}
	return nil
}

// readRolls reads every roll as a whole and block by block, which must agree.
func readRolls(ctx context.Context, d driver.Driver, c *contents) error {
	for _, id := range historyRolls {
		err := d.Chunks(ctx, id, func(block uint16, chunk roll.Chunk) error {
			c.add(id, block, chunk)
			alone, err := d.Chunk(ctx, id, block)
			if err != nil {
				return fmt.Errorf("chunk %d: %w", block, err)
			}
			if !reflect.DeepEqual(stampsOf(alone), stampsOf(chunk)) {
				return fmt.Errorf("chunk %d read alone is %v, in the scan it is %v", block, stampsOf(alone), stampsOf(chunk))
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("chunks of %v: %w", id, err)
		}
	}
	return nil
}
