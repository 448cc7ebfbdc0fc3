package audiences

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// Watch sees the work of the service: for metrics, for traces. It may be called concurrently.
type Watch interface {
	// Begin is called when work begins, with what it is. The work goes on with the context that it gives, and ended is called
	// once, with what the work ended with.
	Begin(ctx context.Context, w Work) (_ context.Context, ended func(error))
}

// Work is something that takes time.
type Work struct {
	Kind    WorkKind
	Of      string      // the kind of a job, the type of the audience that is evaluated
	Account parterre.ID // 0 when there is not just one
	Subject parterre.ID // the audience or the customer list, 0 otherwise
	Count   int         // of events and persons that are taken in
}

// WorkKind says what is done.
type WorkKind string

// The kinds of work.
const (
	WorkIngest   WorkKind = "ingest"   // events are taken in
	WorkImport   WorkKind = "import"   // persons are taken in
	WorkEvaluate WorkKind = "evaluate" // an audience is evaluated
	WorkJob      WorkKind = "job"      // a job is carried out, the evaluation included
)

// watched does work under the eyes of who watches.
func (s *Service) watched(ctx context.Context, w Work, do func(context.Context) error) error {
	if s.watch == nil {
		return do(ctx)
	}
	ctx, ended := s.watch.Begin(ctx, w)
	err := do(ctx)
	ended(err)
	return err
}

// accountOf is the ad account of all events, 0 when they are of several.
func accountOf(events []parterre.Event) (account parterre.ID) {
	for i := range events {
		if i > 0 && events[i].Facet.Account != account {
			return 0
		}
		account = events[i].Facet.Account
	}
	return account
}

// taken counts what was taken in since the service was made.
type taken struct{ events, persons atomic.Uint64 }

// Progress is how far the work has come, as it is at one moment.
type Progress struct {
	Events  uint64 // that were taken in since the service was made: acknowledged ones
	Persons uint64 // that were imported, likewise
	Jobs    []JobStats
	Lag     int64 // how many seconds ago the oldest job was written that is not done; 0 when there is none
}

// JobStats counts the jobs of a kind.
type JobStats struct {
	Kind                     catalog.JobKind
	Waiting, Running, Failed int    // those that failed are tried again
	Done                     uint64 // since the service was made
	Errors                   uint64 // ends in failure, likewise
}

// Progress tells of the work. It waits for nothing.
func (s *Service) Progress() Progress {
	p := Progress{Events: s.taken.events.Load(), Persons: s.taken.persons.Load()}
	var oldest int64
	if p.Jobs, oldest = s.worker.stats(); oldest > 0 {
		p.Lag = max(0, s.now().Unix()-oldest)
	}
	return p
}

// ends counts the ends of jobs.
type ends struct{ done, failed uint64 }

func (w *worker) endsLocked(kind catalog.JobKind) *ends {
	if w.mu.ends == nil {
		w.mu.ends = map[catalog.JobKind]*ends{}
	}
	t := w.mu.ends[kind]
	if t == nil {
		t = &ends{}
		w.mu.ends[kind] = t
	}
	return t
}

// stats counts the jobs that the worker knows, and says when the oldest was written: 0 when there is none.
func (w *worker) stats() (all []JobStats, oldest int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := map[catalog.JobKind]*JobStats{}
	for _, kind := range catalog.JobKinds {
		t := w.endsLocked(kind)
		by[kind] = &JobStats{Kind: kind, Done: t.done, Errors: t.failed}
	}
	for _, q := range w.mu.queues {
		for i, j := range q.jobs {
			if j.Created > 0 && (oldest == 0 || j.Created < oldest) {
				oldest = j.Created
			}
			switch stats := by[j.Kind]; {
			case stats == nil: // of a newer version
			case i == 0 && q.callOff != nil:
				stats.Running++
			case i == 0 && q.pausing:
				stats.Failed++
			default:
				stats.Waiting++
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(by)) {
		all = append(all, *by[kind])
	}
	return all, oldest
}
