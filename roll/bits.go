package roll

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"

	"github.com/parterre/parterre"
)

// versionBits is the version of the stored form whose persons are bits. 2 is that of pairs, and 3 was one before this.
const versionBits = 4

// bitsFrom is from how many persons of a block on they are stored as bits: there, gaps take a quarter of the room, and several times as
// long to read.
const bitsFrom = BlockSize / 32

const bitmapBytes = BlockSize / 8

// bitsForm is a stored chunk whose persons are bits. It refers to the stored bytes.
type bitsForm struct {
	n       int
	persons bitmap
	least   uint32 // of all stamps
	stamps  planes // less the smallest, in the order of the persons
}

// bitmap is a bit for each person of a block, low bits first.
type bitmap []byte

func (m bitmap) word(i int) uint64 { return binary.LittleEndian.Uint64(m[i*8:]) }

// appendBits appends the stored form of a chunk that has somebody. See [Append].
func appendBits(dst []byte, c Chunk) []byte {
	start := len(dst)
	least, most := c.stamps[0], c.stamps[0]
	for _, s := range c.stamps {
		least, most = min(least, s), max(most, s)
	}
	width := bits.Len32(uint32(most - least))
	dst = append(dst, versionBits)
	dst = binary.AppendUvarint(dst, uint64(c.Len()))
	dst = binary.AppendUvarint(dst, uint64(least))
	dst = append(dst, byte(width))
	dst = append(dst, make([]byte, bitmapBytes)...)
	persons := dst[len(dst)-bitmapBytes:]
	for _, low := range c.lows {
		persons[low/8] |= 1 << (low % 8)
	}
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
	start = len(dst)
	var group [groupWords][32]uint64
	for from := 0; from < c.Len(); from += groupSize {
		group = [groupWords][32]uint64{}
		for i, s := range c.stamps[from:min(from+groupSize, c.Len())] {
			group[i/wordBits][i%32] |= uint64(s-least) << (i & 32)
		}
		dst = appendPlanes(dst, &group, width)
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// openBits finds its way through a stored form whose persons are bits, and checks all but what check does.
func openBits(b []byte) (f bitsForm, err error) {
	r := reader{rest: b[1:]}
	f.n = int(r.uvarint(BlockSize))
	least := r.uvarint(math.MaxUint32)
	f.least, f.stamps.width = uint32(least), int(r.width())
	if r.bad || least == 0 || len(r.rest) < bitmapBytes+crcSize {
		return f, errMalformed
	}
	f.persons = bitmap(r.rest[:bitmapBytes])
	head := len(b) - len(r.rest) + bitmapBytes
	if err := checkSum(b[:head], b[head:]); err != nil {
		return f, err
	}
	rest := b[head+crcSize:]
	if len(rest) != planesSize(f.n, f.stamps.width)+crcSize {
		return f, errMalformed
	}
	f.stamps.bytes = rest[:len(rest)-crcSize]
	return f, nil
}

// check refuses stamps that were changed, or are not as many as persons. It comes before they are looked at.
func (f *bitsForm) check() error {
	set := 0
	for i := range blockWords {
		set += bits.OnesCount64(f.persons.word(i))
	}
	if set != f.n {
		return errMalformed
	}
	size := len(f.stamps.bytes)
	return checkSum(f.stamps.bytes, f.stamps.bytes[size:size+crcSize])
}

// chunk reads everything.
func (f *bitsForm) chunk() (Chunk, error) {
	if err := f.check(); err != nil {
		return Chunk{}, err
	}
	c := Chunk{make([]uint16, 0, f.n), make([]parterre.Stamp, f.n)}
	for i := range blockWords {
		for w := f.persons.word(i); w != 0; w &= w - 1 {
			c.lows = append(c.lows, uint16(i*wordBits+bits.TrailingZeros64(w)))
		}
	}
	var group [groupWords][32]uint64
	for from := 0; from < f.n; from += groupSize {
		f.stamps.group(from / groupSize).numbers(&group)
		some := c.stamps[from:min(from+groupSize, f.n)]
		for i := range some {
			s := uint64(f.least) + group[i/wordBits][i%32]>>(i&32)&math.MaxUint32
			if s > math.MaxUint32 {
				return Chunk{}, fmt.Errorf("%w: a stamp of %d", ErrCorrupt, s)
			}
			some[i] = parterre.Stamp(s)
		}
	}
	return c, nil
}
