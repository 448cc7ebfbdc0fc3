package actalike

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// MakePopulation makes a population up, to measure with: persons who engage with so many of the items each, some of which
// are much more popular than others, half of them within one of a hundred tastes.
func MakePopulation(persons, items, each int, seed uint64) (*Population, error) {
	if persons < 1 || items < 200 || each < 1 || uint64(persons)*uint64(each) > math.MaxUint32 {
		return nil, fmt.Errorf("make %d persons with %d of %d items each: %w", persons, each, items, errTooLarge)
	}
	const tastes = 100
	r := rand.New(rand.NewPCG(seed, 0xbe1c)) //nolint:gosec // no secret
	p := &Population{names: make([]string, items), degrees: make([]uint32, items), starts: make([]uint32, persons+2)}
	for i := range p.names {
		p.names[i] = strconv.Itoa(i)
	}
	p.engaged = make([]uint32, 0, persons*each)
	for person := 1; person <= persons; person++ {
		p.starts[person] = uint32(len(p.engaged)) //nolint:gosec // checked above
		taste := r.IntN(tastes)
		for range each {
			u := r.Float64()
			item := int(u * u * float64(items))
			if r.IntN(2) == 0 {
				item = item/tastes*tastes + taste
			}
			p.engaged = append(p.engaged, uint32(min(item, items-1))) //nolint:gosec // items fit 32 bits
		}
		row := p.engaged[p.starts[person]:]
		slices.Sort(row)
		p.engaged = p.engaged[:int(p.starts[person])+len(slices.Compact(row))]
		for _, item := range p.engaged[p.starts[person]:] {
			p.degrees[item]++
		}
	}
	p.starts[persons+1] = uint32(len(p.engaged)) //nolint:gosec // checked above
	return p, nil
}
