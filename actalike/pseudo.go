package actalike

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// pseudo is an audience made of the population itself: everybody who engaged with a hidden item, or with one of several
// similar hidden items. One half is the seed, the other is to be found.
type pseudo struct{ seed, found *roaring.Bitmap }

const (
	pseudoEach  = 60  // how many audiences of one item, and of several, are made at a time
	pseudoLeast = 20  // with fewer a population is too thin to learn from
	pseudoSmall = 100 // members of the smallest
	hideAtMost  = .12 // of all engagements

	// pseudoEnough is how many members are enough, however large the population.
	pseudoEnough = 1000
)

// pseudos makes audiences and hides their items.
func (p *Population) pseudos(seed uint64) (rest *Population, made []pseudo) {
	r := rand.New(rand.NewPCG(seed, 0xa0d1)) //nolint:gosec // no secret
	members := p.membersOf()
	least, most := max(pseudoSmall, min(p.Persons()/160, pseudoEnough)), max(p.Persons()/20, 2*pseudoSmall)
	hidden, budget := map[uint32]bool{}, int(hideAtMost*float64(len(p.engaged)))
	hide := func(items []uint32) bool {
		all := roaring.New()
		for _, item := range items {
			all.AddMany(members(item))
		}
		if n := int(all.GetCardinality()); n < least || n > 2*most { //nolint:gosec // persons fit 32 bits
			return false
		}
		for _, item := range items {
			hidden[item] = true
			budget -= int(p.degrees[item])
		}
		made = append(made, halves(r, all))
		return true
	}
	left := pseudoEach
	for _, i := range r.Perm(len(p.names)) {
		item := uint32(i) //nolint:gosec // items fit 32 bits
		if d := int(p.degrees[i]); left > 0 && budget > 0 && d >= least && d <= most && hide([]uint32{item}) {
			left--
		}
	}
	left = pseudoEach
	for _, i := range r.Perm(len(p.names)) {
		item := uint32(i) //nolint:gosec // items fit 32 bits
		if d := int(p.degrees[i]); left == 0 || budget <= 0 || hidden[item] || d < least/6 || d > most {
			continue
		}
		if hide(p.similar(item, members(item), 2+r.IntN(12), hidden)) {
			left--
		}
	}
	return p.without(hidden), made
}

// membersOf turns the population around: it gives the persons of an item.
func (p *Population) membersOf() func(item uint32) []uint32 {
	starts := make([]uint32, len(p.degrees)+1)
	for i, d := range p.degrees {
		starts[i+1] = starts[i] + d
	}
	persons, next := make([]uint32, len(p.engaged)), slices.Clone(starts)
	for person := range uint32(p.Persons() + 1) { //nolint:gosec // persons fit 32 bits
		for _, item := range p.row(person) {
			persons[next[item]] = person
			next[item]++
		}
	}
	return func(item uint32) []uint32 { return persons[starts[item]:starts[item+1]] }
}

// similar are the item and up to n others whose persons are most alike, by the cosine, that are not hidden.
func (p *Population) similar(item uint32, members []uint32, n int, hidden map[uint32]bool) []uint32 {
	both := map[uint32]int{}
	for _, person := range members {
		for _, other := range p.row(person) {
			if other != item && !hidden[other] {
				both[other]++
			}
		}
	}
	cosine := func(other uint32) float64 {
		return float64(both[other]) / math.Sqrt(float64(p.degrees[item])*float64(p.degrees[other]))
	}
	var near []uint32
	for other := range both {
		if cosine(other) > .03 {
			near = append(near, other)
		}
	}
	slices.SortFunc(near, func(a, b uint32) int { return cmp.Or(cmp.Compare(cosine(b), cosine(a)), cmp.Compare(a, b)) })
	return append(near[:min(n, len(near))], item)
}

func halves(r *rand.Rand, all *roaring.Bitmap) pseudo {
	persons := all.ToArray()
	r.Shuffle(len(persons), func(i, j int) { persons[i], persons[j] = persons[j], persons[i] })
	return pseudo{roaring.BitmapOf(persons[:len(persons)/2]...), roaring.BitmapOf(persons[len(persons)/2:]...)}
}

const (
	lessons    = 2    // how often audiences are made and their items hidden
	taught     = 2000 // how many of an audience the trees see at most, or about so many by chance
	taughtNear = 2000 // and of those who are not in it, but among the best by the blend
	taughtFar  = 500  // and of all others
)

// teach gives what audiences teach whose items nobody engaged with in this population.
func (p *Population) teach(ctx context.Context, f *Factors, made []pseudo, seed uint64) (all sample, err error) {
	parts := make([]sample, len(made))
	parallel(len(made), func(k int) {
		if ctx.Err() == nil {
			r := rand.New(rand.NewPCG(seed, 0x1e55+uint64(k))) //nolint:gosec // no secret, few
			parts[k] = p.taught(f, &made[k], r)
		}
	})
	for k := range parts {
		all.add(&parts[k])
	}
	return all, ctx.Err()
}

// taught is what one audience teaches: who is to be found, and some of those who are not in it, all by chance when there are
// many. Most of the latter are among the best by the blend, since of these the trees decide who is taken; as one of them
// counts less than one who is not, it is as if all had had the same chance.
func (p *Population) taught(f *Factors, a *pseudo, r *rand.Rand) (s sample) {
	inside, found := int(a.seed.GetCardinality()), int(a.found.GetCardinality()) //nolint:gosec // persons fit 32 bits
	l := newLens(p, f.weigh(p, a.seed), float64(inside))
	candidates := roaring.Flip(a.seed, 1, uint64(p.Persons())+1) //nolint:gosec // persons fit 32 bits
	ranked := l.rank(candidates, everybody)
	from := nthBest(slices.Clone(ranked.scores), len(ranked.scores)-int((1-fusedShare)*float64(len(ranked.scores)-1)))
	best := 0.0 // others who have as much, of whom there are more when many have the same
	for i, person := range ranked.persons {
		if ranked.scores[i] >= from && !a.found.Contains(person) {
			best++
		}
	}
	others := float64(len(ranked.persons) - found)
	keep, even := min(1, taught/float64(found)), min(1, (taughtNear+taughtFar)/max(1, others))
	near, far := min(1, taughtNear/max(1, best)), min(1, taughtFar/max(1, others-best))
	for i, person := range ranked.persons {
		member, chance, weight := a.found.Contains(person), keep, 1.0
		if !member {
			if chance = far; ranked.scores[i] >= from {
				chance = near
			}
			weight = even / chance
		}
		if r.Float64() >= chance {
			continue
		}
		var v vector
		l.describe(&v, person)
		s.rows, s.members = append(s.rows, v), append(s.members, member)
		s.weights = append(s.weights, float32(weight*100/(keep*float64(found)))) // every audience counts the same
	}
	return s
}
