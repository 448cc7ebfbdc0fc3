// Package roll holds rolls as values. A roll maps persons to stamps, and rolls merge by taking the larger stamp, so merging
// is commutative, associative and idempotent: whatever is repeated, reordered or split gives the same roll.
//
// Persons are split by number in blocks of [BlockSize], and everything that this package does is local to one block: a
// [Chunk] is what a roll holds of one block. A customer list is two rolls, and [Count] and [Members] take both: the persons
// added and the persons removed. A [Crowd] is who counts in any of many rolls, over all blocks. The package does no I/O;
// [Append] and [Decode] are the stored form of a chunk.
package roll

import (
	"slices"
	"sort"

	"github.com/parterre/parterre"
)

// BlockSize is how many persons' numbers make a block.
const BlockSize = 1 << 16

// Block is the block of a person.
func Block(p parterre.PersonID) uint16 { return uint16(p >> 16) }

// Low is the number of a person inside their block.
func Low(p parterre.PersonID) uint16 { return uint16(p) }

// Person is the person with the number low inside a block.
func Person(block, low uint16) parterre.PersonID {
	return parterre.PersonID(block)<<16 | parterre.PersonID(low)
}

// Chunk is what a roll holds of one block: persons, each once, with their stamps, ascending by the person's number inside
// the block. Chunks are immutable, so they may be shared and read concurrently. The zero Chunk is empty. No stamp in a chunk
// is 0, because 0 means never.
type Chunk struct {
	lows   []uint16
	stamps []parterre.Stamp // as long as lows
}

// Of makes a chunk from persons and their stamps, in any order and with repetitions, of which the larger stamp wins.
// Stamps of 0 are left out. The two slices have the same length; Of does not keep them.
func Of(lows []uint16, stamps []parterre.Stamp) Chunk {
	if inOrder(lows) && !slices.Contains(stamps, 0) {
		return Chunk{slices.Clone(lows), slices.Clone(stamps)}
	}
	pairs := make([]pair, len(lows))
	for i, low := range lows {
		pairs[i] = pairOf(low, stamps[i])
	}
	return ofPairs(pairs)
}

func inOrder(lows []uint16) bool {
	for i := 1; i < len(lows); i++ {
		if lows[i-1] >= lows[i] {
			return false
		}
	}
	return true
}

// Len is the number of persons.
func (c Chunk) Len() int { return len(c.lows) }

// At is the i-th person, counted from 0, and their stamp.
func (c Chunk) At(i int) (low uint16, s parterre.Stamp) { return c.lows[i], c.stamps[i] }

// Stamp is the stamp of a person, 0 when they are not in the chunk.
func (c Chunk) Stamp(low uint16) parterre.Stamp {
	i := sort.Search(len(c.lows), func(i int) bool { return c.lows[i] >= low })
	if i == len(c.lows) || c.lows[i] != low {
		return 0
	}
	return c.stamps[i]
}

// Max is the largest stamp, 0 when the chunk is empty.
func (c Chunk) Max() parterre.Stamp {
	var most parterre.Stamp
	for _, s := range c.stamps {
		most = max(most, s)
	}
	return most
}

// push adds a person after all others. It is used only while a chunk is being made.
func (c *Chunk) push(low uint16, s parterre.Stamp) {
	c.lows = append(c.lows, low)
	c.stamps = append(c.stamps, s)
}

// room is an empty chunk with room for n persons.
func room(n int) Chunk {
	return Chunk{make([]uint16, 0, n), make([]parterre.Stamp, 0, n)}
}

// pair is a person and a stamp in one number, which sorts by person and then by stamp.
type pair uint64

func pairOf(low uint16, s parterre.Stamp) pair { return pair(low)<<32 | pair(s) }

func (p pair) low() uint16           { return uint16(p >> 32) }
func (p pair) stamp() parterre.Stamp { return parterre.Stamp(p) }

// ofPairs makes a chunk of pairs in any order, with repetitions. It sorts the pairs where they are.
func ofPairs(pairs []pair) Chunk {
	if len(pairs) == 0 {
		return Chunk{}
	}
	slices.Sort(pairs)
	c := room(len(pairs))
	for i, p := range pairs {
		last := i+1 == len(pairs) || pairs[i+1].low() != p.low()
		if last && p.stamp() != 0 { // the last of a person's pairs has the largest stamp
			c.push(p.low(), p.stamp())
		}
	}
	return c
}
