package actalike

import (
	"math"
	"math/rand/v2"
	"testing"
)

// someLens sees a population by weights at random.
func someLens(tb testing.TB, persons, items int) *lens {
	tb.Helper()
	p, err := MakePopulation(persons, items, 50, 1)
	if err != nil {
		tb.Fatal(err)
	}
	r := rand.New(rand.NewPCG(2, 0)) //nolint:gosec // no secret
	w := make([]weights, items)
	for i := range w {
		for k := range channels {
			w[i][k] = float32(r.ExpFloat64() * r.NormFloat64())
		}
		w[i][chBayes] = float32(r.ExpFloat64())
	}
	return newLens(p, w, 100)
}

func TestViewsAreWhatTheWeightsSay(t *testing.T) {
	l := someLens(t, 300, 1000)
	for person := range uint32(300) {
		seen, scale := l.view(person+1), float64(l.p.scale(person+1))
		row := l.p.row(person + 1)
		want, size := viewed(l.weights, row)
		steps := float64(len(row)) / 2 // each weight may be half a step away
		for k := range views {
			step := float64(l.packed.step[[views]int{0, 1, 2, 3, 4, chRidge, chRidge, chRidge, chBayes, chWide}[k]])
			off := steps * step
			if k <= positive {
				want[k], off, size[k] = want[k]*scale, off*scale, size[k]*scale
			}
			if math.Abs(float64(seen[k])-want[k]) > off+1e-5*max(1, size[k]) {
				t.Fatalf("view %d of person %d is %v, want %v", k, person+1, seen[k], want[k])
			}
		}
	}
}

// viewed gives the views of somebody with these items, and the sums of the sizes of what was added up, neither scaled.
func viewed(weights []weights, row []uint32) (want, size [views]float64) {
	for _, item := range row {
		w := &weights[item]
		for k := range channels {
			want[k] += float64(w[k])
			size[k] += math.Abs(float64(w[k]))
		}
		ridge := float64(w[chRidge])
		want[positive] += max(0, ridge)
		if ridge > want[mostRidge] {
			want[mostRidge], want[nextRidge] = ridge, want[mostRidge]
		} else {
			want[nextRidge] = max(want[nextRidge], ridge)
		}
		want[mostBayes], want[mostWide] = max(want[mostBayes], float64(w[chBayes])), max(want[mostWide], float64(w[chWide]))
	}
	return want, size
}

func BenchmarkDescribe(b *testing.B) {
	const persons = 200_000
	l := someLens(b, persons, 200_000)
	var v vector
	for b.Loop() {
		for person := range uint32(persons) {
			l.describe(&v, person+1)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/persons, "ns/person")
}
