package index

import (
	"context"
	"math"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// Of each conversion tag it is kept when it saw an event of each type first and last. Both are rolls: what is in them is a
// type, numbered from 1 by its place in parterre.ConversionTypes, and the stamp of the first moment counts back from the end
// of time, so that the larger stamp is the earlier moment. So events may come late, twice or in any order here as well. What
// moves neither is not written: in the stream of a tag that is one small merge for each second that passes.

// TagEvent is what a conversion tag saw of one type of event. The moments are those of the events, in seconds since 1970.
type TagEvent struct {
	Type        parterre.ConversionType
	First, Last parterre.Stamp
}

// sighting is a type of event that a conversion tag saw.
type sighting struct {
	tag    parterre.ID
	number parterre.PersonID // of the type
}

// span is the time from a first moment to a last one.
type span struct{ first, last parterre.Stamp }

func (s span) with(other span) span {
	return span{min(s.first, other.first), max(s.last, other.last)}
}

// mostSightings is how many sightings are remembered at most: some megabytes.
const mostSightings = 1 << 16

func firstRoll(tag parterre.ID) driver.RollID {
	return driver.RollID{Kind: driver.TagFirst, A: uint64(tag)}
}

func lastRoll(tag parterre.ID) driver.RollID {
	return driver.RollID{Kind: driver.TagLast, A: uint64(tag)}
}

// sightings are what the conversion tags saw that events came by; nil when none came by one.
func sightings(events []parterre.Event) (all map[sighting]span) {
	for i := range events {
		f, at := &events[i].Facet, events[i].At
		if f.Tag == 0 || f.Kind != parterre.Conversion || at == 0 {
			continue
		}
		what, when := sighting{f.Tag, 1 + parterre.PersonID(parterre.ConversionTypeOf(f.Name))}, span{at, at}
		if known, there := all[what]; there {
			when = when.with(known)
		}
		if all == nil {
			all = map[sighting]span{}
		}
		all[what] = when
	}
	return all
}

// seeLocked notes sightings, those that are not known to be written. Unless the change is committed, they have to be
// forgotten afterwards.
func (c *change) seeLocked(all map[sighting]span) {
	for what, when := range all {
		known, there := c.ix.mu.seen[what]
		if there {
			when = when.with(known)
		}
		if there && when == known {
			continue
		}
		c.merge(firstRoll(what.tag), what.number, math.MaxUint32-when.first)
		c.merge(lastRoll(what.tag), what.number, when.last)
		if c.ix.mu.seen == nil || len(c.ix.mu.seen) >= mostSightings {
			c.ix.mu.seen = map[sighting]span{}
		}
		c.ix.mu.seen[what] = when
	}
}

// forgetWrittenLocked forgets what is known to be written, because it may not be: the next events write it again.
func (ix *Index) forgetWrittenLocked() { ix.mu.seen, ix.mu.counted = nil, nil }

// TagEvents gives what a conversion tag saw, in the order of parterre.ConversionTypes; nothing when it saw nothing.
func (ix *Index) TagEvents(ctx context.Context, tag parterre.ID) ([]TagEvent, error) {
	first, err := ix.chunk(ctx, firstRoll(tag), 0)
	if err != nil {
		return nil, err
	}
	last, err := ix.chunk(ctx, lastRoll(tag), 0)
	if err != nil {
		return nil, err
	}
	var all []TagEvent
	for i := range first.Len() {
		number, back := first.At(i)
		if number == 0 || int(number) > len(parterre.ConversionTypes) {
			continue // of a type that a later version knows
		}
		all = append(all, TagEvent{parterre.ConversionTypes[number-1], math.MaxUint32 - back, last.Stamp(number)})
	}
	return all, nil
}
