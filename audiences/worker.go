package audiences

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// jobsAtOnce is how many jobs run at the same time: one for each of two cores. An upload, which may take long, runs beside
// them, one at a time.
const jobsAtOnce = 2

// Failed jobs are tried again after a pause that doubles from the first to the longest.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
)

// errLater says that a job has to wait for another job.
var errLater = errors.New("another job comes first")

// worker carries out the jobs of the catalogue, oldest first. Those of the same audience or list are done one after another,
// in the order in which they were written: a removal from a list must not overtake the addition before it. Whoever writes a
// job wakes the worker, which then reads the jobs that it does not know yet.
type worker struct {
	s    *Service
	ctx  context.Context // ends when the worker is stopped
	end  context.CancelFunc
	bell chan struct{}  // holds one ring
	all  sync.WaitGroup // what the worker has begun

	mu struct {
		sync.Mutex
		known  parterre.ID            // the last job that was read
		queues map[parterre.ID]*queue // of audiences, lists and ad accounts
		busy   int                    // how many jobs are running, uploads left out
		upload bool                   // an upload is being read
		done   uint64                 // how many jobs were done

		ends map[catalog.JobKind]*ends
	}
}

// queue holds the jobs of one audience or list, oldest first, of which the first one may be running. A queue without jobs is
// dropped.
type queue struct {
	jobs    []catalog.Job
	callOff context.CancelFunc // of the running job, nil when none is
	waiting bool               // the first job waits until another queue's job is done
	pausing bool               // the first job failed
	pause   time.Duration      // how long it paused last
}

// newWorker makes a worker that does nothing before it is started: jobs need the service to have its worker.
func newWorker(ctx context.Context, s *Service) *worker {
	w := &worker{s: s, bell: make(chan struct{}, 1)}
	w.ctx, w.end = context.WithCancel(ctx)
	w.mu.queues = map[parterre.ID]*queue{}
	return w
}

func (w *worker) start() {
	w.all.Go(w.loop)
	w.wake()
}

// wake makes the worker look for jobs.
func (w *worker) wake() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// stop calls off what is running and waits until it has ended, or until the context ends.
func (w *worker) stop(ctx context.Context) error {
	w.end()
	ended := make(chan struct{})
	go func() {
		w.all.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("background work did not end: %w", ctx.Err())
	}
}

// cancel calls off the running job of an audience, whose rule is no longer the current one, and does not let it pause. The
// job itself stays, and ends when it finds that out.
func (w *worker) cancel(subject parterre.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.mu.queues[subject]
	if q == nil {
		return
	}
	q.waiting, q.pausing, q.pause = false, false, 0
	if q.callOff != nil {
		q.callOff()
	}
}

func (w *worker) loop() {
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-w.bell:
		}
		if err := w.readJobs(); err != nil && !stopped(err) {
			w.s.log.Error("cannot read the jobs", slog.String("error", err.Error()))
			time.AfterFunc(firstPause, w.wake)
		}
		w.startJobs()
	}
}

// readJobs adds the jobs that were written since the last time to the queues. Ids of jobs ascend in the order in which their
// transactions took effect.
func (w *worker) readJobs() error {
	for {
		var jobs []catalog.Job
		var more parterre.ID
		err := w.s.catalog.View(w.ctx, func(tx *catalog.Tx) (err error) {
			jobs, more, err = tx.Jobs(catalog.Page{After: w.lastKnown(), Limit: 256})
			return err
		})
		if err != nil {
			return err
		}
		w.mu.Lock()
		for _, j := range jobs {
			q := w.mu.queues[j.Subject]
			if q == nil {
				q = &queue{}
				w.mu.queues[j.Subject] = q
			}
			q.jobs = append(q.jobs, j)
			w.mu.known = j.ID
		}
		w.mu.Unlock()
		if more == 0 {
			return nil
		}
	}
}

func (w *worker) lastKnown() parterre.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.known
}

// startJobs starts the oldest jobs that may run, while there is room.
func (w *worker) startJobs() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		var next *queue
		for _, q := range w.mu.queues {
			if q.callOff == nil && !q.waiting && !q.pausing && w.roomLocked(q) && (next == nil || q.jobs[0].ID < next.jobs[0].ID) {
				next = q
			}
		}
		if next == nil {
			return
		}
		w.startLocked(next)
	}
}

// roomLocked says whether the first job of a queue may run beside those that are running.
func (w *worker) roomLocked(q *queue) bool {
	if q.jobs[0].Kind == catalog.ReadUpload {
		return !w.mu.upload
	}
	return w.mu.busy < jobsAtOnce
}

// occupyLocked takes room for a job, or gives it back.
func (w *worker) occupyLocked(j catalog.Job, by int) {
	if j.Kind == catalog.ReadUpload {
		w.mu.upload = by > 0
	} else {
		w.mu.busy += by
	}
}

func (w *worker) startLocked(q *queue) {
	ctx, callOff := context.WithCancel(w.ctx)
	j, done := q.jobs[0], w.mu.done
	q.callOff = callOff
	w.occupyLocked(j, 1)
	w.all.Go(func() {
		work := Work{Kind: WorkJob, Of: string(j.Kind), Account: j.Account, Subject: j.Subject}
		err := w.s.watched(ctx, work, func(ctx context.Context) error { return w.s.carryOut(ctx, j) })
		callOff()
		w.ended(j, q, done, err)
	})
}

// ended takes note of a job's end. Done is how many jobs were done when it began: if one was done since, what the job has
// to wait for may have happened already.
func (w *worker) ended(j catalog.Job, q *queue, done uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.wake()
	w.occupyLocked(j, -1)
	q.callOff = nil
	switch {
	case err == nil:
		q.pause = 0
		if q.jobs = q.jobs[1:]; len(q.jobs) == 0 {
			delete(w.mu.queues, j.Subject)
		}
		w.mu.done++
		w.endsLocked(j.Kind).done++
		for _, other := range w.mu.queues {
			other.waiting = false
		}
	case errors.Is(err, errLater):
		q.waiting = done == w.mu.done
	case !stopped(err):
		w.endsLocked(j.Kind).failed++
		q.pausing, q.pause = true, min(max(2*q.pause, firstPause), longestPause)
		w.s.log.Error("a job failed and will be tried again", slog.String("kind", string(j.Kind)),
			slog.String("subject", j.Subject.String()), slog.Duration("in", q.pause), slog.String("error", err.Error()))
		time.AfterFunc(q.pause, func() { w.resume(q) })
	}
}

func (w *worker) resume(q *queue) {
	w.mu.Lock()
	q.pausing = false
	w.mu.Unlock()
	w.wake()
}

// carryOut does one job. A job may have been done in part before.
func (s *Service) carryOut(ctx context.Context, j catalog.Job) error {
	switch j.Kind {
	case catalog.Materialise:
		return s.materialise(ctx, j)
	case catalog.MatchRecords:
		return s.matchRecords(ctx, j)
	case catalog.ReadUpload:
		return s.readUpload(ctx, j)
	case catalog.DropRoll:
		return s.dropRoll(ctx, j)
	case catalog.DropList:
		return s.dropList(ctx, j)
	case catalog.DropAccount:
		return s.dropAccount(ctx, j)
	}
	return parterre.Errorf(parterre.Internal, "unknown kind of job: %s", j.Kind)
}
