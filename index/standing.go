package index

import (
	"cmp"
	"context"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Standing is an audience whose roll moves with every event.
type Standing struct {
	Roll     driver.RollID
	Accounts []parterre.ID                // the ad accounts whose facets it may select
	Match    func(f *parterre.Facet) bool // may be called concurrently; always says the same of the same facet
}

type standing struct {
	roll     driver.RollID
	accounts []parterre.ID
	match    func(f *parterre.Facet) bool
	seq      uint64 // registrations are numbered
	gone     bool
}

// Register makes the audience stand: every event that is taken in from now on moves its roll. A roll that stands already
// is left as it is.
func (ix *Index) Register(s Standing) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.mu.rolls[s.Roll] != nil {
		return
	}
	ix.mu.lastSeq++
	entry := &standing{roll: s.Roll, accounts: slices.Clone(s.Accounts), match: s.Match, seq: ix.mu.lastSeq}
	ix.mu.rolls[s.Roll] = entry
	for _, account := range s.Accounts {
		ix.mu.standing[account] = append(ix.mu.standing[account], entry)
	}
}

// Drop ends the standing of an audience and removes its roll, for good. A roll that is not there is no error. When it fails
// before anything changed, the audience still stands.
func (ix *Index) Drop(ctx context.Context, id driver.RollID) error {
	ix.mu.Lock()
	durable, err := ix.applyLocked(ctx, &driver.Writes{Drops: []driver.RollID{id}})
	if err == nil {
		ix.forgetLocked(id)
	}
	ix.mu.Unlock()
	if err != nil {
		return err
	}
	return ix.settled(durable)
}

// forgetLocked ends the standing of an audience.
func (ix *Index) forgetLocked(id driver.RollID) {
	s := ix.mu.rolls[id]
	if s == nil {
		return
	}
	s.gone = true
	delete(ix.mu.rolls, id)
	for _, account := range s.accounts { // into a new list: judge may be reading the old one
		rest := make([]*standing, 0, len(ix.mu.standing[account]))
		for _, other := range ix.mu.standing[account] {
			if other != s {
				rest = append(rest, other)
			}
		}
		ix.mu.standing[account] = rest
	}
}

// judge matches the facets of events against the audiences that stand now, without the lock: a rule may be long, and a URL
// too, and nobody else has to wait for that. What is found is for change.facets to take over.
func (ix *Index) judge(events []parterre.Event, keys []driver.FacetKey) map[driver.FacetKey]*facetEntry {
	type task struct {
		facet  *parterre.Facet
		entry  *facetEntry
		stands []*standing
	}
	tasks := map[driver.FacetKey]task{}
	ix.mu.Lock()
	now := ix.mu.lastSeq
	for i, key := range keys {
		if _, seen := tasks[key]; seen {
			continue
		}
		known := ix.mu.facets.get(key)
		switch {
		case known == nil:
			known = &facetEntry{}
		case known.judged == now:
			continue
		}
		account := events[i].Facet.Account
		tasks[key] = task{
			&events[i].Facet, &facetEntry{judged: known.judged, matches: slices.Clone(known.matches)},
			since(ix.mu.standing[account], known.judged),
		}
	}
	ix.mu.Unlock()
	judged := make(map[driver.FacetKey]*facetEntry, len(tasks))
	for key, t := range tasks {
		for _, s := range t.stands {
			if s.match(t.facet) {
				t.entry.matches = append(t.entry.matches, s)
			}
		}
		t.entry.judged = now
		judged[key] = t.entry
	}
	return judged
}

// since are the audiences of a list that registered after the number.
func since(list []*standing, seq uint64) []*standing {
	first, _ := slices.BinarySearchFunc(list, seq+1, func(s *standing, seq uint64) int { return cmp.Compare(s.seq, seq) })
	return list[first:]
}

// matchesLocked gives the standing audiences that a facet belongs to. Each is matched against a facet once; a facet that
// the cache knows is only judged by those that registered since.
func (ix *Index) matchesLocked(e *facetEntry, f *parterre.Facet) []*standing {
	if e.judged < ix.mu.lastSeq {
		for _, s := range since(ix.mu.standing[f.Account], e.judged) {
			if s.match(f) {
				e.matches = append(e.matches, s)
			}
		}
		e.judged = ix.mu.lastSeq
	}
	e.matches = slices.DeleteFunc(e.matches, func(s *standing) bool { return s.gone })
	return e.matches
}

// blocksAtOnce is how many blocks of a roll are written at once: at most a few megabytes.
const blocksAtOnce = 16

// Evaluate merges the past into the roll of an audience: everybody in the rolls of the facets that it selects, with all
// their stamps; which of them count is decided when somebody asks. Register the audience first, so that nothing that
// arrives meanwhile is missed. It may be repeated, whole or after a part of it was done.
func (ix *Index) Evaluate(ctx context.Context, s Standing) error {
	var selected []driver.FacetID
	for _, account := range s.Accounts {
		err := ix.d.ScanFacets(ctx, account, func(id driver.FacetID, body []byte) error {
			f, err := decodeFacet(body)
			if err != nil {
				return err
			}
			if s.Match(&f) {
				selected = append(selected, id)
			}
			return ctx.Err() // a rule may be long: a facet is as much as it may take to stop
		})
		if err != nil {
			return parterre.Internalf(err, "judge the facets of ad account %d", account)
		}
	}
	var union roll.Accumulator
	for _, id := range selected {
		err := ix.d.Chunks(ctx, facetRoll(id), func(block uint16, c roll.Chunk) error {
			union.Add(block, c)
			return nil
		})
		if err != nil {
			return parterre.Internalf(err, "read the roll of facet %d", id)
		}
	}
	return ix.write(ctx, s.Roll, &union)
}

// Fill merges persons into a roll, all with the stamp 1: the roll of an audience whose membership does not end by itself.
func (ix *Index) Fill(ctx context.Context, id driver.RollID, persons []parterre.PersonID) error {
	var all roll.Accumulator
	for _, p := range persons {
		all.AddPerson(p, 1)
	}
	return ix.write(ctx, id, &all)
}

func (ix *Index) write(ctx context.Context, id driver.RollID, a *roll.Accumulator) error {
	var w driver.Writes
	err := a.Chunks(func(block uint16, c roll.Chunk) error {
		w.Merges = append(w.Merges, driver.Merge{Roll: id, Block: block, Chunk: c})
		if len(w.Merges) < blocksAtOnce {
			return nil
		}
		err := ix.apply(ctx, &w)
		w.Merges = nil
		return err
	})
	if err != nil || len(w.Merges) == 0 {
		return err
	}
	return ix.apply(ctx, &w)
}
