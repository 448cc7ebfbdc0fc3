package actalike

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	// dimensions is how many factors there are; of thinner populations, half of the items or persons.
	dimensions = 256

	// LeastPersons is how many persons a population needs to be learnt from.
	LeastPersons = 1000
	// LeastEngagements is how many engagements it needs.
	LeastEngagements = 10_000

	// MostLearnt is of how many persons is learnt at most: in a larger population a sample stands for all.
	MostLearnt = 500_000
)

// ErrThin is the error for a population from which nothing can be learnt; [Bayes] needs nothing.
var ErrThin = fmt.Errorf("learn from a population: %w", errThin)

// Progress keeps what was done of learning, in parts, so that learning that is cut short goes on where it was. It is used by
// one goroutine.
type Progress interface {
	// Save keeps a part, whole or not at all, in place of an older one of that name.
	Save(name string, write func(io.Writer) error) error
	// Load reads a part. There is false when there is none, or none that is as it was saved.
	Load(name string, read func(io.Reader) error) (there bool, err error)
}

// nowhere keeps nothing.
type nowhere struct{}

func (nowhere) Save(string, func(io.Writer) error) error         { return nil }
func (nowhere) Load(string, func(io.Reader) error) (bool, error) { return false, nil }

// The parts of learning. That of the vectors is of the factors that are worked on.
const (
	partBegun   = "begun"
	partVectors = "vectors"
	partFactors = "factors"
	partLesson  = "lesson" // with its number
)

// course is learning that is under way. What a model becomes depends on nothing else.
type course struct {
	p        *Population // of which is learnt
	persons  int         // of the whole population
	total    int         // and its engagements
	seed     uint64
	progress Progress
}

// Train learns from a population, and keeps the progress unless it is nil. It fails with ErrThin when the population is too
// small or too thin.
func Train(ctx context.Context, p *Population, seed uint64, progress Progress) (*Model, error) {
	if progress == nil {
		progress = nowhere{}
	}
	c := &course{p: p.sampled(MostLearnt), persons: p.Persons(), total: len(p.engaged), seed: seed, progress: progress}
	if err := progress.Save(partBegun, c.write); err != nil {
		return nil, err
	}
	return c.learn(ctx)
}

// Resume goes on with learning that was cut short, and gives what it would have given. It is nil without an error when nothing
// was begun.
func Resume(ctx context.Context, progress Progress) (*Model, error) {
	c := &course{progress: progress}
	begun, err := progress.Load(partBegun, c.read)
	if err != nil || !begun {
		return nil, err
	}
	return c.learn(ctx)
}

func (c *course) learn(ctx context.Context) (*Model, error) {
	items := 0
	for _, d := range c.p.degrees {
		if d > 0 {
			items++
		}
	}
	dim := min(dimensions, items/2, c.p.Persons()/2)
	dim -= dim % panel
	if c.p.Persons() < LeastPersons || len(c.p.engaged) < LeastEngagements || dim == 0 {
		return nil, ErrThin
	}
	m := &Model{Names: slices.Clone(c.p.names), Persons: c.persons, Total: c.total}
	s := newSubspace(len(c.p.names), dim)
	var err error
	if m.Factors, err = c.factors(ctx, s); err != nil {
		return nil, thin(err)
	}
	var all sample
	for n := range lessons {
		if err := c.lesson(ctx, s, n, &all); err != nil {
			if errors.Is(err, errThin) {
				return m, nil // there are factors, and nothing to teach trees with
			}
			return nil, err
		}
	}
	m.Trees = grow(&all)
	return m, ctx.Err()
}

func thin(err error) error {
	if errors.Is(err, errThin) {
		return ErrThin
	}
	return err
}

// factors are those of the population.
func (c *course) factors(ctx context.Context, s *subspace) (*Factors, error) {
	var f Factors
	if there, err := c.progress.Load(partFactors, f.read); err != nil || there {
		return &f, err
	}
	found, err := c.iterate(ctx, s, c.p, c.seed, partFactors)
	if err != nil {
		return nil, err
	}
	return found, c.progress.Save(partFactors, found.write)
}

// iterate finds the factors of a population, round by round, from where a process before this one came to.
func (c *course) iterate(ctx context.Context, s *subspace, p *Population, seed uint64, purpose string) (*Factors, error) {
	s.begin(p, seed)
	if _, err := c.progress.Load(partVectors, func(r io.Reader) error { return s.read(r, purpose) }); err != nil {
		return nil, err
	}
	for !s.done() {
		if err := s.round(ctx); err != nil {
			return nil, err
		}
		if err := c.progress.Save(partVectors, func(w io.Writer) error { return s.write(w, purpose) }); err != nil {
			return nil, err
		}
	}
	return s.factors(ctx)
}

// lesson adds what one set of hidden items teaches; it fails with errThin when there is too little.
func (c *course) lesson(ctx context.Context, s *subspace, n int, all *sample) error {
	name := fmt.Sprint(partLesson, n)
	var taught sample
	there, err := c.progress.Load(name, taught.read)
	if err != nil {
		return err
	}
	if !there {
		seed := c.seed + 1 + uint64(n) //nolint:gosec // few
		rest, made := c.p.pseudos(seed)
		if len(made) < pseudoLeast {
			return errThin
		}
		f, err := c.iterate(ctx, s, rest, seed, name)
		if err != nil {
			return err
		}
		if taught, err = rest.teach(ctx, f, made, seed); err != nil {
			return err
		}
		if err := c.progress.Save(name, taught.write); err != nil {
			return err
		}
	}
	all.add(&taught)
	return nil
}
