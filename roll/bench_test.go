package roll_test

import (
	"fmt"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/roll"
)

func BenchmarkMerge(b *testing.B) {
	large := scattered(1, 0.5).chunk()
	singles := make([]roll.Chunk, 100)
	for i := range singles {
		singles[i] = roll.Of([]uint16{uint16(i * 601)}, []parterre.Stamp{1_750_000_000})
	}
	middling := make([]roll.Chunk, 50)
	for i := range middling {
		middling[i] = scattered(uint64(i), 0.02).chunk()
	}
	for _, c := range []struct {
		name   string
		chunks []roll.Chunk
	}{
		{"a hundred persons", singles},
		{"half a block and a hundred persons", append([]roll.Chunk{large}, singles...)},
		{"two halves of a block", []roll.Chunk{large, scattered(2, 0.5).chunk()}},
		{"fifty times a fiftieth of a block", middling},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				roll.Merge(c.chunks...)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, density := range []float64{0.00002, 0.01, 0.1, 1} {
		c := scattered(1, density).chunk()
		stored := roll.Append(nil, c)
		b.Run(fmt.Sprintf("%d persons", c.Len()), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(stored)))
			for b.Loop() {
				if _, err := roll.Decode(stored); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, density := range []float64{0.00002, 0.1, 1} {
		c := scattered(1, density).chunk()
		b.Run(fmt.Sprintf("%d persons", c.Len()), func(b *testing.B) {
			var stored []byte
			for b.Loop() {
				stored = roll.Append(stored[:0], c)
			}
			b.SetBytes(int64(len(stored)))
		})
	}
}

func BenchmarkAccumulator(b *testing.B) {
	for _, c := range []struct {
		name    string
		chunks  int
		density float64
	}{
		{"one chunk of half a block", 1, 0.5},
		{"20 chunks of 10 persons", 20, 0.00015},
		{"100 chunks of a fiftieth of a block", 100, 0.02},
	} {
		chunks := make([]roll.Chunk, c.chunks)
		for i := range chunks {
			chunks[i] = scattered(uint64(i), c.density).chunk()
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var acc roll.Accumulator
				for _, chunk := range chunks {
					acc.Add(7, chunk)
				}
				err := acc.Chunks(func(uint16, roll.Chunk) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCount(b *testing.B) {
	added, removed := scattered(1, 1).chunk(), scattered(2, 0.1).chunk()
	b.Run("without removals", func(b *testing.B) {
		for b.Loop() {
			roll.Count(added, roll.Chunk{}, 1_708_000_000)
		}
	})
	b.Run("with removals", func(b *testing.B) {
		for b.Loop() {
			roll.Count(added, removed, 0)
		}
	})
}
