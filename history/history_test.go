package history_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
)

// naive is what lines mean.
type naive map[uint8]map[history.Cell]parterre.Stamp

func (n naive) add(lines ...history.Line) {
	for _, l := range lines {
		if n[l.Low] == nil {
			n[l.Low] = map[history.Cell]parterre.Stamp{}
		}
		n[l.Low][l.Cell] = max(n[l.Low][l.Cell], l.Stamp)
	}
}

// last is the last moment of a person in a wanted cell, 0 when there is none.
func (n naive) last(low uint8, want func(history.Cell) bool) (last parterre.Stamp) {
	for c, s := range n[low] {
		if want(c) {
			last = max(last, s)
		}
	}
	return last
}

var anyNumber = rapid.OneOf(
	rapid.SampledFrom([]uint32{0, 1, 2, 1<<31 - 1, math.MaxUint32}), rapid.Uint32Range(1, 40), rapid.Uint32Range(1, 5000),
)

var anyLine = rapid.Custom(func(t *rapid.T) history.Line {
	return history.Line{
		Cell: history.CellOf(anyNumber.Draw(t, "page"), anyNumber.Draw(t, "facet")),
		Stamp: parterre.Stamp(rapid.OneOf(
			rapid.SampledFrom([]uint32{1, 2, math.MaxUint32}), rapid.Uint32Range(1_750_000_000, 1_750_000_100),
		).Draw(t, "stamp")),
		Low: rapid.OneOf(rapid.SampledFrom([]uint8{0, 1, 254, 255}), rapid.Uint8()).Draw(t, "low"),
	}
})

// anyLines draws few lines one by one, or many of few persons from a seed.
var anyLines = rapid.Custom(func(t *rapid.T) []history.Line {
	if rapid.IntRange(0, 3).Draw(t, "many") > 0 {
		return rapid.SliceOfN(anyLine, 0, 60).Draw(t, "lines")
	}
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	lines := make([]history.Line, 300+r.IntN(1000))
	for i := range lines {
		lines[i] = history.Line{
			Cell: history.CellOf(r.Uint32N(70), 1+r.Uint32N(3)), Stamp: 1_750_000_000 + parterre.Stamp(r.Uint32N(1000)), Low: uint8(r.IntN(4) * 85),
		}
	}
	return lines
})

func parse(t *rapid.T, b []byte) history.Part {
	p, err := history.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// same demands that a part says just what is meant, the latest first.
func same(t *rapid.T, p *history.Part, want naive) {
	lines := 0
	for low := range history.GroupSize {
		got, last := map[history.Cell]parterre.Stamp{}, parterre.Stamp(math.MaxUint32)
		p.Each(uint8(low), func(c history.Cell, s parterre.Stamp) {
			if s > last {
				t.Fatalf("person %d: a line of %d comes after one of %d", low, s, last)
			}
			if _, there := got[c]; there {
				t.Fatalf("person %d: cell %x comes twice", low, c)
			}
			got[c], last = s, s
			lines++
		})
		if !maps.Equal(got, want[uint8(low)]) && len(got)+len(want[uint8(low)]) > 0 {
			t.Fatalf("person %d: got %v, want %v", low, got, want[uint8(low)])
		}
	}
	if lines != p.Lines() {
		t.Fatalf("there are %d lines, and it says %d", lines, p.Lines())
	}
}

func TestAPartSaysWhatItsLinesMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := naive{}
		lines := anyLines.Draw(t, "lines")
		want.add(lines...)
		p := parse(t, history.Append([]byte("before"), history.Compact(lines))[6:])
		same(t, &p, want)
	})
}

func TestPartsMergeInAnyOrderHoweverOften(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := naive{}
		var parts []history.Part
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			lines := anyLines.Draw(t, "lines")
			want.add(lines...)
			parts = append(parts, parse(t, history.Append(nil, history.Compact(lines))))
		}
		parts = rapid.Permutation(append(parts, parts[0])).Draw(t, "order")
		p := parse(t, history.Merge(nil, parts...))
		same(t, &p, want)
	})
}

