package lsmindex_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/roll"
)

// When there is no room, whatever adds something is refused and leaves nothing, and a drop goes on.
func TestWithoutRoomNothingIsAdded(t *testing.T) {
	errFull := errors.New("full")
	full := false
	o := small
	o.Room = lsmindex.Room{Write: func() error {
		if full {
			return errFull
		}
		return nil
	}}
	x := open(t, vfs.NewMem(), "index", o)
	defer closeIndex(t, x)
	id := driver.RollID{Kind: driver.AudienceRoll, A: 5, B: 1}
	one := roll.Of([]uint16{1}, []parterre.Stamp{1})
	apply(t, x, &driver.Writes{Merges: []driver.Merge{{Roll: id, Chunk: one}}})
	full = true
	for name, w := range map[string]*driver.Writes{
		"moves":  {Moves: []driver.Move{{Roll: id, Person: 2, Stamp: 1}}},
		"acts":   {Acts: []driver.Act{{Page: 1, Facet: 1, Person: 2, Stamp: 1}}},
		"merges": {Merges: []driver.Merge{{Roll: id, Block: 1, Chunk: one}}},
		"rows":   {Rows: []driver.Row{{Facet: 1}}},
	} {
		if _, err := x.Apply(t.Context(), w); !errors.Is(err, errFull) {
			t.Errorf("%s: error %v, want %v", name, err, errFull)
		}
	}
	apply(t, x, &driver.Writes{Drops: []driver.RollID{id}})
	err := x.Chunks(t.Context(), id, func(block uint16, c roll.Chunk) error {
		return errors.New("it is there")
	})
	if err != nil {
		t.Errorf("after the drop: %v", err)
	}
}

// A compaction waits for the room of a table before it begins one, and the store serves meanwhile.
func TestACompactionWaitsForRoom(t *testing.T) {
	asked, given := make(chan int64, 1), make(chan struct{})
	o := small
	o.Room.Rewrite = func(_ context.Context, bytes int64) error {
		select {
		case asked <- bytes:
		default:
		}
		<-given
		return nil
	}
	x := open(t, vfs.NewMem(), "index", o)
	defer closeIndex(t, x)
	id := driver.RollID{Kind: driver.AudienceRoll, A: 5, B: 1}
	for low := range uint16(2) {
		apply(t, x, &driver.Writes{Merges: []driver.Merge{{Roll: id, Chunk: roll.Of([]uint16{low}, []parterre.Stamp{1})}}})
		if err := x.Tree().Flush(); err != nil {
			t.Fatal(err)
		}
	}
	compacted := make(chan error, 1)
	go func() { compacted <- x.Tree().Compact(t.Context(), []byte{0}, []byte{0xff}, false) }()
	if bytes := <-asked; bytes < 8<<20 {
		t.Errorf("asked for %d bytes, less than a table", bytes)
	}
	members := func() (n int) {
		err := x.Chunks(t.Context(), id, func(_ uint16, c roll.Chunk) error {
			n += c.Len()
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	if n := members(); n != 2 {
		t.Errorf("without room it has %d members, want 2", n)
	}
	select {
	case err := <-compacted:
		t.Errorf("it was compacted without room: %v", err)
	default:
	}
	close(given)
	if err := <-compacted; err != nil {
		t.Error(err)
	}
	if n := members(); n != 2 {
		t.Errorf("afterwards it has %d members, want 2", n)
	}
}

// A store that has much to compact, and no room for it, opens, serves and closes.
func TestWithoutRoomItOpensAndCloses(t *testing.T) {
	fs, id := vfs.NewMem(), driver.RollID{Kind: driver.AudienceRoll, A: 5, B: 1}
	o := small
	waits := make(chan struct{}, 1)
	o.Room.Rewrite = func(ctx context.Context, _ int64) error {
		select {
		case waits <- struct{}{}:
		default:
		}
		<-ctx.Done()
		return ctx.Err()
	}
	for low := range uint16(9) {
		x := open(t, fs, "index", o)
		apply(t, x, &driver.Writes{Merges: []driver.Merge{{Roll: id, Chunk: roll.Of([]uint16{low}, []parterre.Stamp{1})}}})
		members := 0
		err := x.Chunks(t.Context(), id, func(_ uint16, c roll.Chunk) error {
			members += c.Len()
			return nil
		})
		if err != nil || members != int(low)+1 {
			t.Errorf("opened %d times, it has %d members: %v", low+1, members, err)
		}
		if err := x.Tree().Flush(); err != nil {
			t.Fatal(err)
		}
		closeIndex(t, x)
	}
	select {
	case <-waits:
	default:
		t.Error("nothing ever waited for room")
	}
}
