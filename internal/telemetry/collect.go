package telemetry

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/index"
)

// Pressure is how hard the service is pressed, as it is at one moment.
type Pressure struct {
	InFlight    map[string]int    // requests that are being worked on, by kind of work
	Refused     map[string]uint64 // requests that were turned away since the start, by reason
	BodyBytes   int64             // of request bodies that are held, or promised
	MemoryLimit int64             // bytes; 0 when there is none
	DiskFree    int64             // bytes, -1 when nobody knows
	DiskFull    bool              // writes are turned away for want of room
	StoreBusy   bool              // writes are turned away until the store has caught up
}

// Ask says whom to ask when somebody reads the metrics. Each is asked by one goroutine at a time; one that does not answer in
// time, because it waits for the store, is told as it was the last time.
func (t *Telemetry) Ask(ix func() index.Stats, work func() audiences.Progress, pressure func() Pressure) {
	t.sources.mu.Lock()
	defer t.sources.mu.Unlock()
	t.sources.index, t.sources.work, t.sources.pressure = &latest[index.Stats]{ask: ix}, work, pressure
}

// Close waits until nobody is asked, and asks no more.
func (t *Telemetry) Close() {
	t.sources.mu.Lock()
	ix := t.sources.index
	t.sources.work = nil
	t.sources.mu.Unlock()
	if ix != nil {
		ix.end()
	}
}

// patience is how long a source may take to answer.
const patience = time.Second

// latest is what a source answered last.
type latest[T any] struct {
	ask    func() T
	mu     sync.Mutex
	asking chan struct{} // closed when the source has answered; nil when nobody asks
	ended  bool          // it is not asked any more
	last   T
	known  bool
}

func (l *latest[T]) get() (T, bool) {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return l.last, false
	}
	if l.asking == nil {
		done := make(chan struct{})
		l.asking = done
		go func() {
			v := l.ask()
			l.mu.Lock()
			defer l.mu.Unlock()
			l.last, l.known, l.asking = v, true, nil
			close(done)
		}()
	}
	asking := l.asking
	l.mu.Unlock()
	select {
	case <-asking:
	case <-time.After(patience):
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.known
}

// end returns when nobody asks, and lets nobody ask again.
func (l *latest[T]) end() {
	l.mu.Lock()
	l.ended = true
	asking := l.asking
	l.mu.Unlock()
	if asking != nil {
		<-asking
	}
}

// sources are asked when the metrics are read.
type sources struct {
	mu       sync.Mutex
	index    *latest[index.Stats]
	work     func() audiences.Progress
	pressure func() Pressure
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// The metrics that are asked for.
var (
	events  = describe("parterre_events_ingested_total", "Events and engagements that were taken in and acknowledged.")
	persons = describe("parterre_persons_imported_total", "Persons that were imported and acknowledged.")
	jobs    = describe("parterre_jobs", "Jobs that are not done, by kind; failed ones are tried again.", "kind", "state")
	jobEnds = describe("parterre_job_ends_total", "Jobs that ended, by kind; a failed one is tried again.", "kind", "outcome")
	jobAge  = describe("parterre_oldest_job_age_seconds", "How long the oldest job has been waiting to be done; 0 when there is none.")

	inFlight = describe("parterre_requests_in_flight", "Requests that are being worked on, by kind of work.", "kind")
	refused  = describe("parterre_requests_refused_total", "Requests that were turned away for want of means, by reason.", "reason")
	bodies   = describe("parterre_request_body_bytes", "Bytes of request bodies that are held, or were announced.")
	limit    = describe("parterre_memory_limit_bytes", "What --memory-limit says; 0 when there is no limit.")
	free     = describe("parterre_disk_free_bytes", "Room on the disk of the data folder; -1 when nobody knows.")
	full     = describe("parterre_disk_full", "1 while writes are turned away for want of room on the disk.")
	behind   = describe("parterre_store_busy", "1 while events are turned away until the store has caught up.")

	ixPersons    = describe("parterre_index_persons", "Persons of the population.")
	ixFacets     = describe("parterre_index_facets", "Numbers of facets that were given out.")
	ixPages      = describe("parterre_index_pages", "Numbers of pages that were given out.")
	ixStanding   = describe("parterre_index_standing_audiences", "Audiences that stand, with a roll of their own or derived.")
	ixDisk       = describe("parterre_index_disk_bytes", "Bytes of all files of the index.")
	ixLog        = describe("parterre_index_log_bytes", "Of these, bytes of the write-ahead log.")
	ixMemTable   = describe("parterre_index_memtable_bytes", "Memory with writes that are in no table yet.")
	ixPending    = describe("parterre_index_pending_bytes", "Memory with moves and rows that are not written out yet, about.")
	ixDebt       = describe("parterre_index_compaction_debt_bytes", "Bytes to rewrite until the tables are in order.")
	ixCompacted  = describe("parterre_index_compactions_total", "Compactions, by outcome.", "outcome")
	ixErrors     = describe("parterre_index_background_errors_total", "Failures of work that nobody waits for, and that is tried again.")
	ixStalls     = describe("parterre_index_write_stalls_total", "How often writes have waited for the store to catch up.")
	ixCacheBytes = describe("parterre_index_block_cache_bytes", "Memory with blocks that were read.")
	ixCache      = describe("parterre_index_cache_lookups_total", "Look-ups in the caches of the index, by what came of them.", "cache", "result")
	ixEntries    = describe("parterre_index_cache_entries", "Entries in the caches of the index.", "cache")
	ixSyncs      = describe("parterre_index_sync_duration_seconds", "How long the write-ahead log took to be synced.")
)

// Describe implements [prometheus.Collector]: it names none, so that those may be left out that nobody can tell.
func (s *sources) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (s *sources) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	ix, work, pressure := s.index, s.work, s.pressure
	s.mu.Unlock()
	if work == nil {
		return
	}
	out := sink{to}
	out.work(work())
	if pressure != nil {
		out.pressure(pressure())
	}
	if stats, known := ix.get(); known {
		out.index(stats)
	}
}

