package indextest

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// neighbours are rolls whose names differ from one as little as possible, and those at the ends of all names.
func neighbours(of driver.RollID) []driver.RollID {
	all := map[driver.RollID]bool{
		{}: true, {A: math.MaxUint64, B: math.MaxUint32}: true,
		{Kind: math.MaxUint8}: true, {Kind: math.MaxUint8, A: math.MaxUint64, B: math.MaxUint32}: true,
	}
	for kind := int(of.Kind) - 1; kind <= int(of.Kind)+1; kind++ {
		for a := -1; a <= 1; a++ {
			for b := -1; b <= 1; b++ { // wrapping around at the ends
				all[driver.RollID{Kind: driver.RollKind(kind), A: of.A + uint64(a), B: of.B + uint32(b)}] = true
			}
		}
	}
	delete(all, of)
	return slices.Collect(maps.Keys(all))
}

var (
	someRoll = driver.RollID{Kind: driver.AudienceRoll, A: 549755885175, B: 3}
	lastRoll = driver.RollID{Kind: driver.CountryLeft, A: math.MaxUint64, B: math.MaxUint32}
)

var rollLaws = []law{
	{"a roll that was never written is empty", "", func(s *store) {
		s.merge(merging(driver.RollID{Kind: driver.AudienceRoll, A: someRoll.A, B: 4}, 0, 1, 1))
		s.want("chunks", s.chunks(someRoll), []blockOf(nil))
		s.want("a chunk", s.chunk(someRoll, 0), stamps{})
	}},
	{"a merge takes the larger stamp of each person", "", func(s *store) {
		s.merge(merging(someRoll, 5, 0, 10, 7, 10, 65535, 10))
		s.merge(merging(someRoll, 5, 0, 9, 7, 11, 65534, math.MaxUint32))
		s.merge(merging(someRoll, 5, 65535, 10))
		want := stamps{0: 10, 7: 11, 65534: math.MaxUint32, 65535: 10}
		s.want("chunk", s.chunk(someRoll, 5), want)
		s.want("chunks", s.chunks(someRoll), []blockOf{{5, want}})
	}},
	{"merges of one write add up", "", func(s *store) {
		s.merge(merging(someRoll, 5, 1, 10, 2, 20), merging(someRoll, 5, 1, 11, 3, 30), merging(someRoll, 5, 2, 19))
		s.want("chunk", s.chunk(someRoll, 5), stamps{1: 11, 2: 20, 3: 30})
	}},
	{"an empty chunk changes nothing", "", func(s *store) {
		s.merge(merging(someRoll, 5))
		s.want("chunks", s.chunks(someRoll), []blockOf(nil))
		s.merge(merging(someRoll, 5, 1, 10), merging(someRoll, 6))
		s.merge(merging(someRoll, 5))
		s.want("chunks", s.chunks(someRoll), []blockOf{{5, stamps{1: 10}}})
	}},
	{"the chunks of a roll come in ascending order of their blocks", "", func(s *store) {
		for _, block := range []uint16{256, 65535, 0, 255, 1, 65534, 257} {
			s.merge(merging(someRoll, block, uint32(block), 1))
		}
		var want []blockOf
		for _, block := range []uint16{0, 1, 255, 256, 257, 65534, 65535} {
			want = append(want, blockOf{block, stamps{block: 1}})
		}
		s.want("chunks", s.chunks(someRoll), want)
	}},
	{"rolls with almost the same name do not mix", "", func(s *store) {
		for _, of := range []driver.RollID{someRoll, lastRoll, {}} {
			s.merge(merging(of, 65535, 65535, 99))
			for i, id := range neighbours(of) {
				s.merge(merging(id, uint16(i), 1, uint32(i+1)))
			}
			s.want("chunks", s.chunks(of), []blockOf{{65535, stamps{65535: 99}}})
			s.apply(&driver.Writes{Drops: append(neighbours(of), of)})
		}
	}},
	{"merges in any order, repeated, in one write or many, give the same roll", "", anyOrder},
	{"a block may have everybody", "", everybody},
	{"an error of yield ends a scan of chunks and comes back", "", func(s *store) {
		s.merge(merging(someRoll, 1, 1, 1), merging(someRoll, 2, 1, 1), merging(someRoll, 3, 1, 1))
		stop, calls := errors.New("stop"), 0
		err := s.Driver.Chunks(context.Background(), someRoll, func(uint16, roll.Chunk) error {
			if calls++; calls == 2 {
				return stop
			}
			return nil
		})
		s.wantError("chunks", err, stop)
		s.want("calls", calls, 2)
	}},
	{"a cancelled context ends a scan of chunks", "", func(s *store) {
		s.merge(merging(someRoll, 1, 1, 1), merging(someRoll, 2, 1, 1), merging(someRoll, 3, 1, 1))
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		calls := 0
		err := s.Driver.Chunks(ctx, someRoll, func(uint16, roll.Chunk) error {
			calls++
			cancel()
			return nil
		})
		s.wantError("chunks", err, context.Canceled)
		s.want("calls", calls, 1)
	}},
}

