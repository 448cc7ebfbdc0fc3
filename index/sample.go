package index

import (
	"context"
	"math/bits"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// What the events of an ad account came with is answered from a sample of them, which is a roll. Each platform and ingestion
// source has one; a block of it is an event name on a day, and a "person" in a block is one of 2^14 registers. The key of an
// event says into which register it goes, and how it ranks there. The stamp begins with the rank, so the larger stamp, which
// wins, is that of the event that ranks highest: which one that is has nothing to do with what it came with. So each register
// holds one event, drawn at random from all the different ones that went there, whichever came first and however often.
//
// A day shares its blocks with the days that lie a multiple of 16 before it. The stamp begins with how many such rounds have
// passed, so a new day takes the place of the old one register by register, and nothing has to be removed when it is old.
//
// docs/adr/0019 weighs this against counters, docs/format/index.md has the bits.

const (
	sampleDays   = 16      // how many days are kept, tomorrow included: events may lie a day ahead
	sampleSize   = 1 << 14 // registers of a block
	rankBits     = 10
	rankFraction = 5 // of them, behind the point
	roundBits    = 32 - rankBits - parterre.NumComponents
)

// LongestSample is how many whole days before today a sample reaches back.
const LongestSample = sampleDays - 2

// draw is an event that takes part in the drawing of a sample.
type draw struct {
	roll  driver.RollID
	place parterre.PersonID
	stamp parterre.Stamp
}

// draws are those of the events that have a key and a platform.
func draws(events []parterre.Event) []draw {
	var all []draw
	for i := range events {
		e := &events[i]
		from := slices.Index(parterre.IngestionSources, e.Facet.Ingestion)
		if e.Key == 0 || e.Sent.Platform == 0 || from < 0 {
			continue
		}
		if all == nil {
			all = make([]draw, 0, len(events)-i)
		}
		day, register := e.At/secondsADay, uint16(e.Key%sampleSize)
		all = append(all, draw{
			roll:  sampleRoll(e.Facet.Account, e.Sent.Platform, from),
			place: roll.Person(sampleBlock(parterre.EventNumber(e.Facet.Name), day), register),
			stamp: sampleStamp(day/sampleDays, rankOf(e.Key), e.Sent.Components, register),
		})
	}
	return all
}

// drawLocked lets events take part in the drawing of samples.
func (c *change) drawLocked(all []draw) {
	for _, d := range all {
		c.merge(d.roll, d.place, d.stamp)
	}
}

// sampleRoll names the sample of a platform and an ingestion source, which is told by its place in
// parterre.IngestionSources.
func sampleRoll(account parterre.ID, on parterre.Platform, from int) driver.RollID {
	return driver.RollID{Kind: driver.EventSample, A: uint64(account), B: uint32(on)<<8 | uint32(from+1)} //nolint:gosec // few
}

// sampleRolls are all the samples that an ad account can have.
func sampleRolls(account parterre.ID) (all []driver.RollID) {
	for _, on := range parterre.Platforms {
		for from := range parterre.IngestionSources {
			all = append(all, sampleRoll(account, on, from))
		}
	}
	return all
}

func sampleBlock(name int, day parterre.Stamp) uint16 {
	return uint16(name)*sampleDays + uint16(day%sampleDays) //nolint:gosec // there are few names
}

// sampleStamp puts a stamp together: the round, the rank, and the components behind a mask. The mask makes it a matter of
// chance which of two events of the same rank wins, as it would otherwise be the one that came with more.
func sampleStamp(round parterre.Stamp, rank uint32, has parterre.Components, register uint16) parterre.Stamp {
	low := uint32(has) ^ maskOf(register)
	return round<<(32-roundBits) | parterre.Stamp(rank<<parterre.NumComponents|low)
}

// takeApart undoes sampleStamp.
func takeApart(s parterre.Stamp, register uint16) (round parterre.Stamp, rank uint32, has parterre.Components) {
	low := uint32(s)&(1<<parterre.NumComponents-1) ^ maskOf(register)
	return s >> (32 - roundBits), uint32(s) >> parterre.NumComponents & (1<<rankBits - 1), parterre.Components(low)
}

// maskOf spreads the registers over all masks (multiplicative hashing; Knuth, volume 3, section 6.4).
func maskOf(register uint16) uint32 {
	return uint32(register) * 2_654_435_769 >> (32 - parterre.NumComponents)
}

// rankOf ranks a key by the 32 bits at its top, as a fraction: the smaller it is, the higher the rank. It is kept as a binary
// exponent and the bits behind the leading one, so that any number of events is told apart equally well.
func rankOf(key uint64) uint32 {
	x := uint32(key >> 32) //nolint:gosec // the bits that are wanted
	zeros := min(uint32(bits.LeadingZeros32(x)), 1<<(rankBits-rankFraction)-1)
	behind := x << (zeros + 1) >> (32 - rankFraction)
	return zeros<<rankFraction | (1<<rankFraction - 1 - behind)
}

// fractionOf is about the fraction that had the rank: from 0 to 1.
func fractionOf(rank uint32) float64 {
	behind := 1<<rankFraction - 1 - rank&(1<<rankFraction-1)
	leading := float64(uint64(1) << (rank>>rankFraction + 1))
	return (1 + (float64(behind)+0.5)/(1<<rankFraction)) / leading
}

// Sampled is how many different events of one name came from one platform by one ingestion source, and how many of them came
// with each component. The numbers are estimates: their standard error is below one in a hundred, and that of a share below
// half a point. Some dozens of events a day are nearly always exact.
type Sampled struct {
	Platform  parterre.Platform
	Ingestion parterre.IngestionSource
	Name      string // in the form of events/create; empty for all names that an advertiser made up
	Events    float64
	With      [parterre.NumComponents]float64
}

// Sample tells of the events of an ad account that happened on one of the platforms today, in UTC, or on one of the days
// before it, of which there are LongestSample at most. The order is that of platforms, ingestion sources and event names.
func (ix *Index) Sample(
	ctx context.Context, account parterre.ID, platforms []parterre.Platform, now int64, days int,
) (all []Sampled, err error) {
	today := parterre.Stamp(now / secondsADay) //nolint:gosec // in our century
	for _, on := range platforms {
		for from, source := range parterre.IngestionSources {
			id := sampleRoll(account, on, from)
			var last *Sampled
			err := ix.d.Chunks(ctx, id, func(block uint16, c roll.Chunk) error {
				back := (today - parterre.Stamp(block)) % sampleDays // how long ago the block's day is
				if int(back) > min(days, LongestSample) {
					return nil
				}
				name := parterre.NumberedEvent(int(block / sampleDays))
				if last == nil || last.Name != name {
					all = append(all, Sampled{Platform: on, Ingestion: source, Name: name})
					last = &all[len(all)-1]
				}
				last.add(c, (today-back)/sampleDays)
				return nil
			})
			if err != nil {
				return nil, parterre.Internalf(err, "read the sample %v", id)
			}
		}
	}
	return slices.DeleteFunc(all, func(s Sampled) bool { return s.Events == 0 }), nil
}

// add takes a day in: the registers of a block that are of its round.
//
// A fraction is the least of all that came to its register; among many, that is nearly an exponential variable, which is cut
// off at 1 where nothing came. The number of events follows from the sum (the maximum likelihood of a censored sample).
func (s *Sampled) add(c roll.Chunk, round parterre.Stamp) {
	held, sum := 0, float64(sampleSize)
	var with [parterre.NumComponents]int
	for i := range c.Len() {
		register, stamp := c.At(i)
		r, rank, has := takeApart(stamp, register)
		if r != round {
			continue
		}
		held++
		sum += fractionOf(rank) - 1
		for k := range with {
			if has.Has(parterre.Component(k)) {
				with[k]++
			}
		}
	}
	if held == 0 {
		return
	}
	events := sampleSize * float64(held) / sum
	s.Events += events
	for k, n := range with {
		s.With[k] += events * (float64(n) / float64(held))
	}
}
