package lsmindex_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/roll"
)

const (
	benchPersons = 1 << 20 // in 16 blocks
	benchRolls   = 50
)

// batch is what a thousand events write: a thousand persons spread over all blocks and some rolls.
func batch(r *rand.Rand) *driver.Writes {
	var accumulators [benchRolls]roll.Accumulator
	for range 1000 {
		// Few rolls have most events.
		i := min(r.IntN(benchRolls), r.IntN(benchRolls))
		accumulators[i].AddPerson(parterre.PersonID(r.IntN(benchPersons)), parterre.Stamp(1_750_000_000+r.IntN(86400)))
	}
	w := new(driver.Writes)
	for i := range accumulators {
		id := driver.RollID{Kind: driver.FacetRoll, A: uint64(i)}
		_ = accumulators[i].Chunks(func(block uint16, c roll.Chunk) error {
			w.Merges = append(w.Merges, driver.Merge{Roll: id, Block: block, Chunk: c})
			return nil
		})
	}
	return w
}

func BenchmarkApplyAThousandPersons(b *testing.B) {
	for _, c := range []struct {
		name string
		wait bool
	}{{"waiting for each", true}, {"waiting for the one before", false}} {
		b.Run(c.name, func(b *testing.B) {
			x := open(b, vfs.Default, b.TempDir(), lsmindex.Options{})
			defer closeIndex(b, x)
			r := rand.New(rand.NewPCG(1, 1))
			writes := make([]*driver.Writes, 64)
			for i := range writes {
				writes[i] = batch(r)
			}
			before := func() error { return nil }
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				durable, err := x.Apply(context.Background(), writes[i%len(writes)])
				if err != nil {
					b.Fatal(err)
				}
				if c.wait {
					before = durable
				}
				if err := before(); err != nil {
					b.Fatal(err)
				}
				before = durable
				if c.wait {
					before = func() error { return nil }
				}
				i++
			}
			if err := before(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "persons/s")
		})
	}
}

func BenchmarkChunks(b *testing.B) {
	for _, c := range []struct {
		name    string
		compact bool
	}{{"with a trail of merges", false}, {"compacted", true}} {
		b.Run(c.name, func(b *testing.B) {
			x := open(b, vfs.NewMem(), "index", lsmindex.Options{})
			defer closeIndex(b, x)
			r := rand.New(rand.NewPCG(1, 1))
			id := driver.RollID{Kind: driver.FacetRoll}
			for range 200 {
				apply(b, x, batch(r))
			}
			if c.compact {
				flushAndCompact(b, x)
			}
			persons := 0
			b.ReportAllocs()
			for b.Loop() {
				persons = 0
				err := x.Chunks(context.Background(), id, func(_ uint16, c roll.Chunk) error {
					persons += c.Len()
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(persons), "persons")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(persons), "ns/person")
		})
	}
}

func BenchmarkPersons(b *testing.B) {
	x := open(b, vfs.NewMem(), "index", lsmindex.Options{})
	defer closeIndex(b, x)
	all := make([]parterre.Identifier, 100_000)
	w := new(driver.Writes)
	for i := range all {
		all[i] = parterre.ByEmail(string(binary.BigEndian.AppendUint32(nil, uint32(i))))[0]
		if i%2 == 0 { // the other half is looked up in vain
			w.Bindings = append(w.Bindings, driver.Binding{Identifier: all[i], Person: parterre.PersonID(i + 1)})
		}
	}
	apply(b, x, w)
	flushAndCompact(b, x)
	for _, c := range []struct {
		name string
		n    int
	}{{"one", 1}, {"a thousand", 1000}} {
		b.Run(c.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			ids := make([]parterre.Identifier, c.n)
			b.ReportAllocs()
			for b.Loop() {
				for i := range ids {
					ids[i] = all[r.IntN(len(all))]
				}
				if _, err := x.Persons(context.Background(), ids); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.n), "ns/identifier")
		})
	}
}
