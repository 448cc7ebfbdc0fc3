package index

import (
	"context"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/row"
)

// Ingest takes events and engagements in. When it returns nil they are durable, and count in every facet and every
// standing audience that they belong to. It takes all of them or, on an error, none; when the store cannot say whether
// they are durable, that is an error too, and nobody knows. Taking the same events in again changes nothing. An event that
// names nobody only tells that its conversion tag saw something, and what it came with.
func (ix *Index) Ingest(ctx context.Context, events []parterre.Event) error {
	seen, sent := sightings(events), draws(events)
	if slices.ContainsFunc(events, namesNobody) {
		events = slices.DeleteFunc(slices.Clone(events), namesNobody)
	}
	if len(events) == 0 && len(seen) == 0 && len(sent) == 0 {
		return nil
	}
	durable, err := ix.ingest(ctx, events, seen, sent)
	if err != nil {
		return err
	}
	return ix.settled(durable)
}

func namesNobody(e parterre.Event) bool { return len(e.Who) == 0 }

// ingest puts the change together. What takes long, looking persons up and judging rules, is done before the lock is taken,
// and made good under it where something has changed since.
func (ix *Index) ingest(
	ctx context.Context, events []parterre.Event, seen map[sighting]span, sent []draw,
) (durable func() error, err error) {
	cells := ix.judge(events)
	meant, err := ix.whoIsMeant(ctx, events)
	if err != nil {
		return nil, err
	}

	ix.mu.Lock()
	defer ix.mu.Unlock()
	c := ix.newChangeLocked()
	if err := c.knowLocked(ctx, meant); err != nil {
		return nil, err
	}
	for i := range events {
		if meant.persons[i] == 0 {
			meant.persons[i] = c.person(events[i].Who, !ix.closed)
		}
		if meant.persons[i] == 0 {
			cells[i] = nil // of somebody who is not there nothing is kept
		}
	}
	settle, err := c.numberLocked(ctx, cells)
	if err != nil {
		return nil, err
	}
	c.writes.Acts = make([]driver.Act, 0, len(events))
	var accounts []parterre.ID
	for i, at := range cells {
		if at != nil {
			c.take(&events[i], at, meant.persons[i])
			if account := at.facet.place.Account; !slices.Contains(accounts, account) {
				accounts = append(accounts, account)
			}
		}
	}
	c.seeLocked(seen)
	c.countLocked(events, meant.persons)
	c.drawLocked(sent)
	durable, err = c.commitLocked(ctx)
	if err != nil {
		ix.forgetWrittenLocked()
		return nil, err
	}
	settle()
	ix.revisions.happened(accounts...) // after the change is visible: who counts now counts it
	return durable, nil
}

// take notes an event of a person in all the rolls that it belongs to.
func (c *change) take(e *parterre.Event, at *cell, p parterre.PersonID) {
	facet, page := c.ids(at)
	c.writes.Acts = append(c.writes.Acts, driver.Act{Page: page, Facet: facet, Person: p, Stamp: e.At})
	hasData := len(e.Facet.Data.Fields) > 0 || len(e.Facet.Data.Items) > 0
	if hasData {
		c.writes.Rows = append(c.writes.Rows, driver.Row{Facet: facet, Row: row.Row{
			Person: p, Stamp: e.At, Page: uint32(page), Data: e.Facet.Data,
		}})
	}
	c.ix.catchUpLocked(at)
	move := func(s *standing) { c.move(s.roll, p, e.At) }
	at.facet.each(&e.Facet.Data, move)
	at.each(&e.Facet.Data, move)
}

func (c *change) move(id driver.RollID, p parterre.PersonID, s parterre.Stamp) {
	c.writes.Moves = append(c.writes.Moves, driver.Move{Roll: id, Person: p, Stamp: s})
}

func facetRoll(id driver.FacetID) driver.RollID {
	return driver.RollID{Kind: driver.FacetRoll, A: uint64(id)}
}

// meaning is who some events are about, as far as that was known before the lock was taken.
type meaning struct {
	persons []parterre.PersonID   // of each event, 0 when that is not known yet
	ids     []parterre.Identifier // of the events that are not known yet, each once
	found   []parterre.PersonID   // whom they point at
	epoch   uint64                // how many changes had bound identifiers
}

// whoIsMeant looks persons up without the lock. Where all identifiers of an event point at somebody, it is known whom they mean.
func (ix *Index) whoIsMeant(ctx context.Context, events []parterre.Event) (*meaning, error) {
	m := &meaning{persons: make([]parterre.PersonID, len(events)), epoch: ix.epoch.Load()}
	shown := make([]parterre.Identifier, 0, 2*len(events))
	for i := range events {
		shown = append(shown, events[i].Who...)
	}
	remembered := ix.identities.getAll(shown)
	seen := map[parterre.Identifier]bool{}
	var asked []parterre.Identifier
	var places []int // of those among m.ids
	for i := range events {
		who := events[i].Who
		of := remembered[:len(who)]
		remembered = remembered[len(who):]
		if !slices.Contains(of, 0) {
			m.persons[i] = whom(who, func(at int) parterre.PersonID { return of[at] })
			continue
		}
		for at, id := range who {
			if seen[id] {
				continue
			}
			seen[id] = true
			if of[at] == 0 {
				asked, places = append(asked, id), append(places, len(m.ids))
			}
			m.ids, m.found = append(m.ids, id), append(m.found, of[at])
		}
	}
	found, err := ix.d.Persons(ctx, asked)
	if err != nil {
		return nil, parterre.Internalf(err, "look identifiers up")
	}
	for i, at := range places {
		m.found[at] = found[i]
	}
	return m, nil
}
