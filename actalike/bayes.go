package actalike

import (
	"cmp"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
)

// Bayes is the method that needs no factors: naive Bayes over items, with positive weights only, divided by the square root
// of the degree. Of N persons S are seeds; of an item's d engaged persons s are seeds. With p = d / N, the share of
// everybody, the item weighs
//
//	w = max(0, ln( ((s + p) / (S + 1)) / ((d - s + p) / (N - S + 1)) ))
//
// which smooths both shares by one person who is like everybody: an item that the seeds engage with no more than others do
// weighs nothing. A person with k items scores the sum of their items' weights divided by √k. The sum runs in the order in
// which items are added, in float64, so equal input gives equal scores to the last bit.
//
// It gathers scores item by item and is not safe for concurrent use.
type Bayes struct {
	seeds   *roaring.Bitmap
	outside float64 // persons who are no seeds
	inside  float64 // seeds
	sums    []float64
	degrees []uint32
	named   []Weight // items that weigh something
}

// NewBayes makes a scorer for a population whose persons are numbered from 1 to persons. It keeps seeds, which stays unchanged.
func NewBayes(persons int, seeds *roaring.Bitmap) *Bayes {
	inside := float64(seeds.GetCardinality())
	return &Bayes{
		seeds: seeds, inside: inside, outside: float64(persons) - inside,
		sums: make([]float64, persons+1), degrees: make([]uint32, persons+1),
	}
}

// AddItem counts an item that the persons engaged with. An item is added once. Persons beyond the population, who came
// after it was counted, are left out.
func (s *Bayes) AddItem(persons *roaring.Bitmap) { s.add(s.weight(persons), persons) }

// AddNamed is AddItem for an item that Top may name.
func (s *Bayes) AddNamed(name string, persons *roaring.Bitmap) {
	w := s.weight(persons)
	if w > 0 {
		s.named = append(s.named, Weight{name, w})
	}
	s.add(w, persons)
}

// Top are the n named items that weigh most, the heaviest first.
func (s *Bayes) Top(n int) []Weight { return heaviest(slices.Clone(s.named), n) }

func (s *Bayes) add(w float64, persons *roaring.Bitmap) {
	it := persons.Iterator()
	for it.HasNext() {
		p := it.Next()
		if int(p) >= len(s.sums) {
			return
		}
		s.degrees[p]++
		s.sums[p] += w
	}
}

func (s *Bayes) weight(persons *roaring.Bitmap) float64 {
	seeds := float64(persons.AndCardinality(s.seeds))
	all := float64(persons.GetCardinality())
	share := all / (s.inside + s.outside)
	return max(0, math.Log(((seeds+share)/(s.inside+1))/((all-seeds+share)/(s.outside+1))))
}

// Best are the n candidates who act most like the seeds, best first, without the seeds; fewer when there are no more. Of
// equal scores the person with the smaller number is first, so the best n are the beginning of the best n+1.
func (s *Bayes) Best(candidates *roaring.Bitmap, n int) []parterre.PersonID {
	ranked := make([]parterre.PersonID, 0, candidates.GetCardinality())
	it := candidates.Iterator()
	for it.HasNext() {
		if p := it.Next(); !s.seeds.Contains(p) {
			ranked = append(ranked, parterre.PersonID(p))
		}
	}
	slices.SortFunc(ranked, func(a, b parterre.PersonID) int {
		return cmp.Or(cmp.Compare(s.score(b), s.score(a)), cmp.Compare(a, b))
	})
	return ranked[:min(max(n, 0), len(ranked))]
}

// Cut is the audience of a percentage of a country's persons.
func (s *Bayes) Cut(country *roaring.Bitmap, percentage int) *roaring.Bitmap {
	cut := roaring.New()
	for _, p := range s.Best(country, Size(percentage, int(country.GetCardinality()))) { //nolint:gosec // persons fit 32 bits
		cut.Add(uint32(p))
	}
	return cut
}

// score is how much the person acts like the seeds: 0 or above, 0 for somebody without items.
func (s *Bayes) score(p parterre.PersonID) float64 {
	if int(p) >= len(s.sums) || s.degrees[p] == 0 {
		return 0
	}
	return s.sums[p] / math.Sqrt(float64(s.degrees[p]))
}
