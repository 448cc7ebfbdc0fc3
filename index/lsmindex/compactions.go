package lsmindex

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Tables are made of this size, in bytes, by so many compactions at once at most. A file has one filter, which is read whole:
// that of a large file would push everything else out of the cache.
const (
	tableBytes      = 8 << 20
	mostCompactions = 2
)

// compactions is the [pebble.CompactionScheduler] of one tree. None begins before the tree is open: to open it waits for those
// that began meanwhile, so one that waits for room would keep it closed.
type compactions struct {
	ctx     context.Context // until the tree is being closed
	cancel  context.CancelFunc
	db      pebble.DBForCompaction // from Register on
	poked   chan struct{}          // holds one when there may be something to begin
	running atomic.Int64
	granter sync.WaitGroup
}

func newCompactions() *compactions {
	c := &compactions{poked: make(chan struct{}, 1)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// begin lets compactions begin: the tree is open.
func (c *compactions) begin() {
	c.granter.Go(func() {
		for {
			select {
			case <-c.ctx.Done():
				return
			case <-c.poked:
				c.grant()
			}
		}
	})
}

// grant begins what waits, as much at once as the tree wants.
func (c *compactions) grant() {
	for c.running.Load() < int64(c.db.GetAllowedWithoutPermission()) {
		if waits, _ := c.db.GetWaitingCompaction(); !waits {
			return
		}
		c.running.Add(1)
		if !c.db.Schedule(c) {
			c.running.Add(-1)
			return
		}
	}
}

func (c *compactions) poke() {
	select {
	case c.poked <- struct{}{}:
	default:
	}
}

// Register says whose compactions they are.
func (c *compactions) Register(_ int, db pebble.DBForCompaction) { c.db = db }

// Unregister hears that the tree is being closed: nothing begins any more, and nothing waits for room.
func (c *compactions) Unregister() {
	c.cancel()
	c.granter.Wait()
}

// TrySchedule never lets a compaction begin at once, because it is called while the tree is locked; it has it begin soon.
func (c *compactions) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	c.poke()
	return false, nil
}

// UpdateGetAllowedWithoutPermission hears that more may be allowed.
func (c *compactions) UpdateGetAllowedWithoutPermission() { c.poke() }

// Done hears that a compaction ended.
func (c *compactions) Done() {
	c.running.Add(-1)
	c.poke()
}

// Started, MeasureCPU and CumulativeStats hear what a compaction does, and do nothing.
func (*compactions) Started()                                          {}
func (*compactions) MeasureCPU(pebble.CompactionGoroutineKind)         {}
func (*compactions) CumulativeStats(pebble.CompactionGrantHandleStats) {}

// compactionFS is a file system on which a compaction waits for the room of each of its files.
type compactionFS struct {
	vfs.FS
	ctx     context.Context                              // until the tree is being closed
	rewrite func(ctx context.Context, bytes int64) error // of [Room]
}

// Create makes a file.
func (fs compactionFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if category == "pebble-compaction" {
		if err := fs.rewrite(fs.ctx, mostCompactions*tableBytes); err != nil { // each of them may begin one now
			return nil, fmt.Errorf("no room to rewrite tables: %w", pebble.ErrCancelledCompaction)
		}
	}
	return fs.FS.Create(name, category)
}

// Unwrap is the file system below.
func (fs compactionFS) Unwrap() vfs.FS { return fs.FS }
