package lsmindex

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/history"
)

// groupsAtOnce is how many groups of histories are folded while others who write wait.
const groupsAtOnce = 64

// Settle writes out what is pending, and folds histories, so that reading costs as little as it can. It happens by itself when
// nothing comes for a while; a benchmark does not wait for that. It ends early, without an error, when somebody writes.
func (x *Index) Settle(ctx context.Context) error {
	x.mu.Lock()
	if x.mu.old == nil && x.mu.young.last > 0 && x.failed.Load() == nil {
		x.turnLocked() //nolint:contextcheck // what is written out goes on when the caller has ended
	}
	for x.mu.old != nil && x.failed.Load() == nil {
		x.written.Wait()
	}
	at := x.mu.number
	x.mu.Unlock()
	if err := x.failed.Load(); err != nil {
		return *err
	}
	return x.fold(ctx, at)
}

// fold makes one operand of each group's histories where several stand side by side. It stops when the context ends, when the
// index is closed, and when there is another entry of the log than the one at which it began.
func (x *Index) fold(ctx context.Context, at uint64) error {
	key := []byte{byte(historyTable)}
	for len(key) > 0 {
		select {
		case <-x.closing:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		x.mu.Lock()
		moved := x.mu.number != at
		x.mu.Unlock()
		if moved {
			return nil
		}
		var err error
		if key, err = x.foldSome(key); err != nil {
			return wrap(err, "fold histories")
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mu.unfolded = x.mu.unfolded && x.mu.number != at
	return nil
}

// foldSome folds some groups from a key on, and gives the key to go on from, or none. Nobody merges into histories meanwhile: it
// replaces what it has read.
func (x *Index) foldSome(from []byte) (next []byte, err error) {
	x.writing.Lock()
	defer x.writing.Unlock()
	it, err := x.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: []byte{byte(historyTable) + 1}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	b := x.db.NewBatch()
	defer func() { err = errors.Join(err, b.Close()) }()
	n := 0
	for ok := it.First(); ok; ok = it.Next() {
		if n++; n > groupsAtOnce {
			next = append([]byte{}, it.Key()...)
			break
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		operands := operandsOf(value)
		if len(operands) == 1 {
			continue
		}
		var u historyUniter
		for _, operand := range operands {
			if u.add(operand) != nil {
				break // it stays as it is, and whoever reads it is told
			}
		}
		if len(u.parts) == len(operands) {
			if err := b.Set(it.Key(), history.Merge(nil, u.parts...), nil); err != nil {
				return nil, err
			}
		}
	}
	if err := it.Error(); err != nil {
		return nil, err
	}
	return next, x.db.Apply(b, pebble.NoSync)
}
