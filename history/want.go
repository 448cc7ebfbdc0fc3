package history

import "github.com/parterre/parterre"

// Set is a set of numbers: those from a first one on, as bits.
type Set struct {
	first uint32
	bits  []uint64
}

// SetOf makes a set of ascending numbers.
func SetOf[N ~uint32](numbers []N) Set {
	if len(numbers) == 0 {
		return Set{}
	}
	first, last := uint32(numbers[0]), uint32(numbers[len(numbers)-1])
	s := Set{first: first, bits: make([]uint64, uint64(last-first)/64+1)}
	for _, n := range numbers {
		at := uint32(n) - first
		s.bits[at>>6] |= 1 << (at & 63)
	}
	return s
}

// Has says whether a number is in the set.
func (s *Set) Has(n uint32) bool {
	at := n - s.first // wraps around below the first, and is then too large
	return uint64(at>>6) < uint64(len(s.bits)) && s.bits[at>>6]&(1<<(at&63)) != 0
}

// Want says which cells count: those of some facets, on some pages.
type Want struct {
	Facets Set
	Pages  Set
	Any    bool // page
}

// Has says whether a cell counts.
func (w *Want) Has(c Cell) bool { return w.Facets.Has(c.Facet()) && (w.Any || w.Pages.Has(c.Page())) }

// Moments are persons of a group with a moment each.
type Moments struct {
	Lows   [GroupSize]uint8
	Stamps [GroupSize]parterre.Stamp
}

// Last finds of each person who was in a wanted cell the last moment, in ascending order, puts them into found from the first
// place on, and says how many they are. As lines come the latest first, it looks no further than to the first that counts.
func (p *Part) Last(w *Want, found *Moments) (n int) {
	from, width, counts := 0, p.facet+p.page, mask(p.count)
	for low := range GroupSize {
		to := min(from+int(bitsAt(p.counts, low*int(p.count), p.count)&counts), p.n)
		for i := from; i < to; i++ {
			v := bitsAt(p.cells, i*int(width), width) & p.cellMask
			if w.Facets.Has(uint32(v&p.facetMask)) && (w.Any || w.Pages.Has(uint32(v>>p.facet))) {
				found.Lows[n], found.Stamps[n] = uint8(low), p.stampOf(i)
				n++
				break
			}
		}
		from = to
	}
	return n
}
