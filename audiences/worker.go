package audiences

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// jobsAtOnce is how many jobs run at the same time: one for each of two cores.
const jobsAtOnce = 2

// Failed jobs are tried again after a pause that doubles from the first to the longest.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
)

// errLater says that a job has to wait for another job.
var errLater = errors.New("another job comes first")

// worker carries out the jobs of the catalogue, oldest first. Those of the same audience or list are done one after another,
// in the order in which they were written: a removal from a list must not overtake the addition before it. The worker looks
// for jobs when its bell rings: whoever writes one rings it, and so does every job that ends.
type worker struct {
	s    *Service
	ctx  context.Context // ends when the worker is stopped
	end  context.CancelFunc
	bell chan struct{}  // holds one ring
	all  sync.WaitGroup // what the worker has begun

	mu struct {
		sync.Mutex
		running map[parterre.ID]context.CancelFunc // by the audience or list
		pauses  map[parterre.ID]pause              // of jobs that failed
		waiting map[parterre.ID]bool               // jobs that wait until another one is done
		done    uint64                             // how many jobs were done
	}
}

type pause struct {
	length time.Duration
	over   bool
}

func startWorker(ctx context.Context, s *Service) *worker {
	w := &worker{s: s, bell: make(chan struct{}, 1)}
	w.ctx, w.end = context.WithCancel(ctx)
	w.mu.running = map[parterre.ID]context.CancelFunc{}
	w.mu.pauses = map[parterre.ID]pause{}
	w.mu.waiting = map[parterre.ID]bool{}
	w.all.Go(w.loop)
	w.ring()
	return w
}

// wake makes the worker look for jobs, also at those that wait for another one: what was written may be what they wait for,
// or make them needless.
func (w *worker) wake() {
	w.mu.Lock()
	clear(w.mu.waiting)
	w.mu.Unlock()
	w.ring()
}

func (w *worker) ring() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// stop calls off what is running and waits until it has ended.
func (w *worker) stop() {
	w.end()
	w.all.Wait()
}

// cancel calls off the running job of an audience, whose rule is no longer the current one. The job itself stays, and ends
// when it finds that out.
func (w *worker) cancel(subject parterre.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if callOff := w.mu.running[subject]; callOff != nil {
		callOff()
	}
}

func (w *worker) loop() {
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-w.bell:
		}
		if err := w.startJobs(); err != nil && !stopped(err) {
			w.s.log.Error("cannot read the jobs", slog.Any("error", err))
			time.AfterFunc(firstPause, w.ring)
		}
	}
}

// startJobs starts jobs while there is room.
func (w *worker) startJobs() error {
	held := map[parterre.ID]bool{} // audiences and lists of which a job was not started: those after it have to wait
	for p := (catalog.Page{Limit: 64}); ; {
		var jobs []catalog.Job
		var next parterre.ID
		err := w.s.catalog.View(w.ctx, func(tx *catalog.Tx) (err error) {
			jobs, next, err = tx.Jobs(p)
			return err
		})
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if held[j.Subject] {
				continue
			}
			started, room := w.start(j)
			if !room {
				return nil
			}
			held[j.Subject] = !started
		}
		if next == 0 {
			return nil
		}
		p.After = next
	}
}

// start begins a job, unless it has to pause, or a job of the same audience or list is running, or there is no room.
func (w *worker) start(j catalog.Job) (started, room bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.mu.running) >= jobsAtOnce {
		return false, false
	}
	if p, paused := w.mu.pauses[j.ID]; w.mu.running[j.Subject] != nil || w.mu.waiting[j.ID] || paused && !p.over {
		return false, true
	}
	ctx, callOff := context.WithCancel(w.ctx)
	w.mu.running[j.Subject] = callOff
	done := w.mu.done
	w.all.Go(func() {
		err := w.s.carryOut(ctx, j)
		callOff()
		w.ended(j, done, err)
	})
	return true, true
}

// ended takes note of a job's end. Done is how many jobs were done when it began: if one was done since, what the job has
// to wait for may have happened already.
func (w *worker) ended(j catalog.Job, done uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.ring()
	delete(w.mu.running, j.Subject)
	switch {
	case err == nil:
		delete(w.mu.pauses, j.ID)
		clear(w.mu.waiting)
		w.mu.done++
	case errors.Is(err, errLater):
		if done == w.mu.done {
			w.mu.waiting[j.ID] = true
		}
	case !stopped(err):
		p := pause{length: min(max(2*w.mu.pauses[j.ID].length, firstPause), longestPause)}
		w.mu.pauses[j.ID] = p
		w.s.log.Error("a job failed and will be tried again", slog.String("kind", string(j.Kind)),
			slog.String("subject", j.Subject.String()), slog.Duration("in", p.length), slog.Any("error", err))
		time.AfterFunc(p.length, func() { w.resume(j.ID) })
	}
}

func (w *worker) resume(job parterre.ID) {
	w.mu.Lock()
	if p, ok := w.mu.pauses[job]; ok {
		p.over = true
		w.mu.pauses[job] = p
	}
	w.mu.Unlock()
	w.ring()
}

// carryOut does one job. A job may have been done in part before. One that is no longer there was done while the list of jobs
// was being read.
func (s *Service) carryOut(ctx context.Context, j catalog.Job) error {
	err := s.catalog.View(ctx, func(tx *catalog.Tx) error {
		_, err := tx.Job(j.ID)
		return err
	})
	switch {
	case parterre.CodeOf(err) == parterre.NotFound:
		return nil
	case err != nil:
		return err
	}
	switch j.Kind {
	case catalog.Materialise:
		return s.materialise(ctx, j)
	case catalog.MatchRecords:
		return s.matchRecords(ctx, j)
	case catalog.DropRoll:
		return s.dropRoll(ctx, j)
	}
	return parterre.Errorf(parterre.Internal, "unknown kind of job: %s", j.Kind)
}
