// Package row holds events that said more than their name and place: who, when, on which page, and the data. An order id is
// another one each time, so such events cannot share a roll; they are kept row by row, in blocks that have a column for each
// name of a datum. A rule that asks for data reads the columns that it names, and compares each distinct value once.
//
// The package does no I/O; [Append] and [Parse] are the stored form of a block.
package row

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

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

const (
	version1  = 1
	fixedSize = 12 // bytes of a row outside the columns
	crcSize   = 4
)

// The levels of data: a field is said once in a row, and an item may have several values of a name in a row.
const (
	fieldLevel byte = 1
	itemLevel  byte = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// column collects the values of one name. A code is the place of a value among the distinct ones, counted from 1; 0 is none.
type column struct {
	level byte
	name  string
	codes []uint32
	known map[string]uint32
	all   []string
}

// Append appends the stored form of rows to dst. It is, in this order, numbers little-endian:
//
//   - the version, one byte: 1; the number of rows, and the number of items in all rows, two uvarints;
//   - of each row person, stamp and page, four bytes each: first all persons, then all stamps, then all pages;
//   - if there are items, how many each row has, four bytes each;
//   - the number of columns, a uvarint, and the columns: the level, one byte (1 a field, 2 an item); the name, and the size
//     of the rest as a uvarint; the number of distinct values, a uvarint, and the values; and for each row, or each item,
//     the place of its value, counted from 1, or 0, in as many bytes as the largest needs: 1, 2 or 4;
//   - the CRC-32C of everything before, four bytes.
//
// Names and values are a uvarint, the length, and their bytes.
func Append(dst []byte, rows []Row) []byte {
	begin := len(dst)
	items := 0
	for i := range rows {
		items += len(rows[i].Data.Items)
	}
	dst = append(dst, version1)
	dst = binary.AppendUvarint(dst, uint64(len(rows)))
	dst = binary.AppendUvarint(dst, uint64(items))
	for i := range rows {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(rows[i].Person))
	}
	for i := range rows {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(rows[i].Stamp))
	}
	for i := range rows {
		dst = binary.LittleEndian.AppendUint32(dst, rows[i].Page)
	}
	if items > 0 {
		for i := range rows {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(len(rows[i].Data.Items)))
		}
	}
	columns := columnsOf(rows, items)
	dst = binary.AppendUvarint(dst, uint64(len(columns)))
	var body []byte
	for _, c := range columns {
		dst = appendText(append(dst, c.level), c.name)
		body = c.append(body[:0])
		dst = binary.AppendUvarint(dst, uint64(len(body)))
		dst = append(dst, body...)
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begin:], castagnoli))
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// columnsOf puts the data of rows into columns, sorted by level and name, so that equal rows have equal forms.
func columnsOf(rows []Row, items int) []*column {
	found := map[byte]map[string]*column{fieldLevel: {}, itemLevel: {}}
	put := func(level byte, d parterre.Datum, at, length int) {
		c := found[level][d.Name]
		if c == nil {
			c = &column{level: level, name: d.Name, codes: make([]uint32, length), known: map[string]uint32{}}
			found[level][d.Name] = c
		}
		code := c.known[d.Value]
		if code == 0 {
			c.all = append(c.all, d.Value)
			code = uint32(len(c.all))
			c.known[d.Value] = code
		}
		c.codes[at] = code
	}
	item := 0
	for i := range rows {
		for _, d := range rows[i].Data.Fields {
			put(fieldLevel, d, i, len(rows))
		}
		for _, fields := range rows[i].Data.Items {
			for _, d := range fields {
				put(itemLevel, d, item, items)
			}
			item++
		}
	}
	var all []*column
	for _, level := range []byte{fieldLevel, itemLevel} {
		var some []*column
		for _, c := range found[level] {
			some = append(some, c)
		}
		slices.SortFunc(some, func(a, b *column) int { return strings.Compare(a.name, b.name) })
		all = append(all, some...)
	}
	return all
}

// width is how many bytes a code takes when so many values are distinct.
func width(values int) int {
	switch {
	case values < 1<<8:
		return 1
	case values < 1<<16:
		return 2
	}
	return 4
}

func (c *column) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(c.all)))
	for _, v := range c.all {
		dst = appendText(dst, v)
	}
	for _, code := range c.codes {
		switch width(len(c.all)) {
		case 1:
			dst = append(dst, byte(code))
		case 2:
			dst = binary.LittleEndian.AppendUint16(dst, uint16(code))
		default:
			dst = binary.LittleEndian.AppendUint32(dst, code)
		}
	}
	return dst
}

// Block is a stored block that is being read. It refers to the bytes that it was parsed from.
type Block struct {
	n       int
	fixed   []byte // persons, stamps, pages
	counts  []byte // of items, empty when there are none
	items   int
	columns []stored
}

// stored is a column as it stands.
type stored struct {
	level byte
	name  []byte
	body  []byte
}

// Parse finds its way through the stored form of a block. It refuses bytes that were changed or cut off with an error that
// wraps [ErrCorrupt].
func Parse(b []byte) (Block, error) {
	if len(b) < crcSize+1 {
		return Block{}, fmt.Errorf("%w: %d bytes are too few", ErrCorrupt, len(b))
	}
	body, sum := b[:len(b)-crcSize], binary.LittleEndian.Uint32(b[len(b)-crcSize:])
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return Block{}, fmt.Errorf("%w: checksum is %08x, not %08x", ErrCorrupt, got, sum)
	}
	if body[0] != version1 {
		return Block{}, fmt.Errorf("%w: unknown version", ErrCorrupt)
	}
	r := reader{rest: body[1:]}
	var k Block
	k.n = r.count()
	k.items = r.count()
	k.fixed = r.take(k.n * fixedSize)
	if k.items > 0 {
		k.counts = r.take(k.n * 4)
	}
	for range r.count() {
		level := r.take(1)
		c := stored{name: r.text()}
		c.body = r.take(r.count())
		if r.bad {
			break
		}
		c.level = level[0]
		k.columns = append(k.columns, c)
	}
	if r.bad || len(r.rest) > 0 {
		return Block{}, fmt.Errorf("%w: malformed", ErrCorrupt)
	}
	return k, nil
}

// reader takes a block apart. Once bad, it stays so.
type reader struct {
	rest []byte
	bad  bool
}

// count reads a number of things of which each takes a byte at least.
func (r *reader) count() int {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.bad, r.rest = true, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) text() []byte { return r.take(r.count()) }

// Len is how many rows there are.
func (k *Block) Len() int { return k.n }

// Person is the person of the i-th row, counted from 0.
func (k *Block) Person(i int) parterre.PersonID {
	return parterre.PersonID(binary.LittleEndian.Uint32(k.fixed[4*i:]))
}

// Stamp is the moment of the i-th row.
func (k *Block) Stamp(i int) parterre.Stamp {
	return parterre.Stamp(binary.LittleEndian.Uint32(k.fixed[4*(k.n+i):]))
}

// Page is the number of the i-th row's URL.
func (k *Block) Page(i int) uint32 { return binary.LittleEndian.Uint32(k.fixed[4*(2*k.n+i):]) }
