package actalike

import (
	"slices"

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
const asked = 200_000

// Recall hides a half of the seeds and looks for it, as Rank would, among so many percent of the country. Nil when nobody can
// be hidden. In a country, or a seed, that is larger than asked, a sample stands for all.
func (m *Model) Recall(p *Population, seeds, country *roaring.Bitmap, percentage int) *Recall {
	known, hidden := Halves(seeds, country)
	if hidden.IsEmpty() {
		return nil
	}
	l := m.lens(p, known)
	all := roaring.AndNot(country, known).ToArray()
	persons := int(country.GetCardinality()) //nolint:gosec // persons fit 32 bits
	some := evenly(all)
	scores := l.blended(some)
	from := threshold(scores, persons*len(some)/len(all), persons)
	sought := evenly(hidden.ToArray())
	found := l.blended(sought)
	if m.Trees != nil {
		m.fuse(l, some, scores, from)
		m.fuse(l, sought, found, from)
	}
	slices.Sort(scores)
	size := min(Size(percentage, persons), len(all))
	last := scores[len(scores)-max(1, size*len(some)/len(all))]
	n := 0.0
	for _, score := range found {
		if score >= last {
			n++
		}
	}
	q := &Recall{Hidden: int(hidden.GetCardinality()), Recall: n / float64(len(found))} //nolint:gosec // persons fit 32 bits
	q.Lift = q.Recall / (float64(size) / float64(len(all)))
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

// evenly takes some of many persons.
func evenly(persons []uint32) []uint32 {
	every := max(1, len(persons)/asked)
	if every == 1 {
		return persons
	}
	var some []uint32
	for i := 0; i < len(persons); i += every {
		some = append(some, persons[i])
	}
	return some
}
