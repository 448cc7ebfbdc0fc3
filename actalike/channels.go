package actalike

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// channels is how many ways there are to weigh the items of a seed. A person's score in a channel is the sum of the
// weights of their items, divided by the square root of how many items they have.
const channels = 10

// The channels, in the order of their places.
const (
	chBayes   = iota // naive Bayes, positive weights
	chSeen           // 1 for an item of three seeds or more
	chSharp          // spectral, few factors
	chSoft           // spectral, fewer factors
	chWide           // spectral, many factors
	chRidge          // ridge: factors and what they leave over
	chTight          // ridge, more of it
	chRidgeUp        // ridge, positive weights
	chTightUp        // tight ridge, positive weights
	chWalk           // random walk of three steps
)

// weights are those of an item in each channel.
type weights [channels]float32

// weigh counts the seed's items and gives each item its weights. See docs/actalike.md for the formulas.
func (f *Factors) weigh(p *Population, seeds *roaring.Bitmap) []weights {
	counts, mass := make([]float64, len(p.names)), make([]float64, len(p.names))
	inside := 0.0
	eachOf(seeds, p.Persons(), func(person uint32) {
		inside++
		scale := float64(p.scale(person))
		for _, item := range p.row(person) {
			counts[item]++
			mass[item] += scale
		}
	})
	w := make([]weights, len(p.names))
	all := float64(p.Persons())
	for i, d := range p.degrees {
		if d == 0 || counts[i] == 0 {
			continue
		}
		share := float64(d) / all
		w[i][chBayes] = float32(max(0, math.Log(((counts[i]+share)/(inside+1))/((float64(d)-counts[i]+share)/(all-inside+1)))))
		if counts[i] >= 3 {
			w[i][chSeen] = 1
		}
		w[i][chWalk] = float32(mass[i] * math.Pow(float64(d), -.7))
	}
	f.spectral(w, mass)
	return w
}

// spectral fills the channels that factors give, from b = Aᵀy: the seed's items, scaled.
func (f *Factors) spectral(w []weights, mass []float64) {
	n := len(f.Scales)
	c := make([]float64, f.Dim)
	for i := range n {
		if b := mass[i] * float64(f.Scales[i]); b != 0 {
			for k, v := range f.Vectors[i*f.Dim : (i+1)*f.Dim] {
				c[k] += b * float64(v)
			}
		}
	}
	filters := f.filters()
	for k := range filters {
		for j := range filters[k] {
			filters[k][j] *= c[k]
		}
	}
	top, last := f.Values[0]*f.Values[0], f.Values[f.Dim-1]*f.Values[f.Dim-1]
	for i := range n {
		scale := float64(f.Scales[i])
		if scale == 0 {
			continue
		}
		var sums [6]float64
		for k, v := range f.Vectors[i*f.Dim : (i+1)*f.Dim] {
			for j, h := range filters[k] {
				sums[j] += h * float64(v)
			}
		}
		rest := mass[i]*scale - sums[5]
		ridge, tight := sums[3]+rest/(ridgeBy*top+restBy*last), sums[4]+rest/(tightBy*top+restBy*last)
		w[i][chSharp], w[i][chSoft], w[i][chWide] = float32(scale*sums[0]), float32(scale*sums[1]), float32(scale*sums[2])
		w[i][chRidge], w[i][chTight] = float32(scale*ridge), float32(scale*tight)
		w[i][chRidgeUp], w[i][chTightUp] = float32(scale*max(0, ridge)), float32(scale*max(0, tight))
	}
}

// How strong the two ridges are, as shares of the largest squared value, and what of the smallest one stands for the values
// beyond the factors.
const (
	ridgeBy = .5
	tightBy = .2
	restBy  = .35
)

// filters gives, for each factor, what it is multiplied by in the three spectral channels and the two ridges, and 1.
func (f *Factors) filters() [][6]float64 {
	h := make([][6]float64, f.Dim)
	for k, value := range f.Values {
		s, square := value/f.Values[0], value*value
		if square == 0 {
			continue
		}
		low := func(power, at float64) float64 {
			return math.Pow(s, power) / (math.Pow(s, power) + math.Pow(at, power)) / square
		}
		top := f.Values[0] * f.Values[0]
		h[k] = [6]float64{low(4, .3), low(4, .5), low(2, .2), 1 / (square + ridgeBy*top), 1 / (square + tightBy*top), 1}
	}
	return h
}

// features of a person for the trees: the channels, standardised over the population, two of them together, the logarithm
// of the number of items, and that of the number of seeds.
const features = channels + 3

type vector [features]float32

// describe gives the features of every person, in the order of their numbers; that of 0 is empty.
func (p *Population) describe(w []weights, seeds float64) []vector {
	out := make([]vector, p.Persons()+1)
	var sum, square [channels]float64
	for person := uint32(1); int(person) < len(out); person++ {
		v := &out[person]
		row := p.row(person)
		for _, item := range row {
			for k, x := range w[item] {
				v[k] += x
			}
		}
		scale := p.scale(person)
		for k := range channels {
			v[k] *= scale
			sum[k] += float64(v[k])
			square[k] += float64(v[k]) * float64(v[k])
		}
		v[channels+1] = float32(math.Log(max(1, float64(len(row)))))
		v[channels+2] = float32(math.Log(seeds))
	}
	n := float64(p.Persons())
	var mean, deviation [channels]float64
	for k := range channels {
		mean[k] = sum[k] / n
		deviation[k] = math.Sqrt(max(square[k]/n-mean[k]*mean[k], 1e-30))
	}
	for i := 1; i < len(out); i++ {
		v := &out[i]
		for k := range channels {
			v[k] = float32((float64(v[k]) - mean[k]) / deviation[k])
		}
		v[channels] = v[chSharp] + v[chRidge]
	}
	return out
}
