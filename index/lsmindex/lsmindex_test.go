package lsmindex_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/indextest"
	"github.com/parterre/parterre/index/lsmindex"
)

// small makes tables of a few writes, so that a short test flushes and compacts.
var small = lsmindex.Options{CacheBytes: 1 << 20, MemTableBytes: 64 << 10, PendingBytes: 4 << 10}

func open(t testing.TB, fs vfs.FS, dir string, o lsmindex.Options) *lsmindex.Index {
	t.Helper()
	x, err := lsmindex.Open(fs, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestLawsInMemory(t *testing.T) {
	indextest.Run(t, func(t testing.TB) indextest.Harness {
		fs := vfs.NewMem()
		return indextest.Harness{
			Driver: open(t, fs, "index", small),
			Reopen: func(t testing.TB) driver.Driver { return open(t, fs, "index", small) },
		}
	})
}

func TestLawsOnDisk(t *testing.T) {
	indextest.Run(t, func(t testing.TB) indextest.Harness {
		dir := t.TempDir()
		return indextest.Harness{
			Driver: open(t, vfs.Default, dir, lsmindex.Options{}),
			Reopen: func(t testing.TB) driver.Driver { return open(t, vfs.Default, dir, lsmindex.Options{}) },
		}
	})
}
