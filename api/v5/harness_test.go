package v5_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/ratelimit"
	"github.com/parterre/parterre/sandbox"
)

// Every test here speaks raw HTTP with the real service, and everything that it hears is held against the contract.

// account is the ad account of the sandbox; inAccount begins the paths of what belongs to it.
const (
	account   = "549755885175"
	inAccount = "/v5/ad_accounts/" + account
)

// noon is the moment at which the clock of a service stands when it starts, in seconds since 1970.
const noon = 1_780_000_000

// clock is a clock that stands until the test moves it.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.seconds.Load(), 0) }

// service is the service under test.
type service struct {
	*server.Server
	clock  *clock
	store  *store
	data   string
	shown  sandbox.Credentials // with which it is opened; what is empty is made
	limits *ratelimit.Limits

	version string // that is asked for, empty for none
}

// start starts a service that keeps nothing; it ends with the test.
func start(t testing.TB) *service { return startIn(t, server.Memory) }

// startIn starts a service over a data folder.
func startIn(t testing.TB, data string) *service { return startLimited(t, data, nil) }

// startLimited starts a service that counts requests.
func startLimited(t testing.TB, data string, limits *ratelimit.Limits) *service {
	t.Helper()
	return startWith(t, &service{data: data, limits: limits})
}

// startAs starts a service over a data folder that speaks a version of the API.
func startAs(t testing.TB, data, version string) *service {
	t.Helper()
	return startWith(t, &service{data: data, version: version})
}

// startWith starts a service that is described.
func startWith(t testing.TB, s *service) *service {
	t.Helper()
	s.clock = &clock{}
	s.clock.seconds.Store(noon)
	s.open(t)
	t.Cleanup(func() {
		s.store.release()
		s.stop(t)
	})
	return s
}

func (s *service) open(t testing.TB) {
	t.Helper()
	s.store = &store{}
	var err error
	s.Server, err = server.Build(t.Context(), server.Config{
		Addr: "127.0.0.1:0", Data: s.data, Sandbox: s.shown, Now: s.clock.now, Grace: time.Second, RateLimits: s.limits,
		Index:      s.store.around,
		APIVersion: s.version,
	})
	if err != nil {
		t.Fatalf("start the service: %v", err)
	}
}

// contract is what everything that the service says is held against.
func (s *service) contract(t testing.TB) *contract {
	t.Helper()
	if s.version == "5.14" {
		return contractOf(t, s.version)
	}
	return theContract(t)
}

// stop stops the service. Evaluations that are held up are called off; no list may be.
func (s *service) stop(t testing.TB) {
	t.Helper()
	if err := s.Close(context.Background()); err != nil {
		t.Errorf("stop the service: %v", err)
	}
}

// reopen stops the service and starts it again over the same folder.
func (s *service) reopen(t testing.TB) {
	t.Helper()
	s.stop(t)
	s.open(t)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// rawJSON is a part of a body as it stands.
type rawJSON = json.RawMessage

// as reads the body of an answer.
func as[T any](t testing.TB, a answer) (v T) {
	t.Helper()
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("the answer cannot be read: %v\n%s", err, a.body)
	}
	return v
}

// client sends requests and never follows a redirect.
var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// send sends a request with a token and holds the answer against the contract. Without a token the header is left out.
func (s *service) send(t testing.TB, token, method, target string, body io.Reader) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+target, body)
	if err != nil {
		t.Fatalf("make a request: %v", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return s.exchange(t, r)
}

// exchange sends a request as it is.
func (s *service) exchange(t testing.TB, r *http.Request) answer {
	t.Helper()
	res, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: read the answer: %v", r.Method, r.URL, err)
	}
	a := answer{res.StatusCode, res.Header, body}
	if r.URL.Path == "/healthz" || r.Method == http.MethodHead {
		return a
	}
	target := strings.TrimPrefix(r.URL.String(), s.URL)
	if err := s.contract(t).checkAnswer(r.Method, target, a); err != nil {
		t.Errorf("the answer to %s %.200s is not the contract's: %v\n%.2000s", r.Method, target, err, body)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" && len(body) > 0 {
		t.Errorf("the answer to %s %.200s is of type %q", r.Method, target, got)
	}
	return a
}

// call sends a request that is meant to succeed, so the contract must allow it too.
func (s *service) call(t testing.TB, method, target, body string) answer {
	t.Helper()
	if err := s.contract(t).checkRequest(method, target, []byte(body)); err != nil {
		t.Errorf("the request %s %s is not the contract's: %v\n%s", method, target, err, body)
	}
	return s.callBeyond(t, method, target, body)
}

// callBeyond sends a request that is meant to succeed although the contract knows nothing of it, or knows it otherwise.
func (s *service) callBeyond(t testing.TB, method, target, body string) answer {
	t.Helper()
	a := s.send(t, s.Token, method, target, strings.NewReader(body))
	if a.status != http.StatusOK {
		t.Fatalf("%s %s: status %d: %s\nsent: %.500s", method, target, a.status, a.body, body)
	}
	return a
}

// refusal is the body of an error.
type refusal struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Status  string          `json:"status"`
	Details json.RawMessage `json:"details"`
}

// refused demands that an answer is an error of the status and the code, whose message says all of the words.
func refused(t testing.TB, a answer, status, code int, words ...string) refusal {
	t.Helper()
	e := as[refusal](t, a)
	if a.status != status || e.Code != code {
		t.Errorf("the answer is %d with code %d, want %d with code %d: %.500s", a.status, e.Code, status, code, a.body)
	}
	for _, word := range words {
		if !strings.Contains(e.Message, word) {
			t.Errorf("the message does not say %q: %s", word, e.Message)
		}
	}
	return e
}

// refuse sends a request that must be refused.
func (s *service) refuse(t testing.TB, method, target, body string, status, code int, words ...string) {
	t.Helper()
	refused(t, s.send(t, s.Token, method, target, strings.NewReader(body)), status, code, words...)
}

// eventually waits until something in the background has happened.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen within two minutes: %s", what)
		}
	}
}

// settle waits until the service owes itself nothing more.
func (s *service) settle(t testing.TB) {
	t.Helper()
	eventually(t, "all jobs are done", func() bool { return len(s.jobs(t)) == 0 })
}

func (s *service) jobs(t testing.TB) (jobs []catalog.Job) {
	t.Helper()
	err := s.Catalog.View(t.Context(), func(tx *catalog.Tx) (err error) {
		jobs, _, err = tx.Jobs(catalog.Page{Limit: 250})
		return err
	})
	if err != nil {
		t.Fatalf("read the jobs: %v", err)
	}
	return jobs
}

// compact is JSON without white space, for a comparison.
func compact(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(s)); err != nil {
		t.Fatalf("not JSON: %v: %s", err, s)
	}
	return b.String()
}

func TestTheAccountIsTheSandbox(t *testing.T) {
	if account != sandbox.AdAccount.String() {
		t.Errorf("the tests use ad account %s, the sandbox has %s", account, sandbox.AdAccount)
	}
}
