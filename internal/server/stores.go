package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre/catalog"
	catalogdriver "github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/memcatalog"
	"github.com/parterre/parterre/catalog/sqlcatalog"
	"github.com/parterre/parterre/index"
	indexdriver "github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/internal/parts"
)

// open opens the two stores of a data folder, for the catalogue and the index to own, and the folder of uploads.
func (s *Server) open(ctx context.Context, c Config) (catalogdriver.Driver, indexdriver.Driver, *parts.Folder, error) {
	data := c.Data
	if data == Memory {
		return s.openMemory(c) //nolint:contextcheck // the store works in the background until it is closed
	}
	if err := s.prepareFolder(data); err != nil {
		return nil, nil, nil, err
	}
	s.watchdog = newWatchdog(s.gate, data, c, s.log)
	rows, err := sqlcatalog.OpenSQLite(ctx, filepath.Join(data, "catalog.db"))
	switch {
	case errors.Is(err, sqlcatalog.ErrInUse):
		return nil, nil, nil, fmt.Errorf("another process uses the data folder %s", data)
	case err != nil:
		return nil, nil, nil, fmt.Errorf("open the catalogue: %w", err)
	}
	files, err := parts.Open(filepath.Join(data, "uploads"))
	if err != nil {
		return nil, nil, nil, errors.Join(err, rows.Close())
	}
	files.Room = s.gate.room
	rolls, err := lsmindex.Open(vfs.Default, filepath.Join(data, "index"), s.rollOptions(c)) //nolint:contextcheck // it works in the background until it is closed
	if err != nil {
		return nil, nil, nil, errors.Join(err, rows.Close())
	}
	return rows, rolls, files, nil
}

// ticks come every second until everything is taken down.
func (s *Server) ticks() <-chan time.Time {
	t := time.NewTicker(time.Second)
	s.undo = append(s.undo, func(context.Context) error {
		t.Stop()
		return nil
	})
	return t.C
}

// openMemory opens stores that keep nothing. Parts of uploads may be larger than memory, so they are in a temporary folder.
func (s *Server) openMemory(c Config) (catalogdriver.Driver, indexdriver.Driver, *parts.Folder, error) {
	dir, err := os.MkdirTemp("", "parterre-uploads-")
	if err != nil {
		return nil, nil, nil, fmt.Errorf("make a folder for uploads: %w", err)
	}
	s.undo = append(s.undo, func(context.Context) error { return os.RemoveAll(dir) })
	files, err := parts.Open(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	s.watchdog = newWatchdog(s.gate, "", c, s.log)
	rolls, err := lsmindex.Open(vfs.NewMem(), "", s.rollOptions(c))
	return memcatalog.New(), rolls, files, err
}

// rollOptions gives the store of the index its share of the memory.
func (s *Server) rollOptions(c Config) lsmindex.Options {
	b := divide(c.MemoryLimit)
	return lsmindex.Options{
		CacheBytes: b.blocks, MemTableBytes: b.memTable, PendingBytes: b.pending, Log: s.log, Ticks: s.ticks(),
		Room: lsmindex.Room{Write: s.gate.room, Rewrite: s.watchdog.spare},
	}
}

// prepareFolder makes the data folder, for its owner alone, and sees whether it can be written to.
func (s *Server) prepareFolder(data string) error {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	probe, err := os.CreateTemp(data, ".probe-")
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the data folder %s is not writable by this user", data)
	case err != nil:
		return fmt.Errorf("write to the data folder: %w", err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	if info, err := os.Stat(data); err == nil && info.Mode().Perm()&0o077 != 0 {
		s.log.Warn("other users of this machine can read the data folder", slog.String("folder", data),
			slog.String("mode", info.Mode().Perm().String()))
	}
	return nil
}

// storeSetting is where the catalogue keeps the number of the index that it belongs to.
const storeSetting = "store"

// pair sees to it that the catalogue and the index belong together: with another index, or an older one, people would be
// members of audiences that have nothing to do with them. A new pair gets a number, the index first.
func pair(ctx context.Context, c *catalog.Catalog, ix *index.Index) error {
	var known uint32
	err := c.View(ctx, func(tx *catalog.Tx) error {
		value, there, err := tx.Setting(storeSetting)
		if err != nil || !there {
			return err
		}
		n, err := strconv.ParseUint(string(value), 10, 32)
		known = uint32(n)
		return err
	})
	if err != nil {
		return err
	}
	mark := ix.Store()
	switch {
	case known == 0 && ix.Population() > 0:
		return errors.New("the catalogue is new, but the index is not: catalog.db is missing, or the folder index is another's")
	case known != 0 && mark == 0:
		return errors.New("the index is new, but the catalogue is not: the folder index is missing; restore both together")
	case known != 0 && mark != known:
		return errors.New("the catalogue and the index do not belong together: restore catalog.db and the folder index from the same backup")
	case known != 0:
		return nil
	}
	for mark == 0 {
		mark = rand.Uint32()
	}
	if err := ix.Mark(ctx, mark); err != nil {
		return err
	}
	return c.Update(ctx, func(tx *catalog.Tx) error {
		return tx.PutSetting(storeSetting, strconv.AppendUint(nil, uint64(mark), 10))
	})
}
