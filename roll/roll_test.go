package roll_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/roll"
)

// naive is what a chunk means.
type naive map[uint16]parterre.Stamp

func (n naive) add(low uint16, s parterre.Stamp) {
	if s > n[low] {
		n[low] = s
	}
}

func (n naive) lows() []uint16 { return slices.Sorted(maps.Keys(n)) }

// entry is a person and a stamp.
type entry struct {
	low   uint16
	stamp parterre.Stamp
}

func entries(c roll.Chunk) []entry {
	var out []entry
	for i := range c.Len() {
		low, s := c.At(i)
		out = append(out, entry{low, s})
	}
	return out
}

func (n naive) entries() []entry {
	var out []entry
	for _, low := range n.lows() {
		out = append(out, entry{low, n[low]})
	}
	return out
}

// chunk makes a chunk of n, which it shuffles first.
func (n naive) chunk() roll.Chunk {
	var lows []uint16
	var stamps []parterre.Stamp
	for low, s := range n { // maps have no order
		lows = append(lows, low)
		stamps = append(stamps, s)
	}
	return roll.Of(lows, stamps)
}

// anyLow draws numbers of persons: at the borders of a block and of a frame of the encoding, close together, or anywhere.
var anyLow = rapid.OneOf(
	rapid.SampledFrom([]uint16{0, 1, 127, 128, 129, 255, 256, 4095, 4096, 4097, 32767, 32768, 65534, 65535}),
	rapid.Uint16Range(1000, 1300),
	rapid.Uint16(),
)

var anyStamp = rapid.Custom(func(t *rapid.T) parterre.Stamp {
	return parterre.Stamp(rapid.OneOf(
		rapid.SampledFrom([]uint32{1, 2, 1<<31 - 1, 1 << 31, math.MaxUint32}),
		rapid.Uint32Range(1, 9),
		rapid.Uint32Range(1_700_000_000, 1_750_000_000),
	).Draw(t, "stamp"))
})

// anyNaive draws few persons by name, or many of a given density from a seed.
var anyNaive = rapid.Custom(func(t *rapid.T) naive {
	if rapid.Bool().Draw(t, "few") {
		return naive(rapid.MapOfN(anyLow, anyStamp, 0, 300).Draw(t, "persons"))
	}
	seed := rapid.Uint64().Draw(t, "seed")
	density := rapid.SampledFrom([]float64{0.001, 0.05, 0.07, 0.5, 1}).Draw(t, "density")
	if rapid.IntRange(0, 19).Draw(t, "the whole block when 19") == 19 {
		return scattered(seed, density)
	}
	from := rapid.SampledFrom([]int{0, 30000, 60000, 65000}).Draw(t, "from")
	return scatteredIn(seed, density, from, min(from+6000, roll.BlockSize)) // enough for a union to become dense
})

// scattered is a block in which each person is present with the probability density.
func scattered(seed uint64, density float64) naive {
	return scatteredIn(seed, density, 0, roll.BlockSize)
}

// scatteredIn has persons from one number on, and before another.
func scatteredIn(seed uint64, density float64, from, before int) naive {
	r := rand.New(rand.NewPCG(seed, 1))
	n := naive{}
	for low := from; low < before; low++ {
		if r.Float64() < density {
			n[uint16(low)] = parterre.Stamp(1_700_000_000 + r.IntN(180*86400))
		}
	}
	return n
}

// same fails the test when a chunk is not what it should be.
func same(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, what string, got roll.Chunk, want naive,
) {
	t.Helper()
	g, w := entries(got), want.entries()
	if slices.Equal(g, w) {
		return
	}
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s: person %d of %d is %v, want %v of %d", what, i, len(g), g[i], w[i], len(w))
		}
	}
	t.Fatalf("%s: %d persons, want %d", what, len(g), len(w))
}

func TestAPersonIsABlockAndALow(t *testing.T) {
	for _, p := range []parterre.PersonID{0, 1, 65535, 65536, 65537, math.MaxUint32 - 65536, math.MaxUint32} {
		if got := roll.Person(roll.Block(p), roll.Low(p)); got != p {
			t.Errorf("person %d comes back as %d", p, got)
		}
	}
	if b, low := roll.Block(1<<16+7), roll.Low(1<<16+7); b != 1 || low != 7 {
		t.Errorf("person 65543 is in block %d at %d, want 1 at 7", b, low)
	}
}

func TestOfKeepsTheLargerStampAndDropsZeros(t *testing.T) {
	c := roll.Of([]uint16{9, 65535, 3, 9, 0, 9, 4}, []parterre.Stamp{5, 1, 2, 7, 8, 6, 0})
	same(t, "chunk", c, naive{0: 8, 3: 2, 9: 7, 65535: 1})
	same(t, "in order but for a zero", roll.Of([]uint16{1, 2}, []parterre.Stamp{0, 1}), naive{2: 1})
	same(t, "nothing", roll.Of(nil, nil), naive{})
	same(t, "only zeros", roll.Of([]uint16{2, 1}, []parterre.Stamp{0, 0}), naive{})
}

func TestOfCopiesItsArguments(t *testing.T) {
	for _, lows := range [][]uint16{{1, 2}, {2, 1}} {
		stamps := []parterre.Stamp{3, 3}
		c := roll.Of(lows, stamps)
		lows[0], stamps[0] = 77, 77
		same(t, "chunk", c, naive{1: 3, 2: 3})
	}
}

