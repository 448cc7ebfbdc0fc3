package server_test

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/internal/telemetry"
)

// receiver takes spans as an OpenTelemetry collector does.
type receiver struct {
	sync.Mutex
	services map[string]bool
	spans    []*tracepb.Span
	token    string
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var data tracepb.TracesData
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || proto.Unmarshal(body, &data) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.Lock()
	defer c.Unlock()
	c.token = r.Header.Get("Api-Key")
	for _, rs := range data.GetResourceSpans() {
		for _, a := range rs.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				c.services[a.GetValue().GetStringValue()] = true
			}
		}
		for _, ss := range rs.GetScopeSpans() {
			c.spans = append(c.spans, ss.GetSpans()...)
		}
	}
}

// named finds the first span with a name, and below another one unless that is nil.
func (c *receiver) named(name string, below *tracepb.Span) *tracepb.Span {
	for _, s := range c.spans {
		if s.GetName() == name && (below == nil || string(s.GetParentSpanId()) == string(below.GetSpanId())) {
			return s
		}
	}
	return nil
}

// attribute is what a span says of itself, as a text.
func attribute(s *tracepb.Span, key string) string {
	for _, a := range s.GetAttributes() {
		if a.GetKey() == key {
			return strings.Trim(a.GetValue().String()[strings.Index(a.GetValue().String(), ":")+1:], `"`)
		}
	}
	return ""
}

func TestSpansTellTheWayOfARequest(t *testing.T) {
	c := &receiver{services: map[string]bool{}}
	collector := httptest.NewServer(c)
	t.Cleanup(collector.Close)
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL + "/", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20key", "OTEL_SERVICE_NAME": "shop",
	}
	to, err := telemetry.TracesFrom(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Build(t.Context(), server.Config{Addr: "127.0.0.1:0", Data: server.Memory, Grace: time.Second, Traces: to})
	if err != nil {
		t.Fatal(err)
	}
	cl, err := client.New(s.URL, s.Token, nil)
	if err != nil {
		t.Fatal(err)
	}
	busyLife(t, s, cl)
	const caller = "0af7651916cd43dd8448eb211c80319c"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v5/ad_accounts/549755885175/audiences", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Token)
	r.Header.Set("Traceparent", "00-"+caller+"-b7ad6b7169203331-01")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if err := s.Close(context.Background()); err != nil { // which sends what is left
		t.Fatal(err)
	}

	c.Lock()
	defer c.Unlock()
	if !c.services["shop"] || c.token != "a key" {
		t.Errorf("the spans are of %v, with the key %q", c.services, c.token)
	}
	sent := c.named("events/create", nil)
	ingested := c.named("ingest", sent)
	job := c.named("job materialise", nil)
	listed := c.named("audiences/list", nil)
	for name, span := range map[string]*tracepb.Span{
		"of the events": sent, "of taking them in, below it": ingested, "of the job": job, "of the evaluation, below it": c.named("evaluate", job),
		"of a transaction, below the job": c.named("catalogue update", job), "of the list": listed, "of a look-up": c.named("memberships/get", nil),
	} {
		if span == nil {
			t.Errorf("there is no span %s", name)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	for _, want := range []struct {
		span       *tracepb.Span
		key, value string
	}{
		{sent, "parterre.ad_account_id", "549755885175"},
		{sent, "parterre.operation", "events/create"},
		{sent, "http.response.status_code", "200"},
		{sent, "http.route", "/v5/ad_accounts/{ad_account_id}/events"},
		{ingested, "parterre.count", "7"},
		{ingested, "parterre.ad_account_id", "549755885175"},
	} {
		if got := attribute(want.span, want.key); got != want.value {
			t.Errorf("%s of %s is %q, want %q", want.key, want.span.GetName(), got, want.value)
		}
	}
	if got := hex.EncodeToString(listed.GetTraceId()); got != caller {
		t.Errorf("the trace is %s, want the caller's %s", got, caller)
	}
}

func TestTracesComeFromTheEnvironment(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		url  string // none when empty
		err  string
	}{
		{"nothing", nil, "", ""},
		{"a base", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces", ""},
		{"traces alone", map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://d/x",
		}, "https://d/x", ""},
		{"switched off", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, "", ""},
		{"no address", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "c:4318"}, "", "OTEL_EXPORTER_OTLP_ENDPOINT"},
		{"another protocol", map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
		}, "", "http/protobuf"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to, err := telemetry.TracesFrom(func(name string) string { return tt.env[name] })
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("the error is %v, want one with %q", err, tt.err)
				}
			case err != nil, (to == nil) != (tt.url == ""), to != nil && to.URL != tt.url:
				t.Errorf("spans go to %+v, %v; want %q", to, err, tt.url)
			}
		})
	}
}
