package row_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/row"
)

// sealed ends bytes with the checksum that they must have, so that a fuzzer gets past it.
func sealed(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(slices.Clone(b), crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// FuzzFind reads blocks that have right checksums, and nothing else that can be relied on.
func FuzzFind(f *testing.F) {
	data := parterre.EventData{Fields: []parterre.Datum{{Name: "a", Value: "b"}}, Items: [][]parterre.Datum{{{Name: "c", Value: "d"}}, nil}}
	seed := func(rows int, cut int) {
		all := make([]row.Row, rows)
		for i := range all {
			all[i] = row.Row{Person: parterre.PersonID(i), Stamp: parterre.Stamp(2 * i), Page: uint32(3 * i), Data: data}
		}
		b := row.Of(all)
		head := b.Append(nil)
		column, who := b.Bodies[0], b.Bodies[len(b.Bodies)-1]
		leaf := len(column) - 12 // the column has one leaf
		f.Add(head[:len(head)-4], column[:leaf-4], who[:max(0, len(who)-4)], cut)
	}
	seed(1, 0)
	seed(100, 0)
	seed(1000, 3)
	f.Fuzz(func(t *testing.T, head, leaf, who []byte, cut int) {
		h, err := row.ParseHead(sealed(head))
		if err != nil {
			if !errors.Is(err, row.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		leaf = sealed(leaf)
		column := slices.Clone(leaf)
		end := binary.LittleEndian.AppendUint32(nil, uint32(len(leaf)-cut))
		column = append(column, sealed(append(end, 1, 0, 0, 0))...)
		b := &row.Block{Head: h}
		for _, p := range h.Pieces {
			body := column
			if p.Level == row.Who {
				body = sealed(who)
			}
			b.Bodies = append(b.Bodies, body)
		}
		found := 0
		count := func(parterre.PersonID, parterre.Stamp, uint32) { found++ }
		for _, want := range []parterre.EventData{data, {}, {Fields: data.Fields}} {
			if err := h.Find(&want, b.Body, count); err != nil && !errors.Is(err, row.ErrCorrupt) {
				t.Fatal(err)
			}
		}
		if found > 3*h.Rows {
			t.Fatalf("%d rows of %d were found", found, h.Rows)
		}
		m, err := row.Merge([]*row.Block{b, b})
		if err != nil && !errors.Is(err, row.ErrCorrupt) {
			t.Fatal(err)
		}
		if err == nil && m.Rows != 2*h.Rows {
			t.Fatalf("%d rows of %d are %d", h.Rows, h.Rows, m.Rows)
		}
	})
}
