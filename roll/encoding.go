package roll

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"

	"github.com/parterre/parterre"
)

// ErrCorrupt is in the chain of an error about bytes that are not an encoded chunk.
var ErrCorrupt = errors.New("corrupt chunk")

const (
	version1  = 1
	frameSize = 128 // persons in a frame
	crcSize   = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append appends the stored form of a chunk to dst. It is, in this order:
//
//   - the version of the encoding, one byte: 1;
//   - the number of persons, a uvarint;
//   - the persons in frames of 128, the last one shorter. A frame is a series of gaps and a series of stamps. A gap is how
//     many numbers lie between a person and the one before, or between the first person and the start of the block;
//   - the CRC-32C of everything before, four bytes, little-endian.
//
// A series of values is the smallest of them, a uvarint; and, unless it is the only one, the number of bits that the largest
// difference from the smallest needs, one byte, and then each value's difference in so many bits, low bits first, filled up
// to a whole byte.
func Append(dst []byte, c Chunk) []byte {
	start := len(dst)
	dst = append(dst, version1)
	dst = binary.AppendUvarint(dst, uint64(c.Len()))
	next := uint32(0) // the smallest number that the next person can have
	var gaps, stamps [frameSize]uint32
	for from := 0; from < c.Len(); from += frameSize {
		n := min(frameSize, c.Len()-from)
		for i, low := range c.lows[from : from+n] {
			gaps[i] = uint32(low) - next
			next = uint32(low) + 1
		}
		for i, s := range c.stamps[from : from+n] {
			stamps[i] = uint32(s)
		}
		dst = appendSeries(dst, gaps[:n])
		dst = appendSeries(dst, stamps[:n])
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

func appendSeries(dst []byte, values []uint32) []byte {
	least, most := values[0], values[0]
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	dst = binary.AppendUvarint(dst, uint64(least))
	if len(values) == 1 {
		return dst
	}
	width := bits.Len32(most - least)
	dst = append(dst, byte(width))
	if width == 0 {
		return dst
	}
	var acc uint64 // bits that are not written yet
	held := 0      // how many
	for _, v := range values {
		acc |= uint64(v-least) << (held & 63)
		held += width
		if held >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(acc))
			acc >>= 32
			held -= 32
		}
	}
	for ; held > 0; held -= 8 {
		dst = append(dst, byte(acc))
		acc >>= 8
	}
	return dst
}

// Decode reads the stored form of a chunk. It refuses bytes that were changed or cut off with an error that wraps
// [ErrCorrupt]. It does not keep b.
func Decode(b []byte) (Chunk, error) {
	r, n, err := open(b, version1, BlockSize)
	if err != nil {
		return Chunk{}, err
	}
	c := r.chunk(n)
	if r.bad || len(r.rest) != crcSize {
		return Chunk{}, fmt.Errorf("%w: malformed persons or stamps", ErrCorrupt)
	}
	return c, nil
}

// reader takes an encoded chunk apart. Once bad, it stays so, and what it gives means nothing.
type reader struct {
	rest []byte // with the checksum at its end
	bad  bool
}

func (r *reader) chunk(n int) Chunk {
	if n == 0 {
		return Chunk{}
	}
	c := Chunk{make([]uint16, n), make([]parterre.Stamp, n)}
	next := uint64(0)
	var f frame
	for from := 0; from < n; from += frameSize {
		k := min(frameSize, n-from)
		r.frame(&f, k)
		lows, stamps := c.lows[from:from+k], c.stamps[from:from+k]
		for i, gap := range f.gaps[:k] {
			low := next + uint64(gap)
			lows[i] = uint16(low)
			next = low + 1
		}
		for i, s := range f.stamps[:k] {
			stamps[i] = parterre.Stamp(s)
		}
		r.bad = r.bad || next > BlockSize // they only grow, so the last one tells
		if r.bad {
			return Chunk{}
		}
	}
	return c
}

// frame is room for a frame that is being read.
type frame struct {
	gaps, stamps [frameSize]uint32
	room         packed
}

// packed are the bytes of the longest series, and as many more as are read with the last value.
type packed [frameSize*32/8 + 8]byte

// frame reads a frame of k persons.
func (r *reader) frame(f *frame, k int) {
	r.series(f.gaps[:k], 0, &f.room)
	r.series(f.stamps[:k], 1, &f.room)
}

// series reads len(values) values, of which none may be below least.
func (r *reader) series(values []uint32, least uint64, room *packed) {
	base := r.uvarint(math.MaxUint32)
	width := uint(0)
	if len(values) > 1 {
		width = r.width()
	}
	size := (len(values)*int(width) + 7) / 8
	if r.bad || base < least || size > len(r.rest)-crcSize {
		r.bad = true
		return
	}
	from := room
	if len(r.rest) >= len(room) {
		from = (*packed)(r.rest)
	} else {
		copy(room[:], r.rest)
	}
	r.rest = r.rest[size:]
	unpack(values, from, uint32(base), width)
	if base+1<<width-1 <= math.MaxUint32 {
		return
	}
	for _, v := range values { // one that is too large begins anew at 0
		r.bad = r.bad || uint64(v) < base
	}
}

// unpack reads values of so many bits, at most 32, to each of which base is added. A value begins in a byte and ends within
// the eight from it on.
func unpack(values []uint32, from *packed, base uint32, width uint) {
	mask := uint32(uint64(1)<<(width&63) - 1)
	at := uint(0)
	for i := range values {
		values[i] = base + uint32(binary.LittleEndian.Uint64(from[at>>3&(frameSize*32/8-1):])>>(at&7))&mask
		at += width
	}
}

func (r *reader) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > most {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) width() uint {
	if len(r.rest) == 0 || r.rest[0] > 32 {
		r.bad = true
		return 0
	}
	w := r.rest[0]
	r.rest = r.rest[1:]
	return uint(w)
}
