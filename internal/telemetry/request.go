package telemetry

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/parterre/parterre/api/wire"
)

// statuses are those that answers have; another one is counted as well, but costs a look-up.
var statuses = []int{200, 400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 503}

// operation counts the requests of one operation.
type operation struct {
	name string
	took prometheus.Observer
	by   []atomic.Pointer[prometheus.Counter] // by the place of the status in statuses; nil until it is answered
}

// noOperation is that of a path or a method that names nothing.
const noOperation = "none"

// Requests measures the requests that pass to the next handler. An operation is known by the route whose pattern the request
// took: never by its path, of which a stranger can make as many as they like.
func (t *Telemetry) Requests(routes []wire.Route, next http.Handler) http.Handler {
	known := map[string]map[string]*operation{}
	operationOf := func(name string) *operation {
		return &operation{
			name: name, took: t.requestTime.WithLabelValues(name), by: make([]atomic.Pointer[prometheus.Counter], len(statuses)),
		}
	}
	for _, r := range routes {
		if known[r.Path] == nil {
			known[r.Path] = map[string]*operation{}
		}
		o := operationOf(r.Operation)
		known[r.Path][r.Method] = o
		if r.Method == http.MethodGet {
			known[r.Path][http.MethodHead] = o
		}
	}
	none := operationOf(noOperation)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &answer{ResponseWriter: w}
		var span trace.Span
		if t.tracer != nil {
			var ctx context.Context
			ctx, span = t.span(incoming(r), r.Method, trace.WithSpanKind(trace.SpanKindServer))
			r = r.WithContext(ctx) //nolint:contextcheck // the request brings its own
		}
		defer func() {
			pattern := r.Pattern
			if pattern == "" { // it did not come through a mux
				pattern = r.URL.Path
			}
			o := known[pattern][r.Method]
			if o == nil {
				o = none
			}
			o.took.Observe(time.Since(begun).Seconds())
			t.count(o, seen.code())
			if span != nil {
				tell(span, o.name, r, seen.code())
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// tell says in the span of a request what came of it, and ends it.
func tell(span trace.Span, operation string, r *http.Request, status int) {
	span.SetName(operation)
	span.SetAttributes(attribute.String("parterre.operation", operation), attribute.String("http.request.method", r.Method),
		attribute.String("http.route", r.Pattern), attribute.Int("http.response.status_code", status))
	if account := r.PathValue("ad_account_id"); account != "" {
		span.SetAttributes(attribute.String("parterre.ad_account_id", account))
	}
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
	span.End()
}

// count counts a request.
func (t *Telemetry) count(o *operation, status int) {
	i := slices.Index(statuses, status)
	if i < 0 {
		t.requests.WithLabelValues(o.name, strconv.Itoa(status)).Inc()
		return
	}
	c := o.by[i].Load()
	if c == nil {
		made := t.requests.WithLabelValues(o.name, strconv.Itoa(status)) // the same, whoever is quicker
		c = &made
		o.by[i].Store(c)
	}
	(*c).Inc()
}

// answer remembers the status.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// Unwrap lets a [http.ResponseController] find the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
