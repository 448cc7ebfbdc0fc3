package row

import (
	"encoding/binary"
	"fmt"

	"github.com/parterre/parterre"
)

// Match yields the rows that have every field of want, and for every item of want an item with all its fields, in
// ascending order.
func (k *Block) Match(want parterre.EventData, yield func(i int)) error {
	hits := make([]bool, k.n)
	for i := range hits {
		hits[i] = true
	}
	for _, d := range want.Fields {
		if !k.narrow(fieldLevel, d, hits) {
			return k.sound(want)
		}
	}
	for _, item := range want.Items {
		if !k.narrowItem(item, hits) {
			return k.sound(want)
		}
	}
	for i, hit := range hits {
		if hit {
			yield(i)
		}
	}
	return nil
}

// sound fails when a column that want names is malformed; when none is, there is just nothing to be found.
func (k *Block) sound(want parterre.EventData) error {
	check := func(level byte, data []parterre.Datum) error {
		for _, d := range data {
			if c := k.column(level, d.Name); c != nil {
				if _, _, bad := k.find(c, d.Value); bad {
					return fmt.Errorf("%w: column %q", ErrCorrupt, d.Name)
				}
			}
		}
		return nil
	}
	err := check(fieldLevel, want.Fields)
	for _, item := range want.Items {
		if err == nil {
			err = check(itemLevel, item)
		}
	}
	return err
}

// narrow leaves the rows, or items, that have a value, and says whether any may be left.
func (k *Block) narrow(level byte, d parterre.Datum, hits []bool) bool {
	c := k.column(level, d.Name)
	if c == nil {
		return false
	}
	code, codes, bad := k.find(c, d.Value)
	if bad || code == 0 {
		return false
	}
	switch len(codes) / len(hits) {
	case 1:
		for i, x := range codes {
			hits[i] = hits[i] && uint32(x) == code
		}
	case 2:
		for i := range hits {
			hits[i] = hits[i] && uint32(binary.LittleEndian.Uint16(codes[2*i:])) == code
		}
	default:
		for i := range hits {
			hits[i] = hits[i] && binary.LittleEndian.Uint32(codes[4*i:]) == code
		}
	}
	return true
}

// narrowItem leaves the rows that have an item with all the fields.
func (k *Block) narrowItem(fields []parterre.Datum, hits []bool) bool {
	if k.items == 0 {
		return false
	}
	items := make([]bool, k.items)
	for i := range items {
		items[i] = true
	}
	for _, d := range fields {
		if !k.narrow(itemLevel, d, items) {
			return false
		}
	}
	at := 0
	for i := range hits {
		n := int(binary.LittleEndian.Uint32(k.counts[4*i:]))
		if n > len(items)-at {
			return false
		}
		found := false
		for _, hit := range items[at : at+n] {
			found = found || hit
		}
		hits[i] = hits[i] && found
		at += n
	}
	return true
}

func (k *Block) column(level byte, name string) *stored {
	for i := range k.columns {
		if c := &k.columns[i]; c.level == level && string(c.name) == name {
			return c
		}
	}
	return nil
}

// find gives the code of a value in a column, 0 when no row has it, and the codes of all.
func (k *Block) find(c *stored, value string) (code uint32, codes []byte, bad bool) {
	r := reader{rest: c.body}
	values := r.count()
	for i := range values {
		if s := r.text(); string(s) == value {
			code = uint32(i + 1)
		}
	}
	n := k.n
	if c.level == itemLevel {
		n = k.items
	}
	return code, r.rest, r.bad || n == 0 || len(r.rest) != n*width(values)
}
