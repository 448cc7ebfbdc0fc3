// Package telemetry measures the service: metrics that Prometheus reads, and traces. It is told of requests and work as they
// happen, and asks everything else when somebody reads the metrics, so that what is not looked at costs next to nothing.
package telemetry

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/catalog"
)

// Telemetry measures one service. Its methods may be called concurrently.
type Telemetry struct {
	registry *prometheus.Registry
	sources  *sources

	requests     *prometheus.CounterVec   // by operation and status
	requestTime  *prometheus.HistogramVec // by operation
	ingestTime   prometheus.Histogram
	importTime   prometheus.Histogram
	evaluateTime map[string]prometheus.Observer // by type of audience
	jobTime      map[string]prometheus.Observer // by kind
	viewTime     prometheus.Observer
	updateTime   prometheus.Observer

	provider *sdk.TracerProvider // nil when nobody traces
	tracer   trace.Tracer        // likewise
}

// The bounds of the histograms, in seconds: of what takes a moment, and of what may take long.
var (
	moments = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	whiles  = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800}
)

// New makes the metrics of a service. Until Ask is called there are none of what is asked for.
func New() *Telemetry {
	histogram := func(name, help string, bounds []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: bounds}
	}
	t := &Telemetry{
		registry: prometheus.NewRegistry(), sources: &sources{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parterre_requests_total", Help: "Requests that were answered, by operation and status.",
		}, []string{"operation", "status"}),
		requestTime: prometheus.NewHistogramVec(histogram("parterre_request_duration_seconds",
			"From the head of a request to the end of its answer, by operation.", moments), []string{"operation"}),
		ingestTime: prometheus.NewHistogram(histogram("parterre_ingest_duration_seconds",
			"How long the events of one request took until they were durable.", moments)),
		importTime: prometheus.NewHistogram(histogram("parterre_import_duration_seconds",
			"How long a batch of persons took until it was durable.", moments)),
	}
	evaluations := prometheus.NewHistogramVec(histogram("parterre_evaluation_duration_seconds",
		"How long the rule of an audience took to be evaluated, by type.", whiles), []string{"type"})
	jobs := prometheus.NewHistogramVec(histogram("parterre_job_duration_seconds",
		"How long a job ran that was done, by kind.", whiles), []string{"kind"})
	transactions := prometheus.NewHistogramVec(histogram("parterre_catalog_transaction_duration_seconds",
		"How long a transaction of the catalogue took, by whether it could write.", moments), []string{"kind"})
	t.viewTime, t.updateTime = transactions.WithLabelValues("view"), transactions.WithLabelValues("update")
	t.jobTime = map[string]prometheus.Observer{}
	for _, kind := range catalog.JobKinds {
		t.jobTime[string(kind)] = jobs.WithLabelValues(string(kind))
	}
	t.evaluateTime = map[string]prometheus.Observer{}
	for _, kind := range []string{"VISITOR", "ENGAGEMENT", "ACTALIKE"} {
		t.evaluateTime[kind] = evaluations.WithLabelValues(kind)
	}
	t.registry.MustRegister(t.requests, t.requestTime, t.ingestTime, t.importTime, evaluations, jobs, transactions, t.sources,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return t
}

// Handler answers with the metrics, in the format of Prometheus.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Begin implements [audiences.Watch].
func (t *Telemetry) Begin(ctx context.Context, w audiences.Work) (context.Context, func(error)) {
	begun := time.Now()
	var span trace.Span
	if t.tracer != nil {
		ctx, span = t.span(ctx, nameOf(w), about(w)...)
	}
	return ctx, func(err error) {
		end(span, err)
		if o := t.observer(w); o != nil && err == nil { // what fails, or has to wait for something, says nothing about what it takes
			o.Observe(time.Since(begun).Seconds())
		}
	}
}

// nameOf is what the span of work is called.
func nameOf(w audiences.Work) string {
	if w.Kind == audiences.WorkJob {
		return "job " + w.Of
	}
	return string(w.Kind)
}

// about says in the span of work what it is about.
func about(w audiences.Work) []trace.SpanStartOption {
	var all []attribute.KeyValue
	add := func(key string, id parterre.ID) {
		if id != 0 {
			all = append(all, attribute.String(key, id.String()))
		}
	}
	add("parterre.ad_account_id", w.Account)
	add("parterre.subject_id", w.Subject)
	if w.Count > 0 {
		all = append(all, attribute.Int("parterre.count", w.Count))
	}
	if w.Kind == audiences.WorkEvaluate {
		all = append(all, attribute.String("parterre.audience_type", w.Of))
	}
	return []trace.SpanStartOption{trace.WithAttributes(all...)}
}

func (t *Telemetry) observer(w audiences.Work) prometheus.Observer {
	switch w.Kind {
	case audiences.WorkIngest:
		return t.ingestTime
	case audiences.WorkImport:
		return t.importTime
	case audiences.WorkEvaluate:
		return t.evaluateTime[w.Of]
	case audiences.WorkJob:
		return t.jobTime[w.Of]
	}
	return nil
}

var _ audiences.Watch = (*Telemetry)(nil)
