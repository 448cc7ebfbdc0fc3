package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
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
	memory := flags.Float64("memory", 4e9, "for how many bytes the runtime collects garbage in time, as the service does for --memory-limit")
	progress := flags.String("progress", "", "folder in which learning keeps how far it has come, and goes on from there; it keeps nothing when empty")
	through := flags.Bool("service", false, "measure evaluations through the service instead, engagements read from its index and all")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *through {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		return alikeService(ctx, int(*persons), *kinds, *each, *seed)
	}
	debug.SetMemoryLimit(int64(*memory * .9)) // what is not of the heap is beside it
	begun := time.Now()
	p, err := actalike.MakePopulation(int(*persons), *kinds, *each, *seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "made %d persons with %d engagements in %.0f s, %s\n", p.Persons(), p.Engagements(), time.Since(begun).Seconds(), heap())
	begun, used := time.Now(), processorSeconds()
	m, err := learnt(p, int(*learn), *kinds, *each, *seed, *progress)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "learnt in %.0f s, %.0f s of processors, method %s, %s\n",
		time.Since(begun).Seconds(), processorSeconds()-used, m.Method(), heap())

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
		var cut, told took
		for range 5 {
			var cuts [10]*roaring.Bitmap
			cut.measure(func() { cuts = m.Rank(p, seeds, country).Nested() })
			for x, cut := range cuts {
				if got, want := int(cut.GetCardinality()), actalike.Size(x+1, p.Persons()); got != want { //nolint:gosec // few
					return fmt.Errorf("%d%% are %d persons, want %d", x+1, got, want)
				}
			}
			told.measure(func() { m.Recall(p, seeds, country, 1) })
		}
		fmt.Fprintf(os.Stdout, "seed of %s, on one core: ten nested audiences in %s; their quality in %s; %s\n", strconv.Itoa(size), &cut, &told, heap())
	}
	return nil
}

// took is how long something took, several times.
type took struct{ wall, processor []float64 }

func (t *took) measure(f func()) {
	begun, used := time.Now(), processorSeconds()
	f()
	t.wall, t.processor = append(t.wall, time.Since(begun).Seconds()), append(t.processor, processorSeconds()-used)
}

func (t *took) String() string {
	slices.Sort(t.wall)
	slices.Sort(t.processor)
	n := len(t.wall)
	return fmt.Sprintf("%.2f s (median of %d, from %.2f to %.2f; of the processor %.2f, from %.2f to %.2f)",
		t.wall[n/2], n, t.wall[0], t.wall[n-1], t.processor[n/2], t.processor[0], t.processor[n-1])
}

// learnt is a model of the population, or of its first persons: how long ranking takes does not depend on what was learnt.
func learnt(p *actalike.Population, persons, kinds, each int, seed uint64, progress string) (*actalike.Model, error) {
	if persons > 0 && persons < p.Persons() {
		first, err := actalike.MakePopulation(persons, kinds, each, seed) // the same persons, made again
		if err != nil {
			return nil, err
		}
		p = first
	}
	if progress == "" {
		return actalike.Train(context.Background(), p, seed, nil)
	}
	m, err := actalike.Resume(context.Background(), diary{progress})
	if m == nil && err == nil {
		m, err = actalike.Train(context.Background(), p, seed, diary{progress})
	}
	return m, err
}

// diary keeps progress in a folder, as the service does but for the checksums.
type diary struct{ folder string }

func (d diary) Save(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return err
	}
	path := filepath.Join(d.folder, name)
	f, err := os.Create(path + ".new") //nolint:gosec // the caller's own folder
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	if err := errors.Join(write(out), out.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (d diary) Load(name string, read func(io.Reader) error) (bool, error) {
	f, err := os.Open(filepath.Join(d.folder, name)) //nolint:gosec // the caller's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return true, read(bufio.NewReader(f))
}

func heap() string {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := fmt.Sprintf("%.2f GB in use", float64(m.HeapAlloc)/1e9)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return s
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	if kB, err := strconv.ParseFloat(strings.Fields(peak + " 0")[0], 64); err == nil && kB > 0 {
		s += fmt.Sprintf(", %.2f GB resident at most", kB*1024/1e9)
	}
	return s
}
