package lsmindex

import (
	"errors"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// manifestFS is a file system that syncs the folder when a manifest was made in it.
//
// The tree makes a manifest, then a marker that points to it, and only then syncs the folder. On a file system that does
// not keep the order of the two, a crash in between can leave the marker without the manifest, and a folder that cannot be
// opened. With the sync, the manifest is there before the marker is.
type manifestFS struct{ vfs.FS }

// Create makes a file.
func (fs manifestFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.Create(name, category)
	if err != nil || !strings.HasPrefix(fs.PathBase(name), "MANIFEST-") {
		return f, err
	}
	if err := syncFolder(fs.FS, fs.PathDir(name)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Unwrap is the file system below.
func (fs manifestFS) Unwrap() vfs.FS { return fs.FS }

func syncFolder(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
