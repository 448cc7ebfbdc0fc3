package lsmindex_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/roll"
)

var someRoll = driver.RollID{Kind: driver.FacetRoll, A: 7}

// everyTable writes something to each table.
func everyTable() *driver.Writes {
	return &driver.Writes{
		Tops:     driver.Tops{Person: 5, Facet: 6},
		Bindings: []driver.Binding{{Identifier: parterre.ByExternalID("u"), Person: 5}},
		People:   []driver.Person{{ID: 5, Body: []byte("person")}},
		Facets:   []driver.Facet{{Key: driver.FacetKey{Account: 7}, ID: 6, Body: []byte("facet")}},
		Merges: []driver.Merge{
			{Roll: someRoll, Block: 1, Chunk: roll.Of([]uint16{1, 2}, []parterre.Stamp{10, 20})},
		},
	}
}

func apply(t testing.TB, x *lsmindex.Index, w *driver.Writes) {
	t.Helper()
	durable, err := x.Apply(context.Background(), w)
	if err == nil {
		err = durable()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readEverything makes every call that reads what everyTable wrote, and joins their errors.
func readEverything(x *lsmindex.Index) error {
	ctx := context.Background()
	_, tops := x.Tops(ctx)
	_, persons := x.Persons(ctx, []parterre.Identifier{parterre.ByExternalID("u")})
	_, people := x.People(ctx, []parterre.PersonID{5})
	_, facets := x.Facets(ctx, []driver.FacetKey{{Account: 7}})
	scan := x.ScanFacets(ctx, 7, func(driver.FacetID, []byte) error { return nil })
	_, _, facet := x.Facet(ctx, 6)
	chunks := x.Chunks(ctx, someRoll, func(uint16, roll.Chunk) error { return nil })
	_, chunk := x.Chunk(ctx, someRoll, 1)
	history := x.History(ctx, 5, func(history.Cell, parterre.Stamp) {})
	return errors.Join(tops, persons, people, facets, scan, facet, chunks, chunk, history)
}

func TestAnyByteOfAnyValueThatChangesIsReported(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", small)
	defer closeIndex(t, x)
	apply(t, x, everyTable())
	line := history.Append(nil, []history.Line{{Cell: history.CellOf(3, 6), Stamp: 300, Low: 5}})
	if err := x.Tree().Merge(lsmindex.HistoryKey(0), line, pebble.NoSync); err != nil {
		t.Fatal(err)
	}
	if err := readEverything(x); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]byte{}
	it, err := x.Tree().NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		rows[string(it.Key())] = bytes.Clone(it.Value())
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	delete(rows, string(lsmindex.FormatKey())) // it is read when the store is opened
	if len(rows) != 9 {
		t.Fatalf("%d rows, want 9", len(rows))
	}
	for key, value := range rows {
		for i := range value {
			bad := bytes.Clone(value)
			bad[i] ^= 0x10
			set(t, x, []byte(key), bad)
			if err := readEverything(x); !errors.Is(err, driver.ErrCorrupt) {
				t.Errorf("key %x, byte %d changed: error %v, want %v", key, i, err, driver.ErrCorrupt)
			}
		}
		set(t, x, []byte(key), value[:len(value)/2])
		if err := readEverything(x); !errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("key %x, cut in half: error %v, want %v", key, err, driver.ErrCorrupt)
		}
		set(t, x, []byte(key), value)
	}
}

func set(t testing.TB, x *lsmindex.Index, key, value []byte) {
	t.Helper()
	if err := x.Tree().Set(key, value, pebble.NoSync); err != nil {
		t.Fatal(err)
	}
}

// flush and compact make the tree merge operands for good.
func flushAndCompact(t testing.TB, x *lsmindex.Index) {
	t.Helper()
	if err := x.Tree().Flush(); err != nil {
		t.Fatal(err)
	}
	if err := x.Tree().Compact(context.Background(), []byte{0}, []byte{0xff}, false); err != nil {
		t.Fatal(err)
	}
}

