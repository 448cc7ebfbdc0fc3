package wire

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/parterre/parterre"
)

// kind is what a code becomes on the wire.
type kind struct {
	status int // of HTTP
	number int // in the body; one number a meaning
}

// kinds is the catalogue of errors. The numbers are those of the reference, section 1.4; where it has none for a meaning,
// the number is that of the family: 1 for a request that is not as it must be, and the HTTP status otherwise.
var kinds = map[parterre.Code]kind{
	parterre.Internal:              {http.StatusInternalServerError, 12},
	parterre.InvalidRequest:        {http.StatusBadRequest, 1},
	parterre.InvalidBookmark:       {http.StatusBadRequest, 400},
	parterre.InvalidRecords:        {http.StatusBadRequest, 2740},
	parterre.NoValidRecords:        {http.StatusBadRequest, 2741},
	parterre.InvalidEvents:         {http.StatusUnprocessableEntity, 953},
	parterre.TooLarge:              {http.StatusRequestEntityTooLarge, 413},
	parterre.Unauthenticated:       {http.StatusUnauthorized, 2},
	parterre.MissingScope:          {http.StatusUnauthorized, 3},
	parterre.Forbidden:             {http.StatusForbidden, 29},
	parterre.AudienceNotFound:      {http.StatusNotFound, 1000},
	parterre.CustomerListNotFound:  {http.StatusNotFound, 1001},
	parterre.ConversionTagNotFound: {http.StatusNotFound, 404},
	parterre.NotFound:              {http.StatusNotFound, 404},
	parterre.RouteNotFound:         {http.StatusNotFound, 404},
	parterre.MethodNotAllowed:      {http.StatusMethodNotAllowed, 5},
	parterre.Unavailable:           {http.StatusServiceUnavailable, 503},
}

// internalMessage is all that a caller learns of a fault of ours.
const internalMessage = "Something went wrong on our end. Sorry about that."

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
	k := kinds[e.Code]
	body := envelope{Code: k.number, Message: e.Public, Details: e.Details}
	switch e.Code {
	case parterre.Internal:
		body.Message = internalMessage
		s.log.Error("a request failed", slog.String("method", r.Method), slog.String("path", r.URL.Path),
			slog.String("error", err.Error()))
	case parterre.Unauthenticated:
		body.Status = "failure" // as recorded (reference, section 1.2)
	default: // the message is for the caller
	}
	s.render(w, r, k.status, body)
}
