package demo

import (
	"math/rand/v2"
)

const (
	days      = 90
	dayLength = 24 * 60 * 60
)

// shop is the made-up world of a demonstration. All of it follows from the seed and the moment; none of its methods change
// it, and each sequence that they give is the same every time.
type shop struct {
	seed     uint64
	now      int64
	account  string
	sections []section
	persons  []person
}

func newShop(o Options) *shop {
	s := &shop{seed: o.Seed, now: o.Now.Unix(), account: o.Account, sections: newSections()}
	s.persons = s.newPersons(o.Persons)
	return s
}

// The streams of chance, one a purpose, so that more of one thing does not change another.
const (
	personStream uint64 = iota + 1
	listStream
	tagStream
	apiStream
	engagementStream
)

func (s *shop) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(s.seed, stream)) }

// when is a moment of the last 90 days, at least two hours ago, in seconds since 1970.
func (s *shop) when(r *rand.Rand) int64 {
	const margin = 2 * 60 * 60
	return s.now - margin - r.Int64N(days*dayLength-2*margin)
}

// pick gives an element, the first ones more often than the last.
func pick[T any](r *rand.Rand, list []T) T {
	x := r.Float64()
	return list[int(x*x*float64(len(list)))]
}

// weighted gives an index, each as often as its weight says.
func weighted(r *rand.Rand, weights []float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	x := r.Float64() * sum
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}
