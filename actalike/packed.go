package actalike

import "math"

// packed are the weights of items, all channels of an item in one word: they are looked at at random, so they have to be few
// bytes to stay near the processor. A weight is a whole number of steps of its channel, above the smallest one.
type packed struct {
	words []uint64
	zero  [channels]uint64  // the number that stands for 0
	step  [channels]float32 // what one step weighs
}

// Where a channel's number begins in a word. It ends where the next one begins. Naive Bayes is uppermost, so that the
// largest word has its largest number.
const (
	atWalk  = 0
	atSharp = atWalk + packedBits
	atWide  = atSharp + packedBits
	atRidge = atWide + packedBits
	atBayes = atRidge + packedBits

	packedBits = 13
	bayesBits  = 64 - atBayes
)

// What of a word is a channel's.
const (
	inChannel = 1<<packedBits - 1
	inWalk    = inChannel << atWalk
	inSharp   = inChannel << atSharp
	inWide    = inChannel << atWide
	inRidge   = inChannel << atRidge
)

// mostAdded is how many words can be added up, every other channel apart, before a sum reaches the next one.
const mostAdded = 1 << (packedBits - 1)

// pack takes weights that are finite, those of naive Bayes not below 0.
func pack(w []weights) *packed {
	p := &packed{words: make([]uint64, len(w))}
	var low, high, per [channels]float32
	for i := range w {
		for k, v := range w[i] {
			low[k], high[k] = min(low[k], v), max(high[k], v)
		}
	}
	for k := range channels {
		steps := float32(inChannel - 1) // zero and a weight are both rounded up at most by half a step
		if k == chBayes {
			steps = 1<<bayesBits - 2
		}
		if width := high[k] - low[k]; steps/width <= math.MaxFloat32 { // also when all are 0, or as good as that
			p.step[k], per[k] = width/steps, steps/width
		}
		p.zero[k] = uint64(-low[k]*per[k] + .5)
	}
	for i := range w {
		for k, at := range [channels]int{chBayes: atBayes, chSharp: atSharp, chWide: atWide, chRidge: atRidge, chWalk: atWalk} {
			p.words[i] |= uint64(w[i][k]*per[k]+float32(p.zero[k])+.5) << at
		}
	}
	return p
}

// tally is what the words of several items say together, in steps.
type tally struct {
	items                           uint64
	bayes, ridge, wide, sharp, walk uint64 // sums
	positive                        uint64 // the sum of the ridge's, of which those below 0 count as 0
	mostBayes                       uint64
	mostRidge, nextRidge, mostWide  uint64 // at least 0
}

// tally puts the words of items together.
func (p *packed) tally(items []uint32) (t tally) {
	t = tally{mostRidge: p.zero[chRidge], nextRidge: p.zero[chRidge], mostWide: p.zero[chWide]}
	for ; len(items) > mostAdded; items = items[mostAdded:] {
		t.add(p, items[:mostAdded])
	}
	t.add(p, items)
	return t
}

// add adds up to mostAdded items. It goes through them twice, so that everything stays in registers; the first time waits for
// many words at once.
func (t *tally) add(p *packed, items []uint32) {
	t.items += uint64(len(items))
	t.addSums(p.words, items)
	t.addLargest(p.words, items, p.zero[chRidge]<<atRidge)
}

func (t *tally) addSums(words []uint64, items []uint32) {
	var bayes, odd, even, most uint64
	for _, item := range items {
		w := words[item]
		odd += w & (inRidge | inSharp)
		even += w & (inWide | inWalk)
		most = max(most, w)
		bayes += w >> atBayes
	}
	t.bayes += bayes
	t.ridge, t.sharp = t.ridge+odd>>atRidge, t.sharp+odd%(1<<atRidge)>>atSharp
	t.wide, t.walk = t.wide+even>>atWide, t.walk+even%(1<<atWide)>>atWalk
	t.mostBayes = max(t.mostBayes, most>>atBayes)
}

// addLargest compares numbers where they lie in the words, which need not be moved for it.
func (t *tally) addLargest(words []uint64, items []uint32, zero uint64) {
	first, second, wide := t.mostRidge<<atRidge, t.nextRidge<<atRidge, t.mostWide<<atWide
	positive := uint64(0)
	for _, item := range items {
		w := words[item]
		wide = max(wide, w&inWide)
		w &= inRidge
		positive += max(w, zero)
		second = max(second, min(first, w))
		first = max(first, w)
	}
	t.positive += positive >> atRidge
	t.mostRidge, t.nextRidge, t.mostWide = first>>atRidge, second>>atRidge, wide>>atWide
}
