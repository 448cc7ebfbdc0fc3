package actalike_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
)

// population is who engaged with which item, in the order of the items.
type population struct {
	persons int
	items   [][]uint32 // the persons of each item
	seeds   []uint32
}

// somePopulation makes one up, in which some items are much more popular than others and some persons do much more.
func somePopulation(r *rand.Rand) population {
	p := population{persons: 1 + r.IntN(300)}
	active := make([]int, p.persons)
	for i := range active {
		active[i] = r.IntN(8)
	}
	for range r.IntN(60) {
		var item []uint32
		popular := r.IntN(9)
		for n := range p.persons {
			if r.IntN(10) < popular && r.IntN(10) < active[n] {
				item = append(item, uint32(n+1)) //nolint:gosec // few
			}
		}
		p.items = append(p.items, item)
	}
	for n := range p.persons {
		if r.IntN(10) == 0 {
			p.seeds = append(p.seeds, uint32(n+1)) //nolint:gosec // few
		}
	}
	return p
}

func (p *population) scorer() *actalike.Bayes {
	s := actalike.NewBayes(p.persons, roaring.BitmapOf(p.seeds...))
	for _, item := range p.items {
		s.AddItem(roaring.BitmapOf(item...))
	}
	return s
}

// score is the score of a person as the package comment has it, worked out from nothing.
func (p *population) score(person uint32) float64 {
	sum, k := 0.0, 0
	for _, item := range p.items {
		if !slices.Contains(item, person) {
			continue
		}
		s, d := 0.0, float64(len(item))
		for _, other := range item {
			if slices.Contains(p.seeds, other) {
				s++
			}
		}
		seeds, persons := float64(len(p.seeds)), float64(p.persons)
		sum += max(0, math.Log(((s+d/persons)/(seeds+1))/((d-s+d/persons)/(persons-seeds+1))))
		k++
	}
	if k == 0 {
		return 0
	}
	return sum / math.Sqrt(float64(k))
}

// best is the whole ranking of the candidates, the slow way: again and again the best of those who are left.
func (p *population) best(candidates []uint32) (ranked []parterre.PersonID) {
	left := map[uint32]float64{}
	for _, c := range candidates {
		if !slices.Contains(p.seeds, c) {
			left[c] = p.score(c)
		}
	}
	for len(left) > 0 {
		next := uint32(0)
		for c, score := range left {
			if next == 0 || score > left[next] || score == left[next] && c < next {
				next = c
			}
		}
		ranked = append(ranked, parterre.PersonID(next))
		delete(left, next)
	}
	return ranked
}

func (p *population) someCandidates(r *rand.Rand) (candidates []uint32) {
	for n := range p.persons {
		if r.IntN(3) > 0 {
			candidates = append(candidates, uint32(n+1)) //nolint:gosec // few
		}
	}
	return candidates
}

func TestTheRankingIsThatOfTheFormula(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := somePopulation(r)
		candidates := p.someCandidates(r)
		want := p.best(candidates)
		s := p.scorer()
		for n := range len(want) + 3 {
			got := s.Best(roaring.BitmapOf(candidates...), n)
			if !slices.Equal(got, want[:min(n, len(want))]) {
				t.Fatalf("seed %d: the best %d are %v, want %v", seed, n, got, want[:min(n, len(want))])
			}
		}
	}
}

func TestTheSizeIsExact(t *testing.T) {
	for _, c := range []struct{ percentage, persons, want int }{
		{1, 0, 0},
		{1, 1, 1},
		{1, 100, 1},
		{1, 101, 2},
		{3, 1000, 30},
		{3, 1001, 31},
		{10, 24_712, 2_472},
		{5, 27_750, 1_388},
		{10, 4_000_000_000, 400_000_000},
	} {
		if got := actalike.Size(c.percentage, c.persons); got != c.want {
			t.Errorf("%d%% of %d persons are %d, want %d", c.percentage, c.persons, got, c.want)
		}
	}
}

