package roll

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"

	"github.com/parterre/parterre"
)

// Pair is a person of any block and a stamp in one number, which sorts by person and then by stamp.
type Pair uint64

// PairOf puts a pair together.
func PairOf(p parterre.PersonID, s parterre.Stamp) Pair { return Pair(p)<<32 | Pair(s) }

// Person is the pair's person.
func (p Pair) Person() parterre.PersonID { return parterre.PersonID(p >> 32) }

// Stamp is the pair's stamp.
func (p Pair) Stamp() parterre.Stamp { return parterre.Stamp(p) }

// Compact sorts pairs, and leaves of each person the one with the largest stamp, unless that is 0. It works in place.
func Compact(pairs []Pair) []Pair {
	slices.Sort(pairs)
	kept := pairs[:0]
	for i, p := range pairs {
		if (i+1 == len(pairs) || pairs[i+1].Person() != p.Person()) && p.Stamp() != 0 {
			kept = append(kept, p)
		}
	}
	return kept
}

// wideVersion is the first byte of the stored form of pairs.
const wideVersion = 2

// AppendWide appends the stored form of compact pairs to dst: that of a chunk, with 2 for its version, and with gaps between
// persons that go over all blocks. It suits rolls that have few persons in each block.
func AppendWide(dst []byte, pairs []Pair) []byte {
	start := len(dst)
	dst = append(dst, wideVersion)
	dst = binary.AppendUvarint(dst, uint64(len(pairs)))
	next := uint32(0)
	var gaps, stamps [frameSize]uint32
	for from := 0; from < len(pairs); from += frameSize {
		n := min(frameSize, len(pairs)-from)
		for i, p := range pairs[from : from+n] {
			gaps[i], stamps[i] = uint32(p.Person())-next, uint32(p.Stamp())
			next = uint32(p.Person()) + 1
		}
		dst = appendSeries(dst, gaps[:n])
		dst = appendSeries(dst, stamps[:n])
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// DecodeWide appends the pairs of a stored form to dst. It refuses bytes that were changed or cut off with an error that
// wraps [ErrCorrupt]. It does not keep b.
func DecodeWide(dst []Pair, b []byte) ([]Pair, error) {
	r, n, err := open(b, wideVersion, math.MaxUint32)
	if err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, min(n, len(b)))
	next := uint64(0)
	var f frame
	for from := 0; from < n; from += frameSize {
		k := min(frameSize, n-from)
		r.frame(&f, k)
		for i, gap := range f.gaps[:k] {
			p := next + uint64(gap)
			dst = append(dst, Pair(p<<32|uint64(f.stamps[i])))
			next = p + 1
		}
		if r.bad || next > math.MaxUint32+1 {
			return dst, fmt.Errorf("%w: malformed persons or stamps", ErrCorrupt)
		}
	}
	if len(r.rest) != crcSize {
		return dst, fmt.Errorf("%w: malformed persons or stamps", ErrCorrupt)
	}
	return dst, nil
}

// open checks the stored form of a chunk or of pairs as far as the number of persons.
func open(b []byte, version byte, most uint64) (r reader, n int, err error) {
	if len(b) < crcSize {
		return r, 0, fmt.Errorf("%w: %d bytes are too few", ErrCorrupt, len(b))
	}
	body, sum := b[:len(b)-crcSize], binary.LittleEndian.Uint32(b[len(b)-crcSize:])
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return r, 0, fmt.Errorf("%w: checksum is %08x, not %08x", ErrCorrupt, got, sum)
	}
	if len(body) == 0 || body[0] != version {
		return r, 0, fmt.Errorf("%w: unknown version of the encoding", ErrCorrupt)
	}
	r = reader{rest: b[1:]}
	persons := r.uvarint(most)
	if r.bad {
		return r, 0, fmt.Errorf("%w: bad number of persons", ErrCorrupt)
	}
	return r, int(persons), nil
}

// AddPairs merges pairs, which need not be compact.
func (a *Accumulator) AddPairs(pairs []Pair) {
	for _, p := range pairs {
		if p.Stamp() != 0 {
			a.block(Block(p.Person())).addPerson(Low(p.Person()), p.Stamp())
		}
	}
}

// AddWide merges the stored form of pairs, those whose block lies from first to last. On an error, some of them may have been
// merged.
func (a *Accumulator) AddWide(b []byte, first, last uint16) (err error) {
	a.room, err = DecodeWide(a.room[:0], b)
	if err != nil {
		return err
	}
	pairs := a.room
	if first > 0 || last < math.MaxUint16 {
		from, _ := slices.BinarySearch(pairs, PairOf(Person(first, 0), 0))
		to, _ := slices.BinarySearch(pairs, PairOf(Person(last, math.MaxUint16), math.MaxUint32))
		for to < len(pairs) && Block(pairs[to].Person()) <= last {
			to++
		}
		pairs = pairs[from:to]
	}
	a.AddPairs(pairs)
	return nil
}

// AddGroup merges neighbours: persons by their distance from the first, which lies on a multiple of 256, with their stamps.
func (a *Accumulator) AddGroup(first parterre.PersonID, lows []uint8, stamps []parterre.Stamp) {
	if len(lows) == 0 {
		return
	}
	u := a.block(Block(first))
	if u.dense == nil {
		u.spill()
	}
	base := Low(first)
	for i, low := range lows {
		u.dense.addPerson(base+uint16(low), stamps[i])
	}
}

// AddEncoded merges the stored form of a chunk into a block, without making a chunk of it where the block is dense. On an
// error, a part of it may have been merged.
func (a *Accumulator) AddEncoded(block uint16, b []byte) error {
	r, n, err := open(b, version1, BlockSize)
	if err != nil {
		return err
	}
	u := a.block(block)
	if u.dense == nil {
		if n+len(u.pairs) <= sparse || n > sparse && u.largest.Len() == 0 {
			c, err := Decode(b)
			if err == nil {
				u.add(c)
			}
			return err
		}
		u.spill()
	}
	if !u.dense.decode(&r, n) || len(r.rest) != crcSize {
		return fmt.Errorf("%w: malformed persons or stamps", ErrCorrupt)
	}
	return nil
}

// decode merges the frames of a chunk, and says whether they are sound.
func (d *dense) decode(r *reader, n int) bool {
	next := uint64(0)
	var f frame
	for from := 0; from < n; from += frameSize {
		k := min(frameSize, n-from)
		r.frame(&f, k)
		if r.bad {
			return false
		}
		first := next + uint64(f.gaps[0])
		for i, gap := range f.gaps[:k] {
			low := next + uint64(gap)
			next = low + 1
			to := &d.stamps[uint16(low)]
			*to = max(*to, parterre.Stamp(f.stamps[i]))
		}
		if next > BlockSize { // nobody knows what was touched
			for i := range d.touched {
				d.touched[i] = true
			}
			return false
		}
		for i := first / stretch; i <= (next-1)/stretch; i++ {
			d.touched[i] = true
		}
	}
	return true
}

// Merge merges another accumulator into this one, which stays as it is.
func (a *Accumulator) Merge(other *Accumulator) {
	for block, u := range other.blocks {
		if u == nil {
			continue
		}
		to := a.block(uint16(block))
		if to.dense != nil && u.dense != nil {
			to.dense.merge(u.dense)
			continue
		}
		to.add(u.chunk())
	}
}
