package actalike

import (
	"math"
	"slices"
)

// Trees are gradient-boosted regression trees over the features of a person, for the logarithm of the odds to be like the
// seed (Friedman, Annals of Statistics 29, 2001), grown level by level over histograms.
type Trees struct {
	Cuts  [][]float32 // of each feature, ascending; value v is in bin "how many cuts are at most v"
	Nodes []Tree
}

// Tree is one of them, complete: the children of node n are 2n+1 and 2n+2.
type Tree struct {
	Feature [inner]uint8
	Bin     [inner]uint8 // to the left are bins up to this one
	Leaf    [leaves]float32
}

const (
	depth     = 4
	leaves    = 1 << depth
	inner     = leaves - 1
	bins      = 64
	treeCount = 300
	shrinkage = .06
	leafRidge = 5.0
	leastLeaf = 3.0 // the least sum of second derivatives on a side
)

// sample is what trees learn from. A weight says how much a row counts.
type sample struct {
	rows    []vector
	members []bool
	weights []float32
}

// cutsOf finds the bins of each feature, of about equal numbers of rows.
func cutsOf(rows []vector) [][]float32 {
	cuts := make([][]float32, features)
	parallel(features, func(k int) {
		values := make([]float32, 0, len(rows)/7+1)
		for i := 0; i < len(rows); i += 7 {
			values = append(values, rows[i][k])
		}
		slices.Sort(values)
		for b := 1; b < bins; b++ {
			cut := values[b*len(values)/bins]
			if len(cuts[k]) == 0 || cut > cuts[k][len(cuts[k])-1] {
				cuts[k] = append(cuts[k], cut)
			}
		}
	})
	return cuts
}

func binOf(cuts []float32, v float32) uint8 {
	low, high := 0, len(cuts)
	for low < high {
		if mid := (low + high) / 2; cuts[mid] <= v {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return uint8(low) //nolint:gosec // fewer than bins
}

// grow teaches trees.
func grow(s *sample) *Trees {
	t := &Trees{Cuts: cutsOf(s.rows)}
	g := &grower{sample: s, binned: make([][]uint8, features), nodes: make([]uint8, len(s.rows))}
	parallel(features, func(k int) {
		g.binned[k] = make([]uint8, len(s.rows))
		for i := range s.rows {
			g.binned[k][i] = binOf(t.Cuts[k], s.rows[i][k])
		}
	})
	g.first, g.second = make([]float32, len(s.rows)), make([]float32, len(s.rows))
	g.odds = make([]float32, len(s.rows))
	for range treeCount {
		t.Nodes = append(t.Nodes, g.tree())
	}
	return t
}

// grower holds the state of boosting.
type grower struct {
	*sample

	binned        [][]uint8 // by feature, by row
	nodes         []uint8   // of each row, where it is on the current level
	first, second []float32 // derivatives of the loss of each row
	odds          []float32 // the sum of the trees so far
}

type bucket struct{ first, second float64 }

func (g *grower) tree() (t Tree) {
	for i, odds := range g.odds {
		chance := float32(1 / (1 + math.Exp(-float64(odds))))
		y := float32(0)
		if g.members[i] {
			y = 1
		}
		g.first[i], g.second[i], g.nodes[i] = (y-chance)*g.weights[i], chance*(1-chance)*g.weights[i], 0
	}
	for level := range depth {
		g.split(&t, level)
	}
	var sums [leaves]bucket
	for i, n := range g.nodes {
		sums[n].first += float64(g.first[i])
		sums[n].second += float64(g.second[i])
	}
	for n, s := range sums {
		t.Leaf[n] = float32(shrinkage * s.first / (s.second + leafRidge))
	}
	for i, n := range g.nodes {
		g.odds[i] += t.Leaf[n]
	}
	return t
}

// choice is the best split of a node by one feature.
type choice struct {
	gain float64
	bin  int
}

// split finds the best split of every node of a level and moves the rows down.
func (g *grower) split(t *Tree, level int) {
	width := 1 << level
	var found [features][leaves]choice
	parallel(features, func(k int) {
		var h [leaves / 2][bins]bucket
		for i, n := range g.nodes {
			b := &h[n][g.binned[k][i]]
			b.first += float64(g.first[i])
			b.second += float64(g.second[i])
		}
		for n := range width {
			found[k][n] = bestOf(&h[n])
		}
	})
	for n := range width {
		feature, best := 0, choice{bin: bins} // without a gain all go to the left
		for k := range features {
			if found[k][n].gain > best.gain {
				feature, best = k, found[k][n]
			}
		}
		t.Feature[width-1+n], t.Bin[width-1+n] = uint8(feature), uint8(best.bin) //nolint:gosec // few
	}
	for i, n := range g.nodes {
		at := width - 1 + int(n)
		g.nodes[i] = 2 * n
		if g.binned[t.Feature[at]][i] > t.Bin[at] {
			g.nodes[i]++
		}
	}
}

func bestOf(h *[bins]bucket) (best choice) {
	var all, left bucket
	for _, b := range h {
		all.first += b.first
		all.second += b.second
	}
	whole := all.first * all.first / (all.second + leafRidge)
	best.bin = bins
	for b := range bins - 1 {
		left.first += h[b].first
		left.second += h[b].second
		right := bucket{all.first - left.first, all.second - left.second}
		if left.second < leastLeaf || right.second < leastLeaf {
			continue
		}
		gain := left.first*left.first/(left.second+leafRidge) + right.first*right.first/(right.second+leafRidge) - whole
		if gain > best.gain {
			best = choice{gain, b}
		}
	}
	return best
}

// score is the sum of the trees for a person.
func (t *Trees) score(v *vector) float32 {
	var b [features]uint8
	for k := range b {
		b[k] = binOf(t.Cuts[k], v[k])
	}
	sum := float32(0)
	for i := range t.Nodes {
		tree := &t.Nodes[i]
		n := 0
		for n < inner {
			if n = 2*n + 1; b[tree.Feature[(n-1)/2]] > tree.Bin[(n-1)/2] {
				n++
			}
		}
		sum += tree.Leaf[n-inner]
	}
	return sum
}
