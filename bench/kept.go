package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/parterre/parterre"
)

// kept says what data are kept in a folder.
type kept struct {
	Tag parterre.ID `json:"tag"`
}

const keptFile = "kept.json" // written last

// keptIn is the folder of the data of this size and seed, when they are kept.
func (b *bench) keptIn(sz size) string {
	return filepath.Join(b.keep, fmt.Sprintf("%d-persons-%d-events-%d-urls-seed-%d", sz.Persons, sz.Events, sz.URLs, b.seed))
}

// loaded starts a service that has all persons and events, and is at rest. It works on a copy where the data are kept.
func (b *bench) loaded(ctx context.Context, w *world) (*service, error) {
	if b.keep == "" {
		s, err := b.newService(ctx)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(s.load(ctx, b, w), s.settle(ctx)); err != nil {
			return nil, errors.Join(err, s.end(ctx))
		}
		return s, nil
	}
	from := b.keptIn(w.size)
	known, err := b.keepOnce(ctx, w, from)
	if err != nil {
		return nil, fmt.Errorf("keep the data in %s: %w", from, err)
	}
	folder, err := os.MkdirTemp(b.keep, "parterre-bench-") // where files can be linked
	if err != nil {
		return nil, err
	}
	s := b.serviceIn(folder)
	s.tag = known.Tag
	if err = copyFolder(filepath.Join(from, "data"), filepath.Join(folder, "data")); err == nil {
		err = s.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

// keepOnce puts the data into a folder, unless they are there.
func (b *bench) keepOnce(ctx context.Context, w *world, folder string) (known kept, err error) {
	text, err := os.ReadFile(filepath.Join(folder, keptFile))
	if err == nil {
		return known, json.Unmarshal(text, &known)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return known, err
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(folder, "data")), os.MkdirAll(folder, 0o755)); err != nil {
		return known, err
	}
	s, err := b.begin(ctx, b.serviceIn(folder))
	if err != nil {
		return known, err
	}
	known.Tag = s.tag
	if err := errors.Join(s.load(ctx, b, w), s.settle(ctx), s.Close(ctx)); err != nil {
		return known, err
	}
	if text, err = json.Marshal(known); err != nil {
		return known, err
	}
	return known, os.WriteFile(filepath.Join(folder, keptFile), text, 0o644)
}

// copyFolder copies a folder. Tables of the index, which never change, are linked.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case filepath.Ext(name) == ".sst":
			return os.Link(path, filepath.Join(to, name))
		}
		return copyFile(path, filepath.Join(to, name))
	})
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
