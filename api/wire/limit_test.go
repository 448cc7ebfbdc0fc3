package wire_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/catalog/memcatalog"
	"github.com/parterre/parterre/oauth"
	"github.com/parterre/parterre/ratelimit"
)

// limited serves a route that may be asked twice in ten seconds, at a moment that the test moves.
func limited(t *testing.T, now *time.Time, routes ...wire.Route) http.Handler {
	t.Helper()
	clock := func() time.Time { return *now }
	tokens := oauth.New(catalog.New(memcatalog.New(), clock), clock)
	for token, g := range map[string]oauth.Grant{
		token1:  {App: "app", AppID: 1, User: 1, Scopes: []parterre.Scope{"ads:read"}},
		"other": {App: "app", AppID: 1, User: 2, Scopes: []parterre.Scope{"ads:read"}},
		"conv":  {App: "app", AppID: 1, User: 1, Kind: parterre.ConversionToken},
	} {
		if err := tokens.Set(t.Context(), token, g); err != nil {
			t.Fatal(err)
		}
	}
	limits, err := ratelimit.Parse("standard", "ads_read=2/10s")
	if err != nil {
		t.Fatal(err)
	}
	anyAccount := func(*http.Request) ratelimit.Category { return ratelimit.AdsRead }
	for i := range routes {
		routes[i].CountAs = anyAccount
	}
	return wire.NewServer(tokens, nil, ratelimit.New(limits, clock), slog.New(slog.DiscardHandler), routes...)
}

func askAs(h http.Handler, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/test", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestARateLimitIsToldAndHeld(t *testing.T) {
	now := time.Unix(1_780_000_003, 0)
	h := limited(t, &now, route(func(*wire.Request) (any, error) { return "fine", nil }))
	const policies = `, 100;w=1;name="safety_net_app_id_user_id", 2;w=10;name="ads_read_app_id_user_id"`
	expect := func(w *httptest.ResponseRecorder, status int, limit, remaining, reset string) {
		t.Helper()
		got := []string{w.Header().Get("x-ratelimit-limit"), w.Header().Get("x-ratelimit-remaining"), w.Header().Get("x-ratelimit-reset")}
		want := []string{limit, remaining, reset}
		if limit != "" {
			want[0] += policies
		}
		if w.Code != status || strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("the answer is %d with %q, want %d with %q", w.Code, got, status, want)
		}
	}
	expect(askAs(h, token1), 200, "2", "1", "7")
	expect(askAs(h, "nobody"), 401, "", "", "")
	expect(askAs(h, token1), 200, "2", "0", "7")
	w := askAs(h, token1)
	expect(w, 429, "2", "0", "7")
	if want := `{"code":8,"message":"This request exceeded a rate limit. This can happen if the client exceeds one\nof the published ` +
		`rate limits within a short time window."}`; w.Body.String() != want {
		t.Errorf("the body is %s", w.Body)
	}
	if w.Header().Get("Retry-After") != "" {
		t.Error("there is a Retry-After")
	}
	expect(askAs(h, "other"), 200, "2", "1", "7")
	now = now.Add(7 * time.Second)
	expect(askAs(h, token1), 200, "2", "1", "10")
}

func TestWhatIsRefusedCountsToo(t *testing.T) {
	now := time.Unix(1_780_000_000, 0)
	r := route(func(*wire.Request) (any, error) { return "fine", nil })
	r.Scope = "ads:write"
	h := limited(t, &now, r)
	for _, want := range []int{401, 401, 429} {
		if w := askAs(h, token1); w.Code != want {
			t.Errorf("the answer is %d, want %d", w.Code, want)
		}
	}
}

func TestAConversionTokenIsNotCounted(t *testing.T) {
	now := time.Unix(1_780_000_000, 0)
	r := route(func(*wire.Request) (any, error) { return "fine", nil })
	r.Also = parterre.ConversionToken
	h := limited(t, &now, r)
	for range 3 {
		if w := askAs(h, "conv"); w.Code != http.StatusOK || w.Header().Get("x-ratelimit-limit") != "" {
			t.Errorf("the answer is %d with %v", w.Code, w.Header())
		}
	}
}

func TestEveryAnswerHasItsNames(t *testing.T) {
	h, _ := serve(t, route(func(*wire.Request) (any, error) { return "fine", nil }))
	seen := map[string]bool{}
	for _, target := range []string{"/test", "/test", "/nothing", "//"} {
		w := ask(h, http.MethodGet, target, http.NoBody)
		short, long := w.Header().Get("x-pinterest-rid"), w.Header().Get("x-pinterest-rid-128bit")
		if !regexp.MustCompile(`^\d{16}$`).MatchString(short) || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(long) || seen[short] {
			t.Errorf("%s: the names are %q and %q", target, short, long)
		}
		seen[short] = true
	}
}

// Who reports a fault names the request by its answer, and the log knows it by that.
func TestAFaultIsFoundByTheNameOfItsRequest(t *testing.T) {
	for name, h := range map[string]func(*wire.Request) (any, error){
		"an error": func(*wire.Request) (any, error) { return nil, errors.New("broken") },
		"a panic":  func(*wire.Request) (any, error) { panic("broken") },
	} {
		t.Run(name, func(t *testing.T) {
			h, log := serve(t, route(h))
			rid := ask(h, http.MethodGet, "/test", http.NoBody).Header().Get("x-pinterest-rid")
			for line := range strings.Lines(log.String()) {
				if !strings.Contains(line, "rid="+rid) {
					t.Errorf("%s is not in the line %s", rid, line)
				}
			}
			if log.Len() == 0 {
				t.Error("nothing is logged")
			}
		})
	}
}

func TestABodyIsJSON(t *testing.T) {
	r := route(func(r *wire.Request) (any, error) { return string(r.Payload), nil })
	r.Method, r.MaxBody = http.MethodPost, 10
	h, _ := serve(t, r)
	for _, tt := range []struct {
		kind, encoding string
		status         int
		word           string
	}{
		{"application/json", "", 200, ""},
		{"application/json; charset=utf-8", "", 200, ""},
		{"application/vnd.api+json", "identity", 200, ""},
		{"", "", 200, ""},
		{"application/x-www-form-urlencoded", "", 415, "Content-Type: application/json"},
		{"application/json; charset", "", 200, ""},
		{"text/plain", "", 415, "text/plain"},
		{"nonsense;;", "", 415, "nonsense"},
		{"application/json", "gzip", 415, "gzip"},
		{"application/json", "identity, gzip", 415, "gzip"},
	} {
		t.Run(tt.kind+" "+tt.encoding, func(t *testing.T) {
			req := httptest.NewRequest(http.MethodPost, "/test", strings.NewReader("{}"))
			req.Header.Set("Authorization", "Bearer "+token1)
			if tt.kind != "" {
				req.Header.Set("Content-Type", tt.kind)
			}
			if tt.encoding != "" {
				req.Header.Set("Content-Encoding", tt.encoding)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.word) {
				t.Errorf("the answer is %d: %s", w.Code, w.Body)
			}
		})
	}
}
