package naive

import (
	"math"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

// actAlike finds the persons of a country who act most like the seeds, as many as the rule's percentage of all persons
// of the country, rounded up. The seeds are left out, so there may be fewer left than that; then it is all of them.
// Without a seed there is nothing to be like, and nobody is found.
//
// Candidates come in the order of their score, the highest first; of equal scores, the person who appeared first. So the
// members of a percentage are members of every larger one.
func (w *World) actAlike(r *rule.ActAlike, at int64) map[int]bool {
	seeds := map[int]bool{}
	for _, id := range r.Seeds {
		for p := range w.members(id, at) {
			seeds[p] = true
		}
	}
	in := map[int]bool{}
	if len(seeds) == 0 {
		return in
	}
	residents := w.residents(r.Country)
	scores := w.scores(seeds)
	var candidates []int
	for p := range w.persons {
		if residents[p] && !seeds[p] {
			candidates = append(candidates, p)
		}
	}
	slices.SortStableFunc(candidates, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return 0
	})
	size := (r.Percentage*len(residents) + 99) / 100 // rounded up
	for _, p := range candidates[:min(size, len(candidates))] {
		in[p] = true
	}
	return in
}

// scores says of every person how much they act like the seeds: naive Bayes over the items that they engaged with, in
// positive weights only, divided by the square root of how many items there are.
//
// Another evaluator finds the same order only if it does the same operations in float64, in the same order: the weights
// of a person's items are added in ascending order of the items, beginning with 0; the sum is then divided by
// math.Sqrt(float64(degree)). The score of a person without items is 0.
func (w *World) scores(seeds map[int]bool) []float64 {
	items := w.items()
	all, ofSeeds := map[parterre.ID]int{}, map[parterre.ID]int{} // how many persons engaged with an item
	for p, list := range items {
		for _, item := range list {
			all[item]++
			if seeds[p] {
				ofSeeds[item]++
			}
		}
	}
	scores := make([]float64, len(w.persons))
	for p, list := range items {
		if len(list) == 0 {
			continue
		}
		sum := 0.0
		for _, item := range list {
			sum += weight(ofSeeds[item], all[item], len(seeds), len(w.persons))
		}
		scores[p] = sum / math.Sqrt(float64(len(list)))
	}
	return scores
}

// weight says how much more likely a seed engages with an item than somebody else does: the logarithm of the ratio of the
// two shares, each smoothed by one person who is like everybody, and never below 0. OfSeeds of the seeds engaged with the
// item, and all of the persons, seeds included.
func weight(ofSeeds, all, seeds, persons int) float64 {
	share := float64(all) / float64(persons)
	inside := (float64(ofSeeds) + share) / (float64(seeds) + 1)
	outside := (float64(all-ofSeeds) + share) / (float64(persons-seeds) + 1)
	return max(0, math.Log(inside/outside))
}

// items gives for every person the items that they engaged with, each once, in ascending order. An item is a pin that
// somebody engaged with of their own accord: engagement with an ad says more about the advertiser than about the person.
// Whose content it is does not matter, nor when it was.
func (w *World) items() [][]parterre.ID {
	items := make([][]parterre.ID, len(w.persons))
	for _, e := range w.events {
		if e.facet.Kind == parterre.Engagement && e.facet.Ad == 0 && e.facet.Pin != 0 {
			items[e.person] = append(items[e.person], e.facet.Pin)
		}
	}
	for p := range items {
		slices.Sort(items[p])
		items[p] = slices.Compact(items[p])
	}
	return items
}
