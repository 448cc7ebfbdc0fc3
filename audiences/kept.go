package audiences

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// What look-alikes learnt, and how far learning has come, is kept in files, each of which begins with a checksum of all that
// follows: four bytes, CRC-32C.
const sumBytes = 4

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errDamaged = errors.New("the checksum is another")
)

// writeKept writes a file, whole or not at all.
func writeKept(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	err = writeSummed(f, write)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func writeSummed(f *os.File, write func(io.Writer) error) error {
	if _, err := f.Write(make([]byte, sumBytes)); err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	out := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)
	if err := errors.Join(write(out), out.Flush()); err != nil {
		return err
	}
	_, err := f.WriteAt(binary.BigEndian.AppendUint32(nil, sum.Sum32()), 0)
	return err
}

// readKept reads a file that writeKept wrote. It looks at the checksum before anything is read. There is false when there is no
// such file.
func readKept(path string, read func(io.Reader) error) (there bool, err error) {
	f, err := os.Open(path) //nolint:gosec // the service's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	head, sum := make([]byte, sumBytes), crc32.New(castagnoli)
	if _, err := io.ReadFull(f, head); err != nil {
		return false, errors.Join(errDamaged, err)
	}
	if _, err := io.Copy(sum, f); err != nil {
		return false, err
	}
	if sum.Sum32() != binary.BigEndian.Uint32(head) {
		return false, errDamaged
	}
	if _, err := f.Seek(sumBytes, io.SeekStart); err != nil {
		return false, err
	}
	return true, read(bufio.NewReaderSize(f, 1<<16))
}

// course keeps the progress of learning in a folder. Its parts are as good as lost when they cannot be read.
type course struct{ folder string }

func (c course) Save(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return err
	}
	return writeKept(filepath.Join(c.folder, name), write)
}

func (c course) Load(name string, read func(io.Reader) error) (there bool, err error) {
	there, err = readKept(filepath.Join(c.folder, name), read)
	if errors.Is(err, errDamaged) {
		return false, nil
	}
	return there, err
}

// drop forgets everything.
func (c course) drop() error { return os.RemoveAll(c.folder) }
