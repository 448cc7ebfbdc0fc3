package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/sandbox"
)

// slow is a store whose disk takes as long as the test likes, and which may be behind.
type slow struct {
	driver.Driver
	on     atomic.Bool
	synced chan struct{} // closed when what was written may be durable
	behind atomic.Bool
}

func (s *slow) Apply(ctx context.Context, w *driver.Writes) (func() error, error) {
	durable, err := s.Driver.Apply(ctx, w)
	if err != nil || !s.on.Load() {
		return durable, err
	}
	return func() error {
		<-s.synced
		return durable()
	}, nil
}

func (s *slow) Busy() bool { return s.behind.Load() }

func over(s *slow) func(driver.Driver) driver.Driver {
	return func(d driver.Driver) driver.Driver {
		s.Driver = d
		return s
	}
}

// until waits for something that happens in a moment.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 2000 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("in vain waited until %s", what)
}

// reply is an answer of the service.
type reply struct {
	status, code int
	retry        string
	message      string
}

// ask sends a request with the token of the sandbox.
func ask(t *testing.T, s *server.Server, method, path, body string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return reply{}
	}
	defer resp.Body.Close()
	return read(t, resp)
}

func read(t *testing.T, resp *http.Response) reply {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	var e struct {
		Code    int
		Message string
	}
	_ = json.Unmarshal(text, &e) // an answer that is no error has neither
	return reply{resp.StatusCode, e.Code, resp.Header.Get("Retry-After"), e.Message}
}

const (
	eventsPath = "/v5/ad_accounts/549755885175/events"
	lookUpPath = "/parterre/v1/memberships?email=v1@example.com"
	listsPath  = "/v5/ad_accounts/549755885175/customer_lists"
)

func eventBody(t *testing.T, who string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"data": []client.Event{event(who)}})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// turnedAway demands a refusal that says when to come back.
func turnedAway(t *testing.T, what string, got reply, code int, words ...string) {
	t.Helper()
	if got.status != http.StatusServiceUnavailable || got.code != code || got.retry != "1" {
		t.Errorf("%s: the answer is %+v, want 503 with code %d and Retry-After", what, got, code)
	}
	for _, w := range words {
		if !strings.Contains(got.message, w) {
			t.Errorf("%s: the message does not say %q: %s", what, w, got.message)
		}
	}
}