func TestPercentagesAreNested(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		p := somePopulation(r)
		candidates := roaring.BitmapOf(p.someCandidates(r)...)
		country := int(candidates.GetCardinality()) //nolint:gosec // few
		open := country - int(candidates.AndCardinality(roaring.BitmapOf(p.seeds...)))
		s := p.scorer()
		var before []parterre.PersonID
		for percentage := 1; percentage <= 10; percentage++ {
			n := actalike.Size(percentage, country)
			in := s.Best(candidates, n)
			if len(in) != min(n, open) {
				t.Errorf("seed %d: %d%% of %d persons are %d members, want %d", seed, percentage, country, len(in), min(n, open))
			}
			if !slices.Equal(before, in[:len(before)]) {
				t.Errorf("seed %d: the members of %d%% do not begin with those of %d%%", seed, percentage, percentage-1)
			}
			before = in
		}
	}
}

func TestOfEqualScoresTheSmallerNumberIsFirst(t *testing.T) {
	p := population{persons: 12, seeds: []uint32{3, 8}, items: [][]uint32{{3, 8, 9, 11}, {2, 3, 8}}}
	candidates := roaring.BitmapOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	want := []parterre.PersonID{2, 9, 11, 1, 4, 5, 6, 7, 10, 12}
	if got := p.scorer().Best(candidates, 100); !slices.Equal(got, want) {
		t.Errorf("the ranking is %v, want %v", got, want)
	}
}

func TestItemsThatNoSeedEngagedWithDoNotCount(t *testing.T) {
	// The second item is rare, and the third is not. They lower the score of 2 by making them more active, and no further;
	// whoever engaged with them alone is like whoever did nothing.
	p := population{persons: 1000, seeds: []uint32{1}, items: [][]uint32{{1, 2, 3}, {2, 9}, {2, 4, 5, 6, 7, 8}}}
	want := []parterre.PersonID{3, 2, 4, 9, 10}
	if got := p.scorer().Best(roaring.BitmapOf(10, 9, 4, 3, 2), 5); !slices.Equal(got, want) {
		t.Errorf("the ranking is %v, want %v", got, want)
	}
}

func TestEqualInputGivesEqualScores(t *testing.T) {
	const seed = 5
	p := somePopulation(rand.New(rand.NewPCG(seed, 3)))
	candidates := roaring.New()
	candidates.AddRange(1, uint64(p.persons)+1) //nolint:gosec // few
	s := p.scorer()
	want := s.Best(candidates, p.persons)
	for range 5 {
		if got := s.Best(candidates, p.persons); !slices.Equal(got, want) {
			t.Fatalf("seed %d: the same scorer ranks %v, and then %v", seed, want, got)
		}
		if got := p.scorer().Best(candidates, p.persons); !slices.Equal(got, want) {
			t.Fatalf("seed %d: another scorer ranks %v, want %v", seed, got, want)
		}
	}
}

func TestWhoeverComesLaterIsNoTrouble(t *testing.T) {
	s := actalike.NewBayes(3, roaring.BitmapOf(1))
	s.AddItem(roaring.BitmapOf(1, 2, 4, 70_000))
	got := s.Best(roaring.BitmapOf(1, 2, 3, 4, 70_000), 10)
	if want := []parterre.PersonID{2, 3, 4, 70_000}; !slices.Equal(got, want) {
		t.Errorf("the ranking is %v, want %v", got, want)
	}
	if got := s.Best(roaring.New(), 10); len(got) != 0 {
		t.Errorf("of nobody the best are %v", got)
	}
	if got := s.Best(roaring.BitmapOf(2, 3), -1); len(got) != 0 {
		t.Errorf("the best -1 are %v", got)
	}
}

func TestArgumentsStayAsTheyAre(t *testing.T) {
	seeds, item, candidates := roaring.BitmapOf(1), roaring.BitmapOf(1, 2), roaring.BitmapOf(1, 2, 3)
	s := actalike.NewBayes(3, seeds)
	s.AddItem(item)
	s.Best(candidates, 2)
	if !seeds.Equals(roaring.BitmapOf(1)) || !item.Equals(roaring.BitmapOf(1, 2)) || !candidates.Equals(roaring.BitmapOf(1, 2, 3)) {
		t.Errorf("they are now %v, %v and %v", seeds, item, candidates)
	}
}
