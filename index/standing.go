package index

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
	"github.com/parterre/parterre/rule"
)

// Standing is an audience whose roll moves with every event. Of an event it selects, all that it says must hold.
type Standing struct {
	Roll     driver.RollID
	Accounts []parterre.ID // the ad accounts whose facets it may select

	// Place says what the facet must be, URL and data aside. URL says which URLs will do, nil that all will; URLs are those
	// that will when they can be listed, and nil otherwise; Parts are those of which a URL must contain one, when it must. The
	// functions may be called concurrently and always say the same of the same argument.
	Place func(f *parterre.Facet) bool
	URL   func(url string) bool
	URLs  []string
	Parts []string

	// Data is what the event must have, in its fields and its items; zero when anything will do.
	Data parterre.EventData

	// Fresh says that only events count that are taken in after the audience was registered.
	Fresh bool
}

// StandingOf is the standing of an ad account's audience with a rule, which it keeps.
func StandingOf(id driver.RollID, account parterre.ID, r *rule.Rule) Standing {
	s := Standing{Roll: id, Accounts: r.Accounts(account), Place: r.MatchPlace, Fresh: r.Visitor != nil && !r.Visitor.Prefill}
	if u, data := r.Conditions(); u != nil {
		s.URL, s.URLs, s.Parts, s.Data = u.Match, u.Equal, u.Contains, data
	} else {
		s.Data = data
	}
	return s
}

// Match says whether the audience selects a facet.
func (s *Standing) Match(f *parterre.Facet) bool {
	return s.Place(f) && (s.URL == nil || s.URL(f.URL)) && rule.MatchData(s.Data, f.Data)
}

// needsData says whether the data of an event matter.
func (s *Standing) needsData() bool { return len(s.Data.Fields) > 0 || len(s.Data.Items) > 0 }

// isDerived says whether the roll of the audience follows from those of facets and pages.
func (s *Standing) isDerived() bool { return !s.Fresh && !s.needsData() }

type standing struct {
	Standing
	roll driver.RollID
	seq  uint64 // registrations are numbered
	gone atomic.Bool
}

// Register makes the audience stand: every event that is taken in from now on counts. One that is derived from facets and
// pages has the past as well, and another has it once it was evaluated. A roll that stands already is left as it is.
func (ix *Index) Register(s Standing) {
	s.Accounts = slices.Clone(s.Accounts)
	if s.isDerived() {
		ix.derived.register(s)
		return
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.mu.rolls[s.Roll] != nil {
		return
	}
	ix.mu.lastSeq++
	entry := &standing{Standing: s, roll: s.Roll, seq: ix.mu.lastSeq}
	ix.mu.rolls[s.Roll] = entry
	for _, account := range s.Accounts {
		ix.mu.standing.of(account).add(entry)
	}
}

// Drop ends the standing of an audience and removes its roll, for good. A roll that is not there is no error. When it fails
// before anything changed, the audience still stands.
func (ix *Index) Drop(ctx context.Context, id driver.RollID) error {
	if ix.derived.forget(id) {
		return nil // it has no roll
	}
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
	s.gone.Store(true)
	delete(ix.mu.rolls, id)
	for _, account := range s.Accounts {
		ix.mu.standing.of(account).remove(s)
	}
}

// without gives a new list without one audience: somebody may be reading the old one.
func without(list []*standing, s *standing) []*standing {
	rest := make([]*standing, 0, len(list))
	for _, other := range list {
		if other != s {
			rest = append(rest, other)
		}
	}
	return rest
}

// since are the audiences of a list that registered after the number.
func since(list []*standing, seq uint64) []*standing {
	first, _ := slices.BinarySearchFunc(list, seq+1, func(s *standing, seq uint64) int { return cmp.Compare(s.seq, seq) })
	return list[first:]
}

// blocksAtOnce is how many blocks of a roll are written at once: at most a few megabytes.
const blocksAtOnce = 16

// Fill merges persons into a roll, all with the stamp 1: the roll of an audience whose membership does not end by itself.
func (ix *Index) Fill(ctx context.Context, id driver.RollID, persons []parterre.PersonID) error {
	var all roll.Accumulator
	for _, p := range persons {
		all.AddPerson(p, 1)
	}
	return ix.write(ctx, id, &all)
}

// write merges what was accumulated into a roll, some blocks at a time, and waits in the end until all of it is durable.
func (ix *Index) write(ctx context.Context, id driver.RollID, a *roll.Accumulator) error {
	var w driver.Writes
	var begun []func() error
	put := func() error {
		if len(w.Merges) == 0 {
			return nil
		}
		ix.mu.Lock()
		durable, err := ix.applyLocked(ctx, &w)
		ix.mu.Unlock()
		w.Merges = nil
		if err == nil {
			begun = append(begun, durable)
		}
		return err
	}
	err := a.Chunks(func(block uint16, c roll.Chunk) error {
		w.Merges = append(w.Merges, driver.Merge{Roll: id, Block: block, Chunk: c})
		if len(w.Merges) < blocksAtOnce {
			return nil
		}
		return put()
	})
	if err == nil {
		err = put()
	}
	for _, durable := range begun {
		if waited := ix.settled(durable); err == nil {
			err = waited
		}
	}
	return err
}
