package index

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
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

func (ix *Index) ingest(
	ctx context.Context, events []parterre.Event, seen map[sighting]span, sent []draw,
) (durable func() error, err error) {
	keys, bodies := make([]driver.FacetKey, len(events)), make([][]byte, len(events))
	who := make([][]parterre.Identifier, len(events))
	for i := range events {
		bodies[i] = encodeFacet(nil, &events[i].Facet)
		keys[i] = facetKey(events[i].Facet.Account, bodies[i])
		who[i] = events[i].Who
	}

	judged := ix.judge(events, keys)

	ix.mu.Lock()
	defer ix.mu.Unlock()
	c, err := ix.beginLocked(ctx, who)
	if err != nil {
		return nil, err
	}
	persons := make([]parterre.PersonID, len(events))
	for i := range events {
		if persons[i] = c.person(who[i], !ix.closed); persons[i] == 0 {
			bodies[i] = nil // of somebody who is not there nothing is kept
		}
	}
	facets, err := c.facets(ctx, keys, bodies, judged)
	if err != nil {
		return nil, err
	}
	for i, p := range persons {
		if p == 0 {
			continue
		}
		e, entry := &events[i], facets[keys[i]]
		c.merge(facetRoll(entry.id), p, e.At)
		for _, s := range ix.matchesLocked(entry, &e.Facet) {
			c.merge(s.roll, p, e.At)
		}
	}
	c.seeLocked(seen)
	c.countLocked(events, persons)
	c.drawLocked(sent)
	durable, err = c.commitLocked(ctx)
	if err != nil {
		ix.forgetWrittenLocked()
		return nil, err
	}
	for key, entry := range facets {
		ix.mu.facets.put(key, entry)
	}
	return durable, nil
}

// facets finds the number of each facet that has a body, and numbers those that are new. It takes over what was judged.
func (c *change) facets(
	ctx context.Context, keys []driver.FacetKey, bodies [][]byte, judged map[driver.FacetKey]*facetEntry,
) (map[driver.FacetKey]*facetEntry, error) {
	found := make(map[driver.FacetKey]*facetEntry, len(keys))
	var missing []driver.FacetKey
	bodyOf := map[driver.FacetKey][]byte{}
	for i, key := range keys {
		if _, seen := found[key]; seen || bodies[i] == nil {
			continue
		}
		entry := c.ix.mu.facets.get(key)
		if entry == nil {
			entry = &facetEntry{}
			missing = append(missing, key)
			bodyOf[key] = bodies[i]
		}
		if j := judged[key]; j != nil && j.judged > entry.judged {
			entry.judged, entry.matches = j.judged, j.matches
		}
		found[key] = entry
	}
	if uint64(c.tops.Facet)+uint64(len(missing)) > math.MaxUint32 {
		return nil, parterre.Errorf(parterre.Unavailable, "There is no room for more facets: 2^32 - 1 are the most")
	}
	stored, err := c.ix.d.Facets(ctx, missing)
	if err != nil {
		return nil, parterre.Internalf(err, "look facets up")
	}
	for i, key := range missing {
		id := stored[i]
		if id == 0 {
			c.tops.Facet++
			id = c.tops.Facet
			c.writes.Facets = append(c.writes.Facets, driver.Facet{Key: key, ID: id, Body: bodyOf[key]})
		}
		found[key].id = id
	}
	return found, nil
}

func facetRoll(id driver.FacetID) driver.RollID {
	return driver.RollID{Kind: driver.FacetRoll, A: uint64(id)}
}

// facetCacheSize is how much each of the cache's two halves holds, counted in facets and in audiences that match them: some
// tens of megabytes in all.
const facetCacheSize = 1 << 18

// facetCache remembers the numbers of facets and the standing audiences that match them. It has two halves: what is used
// moves to the young one, and when that is full it becomes the old one and the old one is dropped.
type facetCache struct {
	young, old map[driver.FacetKey]*facetEntry
	held       int // by the young half
	size       int // of a half; facetCacheSize when 0
}

// facetEntry is what the cache knows of a facet.
type facetEntry struct {
	id      driver.FacetID
	judged  uint64      // the registration up to which standing audiences were matched against it
	matches []*standing // those that match
}

func (c *facetCache) get(key driver.FacetKey) *facetEntry {
	if e := c.young[key]; e != nil {
		return e
	}
	return c.old[key]
}

// forget drops what is known of a facet that is no more.
func (c *facetCache) forget(key driver.FacetKey) {
	delete(c.young, key)
	delete(c.old, key)
}

func (c *facetCache) put(key driver.FacetKey, e *facetEntry) {
	if c.young[key] == e {
		return
	}
	if c.young == nil || c.held >= cmp.Or(c.size, facetCacheSize) {
		c.old, c.young, c.held = c.young, map[driver.FacetKey]*facetEntry{}, 0
	}
	c.young[key] = e
	c.held += 1 + len(e.matches)
}
