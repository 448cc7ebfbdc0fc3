package actalike

import (
	"math"
	"slices"
)

// Trees are gradient-boosted regression trees over the features of a person, for the logarithm of the odds to be like the
// seed (Friedman, Annals of Statistics 29, 2001), grown level by level over histograms. All nodes of a level ask the same
// (Langley and Sage, UAI 1994, call them oblivious): as good on our populations, and eight persons can be asked at a time.
type Trees struct {
	Cuts  [][]float32 // of each feature, ascending; value v is in bin "how many cuts are at most v"
	Nodes []Tree
}

// Tree is one of them. The answers of its levels, from the first on, are the digits of the leaf's number: 1 is a bin above
// that of the level.
type Tree struct {
	Feature [depth]uint8
	Bin     [depth]uint8
	Leaf    [leaves]float32
}

const (
	depth     = 4
	leaves    = 1 << depth
	bins      = 64
	treeCount = 120
	shrinkage = .14
	leafRidge = 5.0
	leastLeaf = 3.0 // the least sum of second derivatives on a side
)

// sample is what trees learn from. A weight says how much a row counts.
type sample struct {
	rows    []vector
	members []bool
	weights []float32
}

func (s *sample) add(more *sample) {
	s.rows, s.members, s.weights = append(s.rows, more.rows...), append(s.members, more.members...), append(s.weights, more.weights...)
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

// grow teaches trees.
func grow(s *sample) *Trees {
	t := &Trees{Cuts: cutsOf(s.rows)}
	g := &grower{sample: s, binned: make([][]uint8, features), nodes: make([]uint8, len(s.rows))}
	edges := t.edges()
	parallel(features, func(k int) {
		g.binned[k] = make([]uint8, len(s.rows))
		for i := range s.rows {
			g.binned[k][i] = binOf(&edges[k], s.rows[i][k])
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

// split finds the question of a level, the one that gains most over all its nodes together, and moves the rows down.
func (g *grower) split(t *Tree, level int) {
	width := 1 << level
	var gains [features][bins]float64
	parallel(features, func(k int) {
		var h [leaves / 2][bins]bucket
		for i, n := range g.nodes {
			b := &h[n][g.binned[k][i]]
			b.first += float64(g.first[i])
			b.second += float64(g.second[i])
		}
		for n := range width {
			addGains(&gains[k], &h[n])
		}
	})
	feature, bin, best := 0, bins, 0.0 // without a gain all go to the left
	for k := range features {
		for b, gain := range gains[k] {
			if gain > best {
				feature, bin, best = k, b, gain
			}
		}
	}
	t.Feature[level], t.Bin[level] = uint8(feature), uint8(bin) //nolint:gosec // few
	for i, n := range g.nodes {
		g.nodes[i] = 2 * n
		if g.binned[feature][i] > t.Bin[level] {
			g.nodes[i]++
		}
	}
}

// addGains adds, for each bin, what is gained when a node is split behind it.
func addGains(gains *[bins]float64, h *[bins]bucket) {
	var all, left bucket
	for _, b := range h {
		all.first += b.first
		all.second += b.second
	}
	whole := all.first * all.first / (all.second + leafRidge)
	for b := range bins - 1 {
		left.first += h[b].first
		left.second += h[b].second
		right := bucket{all.first - left.first, all.second - left.second}
		if left.second >= leastLeaf && right.second >= leastLeaf {
			gains[b] += left.first*left.first/(left.second+leafRidge) + right.first*right.first/(right.second+leafRidge) - whole
		}
	}
}
