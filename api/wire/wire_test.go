package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

const token1 = "pina_test"

// secret stands for what must never leave the process.
const secret = "password=hunter2"

// serve serves one route, to which the token gives access, and gives what is logged.
func serve(t *testing.T, routes ...wire.Route) (h http.Handler, log *bytes.Buffer) {
	t.Helper()
	c := catalog.New(memcatalog.New(), time.Now)
	tokens := oauth.New(c, time.Now)
	if err := tokens.Set(t.Context(), token1,
		oauth.Grant{App: "app", User: 1, Scopes: []parterre.Scope{"ads:read"}}); err != nil {
		t.Fatal(err)
	}
	log = new(bytes.Buffer)
	return wire.NewServer(tokens, onSeven{}, ratelimit.New(nil, time.Now), slog.New(slog.NewTextHandler(log, nil)), routes...), log
}

// onSeven lets everybody do everything on the ad account 7 and on the business 7 but send events, and nothing elsewhere.
type onSeven struct{}

func (onSeven) Authorise(_ context.Context, _ *parterre.Principal, id parterre.ID, do parterre.Right) error {
	if id != 7 || do == parterre.SendEvents {
		return parterre.Errorf(parterre.Forbidden, "not yours to %s", do)
	}
	return nil
}

func (o onSeven) AuthoriseBusiness(ctx context.Context, p *parterre.Principal, id parterre.ID, do parterre.Right) error {
	return o.Authorise(ctx, p, id, do)
}

// ask sends a request with the token.
func ask(h http.Handler, method, target string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, body)
	r.Header.Set("Authorization", "Bearer "+token1)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// route is one that does as the handler says.
func route(h func(*wire.Request) (any, error)) wire.Route {
	return wire.Route{Operation: "test", Method: http.MethodGet, Path: "/test", Scope: "ads:read", Handle: h}
}

// kinds are the HTTP status and the number in the body of each code, as the reference has them.
var kinds = map[string][2]int{
	"Internal":               {500, 12},
	"InvalidRequest":         {400, 1},
	"InvalidParameters":      {400, 400},
	"InvalidRecords":         {400, 2740},
	"NoValidRecords":         {400, 2741},
	"InvalidEvents":          {422, 953},
	"TooLarge":               {413, 413},
	"UnsupportedMediaType":   {415, 415},
	"Unauthenticated":        {401, 2},
	"MissingScope":           {401, 3},
	"Forbidden":              {403, 29},
	"AudienceForbidden":      {403, 403},
	"AdAccountNotFound":      {404, 2},
	"AudienceNotFound":       {404, 1000},
	"CustomerListNotFound":   {404, 1001},
	"UploadNotFound":         {404, 404},
	"ConversionTagNotFound":  {404, 404},
	"SharedAccountsNotFound": {404, 404},
	"NotFound":               {404, 404},
	"RouteNotFound":          {404, 404},
	"MethodNotAllowed":       {405, 5},
	"RateLimited":            {429, 8},
	"Unavailable":            {503, 503},
	"NoRoom":                 {503, 507},
}

// codes are the names of the codes in the source of the vocabulary, in the order of their values.
func codes(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		block, is := d.(*ast.GenDecl)
		if !is || block.Tok != token.CONST {
			continue
		}
		first, is := block.Specs[0].(*ast.ValueSpec)
		if kind, named := first.Type.(*ast.Ident); !is || !named || kind.Name != "Code" {
			continue
		}
		for _, spec := range block.Specs {
			names = append(names, spec.(*ast.ValueSpec).Names[0].Name)
		}
	}
	return names
}

