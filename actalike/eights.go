package actalike

// Trees are asked about eight persons at a time: a word holds the bins of a feature, a byte for each of them. Bins are less
// than 128, so that no carry leaves a byte.
const (
	batch    = 512 // how many persons are scored together; their bins stay near the processor
	eights   = batch / 8
	eachByte = 0x0101010101010101
	eachHigh = 0x8080808080808080
)

// edges are the cuts of a feature as [order] has them, filled up with the largest number.
type edges [bins]uint64

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

// binOf is how many cuts are at most v, by halving, without a branch that the processor has to guess.
func binOf(e *edges, v float32) uint8 {
	x, at := uint64(order(v)), uint64(0)
	for step := uint64(bins / 2); step > 0; step /= 2 {
		below := (x - e[(at+step-1)%bins]) >> 63 // 1 when v is below the cut
		at += step &^ -below
	}
	return uint8(at) //nolint:gosec // fewer than bins
}

// score gives the sum of the trees for each of up to a batch of persons.
func (t *Trees) score(all *[features]edges, persons []vector, sums []float32) {
	var binned [features][eights]uint64
	for i := range persons {
		v, word, at := &persons[i], i/8%eights, i%8*8
		for k := range features {
			binned[k][word] |= uint64(binOf(&all[k], v[k])) << at
		}
	}
	var scores [eights][8]float32
	words := min((len(persons)+7)/8, eights)
	for n := range t.Nodes {
		tree := &t.Nodes[n]
		var level [depth][]uint64
		var above [depth]uint64 // what lifts a bin above that of the level over 127
		for l := range depth {
			level[l], above[l] = binned[tree.Feature[l]][:words], (127-uint64(tree.Bin[l]))*eachByte
		}
		addLeaves(scores[:words], &tree.Leaf, &level, &above)
	}
	for i := range sums {
		sums[i] = scores[i/8%eights][i%8]
	}
}

// addLeaves adds what one tree says of each eight.
func addLeaves(scores [][8]float32, leaf *[leaves]float32, level *[depth][]uint64, above *[depth]uint64) {
	a, b, c, d := level[0][:len(scores)], level[1][:len(scores)], level[2][:len(scores)], level[3][:len(scores)]
	p, q, r, t := above[0], above[1], above[2], above[3]
	for w := range scores {
		n := (a[w]+p)&eachHigh>>4 | (b[w]+q)&eachHigh>>5 | (c[w]+r)&eachHigh>>6 | (d[w]+t)&eachHigh>>7
		s := &scores[w]
		s[0] += leaf[n%leaves]
		s[1] += leaf[n>>8%leaves]
		s[2] += leaf[n>>16%leaves]
		s[3] += leaf[n>>24%leaves]
		s[4] += leaf[n>>32%leaves]
		s[5] += leaf[n>>40%leaves]
		s[6] += leaf[n>>48%leaves]
		s[7] += leaf[n>>56%leaves]
	}
}
