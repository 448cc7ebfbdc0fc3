package roll

import (
	"encoding/binary"
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
	r, n, err := open(b, math.MaxUint32, wideVersion)
	if err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, min(n, len(b)))
	next := uint64(0)
	var f frame
	for from := 0; from < n; from += frameSize {
		k := min(frameSize, n-from)
		r.series(f.gaps[:k], 0, &f.room)
		r.series(f.stamps[:k], 1, &f.stampRoom)
		for i, gap := range f.gaps[:k] {
			p := next + uint64(gap)
			dst = append(dst, Pair(p<<32|uint64(f.stamps[i])))
			next = p + 1
		}
		if r.bad || next > math.MaxUint32+1 {
			return dst, errMalformed
		}
	}
	if len(r.rest) != crcSize {
		return dst, errMalformed
	}
	return dst, nil
}

// AddPairs merges pairs, which need not be compact.
func (a *Accumulator) AddPairs(pairs []Pair) {
	for _, p := range pairs {
		if p.Stamp() != 0 {
			a.block(Block(p.Person())).addPerson(Low(p.Person()), p.Stamp())
		}
	}
}

// AddWide merges the stored form of pairs.
func (a *Accumulator) AddWide(b []byte) (err error) {
	if a.room, err = DecodeWide(a.room[:0], b); err == nil {
		a.AddPairs(a.room)
	}
	return err
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
