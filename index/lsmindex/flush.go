package lsmindex

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

const (
	// wideMost is how many pairs of the roll of a page go to the tree in one value, and not block by block.
	wideMost = 2048
	// batchBytes is how much is written at once.
	batchBytes = 4 << 20
)

// makeRoomLocked sees to it that what is pending does not outgrow its bound: it has it written out in the background, and
// waits while that takes longer than filling up again.
func (x *Index) makeRoomLocked() {
	for x.mu.young.bytes >= 2*x.pendingBytes && x.mu.old != nil && x.failed.Load() == nil {
		x.strain.begin()
		x.written.Wait()
		x.strain.end()
	}
	if x.mu.young.bytes >= x.pendingBytes && x.mu.old == nil {
		x.turnLocked()
	}
}

// turnLocked has what is pending written out in the background. Nothing else is being written out.
func (x *Index) turnLocked() {
	x.mu.old, x.mu.young = x.mu.young, newPending()
	old := x.mu.old
	x.background.Go(func() {
		err := x.writeOut(old)
		x.mu.Lock()
		defer x.mu.Unlock()
		defer x.written.Broadcast()
		if err != nil {
			err = fmt.Errorf("write out what is pending in the index: %w", err)
			x.failed.CompareAndSwap(nil, &err)
			return // it stays in memory, where it is read, and in the log
		}
		x.mu.old = nil
	})
}

// writeOut merges what is pending into the tree, and then ends its part of the log. When it stops in the middle, the same is
// merged again after the next opening, which changes nothing.
func (x *Index) writeOut(old *pending) error {
	w := writer{batch: x.db.NewBatch()}
	// Others are locked out while a batch is put together and applied, so that a roll that is dropped meanwhile does not
	// come back.
	x.writing.Lock()
	next := func(force bool) error {
		if !force && w.batch.Len() < batchBytes {
			return w.err
		}
		if w.err == nil {
			w.err = x.db.Apply(w.batch, pebble.NoSync)
		}
		err := errors.Join(w.err, w.batch.Close())
		w.batch = x.db.NewBatch()
		x.writing.Unlock() // lets those in who wait
		x.writing.Lock()
		return err
	}
	err := x.writeRolls(old, &w, next)
	if err == nil {
		err = x.writePages(old, &w, next)
	}
	if err == nil {
		err = writeHistories(old, &w, next)
	}
	if err == nil {
		err = x.writeRows(old, &w, next)
	}
	if err == nil {
		if w.err == nil {
			w.err = w.batch.DeleteRange(logKey(0), logKey(old.last+1), nil)
		}
		x.mu.Lock()
		x.mu.unfolded += w.merged
		unfolded := x.mu.unfolded
		x.mu.Unlock()
		w.setNumber(topKey(topUnfolded), kibibytes(unfolded))
		err = next(true)
	}
	x.writing.Unlock()
	return errors.Join(err, w.batch.Close())
}

func (x *Index) writeRolls(old *pending, w *writer, next func(bool) error) error {
	x.mu.Lock()
	ids := slices.SortedFunc(maps.Keys(old.rolls), compareRolls)
	x.mu.Unlock()
	for _, id := range ids {
		x.mu.Lock()
		l := old.rolls[id] // nil when it was dropped
		var pairs []roll.Pair
		if l != nil {
			pairs = slices.Clone(l.pairs)
		}
		x.mu.Unlock()
		w.pairs(id, roll.Compact(pairs))
		if err := next(false); err != nil {
			return err
		}
	}
	return next(true)
}

// writePages merges acts into the rolls of their facets on their pages.
func (x *Index) writePages(old *pending, w *writer, next func(bool) error) error {
	var pairs []roll.Pair
	for _, page := range slices.Sorted(maps.Keys(old.pages)) {
		x.mu.Lock()
		acts := slices.Clone(old.pages[page].acts)
		x.mu.Unlock()
		slices.SortFunc(acts, func(a, b pageAct) int { return cmp.Compare(a.facet, b.facet) })
		for from := 0; from < len(acts); {
			facet := acts[from].facet
			pairs = pairs[:0]
			for ; from < len(acts) && acts[from].facet == facet; from++ {
				pairs = append(pairs, roll.PairOf(acts[from].person, acts[from].stamp))
			}
			w.pairs(driver.OnPage(page, facet), roll.Compact(pairs))
			if err := next(false); err != nil {
				return err
			}
		}
	}
	return next(true)
}

// writeHistories merges lines into the histories of their groups. Nobody adds to them any more.
func writeHistories(old *pending, w *writer, next func(bool) error) error {
	for _, group := range slices.Sorted(maps.Keys(old.lines)) {
		w.key = appendHistoryKey(w.key[:0], group)
		w.value = history.Append(w.value[:0], history.Compact(old.lines[group]))
		if w.err == nil {
			w.err = w.batch.Merge(w.key, w.value, nil)
		}
		w.merged += int64(len(w.value))
		if err := next(false); err != nil {
			return err
		}
	}
	return next(true)
}

// compareRolls orders rolls as their keys are ordered.
func compareRolls(a, b driver.RollID) int {
	switch {
	case a.Kind != b.Kind:
		return int(a.Kind) - int(b.Kind)
	case a.A != b.A:
		if a.A < b.A {
			return -1
		}
		return 1
	case a.B < b.B:
		return -1
	case a.B > b.B:
		return 1
	}
	return 0
}

// pairs merges compact pairs into a roll.
func (w *writer) pairs(id driver.RollID, pairs []roll.Pair) {
	if len(pairs) == 0 {
		return
	}
	if id.Kind == driver.PageRoll && len(pairs) <= wideMost {
		w.key = appendWideKey(w.key[:0], id)
		w.value = roll.AppendWide(w.value[:0], pairs)
		if w.err == nil {
			w.err = w.batch.Merge(w.key, w.value, nil)
		}
		w.merged += int64(len(w.value))
		return
	}
	for from := 0; from < len(pairs); {
		block, to := roll.Block(pairs[from].Person()), from
		for to < len(pairs) && roll.Block(pairs[to].Person()) == block {
			to++
		}
		w.merge(driver.Merge{Roll: id, Block: block, Chunk: chunkOf(pairs[from:to])})
		from = to
	}
}
