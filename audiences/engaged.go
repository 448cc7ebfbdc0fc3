package audiences

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
)

const (
	// engagedMoved is the share of its engagements that may come in until a population in memory is read anew.
	engagedMoved = .01
	// engagedAge is how long one is used at most in which anything has moved, and how long one is kept that nobody uses.
	engagedAge = 10 * time.Minute
	// wiped moves every population, whatever its size.
	wiped = 1 << 40
)

// engaged keeps the population of the model that serves in memory between the evaluations of ACTALIKE audiences.
type engaged struct {
	moves   atomic.Int64 // organic engagements and persons that came in; only counted up, after they can be read
	reading sync.Mutex   // whoever reads the population; taken before the lock below
	mu      struct {
		sync.Mutex
		population *actalike.Population // nil when none is kept
		version    int                  // of the model whose items are its first
		moves      int64                // before it was read
		read, used time.Time
	}
}

// take gives the population for the model of this version, if there is one that is fresh enough.
func (g *engaged) take(version int, now time.Time) *actalike.Population {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.mu.population
	if p == nil || g.mu.version != version {
		return nil
	}
	moved := g.moves.Load() - g.mu.moves
	if float64(moved) > engagedMoved*float64(p.Engagements()) || moved > 0 && now.Sub(g.mu.read) > engagedAge {
		return nil
	}
	g.mu.used = now
	return p
}

// put keeps a population that was read when so much had moved, unless it takes more than most bytes.
func (g *engaged) put(p *actalike.Population, version int, moves int64, now time.Time, most int64) {
	if p.Bytes() > most {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.population, g.mu.version, g.mu.moves, g.mu.read, g.mu.used = p, version, moves, now, now
}

func (g *engaged) drop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.population = nil
}

func (g *engaged) dropIdle(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.mu.used) > engagedAge {
		g.mu.population = nil
	}
}

// ingested counts what came in by events. Engagement with an ad is none of the population's.
func (g *engaged) ingested(events []parterre.Event) {
	n := int64(0)
	for i := range events {
		if f := &events[i].Facet; f.Kind == parterre.Engagement && f.Pin != 0 && f.Ad == 0 {
			n++
		}
	}
	g.moves.Add(n)
}

// engagedWith gives the population for a model: the one in memory, or the one that is read now. Whoever comes meanwhile waits
// and takes the same.
func (s *Service) engagedWith(ctx context.Context, l learnt) (*actalike.Population, error) {
	g := &s.engaged
	if p := g.take(l.Version, s.now()); p != nil {
		return p, nil
	}
	g.reading.Lock()
	defer g.reading.Unlock()
	if p := g.take(l.Version, s.now()); p != nil {
		return p, nil
	}
	g.drop() // two are not held at once
	moves, now := g.moves.Load(), s.now()
	p, err := s.everyEngagement(ctx, l.Model.Names)
	if err != nil {
		return nil, err
	}
	g.put(p, l.Version, moves, now, s.alike.Memory)
	return p, nil
}
