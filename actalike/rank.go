package actalike

import (
	"math"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
)

// Whom the trees rank: everybody in a country of MostFused persons or fewer, and in a larger one those who are best by the
// blend, so many that they are more than the largest audience.
const (
	// MostFused is how many persons of a country are ranked by trees in any case.
	MostFused = 1_000_000

	fusedShare = .12
)

// Ranking is a seed's view of a country.
type Ranking struct {
	country int      // how many persons live there
	persons []uint32 // who is ranked, ascending
	scores  []float32
	weights []weights
	names   []string
}

// Rank scores the persons of a country who are no seeds, by a population whose first items are those of the model. Items that
// the model does not know count by what needs no factors. In a country of more than MostFused persons, those are left out
// who are in no audience of ten percent. It keeps neither bitmap.
func (m *Model) Rank(p *Population, seeds, country *roaring.Bitmap) *Ranking {
	l, candidates := m.lens(p, seeds), roaring.AndNot(country, seeds)
	from := m.threshold(l, candidates, country)
	r := l.rank(candidates, from)
	if len(r.persons) < int(min(candidates.GetCardinality(), mostTaken(country))) { //nolint:gosec // persons fit 32 bits
		r = l.rank(candidates, everybody) // the sample stood for something else
	}
	r.country = int(country.GetCardinality()) //nolint:gosec // persons fit 32 bits
	m.fuse(l, r)
	return r
}

// mostTaken is how many members the largest audience of a country has.
func mostTaken(country *roaring.Bitmap) uint64 {
	return uint64(Size(percentages, int(country.GetCardinality()))) //nolint:gosec // persons fit 32 bits
}

func (m *Model) lens(p *Population, seeds *roaring.Bitmap) *lens {
	return newLens(p, m.Factors.weigh(p, seeds), float64(max(1, seeds.GetCardinality())))
}

// rank scores persons by the blend alone, and leaves those out who have less than from. Somebody who came after the
// population was read gets minus infinity.
func (l *lens) rank(candidates *roaring.Bitmap, from float32) *Ranking {
	type part struct {
		persons []uint32
		scores  []float32
	}
	w, less := l.blend()
	parts := make([]part, (candidates.GetCardinality()+stripe-1)/stripe)
	var reading sync.Mutex
	next, it := 0, candidates.ManyIterator()
	parallel(len(parts), func(int) {
		var persons [stripe]uint32
		var scores [stripe]float32
		reading.Lock()
		at, n := next, it.NextMany(persons[:])
		next++
		reading.Unlock()
		kept := 0
		for _, person := range persons[:n] {
			if score := l.blended(w, less, person); score >= from {
				persons[kept], scores[kept] = person, score
				kept++
			}
		}
		parts[at] = part{slices.Clone(persons[:kept]), slices.Clone(scores[:kept])}
	})
	all := 0
	for i := range parts {
		all += len(parts[i].persons)
	}
	r := &Ranking{persons: make([]uint32, 0, all), scores: make([]float32, 0, all), weights: l.weights, names: l.p.names}
	for i := range parts {
		r.persons, r.scores = append(r.persons, parts[i].persons...), append(r.scores, parts[i].scores...)
	}
	return r
}

// blended is the score of a person by the weights of the blend.
func (l *lens) blended(w []float32, less float32, person uint32) float32 {
	if int(person) > l.p.Persons() {
		return everybody
	}
	return sumOf(w, l.p.row(person))*l.p.scale(person) - less
}

// sumOf adds the weights of items up, eight at a time.
func sumOf(w []float32, items []uint32) float32 {
	var a, b, c, d float32
	for ; len(items) >= 8; items = items[8:] {
		a, b, c, d = a+w[items[0]], b+w[items[1]], c+w[items[2]], d+w[items[3]]
		a, b, c, d = a+w[items[4]], b+w[items[5]], c+w[items[6]], d+w[items[7]]
	}
	if len(items) >= 4 {
		a, b, c, d = a+w[items[0]], b+w[items[1]], c+w[items[2]], d+w[items[3]]
		items = items[4:]
	}
	for _, item := range items {
		a += w[item]
	}
	return a + b + (c + d)
}

// everybody is the threshold that nobody misses.
var everybody = float32(math.Inf(-1))

// threshold is the score of the blend from which on the trees rank the candidates of a country, as a sample of them has it.
func (m *Model) threshold(l *lens, candidates, country *roaring.Bitmap) float32 {
	if country.GetCardinality() <= MostFused || m.Trees == nil || candidates.IsEmpty() {
		return everybody
	}
	scores := l.rank(evenly(candidates, asked), everybody).scores
	share := fusedShare * float64(country.GetCardinality()) / float64(candidates.GetCardinality())
	return nthBest(scores, 1+int(share*float64(len(scores))))
}

// nthBest is the nth highest of scores, the lowest where there are fewer. It puts them in order.
func nthBest(scores []float32, n int) float32 {
	slices.Sort(scores)
	return scores[max(0, len(scores)-n)]
}

// fuse scores persons by the trees, if there are any.
func (m *Model) fuse(l *lens, r *Ranking) {
	if m.Trees == nil {
		return
	}
	s := m.Trees.scorer()
	parallel((len(r.persons)+batch-1)/batch, func(b int) {
		var described [batch]vector
		var sums [batch]float32
		n := min(batch, len(r.persons)-b*batch)
		persons, scores := r.persons[b*batch:][:n], r.scores[b*batch:][:n]
		l.p.fetch(persons)
		for i, person := range persons {
			if int(person) <= l.p.Persons() {
				l.describe(&described[i], person)
			}
		}
		s.score(described[:n], sums[:n])
		for i, person := range persons {
			if int(person) <= l.p.Persons() {
				scores[i] = sums[i] + 1e-4*described[i][ftBlend] // the trees give steps; the blend decides within one
			}
		}
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
	keys := make([]uint64, len(places)) // how far the score is from the best, and of equal ones the place
	for i, place := range places {
		keys[i] = uint64(^order(r.scores[place]))<<32 | uint64(place) //nolint:gosec // places fit 32 bits
	}
	slices.Sort(keys)
	for i, key := range keys {
		places[i] = int(key & math.MaxUint32) //nolint:gosec // a place
	}
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