// sink takes metrics.
type sink struct{ to chan<- prometheus.Metric }

func (s sink) gauge(d *prometheus.Desc, v float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (s sink) counter(d *prometheus.Desc, v float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

func (s sink) flag(d *prometheus.Desc, is bool) {
	v := 0.0
	if is {
		v = 1
	}
	s.gauge(d, v)
}

func (s sink) work(p audiences.Progress) {
	s.counter(events, float64(p.Events))
	s.counter(persons, float64(p.Persons))
	for _, j := range p.Jobs {
		kind := string(j.Kind)
		s.gauge(jobs, float64(j.Waiting), kind, "waiting")
		s.gauge(jobs, float64(j.Running), kind, "running")
		s.gauge(jobs, float64(j.Failed), kind, "failed")
		s.counter(jobEnds, float64(j.Done), kind, "done")
		s.counter(jobEnds, float64(j.Errors), kind, "failed")
	}
	s.gauge(jobAge, float64(p.Lag))
}

func (s sink) pressure(p Pressure) {
	for kind, n := range p.InFlight {
		s.gauge(inFlight, float64(n), kind)
	}
	for reason, n := range p.Refused {
		s.counter(refused, float64(n), reason)
	}
	s.gauge(bodies, float64(p.BodyBytes))
	s.gauge(limit, float64(p.MemoryLimit))
	s.gauge(free, float64(p.DiskFree))
	s.flag(full, p.DiskFull)
	s.flag(behind, p.StoreBusy)
}

func (s sink) index(x index.Stats) {
	s.gauge(ixPersons, float64(x.Persons))
	s.gauge(ixFacets, float64(x.Facets))
	s.gauge(ixPages, float64(x.Pages))
	s.gauge(ixStanding, float64(x.Standing))
	d := x.Store
	s.gauge(ixDisk, float64(d.DiskBytes))
	s.gauge(ixLog, float64(d.LogBytes))
	s.gauge(ixMemTable, float64(d.MemTableBytes))
	s.gauge(ixPending, float64(d.PendingBytes))
	s.gauge(ixDebt, float64(d.CompactionDebt))
	s.counter(ixCompacted, float64(d.Compactions), "done")
	s.counter(ixCompacted, float64(d.FailedCompactions), "failed")
	s.counter(ixErrors, float64(d.BackgroundErrors))
	s.counter(ixStalls, float64(d.Stalls))
	s.gauge(ixCacheBytes, float64(d.CacheBytes))
	s.counter(ixCache, float64(d.CacheHits), "blocks", "hit")
	s.counter(ixCache, float64(d.CacheMisses), "blocks", "miss")
	for _, c := range x.Caches {
		s.gauge(ixEntries, float64(c.Entries), c.Name)
		s.counter(ixCache, float64(c.Hits), c.Name, "hit")
		s.counter(ixCache, float64(c.Misses), c.Name, "miss")
	}
	s.to <- prometheus.MustNewConstHistogram(ixSyncs, d.Syncs.Count, d.Syncs.Seconds, d.Syncs.Within)
}
