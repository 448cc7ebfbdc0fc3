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
	counts, mass, inside := p.count(seeds)
	w := make([]weights, len(p.names))
	all := float64(p.Persons())
	for i, d := range p.degrees {
		if d == 0 || counts[i] == 0 {
			continue
		}
		n, share := float64(counts[i]), float64(d)/all
		w[i][chBayes] = float32(max(0, math.Log(((n+share)/(inside+1))/((float64(d)-n+share)/(all-inside+1)))))
		if n >= 3 {
			w[i][chSeen] = 1
		}
		w[i][chWalk] = float32(mass[i] * math.Pow(float64(d), -.7))
	}
	f.spectral(w, mass, itemScales(p))
	return w
}

// count says how often the seeds engaged with each item, the same with each person scaled, and how many seeds there are.
func (p *Population) count(seeds *roaring.Bitmap) (counts []uint32, mass []float64, inside float64) {
	type both struct {
		mass  float64
		count uint32
	}
	items := make([]both, len(p.names))
	eachOf(seeds, p.Persons(), func(person uint32) {
		inside++
		scale := float64(p.scale(person))
		for _, item := range p.row(person) {
			items[item].count++
			items[item].mass += scale
		}
	})
	counts, mass = make([]uint32, len(items)), make([]float64, len(items))
	for i := range items {
		counts[i], mass[i] = items[i].count, items[i].mass
	}
	return counts, mass, inside
}

// spectral fills the channels that factors give, from b = Aᵀy: the seed's items, scaled. Items that came after the factors are
// beyond all of them.
func (f *Factors) spectral(w []weights, mass []float64, scales []float32) {
	c := make([]float64, f.Dim)
	for i := range min(len(w), len(f.Vectors)/f.Dim) {
		if b := mass[i] * float64(scales[i]); b != 0 {
			for k, v := range f.Vectors[i*f.Dim : (i+1)*f.Dim] {
				c[k] += b * float64(v)
			}
		}
	}
	filters := f.filters(c)
	top, last := f.Values[0]*f.Values[0], f.Values[f.Dim-1]*f.Values[f.Dim-1]
	parallel((len(w)+stripe-1)/stripe, func(s int) {
		for i := s * stripe; i < min((s+1)*stripe, len(w)); i++ {
			scale := scales[i]
			if scale == 0 {
				continue
			}
			var sums [6]float32
			if from := i * f.Dim; from < len(f.Vectors) {
				sums = filtered(f.Vectors[from:from+f.Dim], filters)
			}
			rest := float32(mass[i])*scale - sums[5]
			ridge, tight := sums[3]+rest/float32(ridgeBy*top+restBy*last), sums[4]+rest/float32(tightBy*top+restBy*last)
			w[i][chSharp], w[i][chSoft], w[i][chWide] = scale*sums[0], scale*sums[1], scale*sums[2]
			w[i][chRidge], w[i][chTight] = scale*ridge, scale*tight
			w[i][chRidgeUp], w[i][chTightUp] = scale*max(0, ridge), scale*max(0, tight)
		}
	})
}

// filtered gives the products of a vector and six others.
func filtered(v []float32, filters [][6]float32) [6]float32 {
	var a, b, c, d, e, f float32
	filters = filters[:len(v)]
	for k, x := range v {
		h := &filters[k]
		a, b, c, d, e, f = a+x*h[0], b+x*h[1], c+x*h[2], d+x*h[3], e+x*h[4], f+x*h[5]
	}
	return [6]float32{a, b, c, d, e, f}
}

// How strong the two ridges are, as shares of the largest squared value, and what of the smallest one stands for the values
// beyond the factors.
const (
	ridgeBy = .5
	tightBy = .2
	restBy  = .35
)

// filters gives, for each factor, what its share c of the seed is multiplied by in the three spectral channels and the two
// ridges, and c itself.
func (f *Factors) filters(c []float64) [][6]float32 {
	h := make([][6]float32, f.Dim)
	for k, value := range f.Values {
		s, square := value/f.Values[0], value*value
		if square == 0 {
			continue
		}
		low := func(power, at float64) float64 {
			return math.Pow(s, power) / (math.Pow(s, power) + math.Pow(at, power)) / square
		}
		top := f.Values[0] * f.Values[0]
		all := [6]float64{low(4, .3), low(4, .5), low(2, .2), 1 / (square + ridgeBy*top), 1 / (square + tightBy*top), 1}
		for j, by := range all {
			h[k][j] = float32(by * c[k])
		}
	}
	return h
}
