package lsmindex_test

import (
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
