package roll

import (
	"math"
	"math/bits"
	"sync"

	"github.com/parterre/parterre"
)

const (
	wordBits = 64
	// blockWords is how many words the persons of a block take, a bit each.
	blockWords = BlockSize / wordBits
)

// Crowd is who has a stamp that counts in any of the rolls that were added: a bit for each person. It takes the stored form of
// rolls as it is, and looks at stamps only where some of them do not count. Make one with [NewCrowd]. It is not safe for
// concurrent use. Whoever frees it saves the next one the making of its memory.
type Crowd struct {
	since  parterre.Stamp
	oldest parterre.Stamp // the smallest that counted, math.MaxUint32 when none did
	pieces []*piece       // of so many blocks each, nil where nobody was added
}

// pieceBlocks is how many blocks have their memory in one piece: few, so that a person with a large number does not cost much, and
// not one, because finding a piece costs more than setting a bit.
const (
	pieceBlocks = 32
	pieceSize   = pieceBlocks * BlockSize
)

// piece is the memory of some blocks: a bit for each person. Where nobody was added, all bits are 0.
type piece struct {
	bits  [pieceSize / wordBits]uint64
	added [pieceBlocks]bool // to which blocks somebody may have been added
}

// freePieces keeps those that are not used: they are large, and several are needed for each question.
var freePieces = sync.Pool{New: func() any { return new(piece) }}

// words are the persons of a block as bits, low bits first.
type words [blockWords]uint64

// NewCrowd makes an empty crowd, for which the stamps count that are since or later. A stamp of 0 means never, and does not
// count whatever since is.
func NewCrowd(since parterre.Stamp) *Crowd {
	return &Crowd{since: max(since, 1), oldest: math.MaxUint32}
}

// Since is the smallest stamp that counts; at least 1.
func (c *Crowd) Since() parterre.Stamp { return c.since }

// Count is how many persons there are.
func (c *Crowd) Count() (n int) {
	c.Blocks(func(_ uint16, words []uint64) {
		for _, w := range words {
			n += bits.OnesCount64(w)
		}
	})
	return n
}

// Oldest is the smallest stamp that was added and counts, 0 when there is none. The largest stamp of everybody is that or later,
// so nobody leaves before since passes it.
func (c *Crowd) Oldest() parterre.Stamp {
	if c.oldest == math.MaxUint32 && c.Count() == 0 {
		return 0
	}
	return c.oldest
}

// Blocks yields the persons block by block, ascending, as bits, 64 to a word, low bits first. They belong to the crowd.
func (c *Crowd) Blocks(yield func(block uint16, words []uint64)) {
	for i, p := range c.pieces {
		if p == nil {
			continue
		}
		for j, added := range p.added {
			if added {
				yield(uint16(i*pieceBlocks+j), p.bits[j*blockWords:][:blockWords])
			}
		}
	}
}

// Persons yields the persons in ascending order.
func (c *Crowd) Persons(yield func(p parterre.PersonID)) {
	c.Blocks(func(block uint16, words []uint64) {
		for i, w := range words {
			for ; w != 0; w &= w - 1 {
				yield(Person(block, uint16(i*wordBits+bits.TrailingZeros64(w))))
			}
		}
	})
}

// AddPerson adds a person, if the stamp counts.
func (c *Crowd) AddPerson(p parterre.PersonID, s parterre.Stamp) {
	if s >= c.since {
		c.block(Block(p))[Low(p)/wordBits] |= 1 << (p % wordBits)
		c.oldest = min(c.oldest, s)
	}
}

// AddPairs adds pairs, which need not be compact.
func (c *Crowd) AddPairs(pairs []Pair) {
	for _, p := range pairs {
		c.AddPerson(p.Person(), p.Stamp())
	}
}

// AddWords adds neighbours: those from first on, which lies on a multiple of 64, as bits, low bits first, and the smallest of
// their stamps, which counts. They are all of one block.
func (c *Crowd) AddWords(first parterre.PersonID, words []uint64, oldest parterre.Stamp) {
	to := c.block(Block(first))[Low(first)/wordBits:]
	for i, w := range words {
		to[i] |= w
	}
	c.oldest = min(c.oldest, oldest)
}

// Merge adds those of another crowd for which the same stamps count. The other one stays as it is.
func (c *Crowd) Merge(other *Crowd) {
	other.Blocks(func(block uint16, words []uint64) {
		to := c.block(block)
		for i, w := range words {
			to[i] |= w
		}
	})
	c.oldest = min(c.oldest, other.oldest)
}

