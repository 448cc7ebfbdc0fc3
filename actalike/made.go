package actalike

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// MakePopulation makes a population up, to measure with, of persons with the items that [MakeItems] gives them.
func MakePopulation(persons, items, each int, seed uint64) (*Population, error) {
	if persons < 1 || items < 200 || each < 1 || uint64(persons)*uint64(each) > math.MaxUint32 {
		return nil, fmt.Errorf("make %d persons with %d of %d items each: %w", persons, each, items, errTooLarge)
	}
	r := rand.New(rand.NewPCG(seed, 0xbe1c)) //nolint:gosec // no secret
	p := &Population{names: make([]string, items), degrees: make([]uint32, items), starts: make([]uint32, persons+2)}
	for i := range p.names {
		p.names[i] = strconv.Itoa(i)
	}
	p.engaged = make([]uint32, 0, persons*each)
	var row []uint32
	for person := 1; person <= persons; person++ {
		p.starts[person] = uint32(len(p.engaged)) //nolint:gosec // checked above
		row = MakeItems(r, items, each, row[:0])
		p.engaged = append(p.engaged, row...)
		for _, item := range row {
			p.degrees[item]++
		}
	}
	p.starts[persons+1] = uint32(len(p.engaged)) //nolint:gosec // checked above
	return p, nil
}

// MakeItems makes up what a person engages with, at most so many of the items, each once and ascending. Some items are much more
// popular than others, and half of what somebody does is within one of a hundred tastes. It uses the room of dst.
func MakeItems(r *rand.Rand, items, each int, dst []uint32) []uint32 {
	const tastes = 100
	taste := r.IntN(tastes)
	for range each {
		u := r.Float64()
		item := int(u * u * float64(items))
		if r.IntN(2) == 0 {
			item = item/tastes*tastes + taste
		}
		dst = append(dst, uint32(min(item, items-1))) //nolint:gosec // items fit 32 bits
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}
