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
	var values [frameSize]uint64
	for from := 0; from < n; from += frameSize {
		k := min(frameSize, n-from)
		r.series(values[:k], 0)
		for i, gap := range values[:k] {
			low := next + gap
			c.lows[from+i] = uint16(low)
			next = low + 1
		}
		r.bad = r.bad || next > BlockSize // they only grow, so the last one tells
		r.series(values[:k], 1)
		over := uint64(0)
		for i, s := range values[:k] {
			c.stamps[from+i] = parterre.Stamp(s)
			over |= s
		}
		r.bad = r.bad || over > math.MaxUint32
		if r.bad {
			return Chunk{}
		}
	}
	return c
}

// series reads len(values) values, of which none may be below least. Each is below 1<<33.
func (r *reader) series(values []uint64, least uint64) {
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
	packed, mask := r.rest, uint64(1)<<width-1
	r.rest = r.rest[size:]
	var acc uint64  // bits that are not used yet
	held := uint(0) // how many
	for i := range values {
		if held < width {
			// Four bytes at once may reach three bytes too far, but the checksum has four.
			acc |= uint64(binary.LittleEndian.Uint32(packed)) << (held & 63)
			packed = packed[4:]
			held += 32
		}
		values[i] = base + acc&mask
		acc >>= width & 63
		held -= width
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
