package roll_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/roll"
)

// crowd is what a Crowd means: the largest stamp of everybody, and the smallest of each.
type crowd struct {
	last, first map[parterre.PersonID]parterre.Stamp
}

func newCrowd() crowd {
	return crowd{map[parterre.PersonID]parterre.Stamp{}, map[parterre.PersonID]parterre.Stamp{}}
}

func (c crowd) add(p parterre.PersonID, s parterre.Stamp) { c.last[p] = max(c.last[p], s) }

// check fails the test when a crowd is not what it means.
func (c crowd) check(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, since parterre.Stamp, got *roll.Crowd,
) {
	t.Helper()
	want, oldest := 0, parterre.Stamp(0)
	for _, s := range c.last {
		if s >= max(since, 1) {
			want++
			if oldest == 0 || s < oldest {
				oldest = s
			}
		}
	}
	n := 0
	got.Persons(func(p parterre.PersonID) {
		n++
		if s := c.last[p]; s < max(since, 1) {
			t.Fatalf("person %d counts since %d, with the last stamp %d", p, since, s)
		}
	})
	if n != want || got.Count() != want {
		t.Fatalf("since %d: %d persons, counted as %d, want %d", since, n, got.Count(), want)
	}
	if found := got.Oldest(); found > oldest || (found == 0) != (oldest == 0) || found != 0 && found < since {
		t.Fatalf("since %d: the oldest is said to be %d, and is %d", since, found, oldest)
	}
}

func TestACrowdHasWhoeverHasAStampThatCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		r := rand.New(rand.NewPCG(seed, 2))
		meant := newCrowd()
		since := parterre.Stamp(rapid.SampledFrom([]uint32{0, 1, 1_700_000_000, 1_705_000_000, 1_714_000_000, math.MaxUint32}).Draw(t, "since"))
		got, other := roll.NewCrowd(since), roll.NewCrowd(since)
		for i := range rapid.IntRange(1, 5).Draw(t, "rolls") {
			into := []*roll.Crowd{got, other}[i%2]
			block := uint16(rapid.IntRange(0, 3).Draw(t, "block"))
			density := rapid.SampledFrom([]float64{0, 0.00005, 0.004, 0.03, 0.04, 0.1, 0.6, 1}).Draw(t, "density")
			n := scattered(r.Uint64(), density)
			for low, s := range n {
				meant.add(roll.Person(block, low), s)
			}
			switch rapid.IntRange(0, 2).Draw(t, "way") {
			case 0, 1:
				if err := into.AddEncoded(block, roll.Append(nil, n.chunk())); err != nil {
					t.Fatalf("add a chunk: %v", err)
				}
			default:
				var pairs []roll.Pair
				for low, s := range n {
					pairs = append(pairs, roll.PairOf(roll.Person(block, low), s))
				}
				if err := into.AddWide(roll.AppendWide(nil, roll.Compact(pairs)), 0, math.MaxUint16); err != nil {
					t.Fatalf("add pairs: %v", err)
				}
			}
		}
		got.Merge(other)
		meant.check(t, since, got)
	})
}

func TestACrowdTakesWideRollsOfSomeBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var pairs []roll.Pair
	for range 3000 {
		pairs = append(pairs, roll.PairOf(parterre.PersonID(r.Uint32N(6*roll.BlockSize)), parterre.Stamp(r.Uint32N(900)+1)))
	}
	for _, p := range []parterre.PersonID{0, roll.BlockSize - 1, roll.BlockSize, 2*roll.BlockSize - 1, math.MaxUint32} {
		pairs = append(pairs, roll.PairOf(p, 500))
	}
	pairs = roll.Compact(pairs)
	stored := roll.AppendWide(nil, pairs)
	for _, blocks := range [][2]uint16{{0, math.MaxUint16}, {0, 0}, {1, 1}, {1, 4}, {5, math.MaxUint16}, {7, 9}} {
		meant := newCrowd()
		for _, p := range pairs {
			if b := roll.Block(p.Person()); blocks[0] <= b && b <= blocks[1] {
				meant.add(p.Person(), p.Stamp())
			}
		}
		for _, since := range []parterre.Stamp{0, 300, 901} {
			got := roll.NewCrowd(since)
			if err := got.AddWide(stored, blocks[0], blocks[1]); err != nil {
				t.Fatal(err)
			}
			meant.check(t, since, got)
		}
	}
}

