// Package lsmindex is the embedded driver of the index: identifiers, facets and rolls in a log-structured merge tree
// (Pebble), in one folder of a file system.
//
// A block of a roll is a key, and adding persons to it is a merge operand: nothing is read to write. The tree's merge
// operator takes the larger stamps, when it reads and when it compacts. docs/format/index.md describes every key and value.
//
// Every stored value ends in a checksum of its own, beside those that the tree keeps of its blocks and logs, so a bit that
// flipped in memory on the way to the disk is found as well. What is not what was written is reported as
// [driver.ErrCorrupt], and is kept as it is until it is overwritten or dropped; see merge.go for why.
package lsmindex

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre/index/driver"
)

// format is the number of the format on disk that this version reads and writes. Numbers are never reused.
const format = 6

// oldest is the number of the oldest format that this version reads. Formats 1 to 5 were never released.
const oldest = 6

// The sizes that hold where Options leaves them open.
const (
	defaultCacheBytes    = 128 << 20
	defaultMemTableBytes = 32 << 20
	defaultPendingBytes  = 64 << 20
)

// Options are the choices that do not change what is stored.
type Options struct {
	CacheBytes    int64        // memory for blocks that were read; 128 MiB when 0
	MemTableBytes int64        // memory that collects writes before they go to a table, at most four times; 32 MiB when 0
	PendingBytes  int64        // memory that collects moves and rows before they are written out, at most four times; 64 MiB when 0
	Log           *slog.Logger // nothing is logged when nil
	Room          Room         // knows the disk; writes always fit when it is zero

	// Ticks are when to look after the store: to write out what is pending, when nothing came since the tick before, and to fold
	// what stands side by side. Never when nil.
	Ticks <-chan time.Time
}

// Index is an open store. Its methods may be called concurrently as [driver.Driver] says, and from inside a scan.
type Index struct {
	db *pebble.DB

	// failed is the first error of a write to the log, nil while there was none. After it the tree takes no more writes.
	failed atomic.Pointer[error]

	pendingBytes int64
	strain       strain
	room         Room
	background   sync.WaitGroup // writing out what is pending, and folding
	log          *slog.Logger
	closing      chan struct{} // closed by Close

	// writing is held while something is dropped, a part of what is pending is written out, or some keys are folded; mu may be
	// taken then.
	writing sync.Mutex
	folding sync.Mutex // held by who folds, before writing
	mu      struct {
		sync.Mutex
		young, old *pending // old is being written out, nil when nothing is
		number     uint64   // of the last entry of the log
		came       int64    // bytes that became pending since the index was opened, about
		unfolded   int64    // bytes that were written out since the last time of folding, about
	}
	written *sync.Cond // of mu: old is nil again, or was given up
}

// Open opens the store in the folder dir of fs, and makes it when there is none. It refuses a store of a newer format. Only
// one Index at a time can have a folder open.
func Open(fs vfs.FS, dir string, o Options) (*Index, error) {
	doing := "open the index in " + dir
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	x := &Index{log: o.Log, room: o.Room, pendingBytes: cmp.Or(o.PendingBytes, defaultPendingBytes), closing: make(chan struct{})}
	c := newCompactions()
	if o.Room.Rewrite != nil {
		fs = compactionFS{fs, c.ctx, o.Room.Rewrite}
	}
	t := treeOptions(fs, o)
	t.Experimental.CompactionScheduler = c
	x.strain.watch(t.EventListener)
	db, err := pebble.Open(dir, t)
	if err != nil {
		return nil, wrap(err, doing)
	}
	x.db = db
	x.written = sync.NewCond(&x.mu)
	x.mu.young = newPending()
	err = x.checkFormat()
	if err == nil {
		err = x.readLog()
	}
	if err == nil {
		err = x.readUnfolded()
	}
	if err != nil {
		return nil, errors.Join(wrap(err, doing), db.Close())
	}
	c.begin()
	x.background.Go(func() { x.tend(o.Ticks) })
	return x, nil
}

