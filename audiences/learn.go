package audiences

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
	"github.com/parterre/parterre/catalog"
)

// Alike says how ACTALIKE audiences are kept fresh. The zero Alike takes the defaults and keeps the model in memory.
type Alike struct {
	File  string        // where the model is kept; nowhere when empty
	Moved float64       // the share by which a population moves until it is learnt anew; a tenth when 0
	Seed  float64       // the share of a seed that changes until the audience is computed anew; a tenth when 0
	Every time.Duration // how often the seeds are looked at; every ten minutes when 0
	Least int           // engagements of a population that is worth learning from; 100,000 when 0

	// Memory is how many bytes a population may take that is kept in memory between evaluations; 3 GiB when 0. A larger one is
	// read for every evaluation.
	Memory int64
}

func (a *Alike) defaults() {
	if a.Moved == 0 {
		a.Moved = .1
	}
	if a.Seed == 0 {
		a.Seed = .1
	}
	if a.Every == 0 {
		a.Every = 10 * time.Minute
	}
	if a.Least == 0 {
		a.Least = 100_000
	}
	if a.Memory == 0 {
		a.Memory = 3 << 30
	}
}

// learntSeed begins everything random in learning.
const learntSeed = 1

// learner learns from the population in the background, one at a time, and holds the model that serves.
type learner struct {
	s  *Service
	mu struct {
		sync.Mutex
		learnt  learnt
		busy    bool
		refused int // persons of a population that was too thin; 0 when none was
	}
}

// learnt is a model with its number and the moment at which it was made.
type learnt struct {
	Model   *actalike.Model // nil before the first
	Version int
	Made    int64
}

func (l *learner) current() learnt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.learnt
}

// consider learns from the population if it has moved enough since the last time. Engagements are -1 when they are not known.
func (l *learner) consider(persons, engagements int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	share := l.s.alike.Moved
	m := l.mu.learnt.Model
	moved := func(now, then int) bool { return float64(max(now-then, then-now)) > share*float64(then) }
	switch {
	case l.mu.busy || persons < actalike.LeastPersons:
		return
	case m != nil && !moved(persons, m.Persons) && !moved(engagements, m.Total):
		return
	case m == nil && l.mu.refused > 0 && !moved(persons, l.mu.refused):
		return
	}
	l.mu.busy = true
	l.s.worker.all.Go(func() { l.learn(l.s.worker.ctx) })
}

// learn makes a model, keeps it, and has the audiences computed anew that had to do without one.
func (l *learner) learn(ctx context.Context) {
	moves, read := l.s.engaged.moves.Load(), l.s.now()
	p, m, err := l.train(ctx)
	l.mu.Lock()
	l.mu.busy = false
	switch {
	case err == nil:
		l.mu.learnt = learnt{m, l.mu.learnt.Version + 1, l.s.now().Unix()}
	case errors.Is(err, actalike.ErrThin):
		l.mu.refused = l.s.index.Population()
	}
	now := l.mu.learnt
	l.mu.Unlock()
	switch {
	case err == nil:
		if p != nil {
			l.s.engaged.put(p, now.Version, moves, read, l.s.alike.Memory)
		}
		l.settle(now)
		l.s.log.Info("learnt from the population", slog.Int("version", now.Version), slog.String("method", string(m.Method())))
		l.s.refresh(ctx, func(e *evaluation) (bool, error) { return e.Method == actalike.Naive, nil })
	case stopped(err):
	case errors.Is(err, actalike.ErrThin):
		l.forget()
	default:
		l.s.log.Error("learning from the population failed", slog.String("error", err.Error()))
	}
}

