package actalike

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Items yields the items of a population, each once, with the persons who engaged with it. The order is always the same: what is
// read in another order is numbered otherwise. The bitmap is valid during the call alone.
type Items func(yield func(name string, persons *roaring.Bitmap) error) error

// Population is who engaged with what, by person. It does not change once it is made and may be used concurrently.
type Population struct {
	names   []string // of the items
	degrees []uint32 // how many persons engaged with each item
	starts  []uint32 // the items of person p are engaged[starts[p]:starts[p+1]]
	engaged []uint32
}

// NewPopulation reads a population whose persons are numbered from 1 to persons; whoever has a higher number came meanwhile and is
// left out. Known are the names of the first items, in this order, whether or not they are yielded; other items follow, the
// most popular first.
func NewPopulation(persons int, known []string, items Items) (*Population, error) {
	p := &Population{names: append([]string(nil), known...), starts: make([]uint32, persons+2)}
	p.degrees = make([]uint32, len(known))
	number := make(map[string]uint32, len(known))
	for i, name := range known {
		number[name] = uint32(i) //nolint:gosec // items fit 32 bits
	}
	var columns []column
	var gathered []byte
	err := items(func(name string, who *roaring.Bitmap) error {
		item, there := number[name]
		if !there {
			item = uint32(len(p.names)) //nolint:gosec // items fit 32 bits
			number[name] = item
			p.names, p.degrees = append(p.names, name), append(p.degrees, 0)
		}
		gathered = p.gather(gathered[:0], item, who)
		columns = append(columns, column{item, bytes.Clone(gathered)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	total := uint64(0)
	for i := range p.starts {
		if total += uint64(p.starts[i]); total > math.MaxUint32 {
			return nil, errTooLarge
		}
		p.starts[i] = uint32(total)
	}
	p.turn(columns)
	p.renumber(len(known))
	return p, nil
}

// column is who engaged with an item, while a population is read: of each person, in ascending order, how far the number is
// from that of the one before, as a varint.
type column struct {
	item    uint32
	persons []byte
}

// gather counts who engaged with an item, in starts one place further, and appends them as a column has them.
func (p *Population) gather(dst []byte, item uint32, who *roaring.Bitmap) []byte {
	before := uint32(0)
	batchesOf(who, p.Persons(), func(some []uint32) {
		for _, person := range some {
			p.starts[person+1]++
			p.degrees[item]++
			dst = binary.AppendUvarint(dst, uint64(person-before))
			before = person
		}
	})
	return dst
}

// turn makes the rows of the columns, and lets go of each.
func (p *Population) turn(columns []column) {
	p.engaged = make([]uint32, p.starts[len(p.starts)-1])
	next := slices.Clone(p.starts)
	for i, c := range columns {
		for person, left := uint32(0), c.persons; len(left) > 0; {
			step, n := binary.Uvarint(left)
			person, left = person+uint32(step), left[n:] //nolint:gosec // persons fit 32 bits
			p.engaged[next[person]] = c.item
			next[person]++
		}
		columns[i].persons = nil
	}
}

// renumber puts the items from a number on in the order of their popularity: what is looked at often lies together.
func (p *Population) renumber(from int) {
	order := make([]uint32, len(p.names)-from)
	for i := range order {
		order[i] = uint32(from + i) //nolint:gosec // items fit 32 bits
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Or(cmp.Compare(p.degrees[b], p.degrees[a]), cmp.Compare(a, b)) })
	names, degrees, number := slices.Clone(p.names), slices.Clone(p.degrees), make([]uint32, len(p.names))
	for i := range from {
		number[i] = uint32(i) //nolint:gosec // items fit 32 bits
	}
	for i, item := range order {
		number[item] = uint32(from + i) //nolint:gosec // items fit 32 bits
		p.names[from+i], p.degrees[from+i] = names[item], degrees[item]
	}
	for i, item := range p.engaged {
		p.engaged[i] = number[item]
	}
}

// fetched is how many persons are given at a time to who fetches their rows.
const fetched = 64

// batchesOf calls f for the persons of a bitmap who are in the population, several at a time, in ascending order.
func batchesOf(who *roaring.Bitmap, persons int, f func([]uint32)) {
	some := make([]uint32, fetched)
	for it := who.ManyIterator(); ; {
		part := some[:it.NextMany(some)]
		if len(part) == 0 || int(part[0]) > persons {
			return
		}
		from, _ := slices.BinarySearch(part, 1)
		to, _ := slices.BinarySearch(part, uint32(persons)+1) //nolint:gosec // persons fit 32 bits
		f(part[from:to])
	}
}

// Persons is how many persons there are.
func (p *Population) Persons() int { return len(p.starts) - 2 }

// Engagements is how many pairs of a person and an item there are.
func (p *Population) Engagements() int { return len(p.engaged) }

// Bytes is about how much memory it takes.
func (p *Population) Bytes() int64 {
	return 4*int64(len(p.starts)+len(p.engaged)+len(p.degrees)) + 64*int64(len(p.names))
}

// row are the items of a person.
func (p *Population) row(person uint32) []uint32 {
	return p.engaged[p.starts[person]:p.starts[person+1]]
}

// fetch reads a number in each 64 bytes of the rows of some persons, who come to be looked at one by one: so the processor
// waits for many rows at once. The sum is of no use but that nothing of it is left out.
//
//go:noinline
func (p *Population) fetch(persons []uint32) (sum uint32) { //nolint:unparam // nobody needs it
	for _, person := range persons {
		if int(person) > p.Persons() {
			break
		}
		row := p.row(person)
		for i := 0; i < len(row); i += 16 {
			sum += row[i]
		}
		if len(row) > 0 {
			sum += row[len(row)-1]
		}
	}
	return sum
}

// without is the population in which nobody engaged with the hidden items, and items keep their numbers.
func (p *Population) without(hidden map[uint32]bool) *Population {
	q := &Population{names: p.names, degrees: append([]uint32(nil), p.degrees...), starts: make([]uint32, len(p.starts))}
	q.engaged = make([]uint32, 0, len(p.engaged))
	for person := range p.starts[:len(p.starts)-1] {
		q.starts[person] = uint32(len(q.engaged))    //nolint:gosec // no more than there were
		for _, item := range p.row(uint32(person)) { //nolint:gosec // persons fit 32 bits
			if !hidden[item] {
				q.engaged = append(q.engaged, item)
			}
		}
	}
	q.starts[len(q.starts)-1] = uint32(len(q.engaged)) //nolint:gosec // no more than there were
	for item := range hidden {
		q.degrees[item] = 0
	}
	return q
}

// scale is what a person's engagements count: degree^-½, 0 of somebody without items.
func (p *Population) scale(person uint32) float32 {
	return p.numbers(person).scale
}

// log is the logarithm of how many items a person has, 0 of somebody without.
func (p *Population) log(person uint32) float32 {
	return p.numbers(person).log
}

func (p *Population) numbers(person uint32) numbers {
	n := p.starts[person+1] - p.starts[person]
	if int(n) < len(usual) {
		return usual[n]
	}
	return numbersOf(n)
}

// usual are the numbers of persons with few items: they are asked for once for everybody.
var usual = func() (few [1 << 10]numbers) {
	for n := range few {
		few[n] = numbersOf(uint32(n)) //nolint:gosec // few
	}
	return few
}()

// numbers are what follows from how many items somebody has: degree^-½, and the logarithm, both 0 without items.
type numbers struct{ scale, log float32 }

func numbersOf(degree uint32) numbers {
	if degree == 0 {
		return numbers{}
	}
	return numbers{float32(1 / math.Sqrt(float64(degree))), float32(math.Log(float64(degree)))}
}

// sampled is a population of a part of the persons, numbered anew in their order, or this one when it has no more than most.
// Who is in it depends on nothing but their numbers. Items keep theirs.
func (p *Population) sampled(most int) *Population {
	if p.Persons() <= most {
		return p
	}
	chance := uint64(float64(most) * .99 / float64(p.Persons()) * math.MaxUint64)
	q := &Population{names: p.names, degrees: make([]uint32, len(p.degrees)), starts: []uint32{0}}
	for person := range uint32(p.Persons()) { //nolint:gosec // persons fit 32 bits
		person++
		if mixed(uint64(person)) >= chance {
			continue
		}
		q.starts = append(q.starts, uint32(len(q.engaged))) //nolint:gosec // no more than there were
		q.engaged = append(q.engaged, p.row(person)...)
		for _, item := range p.row(person) {
			q.degrees[item]++
		}
	}
	q.starts = append(q.starts, uint32(len(q.engaged))) //nolint:gosec // no more than there were
	return q
}

// mixed turns a number into one that looks like chance, as splitmix64 does (Steele, Lea and Flood, OOPSLA 2014).
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
