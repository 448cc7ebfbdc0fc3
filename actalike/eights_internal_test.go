package actalike

import (
	"math"
	"math/rand/v2"
	"testing"
)

// someTrees are trees and persons at random.
func someTrees(r *rand.Rand, trees, persons int) (*Trees, []vector) {
	t := &Trees{Cuts: make([][]float32, features), Nodes: make([]Tree, trees)}
	for k := range t.Cuts {
		for b := range r.IntN(bins) {
			t.Cuts[k] = append(t.Cuts[k], float32(b)/10-3)
		}
	}
	for n := range t.Nodes {
		tree := &t.Nodes[n]
		for l := range depth {
			tree.Feature[l], tree.Bin[l] = uint8(r.IntN(features)), uint8(r.IntN(bins+1)) //nolint:gosec // few
		}
		for n := range tree.Leaf {
			tree.Leaf[n] = r.Float32() - .5
		}
	}
	all := make([]vector, persons)
	for i := range all {
		for k := range features {
			all[i][k] = float32(r.NormFloat64())
		}
	}
	return t, all
}

// one asks the trees about one person, as they are meant.
func (t *Trees) one(v *vector) (sum float64) {
	for n := range t.Nodes {
		leaf := 0
		for l := range depth {
			bin := 0
			for _, cut := range t.Cuts[t.Nodes[n].Feature[l]] {
				if cut <= v[t.Nodes[n].Feature[l]] {
					bin++
				}
			}
			leaf *= 2
			if bin > int(t.Nodes[n].Bin[l]) {
				leaf++
			}
		}
		sum += float64(t.Nodes[n].Leaf[leaf])
	}
	return sum
}

func TestEightPersonsAndTwoTreesAtATime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0)) //nolint:gosec // no secret
	for _, trees := range []int{0, 1, 2, 7, treeCount} {
		for _, persons := range []int{0, 1, 8, 13, batch - 1, batch} {
			all, crowd := someTrees(r, trees, persons)
			sums := make([]float32, persons)
			all.scorer().score(crowd, sums)
			for i := range crowd {
				if want := all.one(&crowd[i]); math.Abs(float64(sums[i])-want) > 1e-4 {
					t.Fatalf("%d trees give person %d of %d %v, want %v", trees, i, persons, sums[i], want)
				}
			}
		}
	}
}

func BenchmarkTrees(b *testing.B) {
	all, crowd := someTrees(rand.New(rand.NewPCG(1, 0)), treeCount, batch) //nolint:gosec // no secret
	s, sums := all.scorer(), make([]float32, batch)
	for b.Loop() {
		s.score(crowd, sums)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/person")
}