// anyOrder writes the same merges in several ways to several rolls.
func anyOrder(s *store) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	want := map[uint16]stamps{}
	var all []driver.Merge
	for range 60 {
		block := uint16(r.IntN(3)) * 32767
		var pairs []uint32
		for range 1 + r.IntN(20) {
			low, at := uint16(r.IntN(30)*2259), parterre.Stamp(1+r.IntN(1000))
			pairs = append(pairs, uint32(low), uint32(at))
			if want[block] == nil {
				want[block] = stamps{}
			}
			want[block][low] = max(want[block][low], at)
		}
		all = append(all, merging(driver.RollID{}, block, pairs...))
	}
	for way := range 6 {
		id := driver.RollID{Kind: driver.FacetRoll, A: uint64(way)}
		merges := append([]driver.Merge{}, all...)
		for range r.IntN(60) {
			merges = append(merges, all[r.IntN(len(all))])
		}
		r.Shuffle(len(merges), func(i, j int) { merges[i], merges[j] = merges[j], merges[i] })
		for i := range merges {
			merges[i].Roll = id
		}
		for size := 1 + r.IntN(len(merges)); len(merges) > 0; merges = merges[min(size, len(merges)):] {
			s.merge(merges[:min(size, len(merges))]...)
		}
		for _, got := range s.chunks(id) {
			s.want("a block", got.stamp, want[got.block])
			s.want("the same block alone", s.chunk(id, got.block), want[got.block])
		}
		s.want("blocks", len(s.chunks(id)), len(want))
	}
	if s.Failed() {
		s.Logf("seed %d", seed)
	}
}

func everybody(s *store) {
	lows, at := make([]uint16, roll.BlockSize), make([]parterre.Stamp, roll.BlockSize)
	want := stamps{}
	for low := range lows {
		lows[low], at[low] = uint16(low), parterre.Stamp(1_750_000_000-low*7%9999)
		want[uint16(low)] = at[low]
	}
	s.merge(
		driver.Merge{Roll: someRoll, Block: 9, Chunk: roll.Of(lows[:40000], at[:40000])},
		driver.Merge{Roll: someRoll, Block: 9, Chunk: roll.Of(lows[30000:], at[30000:])},
	)
	s.merge(merging(someRoll, 9, 77, 1))
	got := s.chunk(someRoll, 9)
	if len(got) != len(want) {
		s.Fatalf("%d persons, want %d", len(got), len(want))
	}
	for low, at := range want {
		if got[low] != at {
			s.Fatalf("stamp of %d is %d, want %d", low, got[low], at)
		}
	}
}

var dropLaws = []law{
	{"a drop empties a roll and no other", "", func(s *store) {
		for _, of := range []driver.RollID{someRoll, lastRoll, {}} {
			for i, id := range neighbours(of) {
				s.merge(merging(id, uint16(i%2*65535), uint32(i), 5))
			}
			before := map[driver.RollID][]blockOf{}
			for _, id := range neighbours(of) {
				before[id] = s.chunks(id)
			}
			s.merge(merging(of, 0, 1, 1), merging(of, 300, 1, 1), merging(of, 65535, 65535, 1))
			s.want("blocks before", len(s.chunks(of)), 3)
			s.apply(&driver.Writes{Drops: []driver.RollID{of}})
			s.want("chunks", s.chunks(of), []blockOf(nil))
			s.want("the last chunk", s.chunk(of, 65535), stamps{})
			for id, want := range before {
				s.want("a neighbour", s.chunks(id), want)
			}
		}
	}},
	{"a roll that was dropped can be written again", "", func(s *store) {
		s.merge(merging(someRoll, 1, 1, 9, 2, 9))
		s.apply(&driver.Writes{Drops: []driver.RollID{someRoll}})
		s.merge(merging(someRoll, 1, 1, 3))
		s.want("chunks", s.chunks(someRoll), []blockOf{{1, stamps{1: 3}}})
	}},
	{"drops of a write come before its merges", "", func(s *store) {
		s.merge(merging(someRoll, 1, 1, 9, 2, 9), merging(someRoll, 2, 1, 9))
		s.apply(&driver.Writes{
			Merges: []driver.Merge{merging(someRoll, 1, 1, 3), merging(someRoll, 1, 4, 4)},
			Drops:  []driver.RollID{someRoll},
		})
		s.want("chunks", s.chunks(someRoll), []blockOf{{1, stamps{1: 3, 4: 4}}})
	}},
	{"dropping what is not there is nothing", "", func(s *store) {
		s.apply(&driver.Writes{Drops: []driver.RollID{someRoll, lastRoll, someRoll}})
		s.want("chunks", s.chunks(someRoll), []blockOf(nil))
	}},
}
