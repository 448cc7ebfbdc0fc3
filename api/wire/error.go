package wire

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/parterre/parterre"
)

// lastResort is the body of an answer that could not be rendered.
const lastResort = `{"code":12,"message":"` + internalMessage + `"}`

// envelope is the body of an error (reference, section 1.3).
type envelope struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  string `json:"status,omitempty"`
	Details any    `json:"details,omitempty"`
}

// fail answers with an error. The cause of a fault of ours goes to the log and nowhere else.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := &parterre.Error{Code: parterre.Internal, Err: err}
	errors.As(err, &e)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		e = parterre.Errorf(parterre.Unavailable, "The request was called off before it was done; it may be sent again")
	}
	k := kindOf(e.Code)
	body := envelope{Code: k.number, Message: e.Public, Details: e.Details}
	switch e.Code {
	case parterre.Internal:
		body.Message = internalMessage
		s.log.Error("a request failed", slog.String("method", r.Method), slog.String("path", r.URL.Path),
			slog.String("rid", w.Header().Get(rid)), slog.String("error", err.Error()))
	case parterre.Unavailable, parterre.NoRoom: // a rate limit says so in its own headers
		w.Header().Set("Retry-After", "1")
	case parterre.Unauthenticated:
		body.Status = "failure" // as recorded (reference, section 1.2)
	default: // the message is for the caller
	}
	s.render(w, r, k.status, body)
}