func TestACorruptOperandIsKeptAndReportedAndStopsNothingElse(t *testing.T) {
	var log bytes.Buffer
	o := small
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	fs := vfs.NewMem()
	x := open(t, fs, "index", o)
	one := func(block, low uint16) *driver.Writes {
		return &driver.Writes{Merges: []driver.Merge{
			{Roll: someRoll, Block: block, Chunk: roll.Of([]uint16{low}, []parterre.Stamp{1})},
		}}
	}
	apply(t, x, one(1, 10))
	apply(t, x, one(2, 20))
	bad := roll.Append(nil, roll.Of([]uint16{77}, []parterre.Stamp{99}))
	bad[3] ^= 1
	if err := x.Tree().Merge(lsmindex.RollKey(someRoll, 1), bad, pebble.NoSync); err != nil {
		t.Fatal(err)
	}
	apply(t, x, one(1, 11))

	check := func(when string, operands ...[]byte) {
		t.Helper()
		if _, err := x.Chunk(context.Background(), someRoll, 1); !errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("%s: the block has error %v, want %v", when, err, driver.ErrCorrupt)
		}
		err := x.Chunks(context.Background(), someRoll, func(uint16, roll.Chunk) error { return nil })
		if !errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("%s: the roll has error %v, want %v", when, err, driver.ErrCorrupt)
		}
		if c, err := x.Chunk(context.Background(), someRoll, 2); err != nil || c.Stamp(20) != 1 {
			t.Errorf("%s: the next block has stamp %d and error %v, want 1 and none", when, c.Stamp(20), err)
		}
		value := stored(t, x, lsmindex.RollKey(someRoll, 1))
		for _, operand := range append(operands, bad) {
			if !bytes.Contains(value, operand) {
				t.Errorf("%s: operand %x is gone from %x", when, operand, value)
			}
		}
	}
	chunk := func(persons ...uint16) []byte {
		return roll.Append(nil, roll.Of(persons, slices.Repeat([]parterre.Stamp{1}, len(persons))))
	}
	check("in memory", chunk(10), chunk(11))
	flushAndCompact(t, x)
	check("compacted", chunk(10), chunk(11))
	apply(t, x, one(1, 12))
	check("with one more", chunk(10), chunk(11), chunk(12))
	all := []uint16{10, 11, 12}
	for low := range uint16(30) { // until there are too many to stay side by side
		apply(t, x, one(1, 100+low))
		all = append(all, 100+low)
		flushAndCompact(t, x)
	}
	check("merged for good")
	closeIndex(t, x)
	x = open(t, fs, "index", o)
	defer closeIndex(t, x)
	check("opened again")
	sound := roll.NewCrowd(0)
	for _, operand := range lsmindex.OperandsOf(stored(t, x, lsmindex.RollKey(someRoll, 1))) {
		_ = sound.AddEncoded(1, operand) // one is corrupt
	}
	if n := sound.Count(); n != len(all) {
		t.Errorf("%d persons are sound, want %d", n, len(all))
	}
	if !strings.Contains(log.String(), "what is merged is corrupt") {
		t.Errorf("the log says nothing of it:\n%s", log.String())
	}

	apply(t, x, &driver.Writes{Drops: []driver.RollID{someRoll}, Merges: one(1, 13).Merges})
	flushAndCompact(t, x)
	if c, err := x.Chunk(context.Background(), someRoll, 1); err != nil || c.Len() != 1 || c.Stamp(13) != 1 {
		t.Errorf("after a drop: %d persons and error %v, want 1 and none", c.Len(), err)
	}
}

