package actalike

// Trees are asked about eight persons at a time: a word holds the bins of a feature, a byte for each of them. Bins are less
// than 128, so that no carry leaves a byte. And they are asked two at a time: the answers of both are the eight digits of a
// byte, which is the place of a leaf of both.
const (
	batch    = 512 // how many persons are scored together; their bins stay near the processor
	eights   = batch / 8
	eachByte = 0x0101010101010101
	eachHigh = 0x8080808080808080
)

// scorer is what trees are asked with.
type scorer struct {
	edges [features]edges
	pairs []pair
}

// edges are the cuts of a feature as [order] has them, filled up with the largest number.
type edges [bins]uint64

// pair is two trees; a place whose bits are the answers of the one and then of the other has the sum of their leaves.
type pair struct {
	levels [2]levels
	leaf   [leaves * leaves]float32
}

// levels are the questions of a tree.
type levels struct {
	feature [depth]uint8
	above   [depth]uint64 // what lifts a bin above that of the level over 127
}

func (t *Trees) scorer() *scorer {
	s := &scorer{edges: t.edges(), pairs: make([]pair, (len(t.Nodes)+1)/2)}
	for i := range s.pairs {
		two := [2]Tree{t.Nodes[2*i]}
		if 2*i+1 < len(t.Nodes) {
			two[1] = t.Nodes[2*i+1]
		}
		p := &s.pairs[i]
		for n := range two {
			p.levels[n].feature = two[n].Feature
			for l, bin := range two[n].Bin {
				p.levels[n].above[l] = (127 - uint64(bin)) * eachByte
			}
		}
		for n := range p.leaf {
			p.leaf[n] = two[0].Leaf[n/leaves] + two[1].Leaf[n%leaves]
		}
	}
	return s
}

func (t *Trees) edges() (all [features]edges) {
	for k, cuts := range t.Cuts {
		for i := range all[k] {
			all[k][i] = 1 << 32
			if i < len(cuts) {
				all[k][i] = uint64(order(cuts[i]))
			}
		}
	}
	return all
}

// binOf is how many cuts are at most v.
func binOf(e *edges, v float32) uint8 {
	return uint8(binsOf(e, v, v, v, v)) //nolint:gosec // of the first
}

// binsOf is how many cuts are at most each of four values, a byte for each, by halving: without a branch that the processor has
// to guess, and waiting for the cuts of all four at a time.
func binsOf(e *edges, a, b, c, d float32) uint64 {
	x, y, z, u := uint64(order(a)), uint64(order(b)), uint64(order(c)), uint64(order(d))
	var i, j, k, l uint64
	for step := uint64(bins / 2); step > 0; step /= 2 {
		i += step &^ -((x - e[(i+step-1)%bins]) >> 63) // 1 when x is below the cut
		j += step &^ -((y - e[(j+step-1)%bins]) >> 63)
		k += step &^ -((z - e[(k+step-1)%bins]) >> 63)
		l += step &^ -((u - e[(l+step-1)%bins]) >> 63)
	}
	return i | j<<8 | k<<16 | l<<24
}

// score gives the sum of the trees for each of up to a batch of persons.
func (s *scorer) score(persons []vector, sums []float32) {
	var binned [features][eights]uint64
	for i := 0; i < len(persons); i += 4 {
		var four [4]*vector
		for n := range four {
			four[n] = &persons[min(i+n, len(persons)-1)]
		}
		word, at := i/8%eights, i%8*8
		for k := range features {
			binned[k][word] |= binsOf(&s.edges[k], four[0][k], four[1][k], four[2][k], four[3][k]) << at
		}
	}
	var scores [eights][8]float32
	words := min((len(persons)+7)/8, eights)
	for i := range s.pairs {
		s.pairs[i].addTo(scores[:words], &binned)
	}
	for i := range sums {
		sums[i] = scores[i/8%eights][i%8]
	}
}

// addTo adds what two trees say of each eight.
func (p *pair) addTo(scores [][8]float32, binned *[features][eights]uint64) {
	var first, second [eights]uint64
	p.levels[0].answer(first[:len(scores)], binned)
	p.levels[1].answer(second[:len(scores)], binned)
	for w := range scores {
		n, to := first[w%eights]|second[w%eights]>>depth, &scores[w]
		to[0] += p.leaf[n%256]
		to[1] += p.leaf[n>>8%256]
		to[2] += p.leaf[n>>16%256]
		to[3] += p.leaf[n>>24%256]
		to[4] += p.leaf[n>>32%256]
		to[5] += p.leaf[n>>40%256]
		to[6] += p.leaf[n>>48%256]
		to[7] += p.leaf[n>>56]
	}
}

// answer gives the answers of a tree, in the upper four bits of each byte.
func (l *levels) answer(places []uint64, binned *[features][eights]uint64) {
	a, b := binned[l.feature[0]][:len(places)], binned[l.feature[1]][:len(places)]
	c, d := binned[l.feature[2]][:len(places)], binned[l.feature[3]][:len(places)]
	p, q, r, t := l.above[0], l.above[1], l.above[2], l.above[3]
	for w := range places {
		places[w] = (a[w]+p)&eachHigh | (b[w]+q)&eachHigh>>1 | (c[w]+r)&eachHigh>>2 | (d[w]+t)&eachHigh>>3
	}
}
