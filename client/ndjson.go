package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"sync"
)

// NDJSON writes values as JSON, one a line, as they are read: no more than a few are held at a time. A value that cannot be
// written is an error of Read. Close ends the sequence; an import closes what it is given.
func NDJSON[T any](values iter.Seq[T]) io.ReadCloser {
	l := &lines[T]{}
	l.encoder = json.NewEncoder(&l.buffer)
	l.encoder.SetEscapeHTML(false)
	l.next, l.stop = iter.Pull(values)
	return l
}

// chunk is how many bytes are made at a time, at least.
const chunk = 32 << 10

type lines[T any] struct {
	mu      sync.Mutex // an aborted request may close while it reads
	buffer  bytes.Buffer
	encoder *json.Encoder
	next    func() (T, bool)
	stop    func()
	err     error // what Read gives when the buffer is empty
}

func (l *lines[T]) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buffer.Len() == 0 {
		l.fillLocked()
	}
	if l.buffer.Len() == 0 && len(p) > 0 {
		return 0, l.err
	}
	return l.buffer.Read(p)
}

func (l *lines[T]) fillLocked() {
	for l.err == nil && l.buffer.Len() < chunk {
		v, ok := l.next()
		if !ok {
			l.err = io.EOF
			return
		}
		l.err = l.encoder.Encode(v)
	}
}

func (l *lines[T]) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	l.buffer.Reset()
	if l.err == nil || errors.Is(l.err, io.EOF) {
		l.err = fs.ErrClosed
	}
	return nil
}
