package index

import (
	"context"
	"math"
	"math/bits"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// How many different events an ad account had is counted by a sketch for each day (HyperLogLog: Flajolet, Fusy, Gandouet,
// Meunier, 2007). A sketch is a roll: what is in it are registers, and the stamp of a register is the highest rank that a key
// had in it. Registers merge by taking the larger rank, so an event that comes twice counts once, by whichever way, and the
// sketches of several days merge into the sketch of all of them: an event counts once there as well. docs/adr/0018 has more.

const (
	registerBits = 14
	registers    = 1 << registerBits // a standard error of 0.8%
	highestRank  = 64 - registerBits + 1
	secondsADay  = 86_400
)

// mostSketches is how many sketches are remembered at most: 16 KiB each.
const mostSketches = 256

// sketch is the ranks of a sketch's registers.
type sketch [registers]uint8

// sketchOf names a sketch: the ad account, and the day, counted from 1970.
type sketchOf struct {
	account parterre.ID
	day     uint16
}

func countRoll(account parterre.ID) driver.RollID {
	return driver.RollID{Kind: driver.EventCount, A: uint64(account)}
}

// placeOf is where a key counts: the register by its lower bits, the rank by the zeros above them.
func placeOf(key uint64) (register uint16, rank uint8) {
	return uint16(key % registers), uint8(min(highestRank, 1+bits.TrailingZeros64(key>>registerBits)))
}

// countLocked counts the events of persons, those whose rank is not known to be written. Unless the change is committed, that
// has to be forgotten afterwards.
func (c *change) countLocked(events []parterre.Event, persons []parterre.PersonID) {
	var of sketchOf
	var known *sketch
	for i := range events {
		e := &events[i]
		if e.Key == 0 || persons[i] == 0 || e.Facet.Kind != parterre.Conversion {
			continue
		}
		if day := uint16(e.At / secondsADay); known == nil || of.day != day || of.account != e.Facet.Account {
			of = sketchOf{e.Facet.Account, day}
			known = c.ix.sketchLocked(of)
		}
		if register, rank := placeOf(e.Key); known[register] < rank {
			known[register] = rank
			c.merge(countRoll(of.account), roll.Person(of.day, register), parterre.Stamp(rank))
		}
	}
}

// sketchLocked is what is known to be written of a sketch; at first, nothing.
func (ix *Index) sketchLocked(of sketchOf) *sketch {
	if s := ix.mu.counted[of]; s != nil {
		return s
	}
	if ix.mu.counted == nil || len(ix.mu.counted) >= mostSketches {
		ix.mu.counted = map[sketchOf]*sketch{}
	}
	s := new(sketch)
	ix.mu.counted[of] = s
	return s
}

// DayCount is how many different events an ad account had on a day.
type DayCount struct {
	Day    int // counted from 1970, in UTC
	Events int
}

// CountEvents counts the different events of an ad account on the days from first to last, and all of them together, where an
// event that was sent on two days counts once. The numbers are estimates with a standard error of 0.8%; docs/adr/0018 says how
// often small ones are exact. Days without events are left out.
func (ix *Index) CountEvents(ctx context.Context, account parterre.ID, first, last uint16) (days []DayCount, all int, err error) {
	var total sketch
	for day := int(first); day <= int(last); day++ {
		c, err := ix.chunk(ctx, countRoll(account), uint16(day))
		if err != nil {
			return nil, 0, err
		}
		if c.Len() == 0 {
			continue
		}
		var s sketch
		for i := range c.Len() {
			register, stamp := c.At(i)
			rank := uint8(min(stamp, highestRank))
			register %= registers
			s[register], total[register] = rank, max(total[register], rank)
		}
		days = append(days, DayCount{day, s.estimate()})
	}
	return days, total.estimate(), nil
}

// estimate is how many keys were counted (Ertl, New cardinality estimation algorithms for HyperLogLog sketches, 2017,
// section 4).
func (s *sketch) estimate() int {
	var of [highestRank + 1]float64 // how many registers have each rank
	for _, rank := range s {
		of[rank]++
	}
	if of[0] == registers {
		return 0
	}
	z := registers * tau(1-of[highestRank]/registers)
	for rank := highestRank - 1; rank >= 1; rank-- {
		z = (z + of[rank]) / 2
	}
	z += registers * sigma(of[0]/registers)
	return int(math.Round(registers * registers / (2 * math.Ln2 * z)))
}

// sigma corrects for registers that nothing came to; x is below 1.
func sigma(x float64) float64 {
	for y, z := 1.0, x; ; {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

// tau corrects for registers that are full.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	for y, z := 1.0, 1-x; ; {
		x = math.Sqrt(x)
		before := z
		y /= 2
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}
