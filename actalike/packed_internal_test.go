package actalike

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A word gives each weight back, half a step away at most, and 0 as it was.
func TestWordsHoldWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0)) //nolint:gosec // no secret
	for _, lift := range []float32{0, -100, 100, 1e-6, 1e-44} {
		w := make([]weights, 500)
		for i := range w[1:] {
			for k := range channels {
				w[1+i][k] = lift
				if lift != 1e-44 || k != chWalk { // by which nothing can be divided
					w[1+i][k] += float32(math.Exp(3*r.NormFloat64())) * float32(1-2*r.IntN(2))
				}
			}
			w[1+i][chBayes] = max(0, w[1+i][chBayes])
		}
		p := pack(w)
		for i := range w {
			for k := range channels {
				got := p.weight(i, k)
				if d := math.Abs(float64(got - w[i][k])); !(d <= max(float64(p.step[k])*.51, 1e-34)) || w[i][k] == 0 && got != 0 {
					t.Fatalf("lifted by %v, weight %v of channel %d is %v in a word, steps are %v", lift, w[i][k], k, got, p.step[k])
				}
			}
		}
	}
}

// weight is that of an item in a channel.
func (p *packed) weight(item, channel int) float32 {
	at, bits := [channels]int{atBayes, atSharp, atWide, atRidge, atWalk}[channel], packedBits
	if channel == chBayes {
		bits = bayesBits
	}
	steps := p.words[item] >> at & (1<<bits - 1)
	return float32(int64(steps)-int64(p.zero[channel])) * p.step[channel] //nolint:gosec // few
}

// A tally is exact: of nobody's items, of more than are added up at a time, of the largest numbers there are, and of those that
// are all below 0.
func TestTalliesAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0)) //nolint:gosec // no secret
	const items = 400
	w := make([]weights, items)
	for i := range w {
		for k := range channels {
			w[i][k] = float32(r.NormFloat64())
		}
		w[i][chBayes] = max(0, w[i][chBayes])
	}
	w[7] = weights{99, 99, 99, 99, 99}
	p := pack(w)
	below := make([]uint32, 0, items)
	for i := range w {
		if w[i][chRidge] < 0 && w[i][chWide] < 0 {
			below = append(below, uint32(i)) //nolint:gosec // few
		}
	}
	heavy, many := make([]uint32, 3*mostAdded), make([]uint32, 2*mostAdded+5)
	for i := range heavy {
		heavy[i] = 7
	}
	for i := range many {
		many[i] = uint32(r.IntN(items)) //nolint:gosec // few
	}
	for name, row := range map[string][]uint32{
		"none": nil, "one": {7}, "below": below, "as many as are added": many[:mostAdded], "one more": many[:mostAdded+1], "many": many, "heavy": heavy,
	} {
		held := make([]weights, items) // as the words have them
		for i := range held {
			for k := range channels {
				held[i][k] = p.weight(i, k)
			}
		}
		want, size := viewed(held, row)
		l := &lens{p: &Population{starts: []uint32{0, 0, uint32(len(row))}, engaged: row}, packed: p} //nolint:gosec // few
		for k, got := range l.view(1) {
			scale := 1.0
			if k <= positive {
				scale = float64(l.p.scale(1))
			}
			if math.Abs(float64(got)-want[k]*scale) > 1e-6*(1+slices.Max(size[:])) {
				t.Fatalf("%s: view %d is %v, want %v", name, k, got, want[k]*scale)
			}
		}
	}
}
