package lsmindex

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/row"
)

// A block of the tree has at most so many rows, and about so many bytes. It is made in memory.
const (
	rowsInBlock  = 1 << 16
	bytesInBlock = 8 << 20
)

// rowsCorrupt marks an error about a block that is not what was written.
func rowsCorrupt(err error) error {
	if errors.Is(err, row.ErrCorrupt) && !errors.Is(err, driver.ErrCorrupt) {
		return corrupt(err)
	}
	return err
}

// writeRows writes the rows of each facet, in blocks that are as large as may be. The same rows, written again after a crash,
// stand beside them.
func (x *Index) writeRows(old *pending, w *writer, next func(bool) error) error {
	for _, facet := range slices.Sorted(maps.Keys(old.rows)) {
		stored, err := rowsOf(context.Background(), x.db, facet, nil)
		if err != nil {
			return err
		}
		block := uint32(0) // the number of the next one, which is not in use
		for _, s := range stored {
			block = max(block, s.block)
		}
		stored = slices.DeleteFunc(stored, func(s storedRows) bool { return s.bad != nil })
		for left := old.rows[facet].all(); len(left) > 0; {
			n, rows, size := 1, left[0].Rows, left[0].Size
			for n < len(left) && rows+left[n].Rows <= rowsInBlock && size+left[n].Size <= bytesInBlock {
				rows, size = rows+left[n].Rows, size+left[n].Size
				n++
			}
			block++
			if stored, err = x.writeBlock(w, facet, block, left[:n], stored); err != nil {
				return err
			}
			left = left[n:]
			if err := next(false); err != nil {
				return err
			}
		}
	}
	return next(true)
}

// writeBlock writes blocks as one, and takes those in the tree along that are no larger than what they come to, so that many
// small ones do not stay. It gives those that are left. A row is thereby written again only when its block at least doubles.
func (x *Index) writeBlock(
	w *writer, facet driver.FacetID, number uint32, blocks []*row.Block, stored []storedRows,
) (left []storedRows, err error) {
	rows, size := 0, 0
	for _, b := range blocks {
		rows, size = rows+b.Rows, size+b.Size
	}
	slices.SortFunc(stored, func(a, b storedRows) int { return cmp.Compare(a.head.Rows, b.head.Rows) })
	n := 0
	for n < len(stored) && stored[n].head.Rows <= rows && rows+stored[n].head.Rows <= rowsInBlock &&
		size+stored[n].head.Size <= bytesInBlock {
		rows, size = rows+stored[n].head.Rows, size+stored[n].head.Size
		n++
	}
	merged, err := x.mergeRows(blocks, stored[:n])
	if n > 0 && (errors.Is(err, row.ErrCorrupt) || errors.Is(err, driver.ErrCorrupt)) {
		// What is corrupt stays where it is, and whoever reads it is told.
		n = 0
		merged, err = x.mergeRows(blocks, nil)
	}
	if err != nil {
		return nil, rowsCorrupt(err)
	}
	for _, s := range stored[:n] {
		w.deletePiece(facet, row.Piece{Level: headPiece}, s.block)
		for _, p := range s.head.Pieces {
			w.deletePiece(facet, p, s.block)
		}
	}
	w.value = merged.Head.Append(w.value[:0])
	w.setPiece(facet, row.Piece{Level: headPiece}, number, w.value)
	for i, p := range merged.Pieces {
		w.setPiece(facet, p, number, merged.Bodies[i])
	}
	return stored[n:], w.err
}

// mergeRows merges blocks, and some that it reads from the tree.
func (x *Index) mergeRows(blocks []*row.Block, stored []storedRows) (_ *row.Block, err error) {
	if len(blocks)+len(stored) == 1 {
		return blocks[0], nil
	}
	it, err := x.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{byte(rowsTable)}, UpperBound: []byte{byte(rowsTable) + 1},
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if closing := it.Close(); err == nil {
			err = closing
		}
	}()
	all := slices.Clip(blocks)
	for i := range stored {
		b := &row.Block{Head: stored[i].head}
		load := loaderOf(it, &stored[i])
		for _, p := range b.Pieces {
			body, err := load(p)
			if err != nil {
				return nil, err
			}
			b.Bodies = append(b.Bodies, bytes.Clone(body))
		}
		all = append(all, b)
	}
	return row.Merge(all)
}

func (w *writer) setPiece(facet driver.FacetID, p row.Piece, block uint32, body []byte) {
	w.key = appendPieceKey(w.key[:0], facet, p, block)
	if w.err == nil {
		w.err = w.batch.Set(w.key, body, nil)
	}
}

func (w *writer) deletePiece(facet driver.FacetID, p row.Piece, block uint32) {
	w.key = appendPieceKey(w.key[:0], facet, p, block)
	w.delete(w.key)
}

// dropRows deletes the rows of a facet that were written out.
func (w *writer) dropRows(facet driver.FacetID) {
	lower := appendRowsPrefix(nil, facet)
	upper := append(appendRowsPrefix(nil, facet), 0xff) // no level is so large
	if w.err == nil {
		w.err = w.batch.DeleteRange(lower, upper, nil)
	}
}