// Free gives the memory back. Nobody uses the crowd afterwards, nor what [Crowd.Blocks] gave.
func (c *Crowd) Free() {
	c.Blocks(func(_ uint16, words []uint64) { clear(words) })
	for _, p := range c.pieces {
		if p != nil {
			p.added = [pieceBlocks]bool{}
			freePieces.Put(p)
		}
	}
	c.pieces = nil
}

// block is the room of one block.
func (c *Crowd) block(block uint16) *words {
	p := c.piece(uint32(block) / pieceBlocks)
	p.added[block%pieceBlocks] = true
	return (*words)(p.bits[int(block)%pieceBlocks*blockWords:])
}

// piece is one piece.
func (c *Crowd) piece(i uint32) *piece {
	if grow := int(i) + 1 - len(c.pieces); grow > 0 {
		c.pieces = append(c.pieces, make([]*piece, grow)...)
	}
	if c.pieces[i] == nil {
		c.pieces[i] = freePieces.Get().(*piece)
	}
	return c.pieces[i]
}

// AddEncoded adds a chunk of a block by its stored form. It refuses bytes that were changed or cut off with an error that wraps
// [ErrCorrupt], as far as it has to read them: where the smallest of many stamps counts, it does not look at the others. Some
// persons may have been added then. It does not keep b.
func (c *Crowd) AddEncoded(block uint16, b []byte) error {
	if isBits(b) {
		return c.addBits(block, b)
	}
	r, n, err := open(b, BlockSize, versionGaps)
	if err != nil {
		return err
	}
	c.addFrames(c.block(block), &r, n)
	if r.bad || len(r.rest) != crcSize {
		return errMalformed
	}
	return nil
}

// addFrames adds a chunk whose persons are stored as gaps.
func (c *Crowd) addFrames(into *words, r *reader, n int) {
	next := uint32(0)
	var f frame
	for from := 0; from < n && !r.bad; from += frameSize {
		k := min(frameSize, n-from)
		gaps := r.gaps(k, &f.room)
		before := r.rest
		stamps, _ := r.skip(k, 1)
		if r.bad {
			return
		}
		if least := parterre.Stamp(stamps.base); least >= c.since {
			c.oldest = min(c.oldest, least)
			next = mark(into, next, &gaps, k)
		} else {
			r.rest = before
			r.series(f.stamps[:k], 1, &f.stampRoom)
			next = c.markSome(into, next, &gaps, f.stamps[:k])
		}
		r.bad = r.bad || next > BlockSize
	}
}

// mark sets the bits of k persons by their gaps, and gives the number after the last one. Gaps that lead out of the block wrap
// around in it, and the number tells.
func mark(into *words, next uint32, gaps *series, k int) uint32 {
	at, width, mask, base := uint(0), gaps.width, gaps.mask(), gaps.base
	far := uint32(0)
	for range k {
		low := next + base + uint32(gaps.load(at))&mask
		at += width
		into[low/wordBits%blockWords] |= 1 << (low % wordBits)
		next = low + 1
		far |= low
	}
	if far >= BlockSize {
		return math.MaxUint32
	}
	return next
}

// isSince is 1 when a stamp is since or later, and 0 otherwise, without a branch: which it is cannot be guessed.
func isSince(s, since uint32) uint64 { return ^uint64(int64(s)-int64(since)) >> 63 }

// markSome is mark for those whose stamp counts.
func (c *Crowd) markSome(into *words, next uint32, gaps *series, stamps []uint32) uint32 {
	at, width, mask, base := uint(0), gaps.width, gaps.mask(), gaps.base
	since, oldest, far := uint32(c.since), uint32(c.oldest), uint32(0)
	for _, s := range stamps {
		low := next + base + uint32(gaps.load(at))&mask
		at += width
		counts := isSince(s, since)
		into[low/wordBits%blockWords] |= counts << (low % wordBits)
		oldest = min(oldest, s|uint32(counts-1)) // of those that do not count it is the largest number
		next = low + 1
		far |= low
	}
	c.oldest = parterre.Stamp(oldest)
	if far >= BlockSize {
		return math.MaxUint32
	}
	return next
}

// addBits adds a chunk whose persons are stored as bits.
func (c *Crowd) addBits(block uint16, b []byte) error {
	f, err := openBits(b)
	if err != nil {
		return err
	}
	into := c.block(block)
	if least := parterre.Stamp(f.least); least >= c.since {
		for i := range into {
			into[i] |= f.persons.word(i)
		}
		c.oldest = min(c.oldest, least)
		return nil
	}
	from := uint64(c.since) - uint64(f.least)
	if bits.Len64(from) > f.stamps.width { // so large is none of them
		return nil
	}
	if err := f.check(); err != nil {
		return err
	}
	c.addSomeBits(into, &f, uint32(from))
	return nil
}

