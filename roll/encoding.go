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
	versionGaps = 1   // of the stored form whose persons are gaps
	frameSize   = 128 // persons in a frame
	crcSize     = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append appends the stored form of a chunk to dst. Below 2,048 persons it is, in this order:
//
//   - the version of the encoding, one byte: 1;
//   - the number of persons, a uvarint;
//   - the persons in frames of 128, the last one shorter. A frame is a series of gaps, and a series of stamps. A gap is how many
//     numbers lie between a person and the one before, or between the first person and the start of the block;
//   - the CRC-32C of everything before, four bytes, little-endian.
//
// A series of values is the smallest of them, a uvarint; and, unless it is the only one, the number of bits that the largest
// difference from the smallest needs, one byte, and then each value's difference in so many bits, low bits first, filled up
// to a whole byte.
//
// From 2,048 persons on it is:
//
//   - the version, one byte: 4;
//   - the number of persons and the smallest stamp, two uvarints;
//   - the number of bits that the largest difference from that stamp needs, one byte;
//   - the persons as bits, low bits first: 8,192 bytes;
//   - the CRC-32C of everything before;
//   - of each 256 persons the differences of their stamps, bit by bit: the lowest bit of each, 32 bytes, the first person's being the
//     lowest of the first byte; then the next bit of each; and so on. The last persons are filled up to 256 with zeros;
//   - the CRC-32C of these.
func Append(dst []byte, c Chunk) []byte {
	if c.Len() >= bitsFrom {
		return appendBits(dst, c)
	}
	start := len(dst)
	dst = binary.AppendUvarint(append(dst, versionGaps), uint64(c.Len()))
	next := uint32(0) // the smallest number that the next person can have
	var gaps, stamps [frameSize]uint32
	for from := 0; from < c.Len(); from += frameSize {
		n := min(frameSize, c.Len()-from)
		for i, low := range c.lows[from : from+n] {
			gaps[i] = uint32(low) - next
			next = uint32(low) + 1
		}
		dst = appendSeries(dst, gaps[:n])
		for i, s := range c.stamps[from : from+n] {
			stamps[i] = uint32(s)
		}
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
	if isBits(b) {
		f, err := openBits(b)
		if err != nil {
			return Chunk{}, err
		}
		return f.chunk()
	}
	r, n, err := open(b, BlockSize, versionGaps)
	if err != nil {
		return Chunk{}, err
	}
	c := r.chunk(n)
	if r.bad || len(r.rest) != crcSize {
		return Chunk{}, errMalformed
	}
	return c, nil
}

// isBits says whether a stored form has persons as bits.
func isBits(b []byte) bool { return len(b) > 0 && b[0] == versionBits }

var errMalformed = fmt.Errorf("%w: malformed persons or stamps", ErrCorrupt)

// checkSum compares a part with its checksum, which stands at the start of stored.
func checkSum(part, stored []byte) error {
	if got, sum := crc32.Checksum(part, castagnoli), binary.LittleEndian.Uint32(stored); got != sum {
		return fmt.Errorf("%w: checksum is %08x, not %08x", ErrCorrupt, got, sum)
	}
	return nil
}

// open checks a stored form of one checksum as far as the number of persons, and gives what comes behind it.
func open(b []byte, most uint64, version byte) (r reader, n int, err error) {
	if len(b) < crcSize {
		return r, 0, fmt.Errorf("%w: %d bytes are too few", ErrCorrupt, len(b))
	}
	body := b[:len(b)-crcSize]
	if err := checkSum(body, b[len(body):]); err != nil {
		return r, 0, err
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

// reader takes a stored form apart. Once bad, it stays so, and what it gives means nothing.
type reader struct {
	rest []byte // with the checksum at its end
	bad  bool
}

// chunk reads n persons in frames of gaps and stamps.
func (r *reader) chunk(n int) Chunk {
	if n == 0 {
		return Chunk{}
	}
	c := Chunk{make([]uint16, n), make([]parterre.Stamp, n)}
	next := uint64(0)
	var f frame
	for from := 0; from < n; from += frameSize {
		k := min(frameSize, n-from)
		gaps := r.gaps(k, &f.room)
		r.series(f.stamps[:k], 1, &f.stampRoom)
		if r.bad {
			return Chunk{}
		}
		gaps.unpack(f.gaps[:k])
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
	gaps, stamps    [frameSize]uint32
	room, stampRoom packed
}

// packed are the bytes of the longest series, and as many more as are read with the last value.
type packed [frameSize*32/8 + 8]byte

// series are values that are not unpacked.
type series struct {
	base  uint32
	width uint // at most 32
	from  *packed
}

func (s *series) mask() uint32 { return uint32(uint64(1)<<(s.width&63) - 1) }

// load reads what is at a bit: a value begins in a byte and ends within the eight from it on.
func (s *series) load(at uint) uint64 {
	return binary.LittleEndian.Uint64(s.from[at>>3&(frameSize*32/8-1):]) >> (at & 7)
}

// unpack reads the values.
func (s *series) unpack(values []uint32) {
	width, mask, base, at := s.width, s.mask(), s.base, uint(0)
	for i := range values {
		values[i] = base + uint32(s.load(at))&mask
		at += width
	}
}

// along reads the values as gaps behind a number: where each leads to, of which the lower 32 bits are kept. It gives the number after
// the last one.
func (s *series) along(next uint64, to []uint32) uint64 {
	width, mask, base, at := s.width, s.mask(), s.base, uint(0)
	for i := range to {
		p := next + uint64(base+uint32(s.load(at))&mask)
		at += width
		to[i] = uint32(p)
		next = p + 1
	}
	return next
}

// skip passes over a series of n values, of which none may be below least.
func (r *reader) skip(n int, least uint32) (s series, bytes []byte) {
	s.base = uint32(r.uvarint(math.MaxUint32))
	if n > 1 {
		s.width = r.width()
	}
	size := (n*int(s.width) + 7) / 8
	if r.bad || s.base < least || size > len(r.rest)-crcSize {
		r.bad = true
		return s, nil
	}
	bytes = r.rest
	r.rest = r.rest[size:]
	return s, bytes
}

// packed finds a series of n values, of which none may be below least. It may need room.
func (r *reader) packed(n int, least uint32, room *packed) series {
	s, bytes := r.skip(n, least)
	if len(bytes) >= len(room) {
		s.from = (*packed)(bytes)
	} else {
		copy(room[:], bytes)
		s.from = room
	}
	return s
}

// gaps finds a series of gaps inside a block.
func (r *reader) gaps(n int, room *packed) series {
	s := r.packed(n, 0, room)
	r.bad = r.bad || s.base >= BlockSize || s.width > 16
	return s
}

// series reads len(values) values, of which none may be below least.
func (r *reader) series(values []uint32, least uint32, room *packed) {
	s := r.packed(len(values), least, room)
	if r.bad {
		return
	}
	s.unpack(values)
	if uint64(s.base)+uint64(s.mask()) <= math.MaxUint32 {
		return
	}
	for _, v := range values { // one that is too large begins anew at 0
		r.bad = r.bad || v < s.base
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
