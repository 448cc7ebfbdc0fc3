// Package history holds what persons did, by person. The rolls of pages say of a facet on a page who was there last when; a
// history is the same turned round: of a person, the facets on pages, with the last moment of each. One look at it tells
// which audiences a person is in, and a rule that nearly every event meets is decided by the first line of most persons.
//
// The histories of [GroupSize] persons are a [Part], of which [Append] and [Parse] make and read the stored form. Several
// parts of the same persons say what one says that [Merge] makes of them: the larger stamp wins, in any order, however often.
// The package does no I/O.
package history

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"slices"

	"github.com/parterre/parterre"
)

// ErrCorrupt is in the chain of an error about bytes that are not a stored part.
var ErrCorrupt = errors.New("corrupt histories")

// GroupSize is how many persons' numbers make a group.
const GroupSize = 1 << 8

// Group is the group of a person.
func Group(p parterre.PersonID) uint32 { return uint32(p >> 8) }

// Low is the number of a person inside their group.
func Low(p parterre.PersonID) uint8 { return uint8(p) }

// Cell is a facet on a page: the number of the page ‖ that of the facet.
type Cell uint64

// CellOf puts a cell together.
func CellOf(page, facet uint32) Cell { return Cell(page)<<32 | Cell(facet) }

// Page is the number of the cell's page.
func (c Cell) Page() uint32 { return uint32(c >> 32) }

// Facet is the number of the cell's facet.
func (c Cell) Facet() uint32 { return uint32(c) }

// Line says when a person of a group was in a cell last. Stamps are not 0.
type Line struct {
	Cell  Cell
	Stamp parterre.Stamp
	Low   uint8
}

const (
	version1 = 1
	crcSize  = 4
	padding  = 5 // so that nine bytes can be read at any value: with the checksum
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Compact gives lines in the order in which they are stored: by person, and of each person the latest first. Of the lines of
// a person in one cell it leaves the one with the largest stamp. It leaves its argument as it is.
func Compact(lines []Line) []Line {
	var ends [GroupSize + 1]int // where the lines of each person begin, and, once they are all there, where they end
	for i := range lines {
		ends[int(lines[i].Low)+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	sorted := make([]Line, len(lines))
	for i := range lines {
		at := &ends[lines[i].Low]
		sorted[*at] = lines[i]
		*at++
	}
	kept, from := sorted[:0], 0
	for _, end := range ends[:GroupSize] {
		kept = appendCompact(kept, sorted[from:end])
		from = end
	}
	return kept
}

// few is how many lines of a person are put in order by insertion, and searched for a cell one by one.
const few = 24

// appendCompact appends the compact lines of a person to kept, which ends before they stand or where they do.
func appendCompact(kept, lines []Line) []Line {
	if len(lines) <= few {
		for i := 1; i < len(lines); i++ {
			l, j := lines[i], i
			for ; j > 0 && later(&l, &lines[j-1]); j-- {
				lines[j] = lines[j-1]
			}
			lines[j] = l
		}
		first := len(kept)
		for _, l := range lines {
			there := false
			for i := first; i < len(kept); i++ {
				there = there || kept[i].Cell == l.Cell
			}
			if !there {
				kept = append(kept, l)
			}
		}
		return kept
	}
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Stamp, a.Stamp), cmp.Compare(a.Cell, b.Cell))
	})
	seen := make(map[Cell]bool, len(lines))
	for _, l := range lines {
		if !seen[l.Cell] {
			seen[l.Cell] = true
			kept = append(kept, l)
		}
	}
	return kept
}

func later(a, b *Line) bool { return a.Stamp > b.Stamp || a.Stamp == b.Stamp && a.Cell < b.Cell }

// Append appends the stored form of compact lines to dst. It is, in this order:
//
//   - the version, one byte: 1;
//   - the number of lines, and the smallest stamp, two uvarints;
//   - the widths in bits, one byte each: of the number of a person's lines, of facets, of pages, and of stamps, which count
//     from the smallest;
//   - how many lines each of the 256 persons has; of each line page ‖ facet; and of each line the stamp: three series of
//     values of so many bits, low bits first, each filled up to a whole byte with zeros;
//   - five bytes of 0, and the CRC-32C of everything before, four bytes, little-endian.
func Append(dst []byte, lines []Line) []byte {
	begin := len(dst)
	var counts [GroupSize]uint64
	least, most := parterre.Stamp(math.MaxUint32), parterre.Stamp(0)
	var facets, pages uint32
	for i := range lines {
		l := &lines[i]
		counts[l.Low]++
		least, most = min(least, l.Stamp), max(most, l.Stamp)
		facets |= l.Cell.Facet()
		pages |= l.Cell.Page()
	}
	if len(lines) == 0 {
		least = 0
	}
	widths := [4]uint{
		uint(bits.Len64(slices.Max(counts[:]))), uint(bits.Len32(facets)), uint(bits.Len32(pages)), uint(bits.Len32(uint32(most - least))),
	}
	dst = append(dst, version1)
	dst = binary.AppendUvarint(dst, uint64(len(lines)))
	dst = binary.AppendUvarint(dst, uint64(least))
	for _, w := range widths {
		dst = append(dst, byte(w))
	}
	p := packer{dst: dst}
	for _, n := range counts {
		p.put(n, widths[0])
	}
	p.flush()
	for i := range lines {
		c := lines[i].Cell
		p.put(uint64(c.Facet()), widths[1])
		p.put(uint64(c.Page()), widths[2])
	}
	p.flush()
	for i := range lines {
		p.put(uint64(lines[i].Stamp-least), widths[3])
	}
	p.flush()
	dst = p.dst
	dst = append(dst, make([]byte, padding)...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begin:], castagnoli))
}