func TestStampsAreFoundByPerson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyNaive.Draw(t, "persons")
		c := n.chunk()
		var most parterre.Stamp
		for low, s := range n {
			most = max(most, s)
			if got := c.Stamp(low); got != s {
				t.Fatalf("stamp of %d is %d, want %d", low, got, s)
			}
		}
		if got := c.Max(); got != most {
			t.Fatalf("largest stamp is %d, want %d", got, most)
		}
		low := anyLow.Draw(t, "somebody")
		if got := c.Stamp(low); got != n[low] {
			t.Fatalf("stamp of %d is %d, want %d", low, got, n[low])
		}
	})
}

func TestMergeTakesTheLargerStampInAnyOrderAndGrouping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(anyNaive, 0, 6).Draw(t, "parts")
		singles := rapid.MapOfN(anyLow, anyStamp, 0, 50).Draw(t, "singles")
		for low, s := range singles {
			parts = append(parts, naive{low: s})
		}
		want := naive{}
		chunks := make([]roll.Chunk, 0, len(parts))
		for _, p := range parts {
			for low, s := range p {
				want.add(low, s)
			}
			chunks = append(chunks, p.chunk())
		}
		got := roll.Merge(chunks...)
		same(t, "merged", got, want)
		same(t, "merged again", roll.Merge(append(chunks, got)...), want)

		shuffled := rapid.Permutation(chunks).Draw(t, "order")
		cut := rapid.IntRange(0, len(shuffled)).Draw(t, "cut")
		same(t, "merged in another order", roll.Merge(shuffled...), want)
		same(t, "merged in two groups",
			roll.Merge(roll.Merge(shuffled[:cut]...), roll.Merge(shuffled[cut:]...)), want)
		for i, p := range parts {
			same(t, "an operand afterwards", chunks[i], p)
		}
	})
}

func TestAnAccumulatorIsTheMergeOfWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var acc roll.Accumulator
		want := map[uint16]naive{}
		n := rapid.IntRange(0, 12).Draw(t, "steps")
		for range n {
			block := rapid.SampledFrom([]uint16{0, 1, 2, 65534, 65535}).Draw(t, "block")
			if want[block] == nil {
				want[block] = naive{}
			}
			part := anyNaive.Draw(t, "part")
			one := rapid.Bool().Draw(t, "one by one")
			for low, s := range part {
				want[block].add(low, s)
				if one {
					acc.AddPerson(roll.Person(block, low), s)
				}
			}
			if !one {
				acc.Add(block, part.chunk())
			}
			acc.AddPerson(roll.Person(block, anyLow.Draw(t, "never")), 0)
			if rapid.Bool().Draw(t, "look") {
				agree(t, &acc, want)
			}
		}
		agree(t, &acc, want)
	})
}

func agree(t *rapid.T, acc *roll.Accumulator, want map[uint16]naive) {
	var blocks []uint16
	err := acc.Chunks(func(block uint16, c roll.Chunk) error {
		blocks = append(blocks, block)
		same(t, fmt.Sprintf("block %d", block), c, want[block])
		return nil
	})
	if err != nil {
		t.Fatalf("chunks: %v", err)
	}
	var filled []uint16
	for _, block := range slices.Sorted(maps.Keys(want)) {
		if len(want[block]) > 0 {
			filled = append(filled, block)
		}
	}
	if !slices.Equal(blocks, filled) {
		t.Fatalf("blocks %v, want %v", blocks, filled)
	}
}

func TestAnErrorOfYieldEndsTheChunks(t *testing.T) {
	var acc roll.Accumulator
	acc.AddPerson(1, 1)
	acc.AddPerson(70000, 1)
	stop, calls := errors.New("stop"), 0
	err := acc.Chunks(func(uint16, roll.Chunk) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("error %v after %d calls, want %v after 1", err, calls, stop)
	}
}

func TestAPersonWhoWasRemovedWithTheStampOfTheirAdditionIsNoMember(t *testing.T) {
	added, removed := naive{1: 5, 2: 5, 3: 5, 4: 5}.chunk(), naive{0: 9, 1: 4, 2: 5, 3: 6}.chunk()
	if n, oldest := roll.Count(added, removed, 0); n != 2 || oldest != 5 {
		t.Errorf("%d members since %d, want 2 since 5", n, oldest)
	}
	var got []uint16
	roll.Members(added, removed, 0, func(low uint16) { got = append(got, low) })
	if !slices.Equal(got, []uint16{1, 4}) {
		t.Errorf("members %v, want 1 and 4", got)
	}
}

func TestMembersAreAddedSinceAndNotRemovedAfterwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		added, removed := anyNaive.Draw(t, "added"), anyNaive.Draw(t, "removed")
		if rapid.Bool().Draw(t, "nobody removed") {
			removed = nil
		}
		since := rapid.OneOf(rapid.Just(parterre.Stamp(0)), anyStamp).Draw(t, "since")
		var want []uint16
		var oldest parterre.Stamp
		for _, low := range added.lows() {
			s := added[low]
			if s < since || s <= removed[low] {
				continue
			}
			want = append(want, low)
			if oldest == 0 || s < oldest {
				oldest = s
			}
		}
		n, first := roll.Count(added.chunk(), removed.chunk(), since)
		if n != len(want) || first != oldest {
			t.Fatalf("%d members since %d, want %d since %d", n, first, len(want), oldest)
		}
		var got []uint16
		roll.Members(added.chunk(), removed.chunk(), since, func(low uint16) { got = append(got, low) })
		if !slices.Equal(got, want) {
			t.Fatalf("members %v, want %v", got, want)
		}
	})
}
