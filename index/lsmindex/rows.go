package lsmindex

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/row"
)

// The pieces of a block of rows are keys of their own. Those of one name are neighbours, and so are the heads, so that a rule
// reads the pieces that it names, and no byte of the others.

// headPiece is what the key of a head has in place of a level.
const headPiece row.Level = 0

func appendRowsPrefix(dst []byte, facet driver.FacetID) []byte {
	return binary.BigEndian.AppendUint32(append(dst, byte(rowsTable)), uint32(facet))
}

func appendPieceKey(dst []byte, facet driver.FacetID, p row.Piece, block uint32) []byte {
	dst = append(appendRowsPrefix(dst, facet), byte(p.Level))
	if p.Level != headPiece {
		dst = append(binary.AppendUvarint(dst, uint64(len(p.Name))), p.Name...)
	}
	return binary.BigEndian.AppendUint32(dst, block)
}

// headKeyLen is the length of the key of a head.
const headKeyLen = 1 + 4 + 1 + 4

// storedRows is a block of rows in the tree.
type storedRows struct {
	facet driver.FacetID
	block uint32
	head  row.Head
	bad   error // when the head is corrupt
}

// rowsOf adds the blocks of rows that a facet has in the tree.
func rowsOf(ctx context.Context, from pebble.Reader, facet driver.FacetID, dst []storedRows) (_ []storedRows, err error) {
	lower := append(appendRowsPrefix(nil, facet), byte(headPiece))
	it, err := from.NewIterWithContext(ctx, &pebble.IterOptions{
		LowerBound: lower, UpperBound: append(appendRowsPrefix(nil, facet), byte(headPiece)+1),
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if closing := it.Close(); err == nil {
			err = closing
		}
	}()
	for ok := it.First(); ok; ok = it.Next() {
		s := storedRows{facet: facet}
		if len(it.Key()) == headKeyLen {
			value, err := it.ValueAndErr()
			if err != nil {
				return nil, err
			}
			s.block = binary.BigEndian.Uint32(it.Key()[headKeyLen-4:])
			s.head, err = row.ParseHead(value)
			s.bad = corrupt(err)
		} else {
			s.bad = fmt.Errorf("%w: a key of %d bytes", driver.ErrCorrupt, len(it.Key()))
		}
		dst = append(dst, s)
	}
	return dst, it.Error()
}

// loaderOf gives a function that finds pieces of a block. What it gives is valid until it is called again.
func loaderOf(it *pebble.Iterator, s *storedRows) func(row.Piece) ([]byte, error) {
	return func(p row.Piece) ([]byte, error) {
		key := appendPieceKey(nil, s.facet, p, s.block)
		if !it.SeekGE(key) || !bytes.Equal(it.Key(), key) {
			if err := it.Error(); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("%w: block %d has no piece %d %q", driver.ErrCorrupt, s.block, p.Level, p.Name)
		}
		return it.ValueAndErr()
	}
}

// Rows yields the rows of facets that have the data. Each yield has a goroutine, which takes block after block.
func (x *Index) Rows(ctx context.Context, facets []driver.FacetID, want parterre.EventData, yields []driver.YieldRow) error {
	doing := "find rows"
	if err := ctx.Err(); err != nil {
		return err
	}
	s := rowScan{want: &want}
	x.mu.Lock() // what is pending is looked at first: what is written out in between is then seen twice
	x.bothLocked(func(p *pending) {
		for _, facet := range facets {
			if l := p.rows[facet]; l != nil {
				s.pending, s.rest = append(s.pending, l.blocks...), append(s.rest, l.rest)
			}
		}
	})
	x.mu.Unlock()
	snapshot := x.db.NewSnapshot()
	defer func() { _ = snapshot.Close() }() // nothing was written to it
	var err error
	for _, facet := range facets {
		if s.stored, err = rowsOf(ctx, snapshot, facet, s.stored); err != nil {
			return wrap(err, doing)
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, yield := range yields {
		all.Go(func() {
			if err := s.find(ctx, snapshot, yield); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return wrap(context.Cause(ctx), doing)
}

// rowScan is what several goroutines go through, piece by piece.
type rowScan struct {
	want    *parterre.EventData
	rest    [][]row.Row
	pending []*row.Block
	stored  []storedRows
	next    atomic.Int64
}

// find goes through pieces until none is left.
func (s *rowScan) find(ctx context.Context, from pebble.Reader, yield driver.YieldRow) (err error) {
	it, err := from.NewIterWithContext(ctx, &pebble.IterOptions{
		LowerBound: []byte{byte(rowsTable)}, UpperBound: []byte{byte(rowsTable) + 1},
	})
	if err != nil {
		return err
	}
	defer func() {
		if closing := it.Close(); err == nil {
			err = closing
		}
	}()
	for ctx.Err() == nil {
		i := int(s.next.Add(1)) - 1
		if i < len(s.stored) {
			b := &s.stored[i]
			if b.bad != nil {
				return fmt.Errorf("block %d of facet %d: %w", b.block, b.facet, b.bad)
			}
			if err := b.head.Find(s.want, loaderOf(it, b), yield); err != nil {
				return fmt.Errorf("block %d of facet %d: %w", b.block, b.facet, rowsCorrupt(err))
			}
			continue
		}
		if i -= len(s.stored); i < len(s.pending) {
			if err := s.pending[i].Find(s.want, s.pending[i].Body, yield); err != nil {
				return rowsCorrupt(err)
			}
			continue
		}
		if i -= len(s.pending); i >= len(s.rest) {
			return nil
		}
		for k := range s.rest[i] {
			if r := &s.rest[i][k]; row.Has(s.want, &r.Data) {
				yield(r.Person, r.Stamp, r.Page)
			}
		}
	}
	return nil
}