// A slow disk slows answers and nothing else: events wait for it up to a bound and are turned away beyond it, and look-ups
// see what was written without waiting for anything.
func TestASlowDiskHoldsUpNoLookUp(t *testing.T) {
	store := &slow{synced: make(chan struct{})}
	s, c := build(t, server.Config{Admin: "127.0.0.1:0", Index: over(store)})
	store.on.Store(true)
	var wait sync.WaitGroup
	const most = 64
	var done [most]int
	for i := range most {
		wait.Go(func() {
			done[i] = ask(t, s, http.MethodPost, eventsPath, eventBody(t, fmt.Sprintf("v%d@example.com", i))).status
		})
	}
	until(t, "all events wait for the disk", func() bool {
		m := metrics(t, s)
		return m[`parterre_requests_in_flight{kind="events"}`] == most && m["parterre_index_persons"] == most
	})
	turnedAway(t, "one event more", ask(t, s, http.MethodPost, eventsPath, eventBody(t, "late@example.com")), 503, "again in a moment")
	for _, path := range []string{lookUpPath, "/v5/ad_accounts/549755885175/audiences", "/parterre/v1/stats", "/healthz"} {
		if got := ask(t, s, http.MethodGet, path, ""); got.status != http.StatusOK {
			t.Errorf("%s is answered %+v while the disk is slow", path, got)
		}
	}
	if m := metrics(t, s); m[`parterre_requests_refused_total{reason="events"}`] != 1 {
		t.Errorf("%v events were turned away, want 1", m[`parterre_requests_refused_total{reason="events"}`])
	}
	close(store.synced)
	wait.Wait()
	for i, status := range done {
		if status != http.StatusOK {
			t.Errorf("request %d is answered %d after the disk has caught up", i, status)
		}
	}
	if _, err := c.SendEvents(t.Context(), sandbox.AdAccount.String(), []client.Event{event("late@example.com")}, false); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestEventsAreTurnedAwayWhileTheStoreIsBehind(t *testing.T) {
	store := &slow{}
	s, _ := build(t, server.Config{Index: over(store)})
	store.behind.Store(true)
	until(t, "events are turned away", func() bool {
		return ask(t, s, http.MethodPost, eventsPath, eventBody(t, "a@example.com")).status == http.StatusServiceUnavailable
	})
	turnedAway(t, "an event", ask(t, s, http.MethodPost, eventsPath, eventBody(t, "a@example.com")), 503, "catch up")
	turnedAway(t, "a list", ask(t, s, http.MethodPost, listsPath, `{"name":"L","records":"a@example.com"}`), 503, "catch up")
	if got := ask(t, s, http.MethodPost, "/v5/ad_accounts/549755885175/conversion_tags", `{"name":"T"}`); got.status != http.StatusOK {
		t.Errorf("a small write is answered %+v", got)
	}
	if got := ask(t, s, http.MethodGet, lookUpPath, ""); got.status != http.StatusOK {
		t.Errorf("a look-up is answered %+v", got)
	}
	if status, text := fetch(t, s.URL+"/healthz"); status != http.StatusOK || !strings.Contains(text, "catch up") {
		t.Errorf("healthz answers %d %q", status, text)
	}
	store.behind.Store(false)
	until(t, "events are taken again", func() bool {
		return ask(t, s, http.MethodPost, eventsPath, eventBody(t, "a@example.com")).status == http.StatusOK
	})
}

// dial connects to the service.
func dial(t *testing.T, s *server.Server) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// announce sends the head of a request with a body of so many bytes, which does not come.
func announce(t *testing.T, s *server.Server, bytes int) net.Conn {
	t.Helper()
	conn := dial(t, s)
	_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n{", eventsPath, s.Token, bytes)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// answered reads the answer to what was sent on a connection.
func answered(t *testing.T, conn net.Conn) reply {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return read(t, resp)
}

func TestBodiesBeyondTheMemoryAreTurnedAway(t *testing.T) {
	s, _ := build(t, server.Config{Admin: "127.0.0.1:0", MemoryLimit: server.LeastMemory})
	first := announce(t, s, 3_000_000)
	until(t, "the first body is waited for", func() bool { return metrics(t, s)["parterre_request_body_bytes"] == 3_000_000 })
	turnedAway(t, "a second body", answered(t, announce(t, s, 3_000_000)), 503, "bytes")
	if got := ask(t, s, http.MethodPost, eventsPath, eventBody(t, "a@example.com")); got.status != http.StatusOK {
		t.Errorf("a small body is answered %+v", got)
	}
	if got := ask(t, s, http.MethodGet, lookUpPath, ""); got.status != http.StatusOK {
		t.Errorf("a look-up is answered %+v", got)
	}
	_ = first.Close()
	until(t, "the first body is given up", func() bool { return metrics(t, s)["parterre_request_body_bytes"] == 0 })
	alone := announce(t, s, 15_000_000) // more than may be held in all: it passes alone
	until(t, "the large body is waited for", func() bool { return metrics(t, s)["parterre_request_body_bytes"] == 15_000_000 })
	_ = alone.Close()
}

func TestConnectionsBeyondTheBoundAreAnsweredAtOnce(t *testing.T) {
	s, _ := build(t, server.Config{MemoryLimit: server.LeastMemory})
	const most = 256
	var open []net.Conn
	for range most {
		open = append(open, dial(t, s))
	}
	until(t, "there is one too many", func() bool { // a moment until the last ones are taken
		conn := dial(t, s)
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		line, err := bufio.NewReader(conn).ReadString('\n')
		return err == nil && strings.HasPrefix(line, "HTTP/1.1 503 ")
	})
	turnedAway(t, "one connection more", answered(t, dial(t, s)), 503, "connections")
	for _, conn := range open {
		_ = conn.Close()
	}
	until(t, "connections are taken again", func() bool {
		resp, err := http.Get(s.URL + "/healthz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// Who sends a body a byte at a time is cut off, however promptly each byte comes.
func TestABodyThatDripsIsNotWaitedFor(t *testing.T) {
	s, _ := build(t, server.Config{Patience: 100 * time.Millisecond})
	conn := announce(t, s, 1_000_000)
	var sent atomic.Int64
	go func() {
		for {
			if _, err := conn.Write([]byte(" ")); err != nil {
				return
			}
			sent.Add(1)
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if got := answered(t, conn); got.status != http.StatusBadRequest || !strings.Contains(got.message, "could not be read") {
		t.Errorf("after %d bytes the answer is %+v", sent.Load(), got)
	}
}

// The fixed answer to a connection too many is a whole one.
func TestTheAnswerToAConnectionTooManyIsWhole(t *testing.T) {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(server.Crowded)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if n := resp.Header.Get("Content-Length"); err != nil || strconv.Itoa(len(body)) != n {
		t.Errorf("of %s bytes %d came: %v", n, len(body), err)
	}
	if !json.Valid(body) {
		t.Errorf("%s is not JSON", body)
	}
}

func TestThereAreOnlySoManyUploadsWithParts(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s, c := build(t, server.Config{Data: data})
	account := sandbox.AdAccount.String()
	l, err := c.CreateCustomerList(t.Context(), account, client.CustomerListCreate{Name: "L", Records: []string{"x@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	begin := func() (url string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+listsPath+"/"+l.ID+"/uploads",
			strings.NewReader(`{"operation":"ADD","total_parts":2}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.Token)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var made struct {
			Data struct {
				Parts []struct {
					URL string `json:"presigned_url"`
				} `json:"file_parts"`
			} `json:"s3_multipart_upload_data"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || len(made.Data.Parts) != 2 {
			t.Fatalf("the upload is answered %d: %v", resp.StatusCode, err)
		}
		return strings.TrimPrefix(made.Data.Parts[0].URL, s.URL)
	}
	first, second := begin(), begin()
	if got := ask(t, s, http.MethodPut, first, "a@example.com\n"); got.status != http.StatusOK {
		t.Fatalf("a part is answered %+v", got)
	}
	for i := range 999 { // as if others had begun
		if err := os.Mkdir(filepath.Join(data, "uploads", strconv.Itoa(1+i)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	turnedAway(t, "a part of one more", ask(t, s, http.MethodPut, second, "a@example.com\n"), 503, "1000 uploads")
	if got := ask(t, s, http.MethodPut, first, "b@example.com\n"); got.status != http.StatusOK {
		t.Errorf("a part of one that has a place is answered %+v", got)
	}
}
