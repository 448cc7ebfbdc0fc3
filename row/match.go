package row

import (
	"fmt"
	"slices"

	"github.com/parterre/parterre"
)

// Find yields the rows that have every field of want, and for every item of want an item with all its fields. It asks for
// the pieces that it needs, of those that the head lists; what load gives is not used any more when it is called again. It
// refuses bytes that were changed or cut off with an error that wraps [ErrCorrupt]; some rows may have been found by then.
func (h *Head) Find(
	want *parterre.EventData, load func(Piece) ([]byte, error), yield func(parterre.PersonID, parterre.Stamp, uint32),
) error {
	f := finder{head: h, load: load}
	for _, item := range want.Items {
		if err := f.item(item); err != nil || f.nothing() {
			return err
		}
	}
	for _, d := range want.Fields {
		rows, err := f.positions(Piece{Field, d.Name}, d.Value)
		if err != nil {
			return err
		}
		if f.narrow(rows); f.nothing() {
			return nil
		}
	}
	body, err := load(Piece{Level: Who})
	if err != nil {
		return err
	}
	r, err := h.whoReader(body)
	if err != nil {
		return err
	}
	if !f.narrowed {
		for i := range h.Rows {
			f.rows = append(f.rows, uint64(i))
		}
	}
	for _, i := range f.rows {
		row, err := r.row(int(i))
		if err != nil {
			return err
		}
		yield(parterre.PersonID(row[0]), parterre.Stamp(row[1]), row[2])
	}
	return nil
}

// finder narrows the rows of a block down.
type finder struct {
	head     *Head
	load     func(Piece) ([]byte, error)
	rows     []uint64 // ascending; when not narrowed, all rows
	narrowed bool
}

func (f *finder) nothing() bool { return f.narrowed && len(f.rows) == 0 }

func (f *finder) narrow(rows []uint64) {
	if !f.narrowed {
		f.rows, f.narrowed = rows, true
		return
	}
	f.rows = both(f.rows, rows)
}

// item leaves the rows that have an item with all the fields.
func (f *finder) item(fields []parterre.Datum) error {
	if len(fields) == 0 {
		rows, err := f.positions(Piece{Level: AnyItem}, "")
		f.narrow(rows)
		return err
	}
	var items []uint64
	for i, d := range fields {
		found, err := f.positions(Piece{Item, d.Name}, d.Value)
		if err != nil {
			return err
		}
		if i == 0 {
			items = found
		} else {
			items = both(items, found)
		}
		if len(items) == 0 {
			break
		}
	}
	for i := range items {
		items[i] >>= f.head.shift
	}
	f.narrow(slices.Compact(items))
	return nil
}

// positions finds the positions of a value.
func (f *finder) positions(p Piece, value string) ([]uint64, error) {
	if !slices.Contains(f.head.Pieces, p) {
		return nil, nil
	}
	body, err := f.load(p)
	if err != nil {
		return nil, err
	}
	c, err := parseColumn(body, f.head.limit(p.Level))
	if err == nil {
		var found []uint64
		if found, err = c.find(nil, value); err == nil {
			return found, nil
		}
	}
	return nil, fmt.Errorf("column %q: %w", p.Name, err)
}

// limit is what positions of a level are less than.
func (h *Head) limit(l Level) uint64 {
	if l == Item {
		return uint64(h.Rows) << h.shift
	}
	return uint64(h.Rows)
}

// both leaves in a what is in b, too. They ascend.
func both(a, b []uint64) []uint64 {
	kept := a[:0]
	for _, x := range a {
		for len(b) > 0 && b[0] < x {
			b = b[1:]
		}
		if len(b) > 0 && b[0] == x {
			kept = append(kept, x)
		}
	}
	return kept
}