func TestEveryCodeHasAKind(t *testing.T) {
	names := codes(t)
	if len(names) != len(kinds) {
		t.Errorf("there are %d codes, and this test knows %d", len(names), len(kinds))
	}
	for code, name := range names {
		t.Run(name, func(t *testing.T) {
			h, _ := serve(t, route(func(*wire.Request) (any, error) {
				return nil, fmt.Errorf("wrapped: %w",
					&parterre.Error{Code: parterre.Code(code), Public: "text", Err: errors.New(secret)})
			}))
			w := ask(h, http.MethodGet, "/test", http.NoBody)
			want, known := kinds[name]
			if !known {
				t.Fatalf("this test does not know the code")
			}
			var e struct {
				Code    int
				Message string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			if w.Code != want[0] || e.Code != want[1] {
				t.Errorf("the answer is %d with code %d, want %v", w.Code, e.Code, want)
			}
			message := "text"
			if name == "Internal" {
				message = "Something went wrong on our end. Sorry about that."
			}
			if e.Message != message {
				t.Errorf("the message is %q, want %q", e.Message, message)
			}
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("the cause reached the caller: %s", w.Body)
			}
		})
	}
}

func TestACauseNeverReachesACaller(t *testing.T) {
	cause := errors.New(secret)
	for name, err := range map[string]error{
		"an error that nobody classified": cause,
		"a wrapped one":                   fmt.Errorf("read %s: %w", secret, cause),
		"a fault of ours":                 parterre.Internalf(cause, "%s", secret),
		"a fault with a text":             &parterre.Error{Code: parterre.Internal, Public: secret, Err: cause},
		"a refusal with a cause":          &parterre.Error{Code: parterre.InvalidRequest, Public: "no", Err: cause},
		"several errors":                  errors.Join(cause, cause),
		"work that was called off":        fmt.Errorf("%s: %w", secret, context.Canceled),
		"work that took too long":         parterre.Internalf(context.DeadlineExceeded, "%s", secret),
	} {
		t.Run(name, func(t *testing.T) {
			h, log := serve(t, route(func(*wire.Request) (any, error) { return nil, err }))
			w := ask(h, http.MethodGet, "/test", http.NoBody)
			if strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("the cause reached the caller: %s", w.Body)
			}
			if w.Code == http.StatusInternalServerError && !strings.Contains(log.String(), "hunter2") {
				t.Errorf("the cause is not in the log: %s", log)
			}
		})
	}
	t.Run("work that was called off may be tried again", func(t *testing.T) {
		h, _ := serve(t, route(func(*wire.Request) (any, error) { return nil, parterre.Internalf(context.Canceled, "x") }))
		if w := ask(h, http.MethodGet, "/test", http.NoBody); w.Code != http.StatusServiceUnavailable {
			t.Errorf("the answer is %d: %s", w.Code, w.Body)
		}
	})
}

func TestAPanicIsAFaultOfOurs(t *testing.T) {
	const body = `{"code":12,"message":"Something went wrong on our end. Sorry about that."}`
	for name, fault := range map[string]any{"a text": secret, "an error": errors.New(secret), "a bug": nil} {
		t.Run(name, func(t *testing.T) {
			h, log := serve(t, route(func(*wire.Request) (any, error) {
				if fault == nil {
					return []int{}[len(name)*0], nil
				}
				panic(fault)
			}))
			w := ask(h, http.MethodGet, "/test", http.NoBody)
			if w.Code != http.StatusInternalServerError || w.Body.String() != body {
				t.Errorf("the answer is %d: %s", w.Code, w.Body)
			}
			if !strings.Contains(log.String(), "panicked") || !strings.Contains(log.String(), "wire_test.go") {
				t.Errorf("the log does not say where: %s", log)
			}
			if w := ask(h, http.MethodGet, "/none", http.NoBody); w.Code != http.StatusNotFound {
				t.Errorf("afterwards the answer is %d", w.Code)
			}
		})
	}
	t.Run("a handler that breaks the connection off does", func(t *testing.T) {
		h, _ := serve(t, route(func(*wire.Request) (any, error) { panic(http.ErrAbortHandler) }))
		defer func() {
			if fault := recover(); fault != http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
				t.Errorf("the panic is %v", fault)
			}
		}()
		ask(h, http.MethodGet, "/test", http.NoBody)
	})
}

