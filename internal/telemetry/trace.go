package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Traces says where spans are sent.
type Traces struct {
	URL     string // of the receiver, with its path
	Headers http.Header
	Service string // the name of this service
}

// TracesFrom reads the variables of the environment that OpenTelemetry has for it; nil when they ask for no traces. Those of
// the sampler and of the resource are read as well, when the traces begin.
func TracesFrom(getenv func(string) string) (*Traces, error) {
	to := &Traces{URL: getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), Headers: http.Header{}, Service: getenv("OTEL_SERVICE_NAME")}
	variable := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	if base := getenv("OTEL_EXPORTER_OTLP_ENDPOINT"); to.URL == "" && base != "" {
		variable, to.URL = "OTEL_EXPORTER_OTLP_ENDPOINT", strings.TrimRight(base, "/")+"/v1/traces"
	}
	if to.URL == "" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	if u, err := url.Parse(to.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%s must begin with http:// or https:// and a host", variable)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if p := getenv(name); p != "" && p != "http/protobuf" {
			return nil, fmt.Errorf("%s is %q: only http/protobuf is spoken", name, p)
		}
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		for pair := range strings.SplitSeq(getenv(name), ",") {
			key, value, found := strings.Cut(strings.TrimSpace(pair), "=")
			if value, err := url.PathUnescape(strings.TrimSpace(value)); found && err == nil {
				to.Headers.Set(strings.TrimSpace(key), value)
			}
		}
	}
	if to.Service == "" {
		to.Service = "parterre"
	}
	return to, nil
}

// Trace begins to send spans of requests and work. It is called before the first of them.
func (t *Telemetry) Trace(ctx context.Context, to *Traces) error {
	exporter, err := otlptrace.New(ctx, &sender{to: to, client: &http.Client{Timeout: 10 * time.Second}})
	if err != nil {
		return fmt.Errorf("begin to send traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", to.Service)), resource.WithFromEnv(),
		resource.WithTelemetrySDK(), resource.WithProcessPID(), resource.WithHost())
	if err != nil {
		return fmt.Errorf("describe this process for traces: %w", err)
	}
	t.provider = sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	t.tracer = t.provider.Tracer("github.com/parterre/parterre")
	return nil
}

// StopTraces sends what is left, for as long as the context lasts.
func (t *Telemetry) StopTraces(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// span begins a span, unless nobody traces: then it is nil.
func (t *Telemetry) span(ctx context.Context, name string, more ...trace.SpanStartOption) (context.Context, trace.Span) {
	if t.tracer == nil {
		return ctx, nil
	}
	return t.tracer.Start(ctx, name, more...)
}

// end ends a span, which may be nil.
func end(s trace.Span, err error) {
	if s == nil {
		return
	}
	if err != nil {
		s.SetStatus(codes.Error, err.Error())
	}
	s.End()
}

// incoming takes over the trace that a request belongs to (W3C Trace Context).
func incoming(r *http.Request) context.Context {
	return propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
}

// sender sends spans to a receiver of OTLP over HTTP. Spans that do not arrive are lost: the log of the SDK's own says so, and
// the service does not wait.
type sender struct {
	to     *Traces
	client *http.Client
}

// Start implements [otlptrace.Client].
func (s *sender) Start(context.Context) error { return nil }

// Stop implements [otlptrace.Client].
func (s *sender) Stop(context.Context) error { return nil }

// UploadTraces implements [otlptrace.Client]. A TracesData is on the wire what the request of the protocol is.
func (s *sender) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.to.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header = s.to.Headers.Clone()
	r.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the receiver of traces answers %s", resp.Status)
	}
	return nil
}
