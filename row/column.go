package row

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"sort"
)

// leafSize is how many bytes a leaf has before another one is begun.
const leafSize = 2048

// columnWriter appends a column. It is leaves of ascending values; then where each leaf ends and how many leaves there are,
// four bytes each, and the CRC-32C of these. A leaf is values and its own CRC-32C, so whoever looks for a value checks the
// leaves that are looked at and no other. All these are four bytes, little-endian. Of a value there is
//
//   - how many bytes it shares with the one before it in the leaf in the low four bits of a byte, and how many follow in the
//     upper four. What is 15 or more is 15, and the rest a uvarint behind the byte, first of the shared ones;
//   - the bytes that follow;
//   - its position, doubled, and one, a uvarint, when it has one alone; else the number of positions, doubled, a uvarint, and
//     the positions in frames of 128, the last one shorter: how many bits a gap takes, one byte, and the gaps in so many
//     bits, low bits first, filled up to a whole byte. A gap is how many numbers lie between a position and the one before.
//
// The position of a field is the number of its row. That of a field of an item is the number of its row, and in the lower
// bits, of which the head says how many, the place of the item in the row.
type columnWriter struct {
	dst   []byte
	begin int
	leaf  int // where it begins
	last  []byte
	ends  []uint32
}

func newColumnWriter(dst []byte) *columnWriter {
	return &columnWriter{dst: dst, begin: len(dst), leaf: len(dst)}
}

// add adds a value, which comes after the last one, and its ascending positions.
func (w *columnWriter) add(value []byte, positions []uint64) {
	if len(w.dst)-w.leaf >= leafSize {
		w.endLeaf()
	}
	shared := 0
	if len(w.dst) > w.leaf {
		for shared < min(len(value), len(w.last)) && value[shared] == w.last[shared] {
			shared++
		}
	}
	more := len(value) - shared
	w.dst = append(w.dst, byte(min(shared, 15)|min(more, 15)<<4))
	for _, n := range [2]int{shared, more} {
		if n >= 15 {
			w.dst = binary.AppendUvarint(w.dst, uint64(n-15))
		}
	}
	w.dst = append(w.dst, value[shared:]...)
	w.last = append(w.last[:shared], value[shared:]...)
	w.positions(positions)
}

func (w *columnWriter) positions(positions []uint64) {
	if len(positions) == 1 {
		w.dst = binary.AppendUvarint(w.dst, positions[0]<<1|1)
		return
	}
	w.dst = binary.AppendUvarint(w.dst, uint64(len(positions))<<1)
	next := uint64(0) // the smallest that the next position can be
	var gaps [frameRows]uint64
	for len(positions) > 0 {
		n, all := min(frameRows, len(positions)), uint64(0)
		for i, p := range positions[:n] {
			gaps[i] = p - next
			all |= gaps[i]
			next = p + 1
		}
		width := uint(bits.Len64(all))
		p := packer{dst: append(w.dst, byte(width))}
		for _, g := range gaps[:n] {
			p.put(g, width)
		}
		w.dst, positions = p.end(), positions[n:]
	}
}

func (w *columnWriter) endLeaf() {
	w.dst = appendSum(w.dst, w.leaf)
	w.leaf = len(w.dst)
	w.ends = append(w.ends, uint32(w.leaf-w.begin))
}

// end ends the column.
func (w *columnWriter) end() []byte {
	if len(w.dst) > w.leaf {
		w.endLeaf()
	}
	begin := len(w.dst)
	for _, end := range w.ends {
		w.dst = binary.LittleEndian.AppendUint32(w.dst, end)
	}
	w.dst = binary.LittleEndian.AppendUint32(w.dst, uint32(len(w.ends)))
	return appendSum(w.dst, begin)
}

// column is a stored column that is being read.
type column struct {
	leaves []byte
	ends   []byte
	limit  uint64 // no position is so large
}

