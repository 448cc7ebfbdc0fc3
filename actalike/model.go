package actalike

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Method says how an audience was ranked.
type Method string

// The methods, from the best to the one that needs the least.
const (
	Fused    Method = "spectral_trees" // ten linear scores over items, put together by trees
	Spectral Method = "spectral"       // two of those scores, added
	Naive    Method = "naive_bayes"
)

// Model is what was learnt from a population. It does not change once it is made and may be used concurrently.
type Model struct {
	Names   []string // of the items, as the population had them
	Persons int      // how many there were, whether or not all were learnt from
	Total   int      // engagements
	Factors *Factors
	Trees   *Trees // nil when the population has too few popular items to teach them
}

// Method is how the model ranks.
func (m *Model) Method() Method {
	if m.Trees == nil {
		return Spectral
	}
	return Fused
}

// Weight says how much an item counts.
type Weight struct {
	Item   string  `json:"item"`
	Weight float64 `json:"weight"`
}

func heaviest(all []Weight, n int) []Weight {
	slices.SortFunc(all, func(a, b Weight) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Item, b.Item)) })
	return all[:min(n, len(all))]
}

// Halves cuts seeds in two, to hide one half and look for it: every other seed of the country, by number, is hidden. The
// known half has everybody else.
func Halves(seeds, country *roaring.Bitmap) (known, hidden *roaring.Bitmap) {
	known, hidden = seeds.Clone(), roaring.New()
	n := 0
	for it := roaring.And(seeds, country).Iterator(); it.HasNext(); n++ {
		if p := it.Next(); n%2 == 1 {
			hidden.Add(p)
		}
	}
	known.AndNot(hidden)
	return known, hidden
}

// Size is how many members an audience has: the percentage of a country's persons, rounded up.
func Size(percentage, persons int) int { return (percentage*persons + 99) / 100 }
