package lsmindex_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/roll"
)

// slowFS is a file system whose syncs take as long as the test likes.
type slowFS struct {
	vfs.FS
	disk *disk
}

// disk holds syncs up from stop to release.
type disk struct{ stopped atomic.Pointer[chan struct{}] }

func (d *disk) stop() {
	c := make(chan struct{})
	d.stopped.Store(&c)
}

func (d *disk) release() { close(*d.stopped.Load()) }

func (d *disk) wait() {
	if c := d.stopped.Load(); c != nil {
		<-*c
	}
}

func (fs slowFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.Create(name, category)
	return slowFile{f, fs.disk}, err
}

func (fs slowFS) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.ReuseForWrite(from, to, category)
	return slowFile{f, fs.disk}, err
}

func (fs slowFS) OpenDir(name string) (vfs.File, error) {
	f, err := fs.FS.OpenDir(name)
	return slowFile{f, fs.disk}, err
}

func (fs slowFS) Unwrap() vfs.FS { return fs.FS }

type slowFile struct {
	vfs.File
	disk *disk
}

func (f slowFile) Sync() error {
	f.disk.wait()
	return f.File.Sync()
}

func (f slowFile) SyncData() error {
	f.disk.wait()
	return f.File.SyncData()
}

func (f slowFile) SyncTo(n int64) (bool, error) {
	f.disk.wait()
	return f.File.SyncTo(n)
}

// While the disk does not get on, and a write waits for it inside the store, everything that was written can be read.
func TestASlowDiskHoldsUpNoRead(t *testing.T) {
	fs := slowFS{vfs.NewMem(), &disk{}}
	x := open(t, fs, "index", lsmindex.Options{MemTableBytes: 64 << 10, PendingBytes: 1 << 30})
	who := parterre.ByEmail("a@example.com")[0]
	facet := driver.Facet{Key: driver.FacetKey{Account: 7}, ID: 1, Body: []byte("body")}
	audience := driver.RollID{Kind: driver.AudienceRoll, A: 5, B: 1}
	durable, err := x.Apply(t.Context(), &driver.Writes{
		Bindings: []driver.Binding{{Identifier: who, Person: 9}}, Facets: []driver.Facet{facet},
		Moves: []driver.Move{{Roll: audience, Person: 9, Stamp: 100}},
	})
	if err != nil || durable() != nil {
		t.Fatal(err)
	}

	fs.disk.stop()
	applied, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := range 400 {
			w := driver.Writes{People: []driver.Person{{ID: parterre.PersonID(i + 1), Body: make([]byte, 4000)}}}
			if _, err := x.Apply(t.Context(), &w); err != nil {
				done <- err
				return
			}
			applied <- struct{}{}
		}
		done <- nil
	}()
	written, waits := 0, false
	for !waits && written < 400 {
		select {
		case <-applied:
			written++
		case <-time.After(time.Second):
			waits = true
		}
	}
	if !waits {
		t.Fatal("no write waits for the disk: the test does not test")
	}

	read := make(chan struct{})
	go func() {
		defer close(read)
		if found, err := x.Persons(t.Context(), []parterre.Identifier{who}); err != nil || found[0] != 9 {
			t.Errorf("the person is %v, %v", found, err)
		}
		if c, err := x.Chunk(t.Context(), audience, roll.Block(9)); err != nil || c.Stamp(roll.Low(9)) != 100 {
			t.Errorf("the stamp is %d, %v", c.Stamp(roll.Low(9)), err)
		}
		n := 0
		count := func(driver.FacetID, []byte) error { n++; return nil }
		if err := x.ScanFacets(t.Context(), 7, count); err != nil || n != 1 {
			t.Errorf("there are %d facets, %v", n, err)
		}
		n = 0
		chunks := func(uint16, roll.Chunk) error { n++; return nil }
		if err := x.Chunks(t.Context(), audience, chunks); err != nil || n != 1 {
			t.Errorf("the roll has %d blocks, %v", n, err)
		}
		across := func(driver.RollID, roll.Chunk) error { n++; return nil }
		if err := x.Across(t.Context(), roll.Block(9), across); err != nil || n != 2 {
			t.Errorf("across the rolls there are %d blocks, %v", n-1, err)
		}
		_ = x.Stats()
	}()
	select {
	case <-read:
	case <-time.After(20 * time.Second):
		t.Errorf("after %d writes, reading waits for the disk", written)
	}
	fs.disk.release()
	for ; written < 400; written++ {
		<-applied
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-read
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}