// train goes on with what a process before this one began, or begins: then it gives the population as well.
func (l *learner) train(ctx context.Context) (*actalike.Population, *actalike.Model, error) {
	progress := l.progress()
	if progress != nil {
		m, err := actalike.Resume(ctx, progress)
		if m != nil && err == nil || stopped(err) {
			return nil, m, err
		}
		if err != nil {
			l.s.log.Warn("learning cannot go on and begins again", slog.String("error", err.Error()))
		}
	}
	p, err := l.s.everyEngagement(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	if p.Engagements() < l.s.alike.Least {
		return p, nil, actalike.ErrThin
	}
	m, err := actalike.Train(ctx, p, learntSeed, progress)
	return p, m, err
}

// progress is where learning keeps how far it has come: beside the file of the model. Nil when nothing is kept.
func (l *learner) progress() actalike.Progress {
	if l.s.alike.File == "" {
		return nil
	}
	return l.course()
}

func (l *learner) course() course { return course{l.s.alike.File + ".learning"} }

// The file of a model has its version and the moment at which it was made, eight bytes each, and the model.

// settle writes the model to its file.
func (l *learner) settle(now learnt) {
	if l.s.alike.File == "" {
		return
	}
	err := writeKept(l.s.alike.File, func(w io.Writer) error {
		if err := binary.Write(w, binary.BigEndian, [2]int64{int64(now.Version), now.Made}); err != nil {
			return err
		}
		return now.Model.Write(w)
	})
	if err != nil {
		l.s.log.Error("the factors are not kept", slog.String("error", err.Error()))
	}
	l.forget()
}

// forget drops what is kept of learning that has ended.
func (l *learner) forget() {
	if l.s.alike.File == "" {
		return
	}
	if err := l.course().drop(); err != nil {
		l.s.log.Error("the progress of learning cannot be dropped", slog.String("error", err.Error()))
	}
}

// load takes the model up that the last process kept. One that cannot be read is made anew when it is needed.
func (l *learner) load() {
	if l.s.alike.File == "" {
		return
	}
	var head [2]int64
	var m *actalike.Model
	there, err := readKept(l.s.alike.File, func(r io.Reader) (err error) {
		if err = binary.Read(r, binary.BigEndian, &head); err == nil {
			m, err = actalike.ReadModel(r)
		}
		return err
	})
	switch {
	case err != nil:
		l.s.log.Warn("the factors cannot be read and will be made anew", slog.String("error", err.Error()))
	case there:
		l.mu.learnt = learnt{m, int(head[0]), head[1]}
	}
}

// resume goes on with learning that the last process did not end.
func (l *learner) resume() {
	if l.s.alike.File == "" {
		return
	}
	if _, err := os.Stat(l.course().folder); err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.mu.busy { // a job was quicker
			return
		}
		l.mu.busy = true
		l.s.worker.all.Go(func() { l.learn(l.s.worker.ctx) })
	}
}

// improve has an audience computed anew that had to do without a model while one was made: the learner left it out, because
// its evaluation had not ended.
func (s *Service) improve(ctx context.Context, id parterre.ID) {
	if s.learner.current().Model != nil {
		s.refresh(ctx, func(e *evaluation) (bool, error) { return e.audience.ID == id && e.Method == actalike.Naive, nil })
	}
}

// watchSeeds looks at the seeds of all ACTALIKE audiences from time to time, and at whether the population is still used.
func (s *Service) watchSeeds(ctx context.Context) {
	tick := time.NewTicker(s.alike.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.engaged.dropIdle(s.now())
			s.RefreshSeeds(ctx)
		}
	}
}

// RefreshSeeds has every ACTALIKE audience computed anew whose seed has changed by more than the configured share.
func (s *Service) RefreshSeeds(ctx context.Context) {
	s.refresh(ctx, func(e *evaluation) (bool, error) {
		before := roaring.New()
		if err := before.UnmarshalBinary(e.SeedMembers); err != nil {
			return false, parterre.Internalf(err, "decode the seeds of an audience")
		}
		now, err := s.seedMembers(ctx, e.audience, e.seeds)
		if err != nil {
			return false, err
		}
		changed := roaring.Xor(before, now).GetCardinality()
		return float64(changed) > s.alike.Seed*float64(before.GetCardinality()), nil
	})
}

// refresh has those evaluated ACTALIKE audiences computed anew of which stale says so. One that fails does not hold up others.
func (s *Service) refresh(ctx context.Context, stale func(e *evaluation) (bool, error)) {
	var known []*evaluation
	err := s.catalog.View(ctx, func(tx *catalog.Tx) error {
		return tx.AllAudiences(func(a parterre.Audience) error {
			if a.Type != parterre.ActAlikeAudience || !a.Evaluated() {
				return nil
			}
			e, err := evaluationOf(tx, a.ID)
			if err != nil || e == nil {
				return err
			}
			r, err := decodeStored(a.Type, a.Rule)
			if err != nil {
				return err
			}
			e.audience, e.seeds = &a, r.ActAlike.Seeds
			known = append(known, e)
			return nil
		})
	})
	for _, e := range known {
		old, failed := stale(e)
		if failed == nil && old {
			_, failed = s.Recompute(ctx, &parterre.Principal{App: "Parterre"}, e.audience.ID)
		}
		if failed != nil && !errors.Is(failed, errLater) {
			err = errors.Join(err, failed)
		}
	}
	if err != nil && !stopped(err) {
		s.log.Error("an audience could not be computed anew", slog.String("error", err.Error()))
	}
}
