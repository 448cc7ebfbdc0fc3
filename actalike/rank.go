package actalike

import (
	"cmp"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
)

// Whom the trees rank: everybody in a country of MostFused persons or fewer, and in a larger one those who are best by the
// blend, so many that they are more than the largest audience.
const (
	// MostFused is how many persons of a country are ranked by trees in any case.
	MostFused = 1_000_000

	fusedShare = .13
	below      = 1000 // puts all others below them
)

// Ranking is a seed's view of a country.
type Ranking struct {
	country int      // how many persons live there
	persons []uint32 // who is no seed, ascending
	scores  []float32
	weights []weights
	names   []string
}

// Rank scores every person of a country, by a population whose first items are those of the model. Items that the model does
// not know count by what needs no factors. It keeps neither bitmap.
func (m *Model) Rank(p *Population, seeds, country *roaring.Bitmap) *Ranking {
	l := m.lens(p, seeds)
	r := &Ranking{country: int(country.GetCardinality()), weights: l.weights, names: p.names} //nolint:gosec // 32 bits
	r.persons = roaring.AndNot(country, seeds).ToArray()
	r.scores = l.blended(r.persons)
	if m.Trees != nil {
		m.fuse(l, r.persons, r.scores, threshold(r.scores, r.country, r.country))
	}
	return r
}

func (m *Model) lens(p *Population, seeds *roaring.Bitmap) *lens {
	return newLens(p, m.Factors.weigh(p, seeds), float64(max(1, seeds.GetCardinality())))
}

// blended scores persons by the blend alone; somebody who came after the population was read gets minus infinity.
func (l *lens) blended(persons []uint32) []float32 {
	w, less := l.blend()
	scores := make([]float32, len(persons))
	parallel((len(scores)+stripe-1)/stripe, func(s int) {
		for i := s * stripe; i < min((s+1)*stripe, len(scores)); i++ {
			person := persons[i]
			if int(person) > l.p.Persons() {
				scores[i] = float32(math.Inf(-1))
				continue
			}
			sum := float32(0)
			for _, item := range l.p.row(person) {
				sum += w[item]
			}
			scores[i] = sum*l.p.scale(person) - less
		}
	})
	return scores
}

// threshold is the score from which on the trees rank in a country, by the scores of persons of which so many stand for all.
func threshold(scores []float32, all, country int) float32 {
	if country <= MostFused {
		return float32(math.Inf(-1))
	}
	counts := histogram(scores)
	left := int(fusedShare * float64(all))
	bucket := buckets - 1
	for ; bucket > 0; bucket-- {
		if left -= int(counts[bucket]); left <= 0 {
			break
		}
	}
	return lowest(bucket)
}

// fuse scores those persons by the trees who have a certain score, and puts all others below them.
func (m *Model) fuse(l *lens, persons []uint32, scores []float32, from float32) {
	all := m.Trees.edges()
	parallel((len(persons)+stripe-1)/stripe, func(s int) {
		var at [batch]int
		var described [batch]vector
		var sums [batch]float32
		n := 0
		flush := func() {
			clear(sums[:n])
			m.Trees.score(&all, described[:n], sums[:n])
			for j, i := range at[:n] {
				// The trees give steps; the blend decides within one.
				scores[i] = sums[j] + 1e-4*described[j][channels]
			}
			n = 0
		}
		for i := s * stripe; i < min((s+1)*stripe, len(persons)); i++ {
			if int(persons[i]) > l.p.Persons() || scores[i] < from {
				scores[i] -= below
				continue
			}
			at[n] = i
			l.describe(&described[n], persons[i])
			if n++; n == batch {
				flush()
			}
		}
		flush()
	})
}

// Best are the n persons who act most like the seeds, best first, without the seeds; fewer when there are no more. Of
// equal scores the person with the smaller number is first, so the best n are the beginning of the best n+1.
func (r *Ranking) Best(n int) []parterre.PersonID {
	all := make([]int, len(r.persons))
	for i := range all {
		all[i] = i
	}
	r.sort(all)
	best := make([]parterre.PersonID, min(max(n, 0), len(all)))
	for i := range best {
		best[i] = parterre.PersonID(r.persons[all[i]])
	}
	return best
}

// sort puts places in the order of their scores, the best first.
func (r *Ranking) sort(places []int) {
	slices.SortFunc(places, func(a, b int) int { return cmp.Or(cmp.Compare(r.scores[b], r.scores[a]), cmp.Compare(a, b)) })
}

// Top are the n items that weigh most in the ridge, the heaviest first.
func (r *Ranking) Top(n int) []Weight {
	all := make([]Weight, 0, len(r.weights))
	for i := range r.weights {
		if w := r.weights[i][chRidge]; w > 0 {
			all = append(all, Weight{r.names[i], float64(w)})
		}
	}
	return heaviest(all, n)
}
