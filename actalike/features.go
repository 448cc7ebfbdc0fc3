package actalike

import "math"

// What a seed's weights give for a person, after the channels' scores: the score that the positive weights of the ridge give,
// and the largest weights among the person's items, two of the ridge, and one each of naive Bayes and of the wide
// spectral channel. One telling item says something else than many faint ones.
const (
	positive  = channels
	mostRidge = positive + 1
	nextRidge = mostRidge + 1
	mostBayes = nextRidge + 1
	mostWide  = mostBayes + 1
	views     = mostWide + 1
)

// features of a person for the trees: the views, standardised over the population, the sharp score and that of the ridge
// together, the logarithm of the number of items, and that of the number of seeds.
const (
	ftBlend = views + iota
	ftItems
	ftSeeds
	features
)

type vector [features]float32

// lens is how a seed sees the persons of a population: the weights that it gives to items, and what the scores of everybody
// are like.
type lens struct {
	p         *Population
	weights   []weights
	packed    *packed        // the same, rounded
	mean, one [views]float32 // of the views, and what makes their deviation 1
	seeds     float32        // the logarithm of how many there are
}

// measured is how many persons are looked at to know the mean and the deviation of a view, at most twice as many.
const measured = 50_000

// newLens measures the views over the population, or over an even sample of a large one.
func newLens(p *Population, w []weights, seeds float64) *lens {
	l := &lens{p: p, weights: w, packed: pack(w), seeds: float32(math.Log(seeds))}
	every := max(1, p.Persons()/measured)
	n := (p.Persons() + every - 1) / every
	type sums struct{ sum, square [views]float64 }
	parts := make([]sums, (n+stripe-1)/stripe)
	parallel(len(parts), func(s int) {
		for i := s * stripe; i < min((s+1)*stripe, n); i++ {
			seen := l.view(uint32(1 + i*every)) //nolint:gosec // persons fit 32 bits
			for k, v := range seen {
				parts[s].sum[k] += float64(v)
				parts[s].square[k] += float64(v) * float64(v)
			}
		}
	})
	for k := range views {
		sum, square := 0.0, 0.0
		for s := range parts {
			sum, square = sum+parts[s].sum[k], square+parts[s].square[k]
		}
		mean := sum / float64(n)
		l.mean[k] = float32(mean)
		l.one[k] = float32(1 / math.Sqrt(max(square/float64(n)-mean*mean, 1e-30)))
	}
	return l
}

// view gives the views of a person, not standardised.
func (l *lens) view(person uint32) (seen [views]float32) {
	p, t, scale := l.packed, l.packed.tally(l.p.row(person)), l.p.scale(person)
	sum := func(channel int, steps uint64) float32 {
		return float32(int64(steps-t.items*p.zero[channel])) * p.step[channel] * scale //nolint:gosec // below 0 it wraps back
	}
	most := func(channel int, steps uint64) float32 { return float32(steps-p.zero[channel]) * p.step[channel] }
	seen[chBayes], seen[chRidge], seen[chWide] = sum(chBayes, t.bayes), sum(chRidge, t.ridge), sum(chWide, t.wide)
	seen[chSharp], seen[chWalk], seen[positive] = sum(chSharp, t.sharp), sum(chWalk, t.walk), sum(chRidge, t.positive)
	seen[mostRidge], seen[nextRidge] = most(chRidge, t.mostRidge), most(chRidge, t.nextRidge)
	seen[mostBayes], seen[mostWide] = most(chBayes, t.mostBayes), most(chWide, t.mostWide)
	return seen
}

// describe gives the features of a person.
func (l *lens) describe(v *vector, person uint32) {
	for k, seen := range l.view(person) {
		v[k] = (seen - l.mean[k]) * l.one[k]
	}
	v[ftBlend] = v[chSharp] + v[chRidge]
	v[ftItems] = l.p.log(person)
	v[ftSeeds] = l.seeds
}

// blend gives each item one weight, so that a person's score is feature ftBlend; less says what is to be taken off.
func (l *lens) blend() (w []float32, less float32) {
	w = make([]float32, len(l.weights))
	for i := range w {
		w[i] = l.weights[i][chSharp]*l.one[chSharp] + l.weights[i][chRidge]*l.one[chRidge]
	}
	return w, l.mean[chSharp]*l.one[chSharp] + l.mean[chRidge]*l.one[chRidge]
}