func parseColumn(b []byte, limit uint64) (column, error) {
	bad := fmt.Errorf("%w: malformed column", ErrCorrupt)
	if len(b) < 4+crcSize {
		return column{}, bad
	}
	n := uint64(binary.LittleEndian.Uint32(b[len(b)-4-crcSize:]))
	size := 4*n + 4 + crcSize
	if size > uint64(len(b)) {
		return column{}, bad
	}
	leaves, tail := b[:uint64(len(b))-size], b[uint64(len(b))-size:]
	if _, err := checked(tail); err != nil {
		return column{}, err
	}
	return column{leaves, tail[:4*n], limit}, nil
}

func (c *column) len() int { return len(c.ends) / 4 }

// leaf gives the values of a leaf, when they are what was written.
func (c *column) leaf(i int) ([]byte, error) {
	from := uint32(0)
	if i > 0 {
		from = binary.LittleEndian.Uint32(c.ends[4*(i-1):])
	}
	to := binary.LittleEndian.Uint32(c.ends[4*i:])
	if from > to || uint64(to) > uint64(len(c.leaves)) {
		return nil, fmt.Errorf("%w: malformed column", ErrCorrupt)
	}
	return checked(c.leaves[from:to])
}

// find appends the positions of a value.
func (c *column) find(dst []uint64, value string) ([]uint64, error) {
	want := []byte(value)
	var failed error
	n := sort.Search(c.len(), func(i int) bool { // the first leaf that begins behind the value
		leaf, err := c.leaf(i)
		if err != nil {
			failed = err
			return true
		}
		r := valueReader{reader: reader{rest: leaf}, limit: c.limit}
		if !r.next() {
			failed = r.err()
		}
		return bytes.Compare(r.value, want) > 0
	})
	if failed != nil || n == 0 {
		return dst, failed
	}
	leaf, err := c.leaf(n - 1)
	if err != nil {
		return dst, err
	}
	r := valueReader{reader: reader{rest: leaf}, limit: c.limit}
	for r.next() {
		switch bytes.Compare(r.value, want) {
		case 0:
			dst = r.positions(dst)
			return dst, r.err()
		case 1:
			return dst, nil
		}
		r.skip()
	}
	return dst, r.err()
}

// valueReader goes through the values of a leaf. After next, positions or skip must be called.
type valueReader struct {
	reader
	value []byte
	limit uint64
}

func (r *valueReader) err() error {
	if r.bad {
		return fmt.Errorf("%w: malformed values", ErrCorrupt)
	}
	return nil
}

func (r *valueReader) next() bool {
	if len(r.rest) == 0 {
		return false
	}
	lengths := r.byte()
	shared, more := int(lengths&15), int(lengths>>4)
	if shared == 15 {
		shared += int(r.number(uint64(len(r.value))))
	}
	if more == 15 {
		more += int(r.number(uint64(len(r.rest))))
	}
	if shared > len(r.value) {
		r.fail()
		return false
	}
	r.value = append(r.value[:shared], r.take(more)...)
	return !r.bad
}

// positions appends the positions of the value.
func (r *valueReader) positions(dst []uint64) []uint64 {
	n := r.number(1<<64 - 1)
	if n&1 == 1 {
		if n >>= 1; n >= r.limit {
			r.fail()
			return dst
		}
		return append(dst, n)
	}
	next := uint64(0)
	for n >>= 1; n > 0 && !r.bad; {
		k := int(min(frameRows, n))
		width, gaps := r.gaps(k)
		if r.bad {
			break
		}
		for i := range k {
			p := next + bitsAt(gaps, uint(i)*width, width)
			if p >= r.limit {
				r.fail()
				return dst
			}
			dst = append(dst, p)
			next = p + 1
		}
		n -= uint64(k)
	}
	return dst
}

func (r *valueReader) skip() {
	n := r.number(1<<64 - 1)
	if n&1 == 1 {
		return
	}
	for n >>= 1; n > 0 && !r.bad; {
		k := min(frameRows, n)
		r.gaps(int(k))
		n -= k
	}
}

// gaps takes a frame of k gaps.
func (r *valueReader) gaps(k int) (width uint, gaps []byte) {
	width = uint(r.byte())
	if width > maxWidth {
		r.fail()
		return 0, nil
	}
	return width, r.take(packedSize(k, width))
}
