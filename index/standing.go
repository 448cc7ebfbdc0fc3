package index

import (
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
	roll  driver.RollID
	match func(f *parterre.Facet) bool
	seq   uint64 // registrations are numbered
	gone  bool
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
	entry := &standing{roll: s.Roll, match: s.Match, seq: ix.mu.lastSeq}
	ix.mu.rolls[s.Roll] = entry
	for _, account := range s.Accounts {
		ix.mu.standing[account] = append(ix.mu.standing[account], entry)
	}
}

// Drop ends the standing of an audience and removes its roll, for good. A roll that is not there is no error.
func (ix *Index) Drop(ctx context.Context, id driver.RollID) error {
	ix.mu.Lock()
	if s := ix.mu.rolls[id]; s != nil {
		s.gone = true
		delete(ix.mu.rolls, id)
		for account, list := range ix.mu.standing {
			ix.mu.standing[account] = slices.DeleteFunc(list, func(s *standing) bool { return s.gone })
		}
	}
	durable, err := ix.applyLocked(ctx, &driver.Writes{Drops: []driver.RollID{id}})
	ix.mu.Unlock()
	if err != nil {
		return err
	}
	return settled(durable)
}

// matchesLocked gives the standing audiences that a facet belongs to. Each is matched against a facet once; a facet that
// the cache knows is only judged by those that registered since.
func (ix *Index) matchesLocked(e *facetEntry, f *parterre.Facet) []*standing {
	list := ix.mu.standing[f.Account]
	if e.judged < ix.mu.lastSeq {
		first, _ := slices.BinarySearchFunc(list, e.judged+1, func(s *standing, seq uint64) int {
			return int(int64(s.seq) - int64(seq))
		})
		for _, s := range list[first:] {
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
			return nil
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
