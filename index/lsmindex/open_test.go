package lsmindex_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
)

func TestAStoreOfANewerFormatIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	x := open(t, fs, "index", small)
	set(t, x, lsmindex.FormatKey(), lsmindex.NumberValue(7))
	closeIndex(t, x)
	const want = "it has format 7, and this version of Parterre reads formats up to 6: use a newer version"
	for range 2 { // a refused store is closed again
		if _, err := lsmindex.Open(fs, "index", small); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestAStoreOfTheFormatThatWasNeverReleasedIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	x := open(t, fs, "index", small)
	set(t, x, lsmindex.FormatKey(), lsmindex.NumberValue(1))
	closeIndex(t, x)
	const want = "it has format 1, which was never released, and this version of Parterre reads formats from 6 on: begin anew"
	if _, err := lsmindex.Open(fs, "index", small); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestAStoreWithoutAFormatNumberIsRefusedUnlessItIsEmpty(t *testing.T) {
	fs := vfs.NewMem()
	x := open(t, fs, "index", small)
	if err := x.Tree().Delete(lsmindex.FormatKey(), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	closeIndex(t, x)
	x = open(t, fs, "index", small) // a crash may come between making a store and marking it
	if err := x.Tree().Delete(lsmindex.FormatKey(), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	apply(t, x, everyTable())
	closeIndex(t, x)
	if _, err := lsmindex.Open(fs, "index", small); !errors.Is(err, driver.ErrCorrupt) {
		t.Errorf("error %v, want %v", err, driver.ErrCorrupt)
	}
}

func TestAStoreWithAnotherMergerIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	db, err := pebble.Open("index", &pebble.Options{FS: fs, Logger: silent{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if x, err := lsmindex.Open(fs, "index", small); err == nil {
		closeIndex(t, x)
		t.Error("it was opened")
	}
}

type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

func TestAStoreCannotBeOpenedTwiceAtATime(t *testing.T) {
	fs := vfs.NewMem()
	x := open(t, fs, "index", small)
	defer closeIndex(t, x)
	if second, err := lsmindex.Open(fs, "index", small); err == nil {
		closeIndex(t, second)
		t.Error("it was opened twice")
	}
}

// brokenLog fails every sync of the log once it is on.
type brokenLog struct{ on atomic.Bool }

var errDisk = errors.New("the disk is gone")

func (b *brokenLog) MaybeError(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		if b.on.Load() && strings.HasSuffix(op.Path, ".log") {
			return errDisk
		}
	default: // all else works
	}
	return nil
}

func (b *brokenLog) String() string { return "broken log" }

func TestAFailedSyncIsReportedAndLaterWritesAreRefused(t *testing.T) {
	mem, broken := vfs.NewCrashableMem(), new(brokenLog)
	x := open(t, errorfs.Wrap(mem, broken), "index", small)
	apply(t, x, everyTable())
	broken.on.Store(true)
	durable, err := x.Apply(context.Background(), &driver.Writes{Tops: driver.Tops{Person: 99}})
	if err != nil {
		t.Fatal(err)
	}
	if err := durable(); !errors.Is(err, errDisk) {
		t.Errorf("durable: error %v, want %v", err, errDisk)
	}
	if _, err := x.Apply(context.Background(), everyTable()); !errors.Is(err, errDisk) {
		t.Errorf("the next write: error %v, want %v", err, errDisk)
	}
	if err := readEverything(x); err != nil {
		t.Errorf("reading goes on: %v", err)
	}
	if err := x.Close(); err == nil {
		t.Error("closing hides that the log failed")
	}

	x = open(t, mem.CrashClone(vfs.CrashCloneCfg{}), "index", small)
	defer closeIndex(t, x)
	tops, err := x.Tops(context.Background())
	if err != nil || tops.Person != 5 {
		t.Errorf("opened again: tops %v and error %v, want what was acknowledged", tops, err)
	}
}

func TestACancelledContextWritesAndReadsNothing(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", small)
	defer closeIndex(t, x)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := x.Apply(ctx, everyTable()); !errors.Is(err, context.Canceled) {
		t.Errorf("apply: error %v, want %v", err, context.Canceled)
	}
	if _, err := x.Persons(ctx, []parterre.Identifier{parterre.ByExternalID("u")}); !errors.Is(err, context.Canceled) {
		t.Errorf("persons: error %v, want %v", err, context.Canceled)
	}
	if tops, err := x.Tops(context.Background()); err != nil || tops != (driver.Tops{}) {
		t.Errorf("tops %v and error %v, want none", tops, err)
	}
}
