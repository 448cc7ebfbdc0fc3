package actalike

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// percentages are how many audiences are cut from one ranking: 1% to 10%.
const percentages = 10

// buckets are of equal width, between the lowest score and the highest: those of trees lie so close together that a bucket that is cut
// holds few.
const buckets = 1 << 16

// Nested cuts ten audiences from the country, of 1% to 10% of its persons, rounded up, each within the next. The persons are
// those of Best: one pass counts them by the buckets of their scores, and only those who share a bucket with a border are put
// in order.
func (r *Ranking) Nested() [percentages]*roaring.Bitmap {
	in := bucketsOf(r.scores)
	counts := make([]uint32, buckets)
	for _, score := range r.scores {
		counts[in.of(score)]++
	}
	var borders [percentages]int // of each cut, the bucket in which it ends
	var above [percentages]int   // and how many are in higher ones
	seen, bucket := 0, buckets-1
	for x := range percentages {
		for n := Size(x+1, r.country); bucket >= 0 && seen+int(counts[bucket]) < n; bucket-- {
			seen += int(counts[bucket])
		}
		borders[x], above[x] = max(bucket, 0), seen
	}
	rings, shared := r.rings(in, &borders)
	var cuts [percentages]*roaring.Bitmap
	members := r.nobody()
	for x := range percentages {
		members.add(rings[x])
		for b, places := range shared { // borders of smaller cuts are inside
			if b > borders[x] {
				members.add(r.at(places))
			}
		}
		places := shared[borders[x]]
		members.add(r.at(places[:min(Size(x+1, r.country)-above[x], len(places))]))
		cuts[x] = roaring.FromDense(members, true)
	}
	return cuts
}

// crowd has a bit for each person.
type crowd []uint64

// nobody is a crowd with room for everybody who is ranked.
func (r *Ranking) nobody() crowd {
	if len(r.persons) == 0 {
		return nil
	}
	return make(crowd, r.persons[len(r.persons)-1]/64+1)
}

func (c crowd) add(persons []uint32) {
	for _, person := range persons {
		c[person/64] |= 1 << (person % 64)
	}
}

// rings gives, for each cut, who is in it and in none before it, from buckets that are not a border; and the places of those
// who are in a bucket that is one, in their order.
func (r *Ranking) rings(in measure, borders *[percentages]int) (rings [percentages][]uint32, shared map[int][]int) {
	const none, border = -2, -1
	first := make([]int8, buckets) // the first cut that has the whole bucket
	shared = map[int][]int{}
	for b := range first {
		first[b] = none
		for x := percentages - 1; x >= 0; x-- {
			if b > borders[x] {
				first[b] = int8(x) //nolint:gosec // ten
			}
		}
	}
	for _, b := range borders {
		first[b] = border
	}
	for i, score := range r.scores {
		b := in.of(score)
		switch x := first[b]; x {
		case none:
		case border:
			shared[b] = append(shared[b], i)
		default:
			rings[x] = append(rings[x], r.persons[i])
		}
	}
	for _, places := range shared {
		r.sort(places)
	}
	return rings, shared
}

// at are the persons at the places of a ranking.
func (r *Ranking) at(places []int) []uint32 {
	persons := make([]uint32, len(places))
	for i, place := range places {
		persons[i] = r.persons[place]
	}
	return persons
}

// Cut is the audience of a percentage of the country's persons, from 1 to 10, of those that Nested cuts.
func (r *Ranking) Cut(percentage int) *roaring.Bitmap { return r.Nested()[percentage-1] }

// measure says which bucket a score is in. Of two scores, the higher is in no lower one.
type measure struct{ lowest, each float32 }

func bucketsOf(scores []float32) (in measure) {
	lowest, highest := float32(math.MaxFloat32), everybody
	for _, score := range scores {
		if score > everybody {
			lowest, highest = min(lowest, score), max(highest, score)
		}
	}
	if each := (buckets - 1) / (highest - lowest); 0 < each && each <= math.MaxFloat32 {
		return measure{lowest, each}
	}
	return measure{lowest, 1} // of scores that are all the same, or as good as that
}

// of gives the lowest bucket for who came after the population was read.
func (m measure) of(score float32) int {
	if score > m.lowest {
		return int(min((score-m.lowest)*m.each, buckets-1))
	}
	return 0
}

// order maps scores to numbers in the same order.
func order(score float32) uint32 {
	b := math.Float32bits(score + 0)          // no negative zero
	return b ^ (uint32(int32(b)>>31) | 1<<31) //nolint:gosec // bits
}
