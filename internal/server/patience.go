package server

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// defaultPatience is how long a caller may take between two pieces of a body, and for nothing in all.
const defaultPatience = time.Minute

// slowest is how many bytes of a body must come for each second that is waited for them beyond the patience. Who sends a byte now
// and then, in time for each, would otherwise hold a place for as long as they like.
const slowest = 16 << 10

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

// accountParameter names the ad account in the paths of routes.
const accountParameter = "ad_account_id"

// leftover is how long the rest of a body is waited for that nobody wants.
const leftover = time.Second

// patiently waits for a body that is read for as long as pieces of it keep coming, not too slowly.
func patiently(patience time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == http.NoBody {
			h.ServeHTTP(w, r)
			return
		}
		// A request of its own: net/http looks at the body of r, to see how much of it was left.
		own := r.WithContext(r.Context())
		p := &patient{ReadCloser: r.Body, connection: http.NewResponseController(w), patience: patience}
		own.Body = p
		h.ServeHTTP(w, own)
		r.Pattern = own.Pattern
		if account := own.PathValue(accountParameter); account != "" { // who measures looks there
			r.SetPathValue(accountParameter, account)
		}
		if !p.ended { // it was refused, and what is left of a small body is read before the answer leaves
			_ = p.connection.SetReadDeadline(time.Now().Add(min(patience, leftover))) // as above
		}
	})
}

// patient is a body with time for each of its pieces.
type patient struct {
	io.ReadCloser
	connection *http.ResponseController
	patience   time.Duration
	came       int64         // bytes
	ended      bool          // all of it came
	waited     time.Duration // for them; how long the handler takes in between is not counted
}

func (p *patient) Read(b []byte) (int, error) {
	left := p.patience + time.Duration(p.came)*time.Second/slowest - p.waited
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	begun := time.Now()
	_ = p.connection.SetReadDeadline(begun.Add(min(p.patience, left))) // as above
	n, err := p.ReadCloser.Read(b)
	p.came, p.waited = p.came+int64(n), p.waited+time.Since(begun)
	if p.ended = errors.Is(err, io.EOF); p.ended { // that was all: how long the handler takes from here is nobody's lack of patience
		_ = p.connection.SetReadDeadline(time.Time{})
	}
	return n, err
}
