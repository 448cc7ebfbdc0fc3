package history

import (
	"math"

	"github.com/parterre/parterre"
)

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

// Since says of whom the last moment in a wanted cell counts, which is since or later: as bits, low bits first. With them comes a
// moment that counts and is not after the first of these, or the largest there is when nobody counts. As lines come the
// latest first, it looks no further than to the first that is wanted.
func (p *Part) Since(w *Want, since parterre.Stamp) (who [GroupSize / 64]uint64, oldest parterre.Stamp) {
	from, width, counts := 0, p.facet+p.page, mask(p.count)
	all := p.least >= uint64(since) // so there is no need to look at stamps
	oldest = math.MaxUint32
	for low := range GroupSize {
		to := min(from+int(bitsAt(p.counts, low*int(p.count), p.count)&counts), p.n)
		for i := from; i < to; i++ {
			v := bitsAt(p.cells, i*int(width), width) & p.cellMask
			if !w.Facets.Has(uint32(v&p.facetMask)) || !w.Any && !w.Pages.Has(uint32(v>>p.facet)) {
				continue
			}
			if all {
				who[low>>6] |= 1 << (low & 63)
				oldest = parterre.Stamp(p.least)
			} else if s := p.stampOf(i); s >= since {
				who[low>>6] |= 1 << (low & 63)
				oldest = min(oldest, s)
			}
			break
		}
		from = to
	}
	return who, oldest
}
