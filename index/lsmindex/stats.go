package lsmindex

import (
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/parterre/parterre/index/driver"
)

// strain counts what goes on in the background that nobody waits for, and says who waits.
type strain struct {
	stalls  atomic.Uint64
	waiting atomic.Int32 // what keeps writes waiting: the tree, what is pending
	errors  atomic.Uint64
}

// begin notes that writes wait; the caller calls end when they go on.
func (s *strain) begin() {
	s.stalls.Add(1)
	s.waiting.Add(1)
}

func (s *strain) end() { s.waiting.Add(-1) }

// watch counts what the tree tells.
func (s *strain) watch(l *pebble.EventListener) {
	begin, failed := l.WriteStallBegin, l.BackgroundError
	l.WriteStallBegin = func(info pebble.WriteStallBeginInfo) {
		s.begin()
		begin(info)
	}
	l.WriteStallEnd = s.end
	l.BackgroundError = func(err error) {
		s.errors.Add(1)
		failed(err)
	}
}

// Busy says whether a write waits at this moment because the store has to catch up. It never waits itself.
func (x *Index) Busy() bool { return x.strain.waiting.Load() > 0 }

// Stats implements [driver.Measured].
func (x *Index) Stats() driver.Stats {
	m := x.db.Metrics()
	x.mu.Lock()
	pending := x.mu.young.bytes
	if x.mu.old != nil {
		pending += x.mu.old.bytes
	}
	x.mu.Unlock()
	return driver.Stats{
		DiskBytes: signed(m.DiskSpaceUsage()), LogBytes: signed(m.WAL.PhysicalSize),
		MemTableBytes: signed(m.MemTable.Size), PendingBytes: pending,
		CacheBytes: m.BlockCache.Size, CacheHits: unsigned(m.BlockCache.Hits), CacheMisses: unsigned(m.BlockCache.Misses),
		CompactionDebt: signed(m.Compact.EstimatedDebt), Compactions: unsigned(m.Compact.Count),
		FailedCompactions: unsigned(m.Compact.FailedCount),
		BackgroundErrors:  x.strain.errors.Load(), Stalls: x.strain.stalls.Load(),
		Syncs: syncsOf(m.LogWriter.FsyncLatency),
	}
}

func signed(n uint64) int64 { return int64(min(n, 1<<63-1)) } //nolint:gosec // bounded

func unsigned(n int64) uint64 { return uint64(max(n, 0)) } //nolint:gosec // bounded

// syncsOf reads the histogram that the tree keeps of its syncs, in nanoseconds. Of its hundred buckets some are enough.
func syncsOf(h prometheus.Histogram) driver.Durations {
	var m dto.Metric
	if h == nil || h.Write(&m) != nil {
		return driver.Durations{}
	}
	from := m.GetHistogram()
	d := driver.Durations{Count: from.GetSampleCount(), Seconds: from.GetSampleSum() / float64(time.Second), Within: map[float64]uint64{}}
	for i, b := range from.GetBucket() {
		if linear := i == 1 || i == 2 || i == 5 || i == 10 || i == 20; linear || i >= 50 && (i-50)%7 == 0 {
			d.Within[b.GetUpperBound()/float64(time.Second)] = b.GetCumulativeCount()
		}
	}
	return d
}

// Usage implements [driver.Measured]. What is in memory, or in the log alone, is in none of the numbers.
func (x *Index) Usage() (map[string]int64, error) {
	used := map[string]int64{}
	for name, tables := range map[string][]table{
		"identifiers": {identifierTable}, "persons": {personTable}, "facets": {facetTable, bodyTable, ownerTable},
		"pages": {pageTable, urlTable}, "rolls": {rollTable, wideTable}, "histories": {historyTable}, "rows": {rowsTable}, "log": {logTable},
	} {
		for _, t := range tables {
			n, err := x.db.EstimateDiskUsage([]byte{byte(t)}, []byte{byte(t) + 1})
			if err != nil {
				return nil, wrap(err, "estimate the size of the index")
			}
			used[name] += signed(n)
		}
	}
	return used, nil
}

var _ driver.Measured = (*Index)(nil)
