package actalike

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// percentages are how many audiences are cut from one ranking: 1% to 10%.
const percentages = 10

// Nested cuts ten audiences from a country, of 1% to 10% of its persons, rounded up, each within the next. The persons are
// those of Best: one pass counts them by the upper half of their scores, and only those who share a half with a border are
// put in order.
func (r *Ranking) Nested(country *roaring.Bitmap) [percentages]*roaring.Bitmap {
	const buckets = 1 << 16
	var counts [buckets]uint32
	r.each(country, func(p uint32) { counts[order(r.score(p))>>16]++ })

	total := int(country.GetCardinality()) //nolint:gosec // persons fit 32 bits
	var borders [percentages]int           // of each cut, the bucket in which it ends
	var above [percentages]int             // and how many are in higher ones
	seen, bucket := 0, buckets-1
	for x := range percentages {
		for n := Size(x+1, total); bucket >= 0 && seen+int(counts[bucket]) < n; bucket-- {
			seen += int(counts[bucket])
		}
		borders[x], above[x] = max(bucket, 0), seen
	}
	var rings [percentages][]uint32 // who is in a cut and in none before it, from whole buckets
	atBorder := map[int]*roaring.Bitmap{}
	for _, b := range borders {
		atBorder[b] = roaring.New()
	}
	lookup := make([]int8, buckets) // the first cut that has the whole bucket; -1 a border, -2 in no cut
	for b := range lookup {
		lookup[b] = -2
		for x := percentages - 1; x >= 0; x-- {
			if b > borders[x] {
				lookup[b] = int8(x) //nolint:gosec // ten
			}
		}
		if atBorder[b] != nil {
			lookup[b] = -1
		}
	}
	r.each(country, func(p uint32) {
		b := int(order(r.score(p)) >> 16)
		switch x := lookup[b]; x {
		case -2:
		case -1:
			atBorder[b].Add(p)
		default:
			rings[x] = append(rings[x], p)
		}
	})
	var cuts [percentages]*roaring.Bitmap
	all := roaring.New()
	for x := range percentages {
		all.AddMany(rings[x])
		cut := all.Clone()
		for b, persons := range atBorder { // borders of smaller cuts are inside
			if b > borders[x] {
				cut.Or(persons)
			}
		}
		for _, p := range r.Best(atBorder[borders[x]], Size(x+1, total)-above[x]) {
			cut.Add(uint32(p))
		}
		cuts[x] = cut
	}
	return cuts
}

// Cut is the audience of a percentage of a country's persons, from 1 to 10, of those that Nested cuts.
func (r *Ranking) Cut(country *roaring.Bitmap, percentage int) *roaring.Bitmap {
	return r.Nested(country)[percentage-1]
}

// each calls f for the candidates, ascending: who is in the country and no seed.
func (r *Ranking) each(country *roaring.Bitmap, f func(p uint32)) {
	candidates := roaring.AndNot(country, r.seeds)
	for it := candidates.ManyIterator(); ; {
		var some [4096]uint32
		n := it.NextMany(some[:])
		if n == 0 {
			return
		}
		for _, p := range some[:n] {
			f(p)
		}
	}
}

// order maps scores to numbers in the same order.
func order(score float32) uint32 {
	b := math.Float32bits(score + 0) // no negative zero
	if b>>31 != 0 {
		return ^b
	}
	return b | 1<<31
}
