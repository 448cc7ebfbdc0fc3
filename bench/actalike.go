package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre/actalike"
)

// actAlike makes a population, learns from it, and measures an audience of a seed of a hundred and of a tenth of the persons,
// at all ten percentages, on one core.
func actAlike(args []string) error {
	flags := flag.NewFlagSet("ACTALIKE", flag.ContinueOnError)
	persons := flags.Float64("persons", 1e6, "how many persons there are")
	each := flags.Int("items", 50, "how many items each engaged with")
	kinds := flags.Int("kinds", 200_000, "how many items there are")
	learn := flags.Float64("learn", 0, "how many of the persons are learnt from, to measure the ranking alone; 0 is all")
	seed := flags.Uint64("seed", 1, "what everything random begins from")
	if err := flags.Parse(args); err != nil {
		return err
	}
	begun := time.Now()
	p, err := actalike.MakePopulation(int(*persons), *kinds, *each, *seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "made %d persons with %d engagements in %.0f s, %s\n", p.Persons(), p.Engagements(), time.Since(begun).Seconds(), heap())
	begun = time.Now()
	m, err := learnt(p, int(*learn), *kinds, *each, *seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "learnt in %.0f s, method %s, %s\n", time.Since(begun).Seconds(), m.Method(), heap())

	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	country := roaring.New()
	country.AddRange(1, uint64(p.Persons())+1) //nolint:gosec // persons fit 32 bits
	for _, size := range []int{100, p.Persons() / 10} {
		r := rand.New(rand.NewPCG(*seed, 7)) //nolint:gosec // no secret
		seeds := roaring.New()
		for int(seeds.GetCardinality()) < size { //nolint:gosec // persons fit 32 bits
			seeds.Add(1 + uint32(r.IntN(p.Persons()))) //nolint:gosec // persons fit 32 bits
		}
		var took []float64
		for range 5 {
			begun = time.Now()
			cuts := m.Rank(p, seeds, country).Nested()
			took = append(took, time.Since(begun).Seconds())
			for x, cut := range cuts {
				if got, want := int(cut.GetCardinality()), actalike.Size(x+1, p.Persons()); got != want { //nolint:gosec // few
					return fmt.Errorf("%d%% are %d persons, want %d", x+1, got, want)
				}
			}
		}
		slices.Sort(took)
		fmt.Fprintf(os.Stdout, "seed of %s: ten nested audiences in %.2f s on one core (median of 5, from %.2f to %.2f), %s\n",
			strconv.Itoa(size), took[2], took[0], took[4], heap())
	}
	return nil
}

// learnt is a model of the population, or of its first persons: how long ranking takes does not depend on what was learnt.
func learnt(p *actalike.Population, persons, kinds, each int, seed uint64) (*actalike.Model, error) {
	if persons <= 0 || persons >= p.Persons() {
		return actalike.Train(context.Background(), p, seed, nil)
	}
	first, err := actalike.MakePopulation(persons, kinds, each, seed) // the same persons, made again
	if err != nil {
		return nil, err
	}
	return actalike.Train(context.Background(), first, seed, nil)
}

func heap() string {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("%.2f GB in use, %.2f GB taken from the system", float64(m.HeapAlloc)/1e9, float64(m.Sys-m.HeapReleased)/1e9)
}
