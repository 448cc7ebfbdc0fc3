// Package parts keeps the parts of uploads in a folder until they are read: a folder for each upload, a file for each part.
package parts

import (
	"context"
	"crypto/md5" //nolint:gosec // an ETag, as clients of such an upload know it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/parterre/parterre"
)

// Folder holds parts. Its methods may be called concurrently; of two calls of Put for one part the later one to end counts.
type Folder struct {
	dir string

	// Room fails when nothing more should be written to the disk. It is set before the folder is used; nil is always room.
	Room func() error
}

// unfinished begins the names of files that are still being written.
const unfinished = ".part-"

// Open opens the folder, makes it when it is not there, and removes what was being written when a process ended.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of uploads: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", unfinished+"*"))
	if err != nil {
		return nil, fmt.Errorf("look for unfinished parts: %w", err)
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil {
			return nil, fmt.Errorf("remove an unfinished part: %w", err)
		}
	}
	return &Folder{dir: dir}, nil
}

func (f *Folder) of(upload parterre.ID) string { return filepath.Join(f.dir, upload.String()) }

func (f *Folder) part(upload parterre.ID, part int) string {
	return filepath.Join(f.of(upload), strconv.Itoa(part))
}

// Put keeps a part, of at most so many bytes, in place of the one with the same number. It is read as it comes, and never
// held whole. When all of it is on disk, keep is called with what gives it its place: it may refuse, for much can happen
// while a part comes. When Put returns nil the part is durable; when it fails, nothing of it is left. It gives the MD5 digest
// of the part in hexadecimal.
func (f *Folder) Put(
	ctx context.Context, upload parterre.ID, part int, from io.Reader, most int64, keep func(place func() error) error,
) (etag string, err error) {
	if err := f.make(upload); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(f.of(upload), unfinished)
	if err != nil {
		return "", failed(err, "make a part")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(file.Close()), os.Remove(file.Name()))
		}
	}()
	sum := md5.New() //nolint:gosec // as above
	came := &source{Reader: from}
	size, err := io.Copy(io.MultiWriter(&roomy{file, f.Room}, sum), io.LimitReader(came, most+1))
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case came.err != nil:
		return "", &parterre.Error{
			Code: parterre.InvalidRequest, Public: "The part could not be read to its end: send it again", Err: came.err,
		}
	case err != nil:
		return "", failed(err, "write a part")
	case size > most:
		return "", parterre.Errorf(parterre.TooLarge, "The part is too large: at most %d bytes are allowed", most)
	case size == 0:
		return "", parterre.Invalid("", "The part is empty: it must hold at least one byte")
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return "", failed(err, "write a part")
	}
	err = keep(func() error {
		if err := os.Rename(file.Name(), f.part(upload, part)); err != nil {
			return failed(err, "keep a part")
		}
		return syncFolder(f.of(upload))
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// roomy writes while there is room.
type roomy struct {
	io.Writer
	room func() error
}

func (r *roomy) Write(p []byte) (int, error) {
	if r.room != nil {
		if err := r.room(); err != nil {
			return 0, err
		}
	}
	return r.Writer.Write(p)
}

// make makes the folder of an upload, which is durable when it returns nil.
func (f *Folder) make(upload parterre.ID) error {
	err := os.Mkdir(f.of(upload), 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return failed(err, "make the folder of an upload")
	}
	return syncFolder(f.dir)
}

// source remembers what was wrong with reading, to tell it from what was wrong with writing.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Sizes are the sizes of the parts 1 to n in bytes, -1 for one that is not there.
func (f *Folder) Sizes(upload parterre.ID, n int) ([]int64, error) {
	sizes := make([]int64, n)
	for i := range sizes {
		info, err := os.Stat(f.part(upload, i+1))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			sizes[i] = -1
		case err != nil:
			return nil, failed(err, "look at a part")
		default:
			sizes[i] = info.Size()
		}
	}
	return sizes, nil
}

// Read reads the parts 1 to n as one stream, from the byte at the offset on. Close ends it.
func (f *Folder) Read(upload parterre.ID, n int, offset int64) (io.ReadCloser, error) {
	s := &stream{folder: f, upload: upload, parts: n, skip: offset}
	return s, s.advance()
}

// stream reads part after part.
type stream struct {
	folder *Folder
	upload parterre.ID
	parts  int
	next   int   // parts that were opened
	skip   int64 // bytes that are not to be read
	file   *os.File
}

// advance opens the next part that has something to read; there is no file after the last one.
func (s *stream) advance() error {
	for {
		if err := s.Close(); err != nil {
			return err
		}
		if s.next == s.parts {
			return nil
		}
		s.next++
		file, err := os.Open(s.folder.part(s.upload, s.next))
		if err != nil {
			return failed(err, "read a part")
		}
		s.file = file
		info, err := file.Stat()
		if err != nil {
			return failed(err, "look at a part")
		}
		if s.skip >= info.Size() {
			s.skip -= info.Size()
			continue
		}
		if _, err := file.Seek(s.skip, io.SeekStart); err != nil {
			return failed(err, "read a part")
		}
		s.skip = 0
		return nil
	}
}

func (s *stream) Read(p []byte) (int, error) {
	for s.file != nil {
		n, err := s.file.Read(p)
		if n > 0 || err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := s.advance(); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

func (s *stream) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// Drop removes the parts of an upload; that there are none is not an error.
func (f *Folder) Drop(upload parterre.ID) error {
	return failed(os.RemoveAll(f.of(upload)), "remove the parts of an upload")
}

// Uploads are those of which there are parts.
func (f *Folder) Uploads() (ids []parterre.ID, err error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, failed(err, "list the uploads")
	}
	for _, e := range entries {
		if id, err := parterre.ParseID("", e.Name()); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// failed gives an error of the disk its code. A full disk is told to the caller.
func failed(err error, doing string) error {
	coded := (*parterre.Error)(nil)
	switch {
	case err == nil, errors.As(err, &coded):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return &parterre.Error{Code: parterre.NoRoom, Public: "The disk is full: nothing of it was kept", Err: err}
	default:
		return parterre.Internalf(err, "%s", strings.TrimSpace(doing))
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}
