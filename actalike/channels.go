package actalike

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// channels is how many ways there are to weigh the items of a seed. A person's score in a channel is the sum of the
// weights of their items, divided by the square root of how many items they have.
const channels = 5

// The channels, in the order of their places.
const (
	chBayes = iota // naive Bayes, positive weights
	chSharp        // spectral, few factors
	chWide         // spectral, many factors
	chRidge        // ridge: factors and what they leave over
	chWalk         // random walk of three steps
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
		w[i][chWalk] = float32(mass[i] * math.Pow(float64(d), -.7))
	}
	f.spectral(w, mass, itemScales(p))
	return w
}

// countedSeeds is how many seeds are counted of a larger seed, at most twice as many.
const countedSeeds = 200_000

// count says how often the seeds engaged with each item, the same with each person scaled, and how many seeds there are. A
// number holds both until the end, so that as many items as possible are near the processor: the count in the upper 24 bits,
// and the rest with a precision of 2^-16. Of a large seed an even sample is counted.
func (p *Population) count(seeds *roaring.Bitmap) (counts []uint32, mass []float64, inside float64) {
	const countAt, one = 40, 1 << 16
	both := make([]uint64, len(p.names))
	batchesOf(evenly(seeds, countedSeeds), p.Persons(), func(some []uint32) {
		p.fetch(some)
		for _, person := range some {
			add := 1<<countAt + uint64(p.scale(person)*one+.5)
			for _, item := range p.row(person) {
				both[item] += add
			}
		}
		inside += float64(len(some))
	})
	counts, mass = make([]uint32, len(both)), make([]float64, len(both))
	for i, b := range both {
		counts[i], mass[i] = uint32(b>>countAt), float64(b&(1<<countAt-1))/one
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
	last := f.Values[f.Dim-1]
	beyond := ridgeBy*f.Values[0]*f.Values[0] + restBy*last*last
	filters, rest := f.filters(c, beyond), float32(1/beyond)
	parallel((len(w)+stripe-1)/stripe, func(s int) {
		for i := s * stripe; i < min((s+1)*stripe, len(w)); i++ {
			scale := scales[i]
			if scale == 0 {
				continue
			}
			var sharp, wide, ridge float32
			if from := i * f.Dim; from < len(f.Vectors) {
				sharp, wide, ridge = filtered(f.Vectors[from:from+f.Dim], filters)
			}
			ridge += float32(mass[i]) * scale * rest
			w[i][chSharp], w[i][chWide], w[i][chRidge] = scale*sharp, scale*wide, scale*ridge
		}
	})
}

// filtered gives the products of a vector and three others. Two numbers at a time have sums of their own, because a sum waits for
// the one before it; there is an even number of them.
func filtered(v []float32, filters [][3]float32) (a, b, c float32) {
	var d, e, f float32
	filters = filters[:len(v)]
	for k := 0; k < len(v)-1; k += 2 {
		x, y, h, g := v[k], v[k+1], &filters[k], &filters[k+1]
		a, b, c = a+x*h[0], b+x*h[1], c+x*h[2]
		d, e, f = d+y*g[0], e+y*g[1], f+y*g[2]
	}
	return a + d, b + e, c + f
}

// How strong the ridge is, as a share of the largest squared value, and what of the smallest one stands for the values
// beyond the factors.
const (
	ridgeBy = .5
	restBy  = .35
)

// filters gives, for each factor, what its share c of the seed is multiplied by in the two spectral channels and the ridge. Of the
// ridge, what the seed has in the factors is taken away from what is divided by the values beyond them.
func (f *Factors) filters(c []float64, beyond float64) [][3]float32 {
	h := make([][3]float32, f.Dim)
	top := f.Values[0] * f.Values[0]
	for k, value := range f.Values {
		s, square := value/f.Values[0], value*value
		if square == 0 {
			h[k][2] = float32(-c[k] / beyond)
			continue
		}
		low := func(power, at float64) float64 {
			return math.Pow(s, power) / (math.Pow(s, power) + math.Pow(at, power)) / square
		}
		for j, by := range [3]float64{low(4, .3), low(2, .2), 1/(square+ridgeBy*top) - 1/beyond} {
			h[k][j] = float32(by * c[k])
		}
	}
	return h
}
