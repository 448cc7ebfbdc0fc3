package actalike

import (
	"github.com/RoaringBitmap/roaring/v2"
)

// Recall says what became of a hidden part of the seeds: of every other one who lives in the country.
type Recall struct {
	Hidden int     `json:"hidden"` // how many persons were hidden
	Recall float64 `json:"recall"` // the share of them that was found
	Lift   float64 `json:"lift"`   // how many times more that is than chance finds
}

// asked is how many of a country, and how many of the hidden, are asked for their scores, at most twice as many: in larger ones
// an even sample stands for all.
const asked = 100_000

// Recall hides a half of the seeds and looks for it, as Rank would, among so many percent of the country. Nil when nobody can
// be hidden. In a country, or a seed, that is larger than asked, a sample stands for all.
func (m *Model) Recall(p *Population, seeds, country *roaring.Bitmap, percentage int) *Recall {
	known, hidden := Halves(seeds, country)
	if hidden.IsEmpty() {
		return nil
	}
	l, candidates := m.lens(p, known), roaring.AndNot(country, known)
	persons, all := int(country.GetCardinality()), int(candidates.GetCardinality()) //nolint:gosec // persons fit 32 bits
	from := m.threshold(l, candidates, country)
	sampled, tried := evenly(candidates, asked), evenly(hidden, asked)
	some, sought := l.rank(sampled, from), l.rank(tried, from)
	m.fuse(l, some)
	m.fuse(l, sought)

	size := min(Size(percentage, persons), all)
	last := nthBest(some.scores, max(1, size*int(sampled.GetCardinality())/all)) //nolint:gosec // 32 bits
	n := 0.0
	for _, score := range sought.scores {
		if score >= last {
			n++
		}
	}
	q := &Recall{Hidden: int(hidden.GetCardinality()), Recall: n / float64(tried.GetCardinality())} //nolint:gosec // persons fit 32 bits
	q.Lift = q.Recall / (float64(size) / float64(all))
	return q
}

// NewRecall compares an audience with who was hidden: it was found by the known ones. Nil when nobody was hidden.
func NewRecall(best, known, hidden, country *roaring.Bitmap) *Recall {
	if hidden.IsEmpty() {
		return nil
	}
	all := float64(hidden.GetCardinality())
	q := &Recall{Hidden: int(all), Recall: float64(hidden.AndCardinality(best)) / all}
	candidates := float64(country.GetCardinality() - country.AndCardinality(known))
	if n := float64(best.GetCardinality()); n > 0 {
		q.Lift = q.Recall / (n / candidates)
	}
	return q
}

// evenly takes some of many persons, at least so many as are enough and at most twice as many.
func evenly(persons *roaring.Bitmap, enough int) *roaring.Bitmap {
	every := int(persons.GetCardinality()) / enough //nolint:gosec // persons fit 32 bits
	if every <= 1 {
		return persons
	}
	var some []uint32
	var buf [stripe]uint32
	left := 0 // how many are passed over until the next
	for it := persons.ManyIterator(); ; {
		n := it.NextMany(buf[:])
		if n == 0 {
			return roaring.BitmapOf(some...)
		}
		for ; left < n; left += every {
			some = append(some, buf[left])
		}
		left -= n
	}
}