func TestAnAnswerThatCannotBeRendered(t *testing.T) {
	h, log := serve(t, route(func(*wire.Request) (any, error) { return func() {}, nil }))
	w := ask(h, http.MethodGet, "/test", http.NoBody)
	const body = `{"code":12,"message":"Something went wrong on our end. Sorry about that."}`
	if w.Code != http.StatusInternalServerError || w.Body.String() != body {
		t.Errorf("the answer is %d: %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "could not be rendered") {
		t.Errorf("the log is %s", log)
	}
}

func TestAnswersAreCompactJSON(t *testing.T) {
	h, _ := serve(t, route(func(*wire.Request) (any, error) {
		return map[string]any{"text": "<a & b>", "raw": json.RawMessage(`{"x": [1, 2]}`)}, nil
	}))
	w := ask(h, http.MethodGet, "/test", http.NoBody)
	if got, want := w.Body.String(), `{"raw":{"x":[1,2]},"text":"<a & b>"}`; got != want {
		t.Errorf("the body is %s, want %s", got, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-cache,no-store,must-revalidate",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// The order in which a request is looked at: who it is, what they may, where, and what it says.
func TestTheOrderOfRefusals(t *testing.T) {
	called := false
	r := wire.Route{
		Operation: "test", Method: http.MethodPost, Path: "/a/{ad_account_id}", Scope: "ads:read", MaxBody: 10,
		Handle: func(r *wire.Request) (any, error) {
			called = true
			return fmt.Sprintf("%s %d %s", r.Principal.App, r.Account, r.Payload), nil
		},
	}
	scoped, sandboxed, sending := r, r, r
	sending.Path, sending.Right = "/sending/{ad_account_id}", parterre.SendEvents
	scoped.Path, scoped.Scope = "/scoped/{ad_account_id}", "ads:write"
	sandboxed.Path, sandboxed.Sandbox = "/sandbox/{ad_account_id}", true
	h, _ := serve(t, r, scoped, sandboxed, sending)
	for _, tt := range []struct {
		name, target, body string
		status, code       int
	}{
		{"no scope, and a query that is malformed", "/scoped/8?%zz", "01234567890", 401, 3},
		{"not for the sandbox alone, and a malformed query", "/sandbox/8?%zz", "01234567890", 403, 29},
		{"a query that is malformed, and an id that is none", "/a/x?%zz", "01234567890", 400, 1},
		{"an id that is none, and a body too large", "/a/x", "01234567890", 400, 1},
		{"the ad account of somebody else, and a body too large", "/a/8", "01234567890", 403, 29},
		{"the ad account without the right, and a body too large", "/sending/7", "01234567890", 403, 29},
		{"a body too large", "/a/7", "01234567890", 413, 413},
		{"a body that is not text", "/a/7", "\xff", 400, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(h, http.MethodPost, tt.target, strings.NewReader(tt.body))
			if code := fmt.Sprintf(`{"code":%d,`, tt.code); w.Code != tt.status || !strings.HasPrefix(w.Body.String(), code) {
				t.Errorf("the answer is %d: %s", w.Code, w.Body)
			}
		})
	}
	if called {
		t.Error("a handler was called")
	}
	t.Run("a handler gets what is right", func(t *testing.T) {
		if w := ask(h, http.MethodPost, "/a/7?x=%20",
			strings.NewReader("0123456789")); w.Body.String() != `"app 7 0123456789"` {
			t.Errorf("the answer is %d: %s", w.Code, w.Body)
		}
	})
	t.Run("a body that breaks off is no body", func(t *testing.T) {
		w := ask(h, http.MethodPost, "/a/7", io.MultiReader(strings.NewReader("012"), failing{}))
		if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("the answer is %d: %s", w.Code, w.Body)
		}
	})
}

// failing is a reader that fails.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New(secret) }
