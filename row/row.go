// Package row holds events that said more than their name and place: who, when, on which page, and the data. An order id is
// another one each time, so such events cannot share a roll; they are kept row by row, in blocks. A block has a column for
// each name of a datum, in which the rows are found by value: a rule that asks for data reads a few hundred bytes of the
// columns that it names, and then who the few rows are about. An order id that nobody asks for costs its bytes, and is never
// looked at.
//
// The package does no I/O. A block comes in pieces, which a store keeps apart: [Of] and [Merge] make them, [ParseHead] and
// [Head.Find] read them.
package row

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/parterre/parterre"
)

// ErrCorrupt is in the chain of an error about bytes that are not a stored block.
var ErrCorrupt = errors.New("corrupt block of rows")

// Row is one event of a facet. Rows may be repeated: what counts is the last moment.
type Row struct {
	Person parterre.PersonID
	Stamp  parterre.Stamp
	Page   uint32 // the number of the URL
	Data   parterre.EventData
}

// Has says whether got has every field of want, and for every item of want an item with all its fields.
func Has(want, got *parterre.EventData) bool {
	for _, item := range want.Items {
		if !slices.ContainsFunc(got.Items, func(g []parterre.Datum) bool { return hasAll(item, g) }) {
			return false
		}
	}
	return hasAll(want.Fields, got.Fields)
}

func hasAll(want, got []parterre.Datum) bool {
	for _, d := range want {
		if !slices.Contains(got, d) {
			return false
		}
	}
	return true
}

// Level tells what a piece of a block holds. The numbers are part of the format on disk.
type Level byte

// The levels. A field is said once in a row, and an item may have several values of a name in a row.
const (
	Field   Level = 1 // a column of a field
	Item    Level = 2 // a column of a field of items
	AnyItem Level = 3 // a column of one value, the empty one, which the rows have that have an item
	Who     Level = 4 // person, stamp and page of each row
)

// Piece names a piece of a block. Only columns of fields and of fields of items have a name.
type Piece struct {
	Level Level
	Name  string
}

// Head says what is in a block, and how the other pieces are to be read.
type Head struct {
	Rows   int
	Size   int     // bytes of all pieces
	Pieces []Piece // sorted, so the last one is [Who]

	shift uint      // how many bits the place of an item in its row takes
	who   [3]packed // persons, stamps and pages
}

// Block is a block with all its pieces.
type Block struct {
	Head
	Bodies [][]byte // the stored form of Head.Pieces
}

// Body gives the stored form of a piece of the head.
func (b *Block) Body(p Piece) ([]byte, error) {
	if i := slices.Index(b.Pieces, p); i >= 0 {
		return b.Bodies[i], nil
	}
	return nil, fmt.Errorf("%w: it has no piece %d %q", ErrCorrupt, p.Level, p.Name)
}

const (
	version2 = 2 // version 1 was never released
	crcSize  = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append appends the stored form of a head to dst. Numbers are uvarints:
//
//   - the version, one byte: 2; the number of rows; how many bits the place of an item in its row takes;
//   - of persons, stamps and pages the smallest, and how many bits the largest difference from it needs;
//   - the bytes of all pieces, the number of pieces, and of each the level, one byte, the length of its name, and the name;
//   - the CRC-32C of everything before, four bytes, little-endian.
func (h *Head) Append(dst []byte) []byte {
	begin := len(dst)
	dst = append(dst, version2)
	dst = binary.AppendUvarint(dst, uint64(h.Rows))
	dst = binary.AppendUvarint(dst, uint64(h.shift))
	for _, p := range h.who {
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(p.least)), uint64(p.width))
	}
	dst = binary.AppendUvarint(dst, uint64(h.Size))
	dst = binary.AppendUvarint(dst, uint64(len(h.Pieces)))
	for _, p := range h.Pieces {
		dst = append(binary.AppendUvarint(append(dst, byte(p.Level)), uint64(len(p.Name))), p.Name...)
	}
	return appendSum(dst, begin)
}

// ParseHead undoes Append. It refuses bytes that were changed or cut off with an error that wraps [ErrCorrupt].
func ParseHead(b []byte) (Head, error) {
	body, err := checked(b)
	if err != nil {
		return Head{}, err
	}
	text := string(body) // names are parts of it
	r := reader{rest: body}
	var h Head
	if r.byte() != version2 {
		return Head{}, fmt.Errorf("%w: unknown version", ErrCorrupt)
	}
	h.Rows = int(r.number(maxRows))
	h.shift = uint(r.number(maxShift))
	for i := range h.who {
		h.who[i] = packed{uint32(r.number(1<<32 - 1)), uint(r.number(32))}
	}
	h.Size = int(r.number(1 << 40))
	h.Pieces = make([]Piece, 0, r.number(uint64(len(r.rest))))
	for range cap(h.Pieces) {
		level := Level(r.byte())
		n := r.number(uint64(len(r.rest)))
		at := len(text) - len(r.rest)
		if r.take(int(n)); r.bad {
			break
		}
		h.Pieces = append(h.Pieces, Piece{level, text[at : at+int(n)]})
	}
	if r.bad || len(r.rest) > 0 {
		return Head{}, fmt.Errorf("%w: malformed head", ErrCorrupt)
	}
	return h, nil
}

// What a head may say, so that no sum of it overflows.
const (
	maxRows  = 1 << 28
	maxShift = 28
)

func appendSum(dst []byte, begin int) []byte {
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begin:], castagnoli))
}

// checked gives what stands before a right checksum.
func checked(b []byte) ([]byte, error) {
	n := len(b) - crcSize
	if n < 0 {
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrCorrupt, len(b))
	}
	body, sum := b[:n:n], binary.LittleEndian.Uint32(b[n:])
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return nil, fmt.Errorf("%w: checksum is %08x, not %08x", ErrCorrupt, got, sum)
	}
	return body, nil
}

// reader takes bytes apart. Once bad, it stays so, and there is nothing left to be read.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) fail() { r.bad, r.rest = true, nil }

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) number(most uint64) uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > most {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}