// packer writes values of some bits.
type packer struct {
	dst  []byte
	acc  uint64 // bits that are not written yet
	held uint   // how many, below 8 between two calls
}

// put writes a value of at most 32 bits.
func (p *packer) put(v uint64, width uint) {
	p.acc |= v << p.held
	for p.held += width; p.held >= 8; p.held -= 8 {
		p.dst = append(p.dst, byte(p.acc))
		p.acc >>= 8
	}
}

func (p *packer) flush() {
	if p.held > 0 {
		p.dst = append(p.dst, byte(p.acc))
	}
	p.acc, p.held = 0, 0
}

// Part is the stored form of the histories of a group, which it refers to.
type Part struct {
	n                            int
	least                        uint64
	count, facet, page, stamp    uint // widths
	counts, cells, stamps        []byte
	facetMask, cellMask, newMask uint64
}

// Parse finds its way through a stored part. It refuses bytes that were changed or cut off with an error that wraps
// [ErrCorrupt]. That the lines of all persons are as many as there are it takes on trust in the checksum.
func Parse(b []byte) (p Part, err error) {
	if len(b) < crcSize {
		return p, fmt.Errorf("%w: %d bytes are too few", ErrCorrupt, len(b))
	}
	body, sum := b[:len(b)-crcSize], binary.LittleEndian.Uint32(b[len(b)-crcSize:])
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return p, fmt.Errorf("%w: checksum is %08x, not %08x", ErrCorrupt, got, sum)
	}
	if len(body) == 0 || body[0] != version1 {
		return p, fmt.Errorf("%w: unknown version", ErrCorrupt)
	}
	lines, size := binary.Uvarint(body[1:])
	at := 1 + size
	if size <= 0 || lines > math.MaxInt32 {
		return p, fmt.Errorf("%w: bad number of lines", ErrCorrupt)
	}
	least, size := binary.Uvarint(body[at:])
	if size <= 0 || least > math.MaxUint32 || len(body) < at+size+4 {
		return p, fmt.Errorf("%w: bad stamps", ErrCorrupt)
	}
	at += size
	p.n, p.least = int(lines), least
	p.count, p.facet, p.page, p.stamp = uint(body[at]), uint(body[at+1]), uint(body[at+2]), uint(body[at+3])
	at += 4
	if max(p.count, p.facet, p.page, p.stamp) > 32 {
		return p, fmt.Errorf("%w: bad widths", ErrCorrupt)
	}
	if p.facet+p.page == 0 && p.n > GroupSize { // a person is in a cell once
		return Part{}, fmt.Errorf("%w: %d lines in one cell", ErrCorrupt, p.n)
	}
	a, c, s := bytesFor(GroupSize, p.count), bytesFor(p.n, p.facet+p.page), bytesFor(p.n, p.stamp)
	if len(body)-at != a+c+s+padding {
		return p, fmt.Errorf("%w: %d bytes where %d lines stand", ErrCorrupt, len(body)-at, p.n)
	}
	p.counts, p.cells, p.stamps = b[at:], b[at+a:], b[at+a+c:]
	p.facetMask, p.cellMask, p.newMask = mask(p.facet), mask(p.facet+p.page), mask(p.stamp)
	return p, nil
}

func bytesFor(values int, width uint) int { return (values*int(width) + 7) / 8 }

func mask(width uint) uint64 { return 1<<width - 1 } // of 64 bits, too

// bitsAt reads at most 64 bits from the bit at on. There are nine bytes to read.
func bitsAt(b []byte, at int, width uint) uint64 {
	i, shift := at>>3, uint(at&7)
	v := binary.LittleEndian.Uint64(b[i:]) >> shift
	if shift+width > 64 {
		v |= uint64(b[i+8]) << (64 - shift)
	}
	return v
}

func (p *Part) linesOf(low int) uint64 {
	return bitsAt(p.counts, low*int(p.count), p.count) & mask(p.count)
}

func (p *Part) cell(i int) Cell {
	w := p.facet + p.page
	v := bitsAt(p.cells, i*int(w), w) & p.cellMask
	return CellOf(uint32(v>>p.facet), uint32(v&p.facetMask))
}

func (p *Part) stampOf(i int) parterre.Stamp {
	return parterre.Stamp(p.least + bitsAt(p.stamps, i*int(p.stamp), p.stamp)&p.newMask)
}

// Lines is how many lines there are.
func (p *Part) Lines() int { return p.n }

// Each yields the lines of a person, the latest first.
func (p *Part) Each(low uint8, yield func(Cell, parterre.Stamp)) {
	from := 0
	for i := range int(low) {
		from += int(p.linesOf(i))
	}
	for i := from; i < min(from+int(p.linesOf(int(low))), p.n); i++ {
		yield(p.cell(i), p.stampOf(i))
	}
}

// AppendLines appends all lines to dst, in their order.
func (p *Part) AppendLines(dst []Line) []Line {
	at := 0
	for low := range GroupSize {
		for range min(int(p.linesOf(low)), p.n-at) {
			dst = append(dst, Line{Cell: p.cell(at), Stamp: p.stampOf(at), Low: uint8(low)})
			at++
		}
	}
	return dst
}

// Merge appends the stored form of all that some parts say to dst.
func Merge(dst []byte, parts ...Part) []byte {
	n := 0
	for i := range parts {
		n += parts[i].n
	}
	lines := make([]Line, 0, n)
	for i := range parts {
		lines = parts[i].AppendLines(lines)
	}
	return Append(dst, Compact(lines))
}