// treeOptions are the options of the tree. Of these the comparer (bytewise), the merger and the format version are part of
// the format on disk.
func treeOptions(fs vfs.FS, o Options) *pebble.Options {
	if o.CacheBytes <= 0 {
		o.CacheBytes = defaultCacheBytes
	}
	if o.MemTableBytes <= 0 {
		o.MemTableBytes = defaultMemTableBytes
	}
	t := &pebble.Options{
		FS:       manifestFS{fs},
		Comparer: pebble.DefaultComparer,
		Merger:   merger(o.Log),

		// Named, not "newest": the format on disk must not change because a library was updated. This one is the first in
		// which the log tells a torn end from a damaged middle and the footers of tables have a checksum. Value separation,
		// which comes after it, is of no use here: merge operands are never separated.
		FormatMajorVersion: pebble.FormatTableFormatV6,

		CacheSize:                   o.CacheBytes,
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: 4,
		CompactionConcurrencyRange:  func() (lower, upper int) { return 1, mostCompactions },
		FlushDelayDeleteRange:       10 * time.Second, // so that dropped rolls give their space back without more writes, but for those of audiences

		Logger: logger{o.Log},
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) {
				o.Log.Error("index: work in the background failed", slog.String("error", err.Error()))
			},
			// Without this the tree ends the process; the error of the read that found it is enough.
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				o.Log.Error("index: a file is corrupt", slog.String("path", info.Path), slog.String("error", info.Details.Error()))
			},
			WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
				o.Log.Warn("index: writes wait for the disk", slog.String("reason", info.Reason))
			},
		},
	}
	for i := range t.Levels {
		t.TargetFileSizes[i] = tableBytes
		t.Levels[i].BlockSize = 16 << 10
		t.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.FastestCompression }
		t.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // most new identifiers are looked up in vain
	}
	return t
}

// checkFormat refuses a store that this version cannot read, and marks one that is new.
func (x *Index) checkFormat() error {
	var number uint32
	found, err := x.get(formatKey(), func(value []byte) (err error) {
		number, err = decodeNumber(value)
		return err
	})
	if err != nil {
		return err
	}
	if !found {
		return x.markFormat()
	}
	if number > format {
		return fmt.Errorf("it has format %d, and this version of Parterre reads formats up to %d: use a newer version",
			number, format)
	}
	if number < oldest {
		return fmt.Errorf("it has format %d, which was never released, and this version of Parterre reads formats from %d on: "+
			"begin anew", number, oldest)
	}
	return nil
}

func (x *Index) markFormat() error {
	it, err := x.db.NewIter(nil)
	if err != nil {
		return err
	}
	empty := !it.First()
	if err := errors.Join(it.Error(), it.Close()); err != nil {
		return err
	}
	if !empty {
		return fmt.Errorf("%w: it holds data but no format number", driver.ErrCorrupt)
	}
	if err := x.db.Set(formatKey(), appendNumber(nil, format), pebble.Sync); err != nil {
		return err
	}
	// The first log of a new tree is begun before the tree has its format version, and so in an old form in which damage
	// cannot be told from a torn end: a crash would then take damage for the end and lose what comes after it. A flush
	// begins another log.
	return x.db.Flush()
}

// Close releases the store. Writes that were applied are in the log by then, whether or not anybody waited for them.
func (x *Index) Close() error {
	close(x.closing)
	x.background.Wait() // it may wait for a compaction
	if err := x.db.Close(); err != nil {
		return wrap(err, "close the index")
	}
	return nil
}

// wrap says what was being done, and marks an error about damaged files as [driver.ErrCorrupt].
func wrap(err error, doing string) error {
	switch {
	case err == nil:
		return nil
	case pebble.IsCorruptionError(err) && !errors.Is(err, driver.ErrCorrupt):
		return fmt.Errorf("%s: %w: %w", doing, driver.ErrCorrupt, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// logger passes what the tree says to a slog.Logger.
type logger struct{ log *slog.Logger }

func (l logger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("index: the tree says", slog.String("text", fmt.Sprintf(format, args...)))
	}
}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("index: the tree complains", slog.String("text", fmt.Sprintf(format, args...)))
}

// Fatalf is called when the tree cannot go on without risking what is stored, and must not return: the process ends, because
// one that ends here recovers from its log, and one that goes on may not. It panics where nobody can recover it.
func (l logger) Fatalf(format string, args ...any) {
	message := "index: " + fmt.Sprintf(format, args...)
	l.log.Error("index: the tree cannot go on", slog.String("text", message))
	go panic(message)
	select {}
}

var _ driver.Driver = (*Index)(nil)