func TestACrowdTakesNeighboursAndSinglePersons(t *testing.T) {
	c := roll.NewCrowd(10)
	c.AddWords(256, []uint64{1, 0, 0, 1 << 63}, 12)
	c.AddPerson(70_000, 9)
	c.AddPerson(70_001, 10)
	c.AddPairs([]roll.Pair{roll.PairOf(3, 0), roll.PairOf(4, 11)})
	var got []parterre.PersonID
	c.Persons(func(p parterre.PersonID) { got = append(got, p) })
	if fmt.Sprint(got) != "[4 256 511 70001]" || c.Oldest() != 10 {
		t.Errorf("persons %v, the oldest %d", got, c.Oldest())
	}
	if empty := roll.NewCrowd(0); empty.Count() != 0 || empty.Oldest() != 0 || empty.Since() != 1 {
		t.Errorf("an empty crowd has %d persons, the oldest %d, since %d", empty.Count(), empty.Oldest(), empty.Since())
	}
}

// A person with a large number costs the memory of a piece, not that of everybody before.
func TestOnePersonCostsLittleMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := roll.NewCrowd(1)
	c.AddPerson(math.MaxUint32, 5)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 || c.Count() != 1 {
		t.Errorf("%d person took %d bytes", c.Count(), took)
	}
}

func TestACrowdRefusesWhatIsDamaged(t *testing.T) {
	for name, c := range samples() {
		if c.Len() > 20_000 || name == "as bits, all at once" { // of whom stamps are not looked at
			continue
		}
		b := roll.Append(nil, c)
		for _, at := range []int{0, len(b) / 3, len(b) / 2, len(b) - 1} {
			b[at] ^= 0x10
			if err := roll.NewCrowd(c.Max()).AddEncoded(0, b); !errors.Is(err, roll.ErrCorrupt) {
				t.Errorf("%d persons, changed at %d: error %v, want %v", c.Len(), at, err, roll.ErrCorrupt)
			}
			b[at] ^= 0x10
			if err := roll.NewCrowd(0).AddEncoded(0, b[:at]); !errors.Is(err, roll.ErrCorrupt) {
				t.Errorf("%d persons, cut off at %d: error %v, want %v", c.Len(), at, err, roll.ErrCorrupt)
			}
		}
	}
}

func BenchmarkCrowd(b *testing.B) {
	for _, density := range []float64{0.001, 0.03, 0.1, 0.2, 1} {
		c := scattered(1, density).chunk()
		stored := roll.Append(nil, c)
		for _, since := range []parterre.Stamp{0, 1_705_000_000} {
			b.Run(fmt.Sprintf("%d persons since %d", c.Len(), since), func(b *testing.B) {
				into := roll.NewCrowd(since)
				for b.Loop() {
					if err := into.AddEncoded(0, stored); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.Len()), "ns/person")
			})
		}
	}
}

func BenchmarkCrowdWide(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 5))
	var pairs []roll.Pair
	for range 400 {
		pairs = append(pairs, roll.PairOf(parterre.PersonID(r.Uint32N(10_000_000)), parterre.Stamp(r.Uint32N(7_000_000)+1_700_000_000)))
	}
	stored := roll.AppendWide(nil, roll.Compact(pairs))
	into := roll.NewCrowd(1)
	for b.Loop() {
		if err := into.AddWide(stored, 0, math.MaxUint16); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/400, "ns/person")
}
