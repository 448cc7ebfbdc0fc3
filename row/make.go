package row

import (
	"bytes"
	"cmp"
	"container/heap"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// entry is a value at a position of a column.
type entry struct {
	value    string
	position uint64
}

// Of makes a block of rows.
func Of(rows []Row) *Block {
	b := &Block{Head: Head{Rows: len(rows)}}
	items := 0
	for i := range rows {
		items = max(items, len(rows[i].Data.Items))
	}
	b.shift = uint(bits.Len(uint(max(items, 1) - 1)))
	columns := map[Piece][]entry{}
	var who [3][]uint32
	for i := range rows {
		r := &rows[i]
		for k, v := range [3]uint32{uint32(r.Person), uint32(r.Stamp), r.Page} {
			who[k] = append(who[k], v)
		}
		for _, d := range r.Data.Fields {
			columns[Piece{Field, d.Name}] = append(columns[Piece{Field, d.Name}], entry{d.Value, uint64(i)})
		}
		if len(r.Data.Items) > 0 {
			columns[Piece{Level: AnyItem}] = append(columns[Piece{Level: AnyItem}], entry{"", uint64(i)})
		}
		for k, item := range r.Data.Items {
			at := uint64(i)<<b.shift | uint64(k)
			for _, d := range item {
				columns[Piece{Item, d.Name}] = append(columns[Piece{Item, d.Name}], entry{d.Value, at})
			}
		}
	}
	for _, p := range sortedPieces(columns) {
		b.add(p, appendColumn(nil, columns[p]))
	}
	b.add(Piece{Level: Who}, b.appendWho(nil, &who))
	return b
}

func (b *Block) add(p Piece, body []byte) {
	b.Pieces, b.Bodies = append(b.Pieces, p), append(b.Bodies, body)
	b.Size += len(body)
}

func sortedPieces[V any](m map[Piece]V) []Piece {
	var all []Piece
	for p := range m {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Piece) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), strings.Compare(a.Name, b.Name))
	})
	return all
}

func appendColumn(dst []byte, entries []entry) []byte {
	slices.SortFunc(entries, func(a, b entry) int {
		if c := strings.Compare(a.value, b.value); c != 0 {
			return c
		}
		return cmp.Compare(a.position, b.position)
	})
	w := newColumnWriter(dst)
	var positions []uint64
	var value []byte
	for from := 0; from < len(entries); {
		to := from
		positions = positions[:0]
		for ; to < len(entries) && entries[to].value == entries[from].value; to++ {
			positions = append(positions, entries[to].position)
		}
		value = append(value[:0], entries[from].value...)
		w.add(value, slices.Compact(positions))
		from = to
	}
	return w.end()
}

// Merge makes one block of the rows of several, which stay as they are. It refuses blocks that were changed or cut off with
// an error that wraps [ErrCorrupt]. It decodes one value at a time.
func Merge(blocks []*Block) (*Block, error) {
	m := &Block{}
	pieces := map[Piece]bool{}
	var who [3][]uint32
	for _, b := range blocks {
		m.Rows += b.Rows
		m.shift = max(m.shift, b.shift)
		for _, p := range b.Pieces {
			pieces[p] = p.Level != Who
		}
		body, err := b.Body(Piece{Level: Who})
		if err != nil {
			return nil, err
		}
		if err := b.eachWho(body, &who); err != nil {
			return nil, err
		}
	}
	for _, p := range sortedPieces(pieces) {
		if !pieces[p] {
			continue
		}
		body, err := mergeColumns(p, blocks, m.shift)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", p.Name, err)
		}
		m.add(p, body)
	}
	m.add(Piece{Level: Who}, m.appendWho(nil, &who))
	return m, nil
}

func (h *Head) eachWho(body []byte, into *[3][]uint32) error {
	r, err := h.whoReader(body)
	if err != nil {
		return err
	}
	for i := range h.Rows {
		values, err := r.row(i)
		if err != nil {
			return err
		}
		for k, v := range values {
			into[k] = append(into[k], v)
		}
	}
	return nil
}

// mergeColumns merges a column of several blocks, whose rows are numbered one after another.
func mergeColumns(p Piece, blocks []*Block, shift uint) ([]byte, error) {
	var all cursors
	first := uint64(0)
	for i, b := range blocks {
		if slices.Contains(b.Pieces, p) {
			body, err := b.Body(p)
			if err != nil {
				return nil, err
			}
			c := &cursor{order: i, first: first}
			if p.Level == Item {
				c.from, c.to = b.shift, shift
			}
			if c.column, err = parseColumn(body, b.limit(p.Level)); err != nil {
				return nil, err
			}
			more, err := c.next()
			if err != nil {
				return nil, err
			}
			if more {
				all = append(all, c)
			}
		}
		first += uint64(b.Rows)
	}
	heap.Init(&all)
	w := newColumnWriter(nil)
	var value []byte
	var positions []uint64
	for len(all) > 0 {
		value, positions = append(value[:0], all[0].values.value...), positions[:0]
		for len(all) > 0 && bytes.Equal(all[0].values.value, value) {
			c := all[0]
			positions = c.positions(positions)
			more, err := c.next()
			if err != nil {
				return nil, err
			}
			if more {
				heap.Fix(&all, 0)
			} else {
				heap.Pop(&all)
			}
		}
		w.add(value, positions)
	}
	return w.end(), nil
}

// cursor goes through the values of a column.
type cursor struct {
	column   column
	order    int    // of the block
	first    uint64 // the number that its first row gets
	from, to uint   // how many bits the place of an item takes there and here
	leaf     int    // the next one
	values   valueReader
	before   []byte
}

// next goes to the next value. After it, positions must be called.
func (c *cursor) next() (more bool, err error) {
	c.before = append(c.before[:0], c.values.value...)
	started := c.leaf > 0
	if len(c.values.rest) == 0 && !c.values.bad {
		if c.leaf == c.column.len() {
			return false, nil
		}
		leaf, err := c.column.leaf(c.leaf)
		if err != nil {
			return false, err
		}
		c.leaf++
		c.values = valueReader{reader: reader{rest: leaf}, limit: c.column.limit}
	}
	if !c.values.next() || started && bytes.Compare(c.values.value, c.before) <= 0 {
		return false, fmt.Errorf("%w: values do not ascend", ErrCorrupt)
	}
	return true, nil
}

// positions appends the positions of the value, as they are in the merged block.
func (c *cursor) positions(dst []uint64) []uint64 {
	n := len(dst)
	dst = c.values.positions(dst)
	for i, p := range dst[n:] {
		row, item := p>>c.from, p&(1<<c.from-1)
		dst[n+i] = (row+c.first)<<c.to | item
	}
	return dst
}

// cursors is a heap: the smallest value first, and of equal ones that of the first block.
type cursors []*cursor

func (c cursors) Len() int      { return len(c) }
func (c cursors) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c cursors) Less(i, j int) bool {
	if d := bytes.Compare(c[i].values.value, c[j].values.value); d != 0 {
		return d < 0
	}
	return c[i].order < c[j].order
}
func (c *cursors) Push(x any) { *c = append(*c, x.(*cursor)) }
func (c *cursors) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}
