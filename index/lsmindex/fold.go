package lsmindex

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/index/driver"
)

// What is merged into a roll or a history stays beside what is there, as an operand of its own, and whoever reads it merges
// them. Folding makes one of them. It rewrites everything, so it waits until what came is a part of what there is; then it costs
// each event the same few bytes, however much there is.

// When to fold: what came since the last time must be at least this part of everything.
const (
	partWhenCalm = 16
	partWhenBusy = 1
)

// calmBytes is how much may come from one tick to the next for the store to be calm.
const calmBytes = 4 << 20

// littleBytes is how much may stay pending when nothing comes, and leastFolded is for how much it is worth while to fold.
const (
	littleBytes = 1 << 20
	leastFolded = 64 << 10
)

// foldBytes is about how much is folded while others who write wait.
const foldBytes = 1 << 20

// foldedSpans are the keys that are folded: rolls of facets and pages, and histories. The other rolls are merged into at any
// time, and are small or rarely change.
func foldedSpans() [][2][]byte {
	return [][2][]byte{
		{{byte(rollTable), byte(driver.FacetRoll)}, {byte(rollTable), byte(driver.FacetRoll) + 1}},
		{{byte(rollTable), byte(driver.PageRoll)}, {byte(rollTable), byte(driver.PageRoll) + 1}},
		{{byte(wideTable)}, {byte(wideTable) + 1}},
		{{byte(historyTable)}, {byte(historyTable) + 1}},
	}
}

// isFoldedKind says whether rolls of a kind are folded. Nobody may merge into them while x.writing is held by somebody else.
func isFoldedKind(k driver.RollKind) bool { return k == driver.FacetRoll || k == driver.PageRoll }

// tend looks after the store at each tick, and returns when the index is closed. When nothing came since the tick before, it
// has written out what is pending, unless that is little: what is in rolls is read faster, and the log is shorter when the store
// is opened the next time. And it folds, when it is time.
func (x *Index) tend(ticks <-chan time.Time) {
	var number uint64
	var came int64
	for {
		select {
		case <-x.closing:
			return
		case <-ticks:
		}
		x.mu.Lock()
		still := x.mu.number == number
		calm := x.mu.came-came <= calmBytes
		number, came = x.mu.number, x.mu.came
		write := still && x.mu.young.bytes >= littleBytes
		x.mu.Unlock()
		// What fails is in the log of the tree, and in the answer to whoever writes next.
		if write {
			_ = x.flush()
		}
		if x.isTime(calm) {
			_ = x.fold(context.Background())
		}
	}
}

// isTime says whether to fold now.
func (x *Index) isTime(calm bool) bool {
	x.mu.Lock()
	unfolded := x.mu.unfolded
	x.mu.Unlock()
	if unfolded < leastFolded {
		return false
	}
	var all uint64
	for _, s := range foldedSpans() {
		n, err := x.db.EstimateDiskUsage(s[0], s[1])
		if err != nil {
			return false
		}
		all += n
	}
	if calm {
		return uint64(unfolded) >= all/partWhenCalm
	}
	return uint64(unfolded) >= all/partWhenBusy
}

// Settle writes out what is pending, and folds, so that reading costs as little as it can. It happens by itself, in time; a
// benchmark does not wait for that.
func (x *Index) Settle(ctx context.Context) error {
	if err := x.flush(); err != nil { //nolint:contextcheck // what is written out goes on when the caller has ended
		return err
	}
	return x.fold(ctx)
}

// flush writes out what is pending.
func (x *Index) flush() error {
	x.mu.Lock()
	for x.mu.old != nil && x.failed.Load() == nil { // what is older
		x.written.Wait()
	}
	if x.mu.young.last > 0 && x.failed.Load() == nil {
		x.turnLocked()
	}
	for x.mu.old != nil && x.failed.Load() == nil {
		x.written.Wait()
	}
	x.mu.Unlock()
	if err := x.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// fold makes one operand of those that stand side by side, and marks it, so that it is not looked at again before something is
// merged into it. It stops when the context ends, and when the index is closed.
func (x *Index) fold(ctx context.Context) error {
	x.folding.Lock()
	defer x.folding.Unlock()
	x.mu.Lock()
	unfolded := x.mu.unfolded
	x.mu.Unlock()
	for _, s := range foldedSpans() {
		for key := s[0]; len(key) > 0; {
			select {
			case <-x.closing:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			default:
			}
			var err error
			if key, err = x.foldSome(key, s[1]); err != nil {
				return wrap(err, "fold rolls and histories")
			}
		}
	}
	if err := x.compact(ctx); err != nil {
		return wrap(err, "compact what was folded")
	}
	x.mu.Lock()
	x.mu.unfolded -= unfolded // what came meanwhile is left
	unfolded = x.mu.unfolded
	x.mu.Unlock()
	return wrap(x.db.Set(topKey(topUnfolded), appendNumber(nil, kibibytes(unfolded)), pebble.NoSync), "fold rolls and histories")
}

// compact takes what was folded away from under it: whoever reads would have to pass it. It ends early when the index is closed.
func (x *Index) compact(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-x.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	for _, s := range foldedSpans() {
		if err := x.db.Compact(ctx, s[0], s[1], false); err != nil {
			return err
		}
	}
	return nil
}

// kibibytes is the stored form of a number of bytes.
func kibibytes(n int64) uint32 { return uint32(min(max(n, 0)>>10, math.MaxUint32)) }

// readUnfolded reads how much is to be folded from before.
func (x *Index) readUnfolded() error {
	_, err := x.get(topKey(topUnfolded), func(value []byte) error {
		n, err := decodeNumber(value)
		x.mu.unfolded = int64(n) << 10
		return err
	})
	return err
}

// foldSome folds some keys of a span, and gives the key to go on from, or none. Nobody merges into them meanwhile: it replaces
// what it has read.
func (x *Index) foldSome(from, to []byte) (next []byte, err error) {
	x.writing.Lock()
	defer x.writing.Unlock()
	it, err := x.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	b := x.db.NewBatch()
	defer func() { err = errors.Join(err, b.Close()) }()
	read := 0
	for ok := it.First(); ok; ok = it.Next() {
		if read >= foldBytes {
			next = slices.Clone(it.Key())
			break
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		read += len(value) + len(it.Key())
		if isFolded(value) {
			continue
		}
		operands := operandsOf(value)
		if len(operands) > 1 {
			operands = unite(x.log, it.Key(), operands)
		}
		if len(operands) > 1 { // some are corrupt, and stay as they are, so that whoever reads them is told
			continue
		}
		if err := b.Set(it.Key(), append([]byte{folded}, operands[0]...), nil); err != nil {
			return nil, err
		}
	}
	if err := it.Error(); err != nil {
		return nil, err
	}
	return next, x.db.Apply(b, pebble.NoSync)
}
