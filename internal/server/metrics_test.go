package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/sandbox"
)

// build starts a service that ends with the test.
func build(t *testing.T, c server.Config) (*server.Server, *client.Client) {
	t.Helper()
	c.Addr, c.Grace = "127.0.0.1:0", time.Second
	if c.Data == "" {
		c.Data = server.Memory
	}
	s, err := server.Build(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	cl, err := client.New(s.URL, s.Token, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, cl
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// metrics are the samples that a service exposes, by name and labels as they are written.
func metrics(t *testing.T, s *server.Server) map[string]float64 {
	t.Helper()
	status, text := fetch(t, s.AdminURL+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("/metrics answers %d: %s", status, text)
	}
	all := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, found := cutLast(strings.TrimSpace(line), " ")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("%q is not a sample: %v", line, err)
		}
		all[name] = v
	}
	return all
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// event is one of a visitor, of now.
func event(who string) client.Event {
	return client.Event{
		EventName: "page_visit", ActionSource: "web", EventTime: time.Now().Unix(), EventID: who,
		EventSourceURL: "https://shop.example/" + who, UserData: client.UserData{Emails: []string{client.HashEmail(who)}},
	}
}

// busyLife has something of everything happen.
func busyLife(t *testing.T, s *server.Server, c *client.Client) {
	t.Helper()
	ctx, account := t.Context(), sandbox.AdAccount.String()
	if _, err := c.ImportPeople(ctx, strings.NewReader(`{"external_id":"u1"}`+"\n"+`{"external_id":"u2"}`)); err != nil {
		t.Fatal(err)
	}
	tag, err := c.CreateConversionTag(ctx, account, client.ConversionTagCreate{Name: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	var events []client.Event
	for i := range 7 {
		events = append(events, event(fmt.Sprintf("v%d@example.com", i%5)))
	}
	if _, err := c.SendEvents(ctx, account, events, false); err != nil {
		t.Fatal(err)
	}
	a, err := c.CreateAudience(ctx, account, client.AudienceCreate{
		AudienceType: client.TypeVisitor, Name: "Visitors",
		Rule: map[string]any{"visitor_source_id": tag.ID, "retention_days": 30},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WaitForAudience(ctx, account, a.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Memberships(ctx, client.Identifier{Email: "v1@example.com"}); err != nil {
			t.Fatal(err)
		}
	}
	if status, _ := fetch(t, s.URL+"/v5/nothing/at/all"); status != http.StatusNotFound {
		t.Fatalf("a path that names nothing answers %d", status)
	}
}

func TestMetricsCountWhatHappens(t *testing.T) {
	s, c := build(t, server.Config{Admin: "127.0.0.1:0"})
	busyLife(t, s, c)
	want := map[string]float64{
		`parterre_requests_total{operation="events/create",status="200"}`:      1,
		`parterre_requests_total{operation="memberships/get",status="200"}`:    2,
		`parterre_requests_total{operation="none",status="404"}`:               1,
		`parterre_request_duration_seconds_count{operation="memberships/get"}`: 2,
		`parterre_events_ingested_total`:                                       7,
		`parterre_persons_imported_total`:                                      2,
		`parterre_ingest_duration_seconds_count`:                               1,
		`parterre_evaluation_duration_seconds_count{type="VISITOR"}`:           1,
		`parterre_job_ends_total{kind="materialise",outcome="done"}`:           1,
		`parterre_job_duration_seconds_count{kind="materialise"}`:              1,
		`parterre_jobs{kind="materialise",state="waiting"}`:                    0,
		`parterre_oldest_job_age_seconds`:                                      0,
		`parterre_index_persons`:                                               7,
		`parterre_index_pages`:                                                 5,
		`parterre_index_standing_audiences`:                                    1,
		`parterre_index_cache_lookups_total{cache="holdings",result="miss"}`:   1,
	}
	got := metrics(t, s)
	for range 200 { // an audience is READY a moment before its job is done
		if got[`parterre_job_ends_total{kind="materialise",outcome="done"}`] == 1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
		got = metrics(t, s)
	}
	for name, want := range want {
		if v, there := got[name]; !there || v != want {
			t.Errorf("%s is %v (%v), want %v", name, v, there, want)
		}
	}
	for _, name := range []string{
		"parterre_index_disk_bytes", "parterre_index_sync_duration_seconds_count", "parterre_index_pending_bytes", "go_goroutines",
		`parterre_catalog_transaction_duration_seconds_count{kind="update"}`,
	} {
		if got[name] <= 0 {
			t.Errorf("%s is %v, want more than 0", name, got[name])
		}
	}
	for name := range got {
		if strings.Contains(name, "nothing") || strings.Contains(name, "example.com") {
			t.Errorf("%s: a label holds what a caller sent", name)
		}
	}
}

// named finds the names of metrics in a text.
var named = regexp.MustCompile("(?m)^\\| `(parterre_\\w+)`")

func TestEveryMetricIsDescribed(t *testing.T) {
	page, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range named.FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, m[1])
	}
	s, c := build(t, server.Config{Admin: "127.0.0.1:0"})
	busyLife(t, s, c)
	_, text := fetch(t, s.AdminURL+"/metrics")
	var exposed []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (parterre_\w+) `).FindAllStringSubmatch(text, -1) {
		exposed = append(exposed, m[1])
	}
	for _, name := range exposed {
		if !slices.Contains(documented, name) {
			t.Errorf("docs/operate.md has no row for %s", name)
		}
	}
	for _, name := range documented {
		if !slices.Contains(exposed, name) {
			t.Errorf("docs/operate.md has a row for %s, which is not exposed", name)
		}
	}
	if len(exposed) == 0 {
		t.Error("nothing is exposed: the test does not test")
	}
}

func TestTheAdminAddress(t *testing.T) {
	s, _ := build(t, server.Config{Admin: "127.0.0.1:0"})
	for path, want := range map[string]int{"/metrics": 200, "/healthz": 200, "/debug/pprof/": 200, "/v5/ad_accounts": 404} {
		if status, _ := fetch(t, s.AdminURL+path); status != want {
			t.Errorf("%s answers %d, want %d", path, status, want)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		if status, _ := fetch(t, s.URL+path); status != http.StatusNotFound {
			t.Errorf("%s is at the address of the service: %d", path, status)
		}
	}
	without, _ := build(t, server.Config{})
	if without.AdminURL != "" {
		t.Errorf("metrics are served at %s although nobody asked", without.AdminURL)
	}
}
