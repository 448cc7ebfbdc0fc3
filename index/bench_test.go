package index_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
)

// The sizes of the benchmarks: a shop of some size, over the embedded store on a file system in memory, so that it is the
// engine that is measured and not a disk.
const (
	benchPersons = 100_000
	benchPages   = 5_000
	benchBatch   = 1_000
)

// benchEvents makes up events: few pages are visited by many, and many by few.
func benchEvents(r *rand.Rand, n int) []parterre.Event {
	pages := rand.NewZipf(r, 1.2, 8, benchPages-1)
	events := make([]parterre.Event, n)
	for i := range events {
		at := parterre.Stamp(noon + r.IntN(90*day)) //nolint:gosec // in our century
		events[i] = visit(person(r.IntN(benchPersons)), fmt.Sprintf("https://shop.example/p/%d", pages.Uint64()), at)
		events[i].Key, events[i].Sent = r.Uint64(), parterre.Sent{Platform: parterre.OnWeb, Components: parterre.Components(r.IntN(1 << 11))}
	}
	return events
}

// benchIndex is an index with a number of events.
func benchIndex(b *testing.B, events int) *index.Index {
	b.Helper()
	ix := newIndex(b, openLSM(b, vfs.NewMem()))
	r := rand.New(rand.NewPCG(1, 1))
	for left := events; left > 0; left -= 10 * benchBatch {
		must(b, ix.Ingest(b.Context(), benchEvents(r, min(left, 10*benchBatch))))
	}
	return ix
}

func BenchmarkIngestAThousandEvents(b *testing.B) {
	for _, standing := range []int{0, 20} {
		b.Run(fmt.Sprintf("standing=%d", standing), func(b *testing.B) {
			ix := benchIndex(b, 50*benchBatch)
			for i := range standing {
				ix.Register(ofURL(parterre.ID(i+1), fmt.Sprintf("https://shop.example/p/%d", i)))
			}
			r := rand.New(rand.NewPCG(2, 2))
			batches := make([][]parterre.Event, 16)
			for i := range batches {
				batches[i] = benchEvents(r, benchBatch)
			}
			for i := 0; b.Loop(); i++ {
				must(b, ix.Ingest(b.Context(), batches[i%len(batches)]))
			}
			b.ReportMetric(float64(b.N)*benchBatch/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func anything(*parterre.Facet) bool { return true }

func BenchmarkEvaluate(b *testing.B) {
	ix := benchIndex(b, 200*benchBatch)
	for _, c := range []struct {
		name string
		url  func(string) bool
	}{
		{"one page", func(url string) bool { return url == "https://shop.example/p/40" }},
		{"every page", func(string) bool { return true }},
		{"everything", nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := index.Standing{Roll: index.AudienceRoll(10, 1), Accounts: []parterre.ID{1}, Place: anything, URL: c.url}
			for b.Loop() {
				must(b, ix.Evaluate(b.Context(), s))
			}
		})
	}
}

func BenchmarkContains(b *testing.B) {
	ix := benchIndex(b, 100*benchBatch)
	everyPage := index.Standing{
		Roll: index.AudienceRoll(10, 1), Accounts: []parterre.ID{1}, Place: anything,
	}
	must(b, ix.Evaluate(b.Context(), everyPage))
	r := rand.New(rand.NewPCG(3, 3))
	for b.Loop() {
		p := parterre.PersonID(1 + r.IntN(ix.Population())) //nolint:gosec // few
		if _, err := ix.Contains(b.Context(), index.OfAudience(10, 1, 30*day), p, noon+90*day); err != nil {
			b.Fatal(err)
		}
	}
}
