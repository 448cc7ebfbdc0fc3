package actalike

import "math"

// features of a person for the trees: the channels, standardised over the population, two of them together, the logarithm
// of the number of items, and that of the number of seeds.
const features = channels + 3

type vector [features]float32

// lens is how a seed sees the persons of a population: the weights that it gives to items, and what the scores of everybody
// are like in each channel.
type lens struct {
	p         *Population
	weights   []weights
	mean, one [channels]float32 // of the scores, and what makes their deviation 1
	seeds     float32           // the logarithm of how many there are
}

// measured is how many persons are looked at to know the mean and the deviation of a channel, at most twice as many.
const measured = 200_000

// newLens measures the channels over the population, or over an even sample of a large one.
func newLens(p *Population, w []weights, seeds float64) *lens {
	l := &lens{p: p, weights: w, seeds: float32(math.Log(seeds))}
	every := max(1, p.Persons()/measured)
	n := (p.Persons() + every - 1) / every
	type sums struct{ sum, square [channels]float64 }
	parts := make([]sums, (n+stripe-1)/stripe)
	parallel(len(parts), func(s int) {
		for i := s * stripe; i < min((s+1)*stripe, n); i++ {
			scores := l.channels(uint32(1 + i*every)) //nolint:gosec // persons fit 32 bits
			for k, v := range scores {
				parts[s].sum[k] += float64(v)
				parts[s].square[k] += float64(v) * float64(v)
			}
		}
	})
	for k := range channels {
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

// channels are the scores of a person, not standardised.
func (l *lens) channels(person uint32) [channels]float32 {
	var a, b, c, d, e, f, g, h, i, j float32
	for _, item := range l.p.row(person) {
		w := &l.weights[item]
		a, b, c, d, e = a+w[0], b+w[1], c+w[2], d+w[3], e+w[4]
		f, g, h, i, j = f+w[5], g+w[6], h+w[7], i+w[8], j+w[9]
	}
	s := l.p.scale(person)
	return [channels]float32{a * s, b * s, c * s, d * s, e * s, f * s, g * s, h * s, i * s, j * s}
}

// describe gives the features of a person.
func (l *lens) describe(v *vector, person uint32) {
	for k, score := range l.channels(person) {
		v[k] = (score - l.mean[k]) * l.one[k]
	}
	v[channels] = v[chSharp] + v[chRidge]
	v[channels+1] = float32(math.Log(max(1, float64(len(l.p.row(person))))))
	v[channels+2] = l.seeds
}

// blend gives each item one weight, so that a person's score is feature number channels: the sharp channel and the ridge,
// together; less says what is to be taken off.
func (l *lens) blend() (w []float32, less float32) {
	w = make([]float32, len(l.weights))
	for i := range w {
		w[i] = l.weights[i][chSharp]*l.one[chSharp] + l.weights[i][chRidge]*l.one[chRidge]
	}
	return w, l.mean[chSharp]*l.one[chSharp] + l.mean[chRidge]*l.one[chRidge]
}