// addSomeBits adds those whose stamp is the smallest and from, or later. Who that is comes in the order of the persons, and is put
// where their bits are.
func (c *Crowd) addSomeBits(into *words, f *bitsForm, from uint32) {
	table := deposits()
	var group groupBits
	known, ahead := 0, uint64(0) // words of who counts that were looked at, and what of the last is left
	held := 0                    // how many bits that is
	for i := range into {
		where := f.persons.word(i)
		k := bits.OnesCount64(where)
		what := ahead
		if k > held {
			if known%groupWords == 0 {
				group = c.groupSince(f, known/groupWords, from)
			}
			next := group[known%groupWords]
			known++
			what |= next << held
			ahead = next >> (k - held)
			held += wordBits
		} else {
			ahead >>= k
		}
		held -= k
		if what != 0 {
			into[i] |= deposit(table, what, where)
		}
	}
}

// groupSince says who of a group counts, and remembers the smallest stamp of these. From is 1 at least, so that what the last group is
// filled up with does not count.
func (c *Crowd) groupSince(f *bitsForm, i int, from uint32) groupBits {
	stamps := f.stamps.group(i)
	count := stamps.atLeast(from)
	earlier := count // than what is known to count
	if known := uint32(c.oldest) - f.least; bits.Len32(known) <= f.stamps.width {
		for j, later := range stamps.atLeast(known) {
			earlier[j] &^= later
		}
	}
	if !earlier.none() {
		c.oldest = parterre.Stamp(f.least + stamps.smallest(earlier))
	}
	return count
}

// AddWide adds pairs by their stored form, those whose block lies from first to last. It refuses bytes that were changed or cut
// off with an error that wraps [ErrCorrupt]; some of them may have been added then. It does not keep b.
func (c *Crowd) AddWide(b []byte, first, last uint16) error {
	r, n, err := open(b, math.MaxUint32, wideVersion)
	if err != nil {
		return err
	}
	low, size := uint64(first)*BlockSize, (uint64(last)-uint64(first)+1)*BlockSize
	next := uint64(0)
	var room packed
	for from := 0; from < n && !r.bad; from += frameSize {
		k := min(frameSize, n-from)
		gaps := r.packed(k, 0, &room)
		before := r.rest
		stamps, _ := r.skip(k, 1)
		if r.bad {
			break
		}
		if least := parterre.Stamp(stamps.base); least >= c.since && size == everyBlock {
			c.oldest = min(c.oldest, least)
			next = c.markWide(next, &gaps, k)
		} else {
			r.rest = before
			var f frame
			r.series(f.stamps[:k], 1, &f.stampRoom)
			next = c.markSomeWide(next, &gaps, f.stamps[:k], low, size)
		}
		r.bad = r.bad || next > math.MaxUint32+1 // they only grow, so the last one tells
	}
	if r.bad || len(r.rest) != crcSize {
		return errMalformed
	}
	return nil
}

// everyBlock is how many persons all blocks have.
const everyBlock = 1 << 32

// markWide sets the bits of k persons of any block by their gaps, and gives the number after the last one.
func (c *Crowd) markWide(next uint64, gaps *series, k int) uint64 {
	var room [frameSize]uint32
	persons := room[:k]
	next = gaps.along(next, persons)
	if next > everyBlock {
		return next
	}
	for len(persons) > 0 {
		i := persons[0] / pieceSize
		p := c.piece(i)
		n := p.set(i, persons)
		for block := persons[0] / BlockSize; block <= persons[n-1]/BlockSize; block++ {
			p.added[block%pieceBlocks] = true
		}
		persons = persons[n:]
	}
	return next
}

// set sets the bits of the first of some persons, who ascend, up to the first who is not in this piece. It says how many they are.
func (p *piece) set(i uint32, persons []uint32) int {
	for n, person := range persons {
		if person/pieceSize != i {
			return n
		}
		p.bits[person%pieceSize/wordBits] |= 1 << (person % wordBits)
	}
	return len(persons)
}

// markSomeWide is markWide for those whose stamp counts, and who are among size persons from low on.
func (c *Crowd) markSomeWide(next uint64, gaps *series, stamps []uint32, low, size uint64) uint64 {
	at, width, mask, base := uint(0), gaps.width, uint64(gaps.mask()), uint64(gaps.base)
	since, oldest := uint32(c.since), uint32(c.oldest)
	for _, s := range stamps {
		p := next + base + gaps.load(at)&mask
		at += width
		next = p + 1
		if p-low >= size { // below it, too
			continue
		}
		counts := isSince(s, since)
		oldest = min(oldest, s|uint32(counts-1))
		c.block(uint16(p / BlockSize))[p/wordBits%blockWords] |= counts << (p % wordBits)
	}
	c.oldest = parterre.Stamp(oldest)
	return next
}
