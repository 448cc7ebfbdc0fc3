package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// defaultPatience is how long a caller may take between two pieces of a body.
const defaultPatience = time.Minute

// within gives a caller so long to bring the body of a request, unless somebody who reads it gives them longer. net/http reads
// what a handler leaves before the answer goes out: without a deadline it would wait for ever, even for a stranger who was
// refused.
func within(patience time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			// A connection that takes no deadline is waited for as long as it likes.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
		}
		h.ServeHTTP(w, r)
	})
}

// patiently waits for a body that is read for as long as pieces of it keep coming.
func patiently(patience time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			r.Body = &patient{r.Body, http.NewResponseController(w), patience}
		}
		h.ServeHTTP(w, r)
	})
}

// patient is a body with time for each of its pieces.
type patient struct {
	io.ReadCloser
	connection *http.ResponseController
	patience   time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.connection.SetReadDeadline(time.Now().Add(p.patience)) // as above
	n, err := p.ReadCloser.Read(b)
	if errors.Is(err, io.EOF) { // that was all: how long the handler takes from here is nobody's lack of patience
		_ = p.connection.SetReadDeadline(time.Time{})
	}
	return n, err
}
