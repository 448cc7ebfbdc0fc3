package history_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
)

// usual are the lines of a group whose persons have so many on average, on pages of which some are seen by many.
func usual(seed uint64, each int) []history.Line {
	r := rand.New(rand.NewPCG(seed, 0))
	pages := rand.NewZipf(r, 1.1, 8, 20_000)
	lines := make([]history.Line, each*history.GroupSize)
	for i := range lines {
		lines[i] = history.Line{
			Cell:  history.CellOf(uint32(pages.Uint64())+1, 1+r.Uint32N(28)),
			Stamp: 1_750_000_000 + parterre.Stamp(r.Uint32N(90*86_400)), Low: uint8(r.IntN(history.GroupSize)),
		}
	}
	return history.Compact(lines)
}

func BenchmarkSince(b *testing.B) {
	lines := usual(1, 9)
	p, err := history.Parse(history.Append(nil, lines))
	if err != nil {
		b.Fatal(err)
	}
	var facets, most []uint32
	for n := range uint32(29) {
		facets = append(facets, n)
	}
	for n := range uint32(20_001) {
		if n%200 != 7 {
			most = append(most, n)
		}
	}
	for _, c := range []struct {
		name string
		want history.Want
	}{
		{"everything", history.Want{Facets: history.SetOf(facets), Any: true}},
		{"most pages", history.Want{Facets: history.SetOf(facets), Pages: history.SetOf(most)}},
		{"one facet of 28", history.Want{Facets: history.SetOf(facets[7:8]), Any: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				p.Since(&c.want, 1)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/history.GroupSize, "ns/person")
		})
	}
}

func BenchmarkEach(b *testing.B) {
	p, err := history.Parse(history.Append(nil, usual(1, 9)))
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		p.Each(uint8(i), func(history.Cell, parterre.Stamp) {})
	}
}

func BenchmarkParse(b *testing.B) {
	stored := history.Append(nil, usual(1, 9))
	b.SetBytes(int64(len(stored)))
	for b.Loop() {
		if _, err := history.Parse(stored); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	for _, n := range []int{2, 8} {
		var parts []history.Part
		for i := range n {
			p, err := history.Parse(history.Append(nil, usual(uint64(i), 1)))
			if err != nil {
				b.Fatal(err)
			}
			parts = append(parts, p)
		}
		b.Run(fmt.Sprintf("%d parts", n), func(b *testing.B) {
			var room []byte
			for b.Loop() {
				room = history.Merge(room[:0], parts...)
			}
		})
	}
}