func stored(t testing.TB, x *lsmindex.Index, key []byte) []byte {
	t.Helper()
	value, closer, err := x.Tree().Get(key)
	if err != nil {
		t.Fatal(err)
	}
	value = bytes.Clone(value)
	if err := closer.Close(); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestADamagedTableFileIsReportedAndDoesNotEndTheProcess(t *testing.T) {
	fs := vfs.NewMem()
	x := open(t, fs, "index", small)
	apply(t, x, everyTable())
	flushAndCompact(t, x)
	closeIndex(t, x)

	damage(t, fs, largest(t, fs, "index", ".sst"))
	x, err := lsmindex.Open(fs, "index", small)
	if err == nil {
		defer closeIndex(t, x)
		err = readEverything(x)
	}
	if !errors.Is(err, driver.ErrCorrupt) {
		t.Errorf("error %v, want %v", err, driver.ErrCorrupt)
	}
}

func TestADamagedLogIsReported(t *testing.T) {
	mem := vfs.NewCrashableMem()
	x := open(t, mem, "index", lsmindex.Options{})
	defer closeIndex(t, x)
	body := bytes.Repeat([]byte("body"), 5000) // the tree tells damage from a torn end once the log has a block more
	for i := range 5 {
		apply(t, x, &driver.Writes{People: []driver.Person{{ID: parterre.PersonID(i), Body: body}}})
	}
	fs := mem.CrashClone(vfs.CrashCloneCfg{})
	damage(t, fs, largest(t, fs, "index", ".log"))
	again, err := lsmindex.Open(fs, "index", small)
	if err == nil {
		closeIndex(t, again)
	}
	if !errors.Is(err, driver.ErrCorrupt) {
		t.Errorf("error %v, want %v", err, driver.ErrCorrupt)
	}
}

// largest finds the largest file of a folder whose name ends in suffix.
func largest(t testing.TB, fs vfs.FS, dir, suffix string) (path string) {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	most := int64(-1)
	for _, name := range names {
		info, err := fs.Stat(fs.PathJoin(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, suffix) && info.Size() > most {
			path, most = fs.PathJoin(dir, name), info.Size()
		}
	}
	if path == "" {
		t.Fatalf("nothing ends in %s among %v", suffix, names)
	}
	return path
}

// damage flips a bit of a byte near the start of a file, where data are.
func damage(t testing.TB, fs vfs.FS, path string) {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	b[20] ^= 4
	out, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = out.Write(b)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestAnErrorNamesWhatWasRead(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", small)
	defer closeIndex(t, x)
	set(t, x, lsmindex.RollKey(someRoll, 3), []byte("nonsense"))
	_, err := x.Chunk(context.Background(), someRoll, 3)
	if want := fmt.Sprintf("read block 3 of roll %v", someRoll); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v does not say %q", err, want)
	}
}

// Where it cannot be read which blocks the roll of an audience has, all are dropped that it may have.
func TestTheRollOfAnAudienceIsDroppedPastACorruptKey(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", small)
	defer closeIndex(t, x)
	id := driver.RollID{Kind: driver.AudienceRoll, A: 5, B: 1}
	one := roll.Of([]uint16{1}, []parterre.Stamp{1})
	apply(t, x, &driver.Writes{Merges: []driver.Merge{{Roll: id, Block: 0, Chunk: one}, {Roll: id, Block: 65_535, Chunk: one}}})
	set(t, x, append(lsmindex.RollKey(id, 3), 1), []byte("nonsense"))
	if err := x.Chunks(t.Context(), id, func(uint16, roll.Chunk) error { return nil }); !errors.Is(err, driver.ErrCorrupt) {
		t.Errorf("reading it: error %v, want %v", err, driver.ErrCorrupt)
	}
	apply(t, x, &driver.Writes{Drops: []driver.RollID{id}})
	for _, block := range []uint16{0, 65_535} {
		if c, err := x.Chunk(t.Context(), id, block); err != nil || c.Len() > 0 {
			t.Errorf("block %d has %d persons, %v", block, c.Len(), err)
		}
	}
}

func TestAKeyOfTheWrongLengthIsReported(t *testing.T) {
	for _, key := range [][]byte{
		append(lsmindex.RollKey(someRoll, 3), 1),
		lsmindex.RollKey(someRoll, 3)[:len(lsmindex.RollKey(someRoll, 3))-1],
	} {
		x := open(t, vfs.NewMem(), "index", small)
		defer closeIndex(t, x)
		set(t, x, key, roll.Append(nil, roll.Of([]uint16{1}, []parterre.Stamp{1})))
		err := x.Chunks(context.Background(), someRoll, func(uint16, roll.Chunk) error { return nil })
		if !errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("key %x: error %v, want %v", key, err, driver.ErrCorrupt)
		}
	}
}