func TestSinceIsWhoseLastMomentInAWantedCellCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		meant := naive{}
		lines := anyLines.Draw(t, "lines")
		meant.add(lines...)
		p := parse(t, history.Append(nil, history.Compact(lines)))
		set := func(name string) (history.Set, map[uint32]bool) {
			in, list := map[uint32]bool{}, []uint32{}
			for n := range uint32(70) {
				if rapid.Bool().Draw(t, name) {
					in[n], list = true, append(list, n)
				}
			}
			return history.SetOf(list), in
		}
		facets, inFacets := set("facet")
		pages, inPages := set("page")
		w := history.Want{Facets: facets, Pages: pages, Any: rapid.Bool().Draw(t, "any page")}
		wanted := func(c history.Cell) bool { return inFacets[c.Facet()] && (w.Any || inPages[c.Page()]) }
		sinces := []parterre.Stamp{1, math.MaxUint32}
		for _, l := range lines {
			sinces = append(sinces, l.Stamp, l.Stamp+1)
		}
		since := max(1, rapid.SampledFrom(sinces).Draw(t, "since"))
		who, oldest := p.Since(&w, since)
		first := parterre.Stamp(math.MaxUint32)
		for low := range history.GroupSize {
			s := meant.last(uint8(low), wanted)
			if got := who[low/64]>>(low%64)&1 == 1; got != (s >= since) {
				t.Fatalf("person %d, whose last moment is %d: counts since %d is %t", low, s, since, got)
			}
			if s >= since {
				first = min(first, s)
			}
		}
		if oldest < since || oldest > first {
			t.Fatalf("the oldest of those that count since %d is said to be %d, and is %d", since, oldest, first)
		}
		for c := range meant[0] {
			if w.Has(c) != wanted(c) {
				t.Fatalf("cell %x: wanted %t", c, w.Has(c))
			}
		}
	})
}

func TestASetHasItsNumbersAlone(t *testing.T) {
	s := history.SetOf([]uint32{5, 6, 70, math.MaxUint32 - 1})
	for _, n := range []uint32{5, 6, 70, math.MaxUint32 - 1} {
		if !s.Has(n) {
			t.Errorf("%d is missing", n)
		}
	}
	for _, n := range []uint32{0, 4, 7, 69, 71, 1 << 31, math.MaxUint32} {
		if s.Has(n) {
			t.Errorf("%d is there", n)
		}
	}
	if empty := history.SetOf[uint32](nil); empty.Has(0) {
		t.Error("an empty set has 0")
	}
}

func TestBytesThatAreNoPartAreRefused(t *testing.T) {
	whole := history.Append(nil, []history.Line{{history.CellOf(3, 1), 7, 1}, {history.CellOf(900, 2), 5, 1}, {history.CellOf(3, 1), 9, 255}})
	for i := range whole {
		bad := append([]byte{}, whole...)
		bad[i] ^= 0x10
		for what, b := range map[string][]byte{fmt.Sprint("changed at ", i): bad, fmt.Sprint("cut off at ", i): whole[:i]} {
			if _, err := history.Parse(b); !errors.Is(err, history.ErrCorrupt) {
				t.Errorf("%s: error %v, want %v", what, err, history.ErrCorrupt)
			}
		}
	}
}

// FuzzParse takes the checksum away from whoever makes up bytes: what is parsed must be readable whole.
func FuzzParse(f *testing.F) {
	for _, lines := range [][]history.Line{nil, {{history.CellOf(3, 1), 7, 1}, {history.CellOf(900, 2), 5, 1}}} {
		whole := history.Append(nil, lines)
		f.Add(whole[:len(whole)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := history.Parse(history.Sealed(body))
		if err != nil {
			return
		}
		if n := len(p.AppendLines(nil)); n > p.Lines() {
			t.Errorf("%d lines, and it says %d", n, p.Lines())
		}
		w := history.Want{Facets: history.SetOf([]uint32{1}), Any: true}
		p.Since(&w, 1)
		p.Each(255, func(history.Cell, parterre.Stamp) {})
	})
}
