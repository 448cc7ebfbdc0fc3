// Package wire is what Parterre's APIs share on the wire: routes as data, the way from a request to a principal and to an
// answer, one catalogue of errors and one renderer. Handlers get a [Request] and return a value or an error; they never
// see the ResponseWriter.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/oauth"
	"github.com/parterre/parterre/ratelimit"
)

// The path parameters that name an ad account and a business. A route that has one is only reached by a principal with the
// route's right there.
const (
	accountParameter  = "ad_account_id"
	businessParameter = "business_id"
)

// Access says what a principal may do where.
type Access interface {
	// Authorise fails with [parterre.Forbidden] when the principal has not the right on the ad account.
	Authorise(ctx context.Context, p *parterre.Principal, account parterre.ID, do parterre.Right) error

	// AuthoriseBusiness fails with [parterre.Forbidden] when the principal has not the right on the business.
	AuthoriseBusiness(ctx context.Context, p *parterre.Principal, business parterre.ID, do parterre.Right) error
}

// Route is one operation.
type Route struct {
	Operation string                                 // its name: the operationId of the contract, where it has one
	Method    string                                 // GET, POST, …
	Path      string                                 // with parameters in braces, as the contract writes it
	Scope     parterre.Scope                         // what the token must have been granted
	Category  ratelimit.Category                     // what a request counts as
	Also      parterre.TokenKind                     // a kind of token that is taken beside a user's; UserToken when no other is
	Right     parterre.Right                         // on the ad account or business of the path; when empty, to read for GET and to write for others
	WrongID   string                                 // what the operation says to a malformed ad account id, as InvalidParameters; empty for the usual
	Basic     bool                                   // for apps, which show their own credentials and send a form
	Open      bool                                   // for everybody: the address itself is the permission, and the handler checks it
	Sandbox   bool                                   // only for tokens of the sandbox
	MaxBody   int64                                  // how large the body may be, in bytes; 0 when the handler does not want it read
	CountAs   func(*http.Request) ratelimit.Category // tells requests of the route apart; nil when all count as Category
	Handle    func(*Request) (any, error)

	// Admit lets a request in, before its body is read, or says why not: there are too many, or no means for it. Done is called
	// when it was handled. Everything is let in when it is nil.
	Admit func(*http.Request) (done func(), err error)
}

// takes says whether the principal's token opens the route. A conversion token has no scopes: what it opens takes its kind.
func (r *Route) takes(p *parterre.Principal) bool {
	switch p.Kind {
	case parterre.UserToken:
		return p.Has(r.Scope)
	case parterre.ConversionToken:
		return r.Also == p.Kind
	default:
		return r.Also == p.Kind && p.Has(r.Scope)
	}
}

// right is what the principal needs on the ad account or the business of the path.
func (r *Route) right() parterre.Right {
	switch {
	case r.Right != "":
		return r.Right
	case r.Method == http.MethodGet:
		return parterre.Read
	default:
		return parterre.Write
	}
}

// Request is a request on its way to a handler. It is valid while the handler runs.
type Request struct {
	*http.Request
	Principal *parterre.Principal // nil when the route is open
	Account   parterre.ID         // of the path, when the route has one; the principal has the route's right there
	Business  parterre.ID         // likewise
	App       catalog.App         // who asks, when the route is for apps
	Payload   []byte              // the body, when the route wants it read
}

// ID reads a path parameter that is an id.
func (r *Request) ID(name string) (parterre.ID, error) {
	return parterre.ParseID(name, r.PathValue(name))
}

// Server answers requests for routes. It may be used concurrently.
type Server struct {
	tokens *oauth.Tokens
	access Access
	limits *ratelimit.Limiter
	log    *slog.Logger
	mux    *http.ServeMux

	answers buffers
}

// NewServer makes a server for the routes; limits counts what principals ask.
func NewServer(tokens *oauth.Tokens, access Access, limits *ratelimit.Limiter, log *slog.Logger, routes ...Route) *Server {
	s := &Server{tokens: tokens, access: access, limits: limits, log: log, mux: http.NewServeMux()}
	methods := map[string][]*Route{}
	for _, route := range routes {
		methods[route.Path] = append(methods[route.Path], &route)
	}
	for path, routes := range methods { // not by method: a mux refuses /a/b for any method beside GET /a/{c}
		s.mux.Handle(path, s.methods(routes))
	}
	s.mux.Handle("/", http.HandlerFunc(s.noRoute))
	return s
}

// ServeHTTP answers a request. It never redirects, as the API does not: a path that is not written in its shortest form
// names nothing.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name(w.Header())
	defer func() {
		if fault := recover(); fault != nil {
			if fault == http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
				panic(fault)
			}
			s.log.Error("a handler panicked", slog.Any("fault", fault), slog.String("rid", w.Header().Get(rid)),
				slog.String("stack", string(debug.Stack())))
			s.fail(w, r, parterre.Errorf(parterre.Internal, ""))
		}
	}()
	if clean := path.Clean(r.URL.Path); clean != r.URL.Path {
		s.noRoute(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) noRoute(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, parterre.Errorf(parterre.RouteNotFound, "There is no operation at %s", parterre.Quote(r.URL.Path)))
}

// methods answers at a path, by the route of the method; HEAD is answered like GET.
func (s *Server) methods(routes []*Route) http.Handler {
	by := map[string]http.Handler{}
	var names []string
	for _, route := range routes {
		by[route.Method], names = s.handler(route), append(names, route.Method)
		if route.Method == http.MethodGet { // net/http leaves the body out
			by[http.MethodHead], names = by[http.MethodGet], append(names, http.MethodHead)
		}
	}
	allowed := strings.Join(names, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := by[r.Method]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Allow", allowed)
		s.fail(w, r, parterre.Errorf(parterre.MethodNotAllowed, "Method not allowed: %s takes %s",
			parterre.Quote(r.URL.Path), allowed))
	})
}

func (s *Server) handler(route *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.answer(route, w, r) //nolint:contextcheck // the request brings its own
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.render(w, r, http.StatusOK, answer)
	})
}

// answer takes a request through authentication, scope, query, right on the ad account, rate limit and body to the handler.
// What is refused in between counts against the limit as well, and a request beyond the limit is told nothing else.
func (s *Server) answer(route *Route, w http.ResponseWriter, r *http.Request) (any, error) {
	req := &Request{Request: r}
	if route.Open {
		return handle(route, w, req)
	}
	if err := s.authenticate(route, req); err != nil {
		return nil, err
	}
	refused := s.admit(route, req)
	if err := s.count(route, w, req); err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, refused
	}
	return handle(route, w, req)
}

// handle takes a request that is let in, with its body, to the handler.
func handle(route *Route, w http.ResponseWriter, r *Request) (any, error) {
	if err := checkEncoding(r.Request); err != nil {
		return nil, err
	}
	if route.Admit != nil {
		done, err := route.Admit(r.Request)
		if err != nil {
			return nil, err
		}
		defer done()
	}
	if route.MaxBody > 0 {
		if err := r.read(w, route); err != nil {
			return nil, err
		}
	}
	return route.Handle(r)
}

// read reads the body: JSON, or a form for an app.
func (r *Request) read(w http.ResponseWriter, route *Route) (err error) {
	kind := jsonBody
	if route.Basic {
		kind = formBody
	}
	if err := checkType(r.Header, kind); err != nil {
		return err
	}
	if r.Payload, err = readBody(w, r.Request, route.MaxBody); err != nil || !route.Basic {
		return err
	}
	r.Form, err = parseForm(string(r.Payload))
	return err
}

// admit looks at what a principal may do. The request is complete when there is no error.
func (s *Server) admit(route *Route, r *Request) error {
	if !route.Basic && !route.takes(r.Principal) {
		return parterre.Errorf(parterre.MissingScope, missingScope+" Needed: %s", route.Scope)
	}
	if route.Sandbox && !r.Principal.Sandbox {
		return parterre.Errorf(parterre.Forbidden, "You are not permitted to access that resource.")
	}
	if err := checkQuery(r.URL.RawQuery); err != nil {
		return err
	}
	return s.authorise(r.Context(), route, r)
}

// authorise reads the ad account or the business of the path, and asks for the right there. The request has it when there is
// no error.
func (s *Server) authorise(ctx context.Context, route *Route, r *Request) error {
	switch {
	case strings.Contains(route.Path, "{"+accountParameter+"}"):
		account, err := r.ID(accountParameter)
		if err != nil && route.WrongID != "" {
			return parterre.Errorf(parterre.InvalidParameters, "%s: %v", route.WrongID, err)
		}
		if err != nil {
			return err
		}
		if err := s.access.Authorise(ctx, r.Principal, account, route.right()); err != nil {
			return err
		}
		r.Account = account
	case strings.Contains(route.Path, "{"+businessParameter+"}"):
		business, err := parterre.ParseBusinessID(businessParameter, r.PathValue(businessParameter))
		if err != nil {
			return err
		}
		if err := s.access.AuthoriseBusiness(ctx, r.Principal, business, route.right()); err != nil {
			return err
		}
		r.Business = business
	}
	return nil
}

// authenticate finds who asks: a principal by the bearer token, or an app by its own credentials.
func (s *Server) authenticate(route *Route, r *Request) (err error) {
	if route.Basic {
		id, secret, _ := r.BasicAuth()
		if r.App, err = s.tokens.AuthenticateApp(r.Context(), id, secret); err != nil {
			return err
		}
		r.Principal = &parterre.Principal{App: r.App.Name, AppID: r.App.ID, Sandbox: r.App.Sandbox}
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return parterre.Errorf(parterre.Unauthenticated, "Authentication failed.")
	}
	r.Principal, err = s.tokens.Authenticate(r.Context(), token)
	return err
}

// checkQuery refuses a query of which a handler would see a part, or something else than was sent. Where nothing is encoded,
// nothing can be wrong.
func checkQuery(raw string) error {
	if !strings.ContainsFunc(raw, func(c rune) bool { return c == '%' || c == ';' || c >= utf8.RuneSelf }) {
		return nil
	}
	_, err := parseText("query", raw)
	return err
}

// parseForm reads a form. A field that stands twice is refused: a handler would see one of them.
func parseForm(raw string) (url.Values, error) {
	form, err := parseText("form", raw)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if len(form[name]) > 1 && err == nil {
			err = parterre.Invalid(name, "Invalid request: %s stands more than once in the form", parterre.Quote(name))
		}
	}
	return form, err
}

// parseText reads a query or a form, which must be text.
func parseText(what, raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, parterre.Invalid("", "Invalid request: the %s is malformed: names and values must be percent-encoded and "+
			"joined by '&'", what)
	}
	for _, name := range slices.Sorted(maps.Keys(query)) { // in order: the same mistake is told each time
		if !utf8.ValidString(name) || slices.ContainsFunc(query[name], func(s string) bool { return !utf8.ValidString(s) }) {
			return nil, parterre.Invalid(name, "Parameter %s is not valid: all of it must be UTF-8", parterre.Quote(name))
		}
	}
	return query, nil
}

// largestPromise is how much room a body gets because it says that it is so large, in bytes. A caller who promises more has to
// send it first.
const largestPromise = 1 << 19

func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	room := max(0, min(r.ContentLength, most, largestPromise)) // one who does not say how large it is says -1
	in := bytes.NewBuffer(make([]byte, 0, room+bytes.MinRead)) // so much has to be free for the last, empty read
	_, err := in.ReadFrom(http.MaxBytesReader(w, r.Body, most))
	body := in.Bytes()
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, parterre.Errorf(parterre.TooLarge, "The request body is too large: at most %d bytes are allowed", most)
	}
	if err != nil {
		return nil, &parterre.Error{Code: parterre.InvalidRequest, Public: "The request body could not be read to its end", Err: err}
	}
	if !utf8.Valid(body) { // a decoder would put something else in place of what is not, and nobody would know
		return nil, parterre.Invalid("", "Invalid request: the body is not valid: all of it must be UTF-8")
	}
	return body, nil
}

// Answer is an answer with headers of its own.
type Answer struct {
	Header map[string]string
	Body   any
}

// Nothing is the answer of an operation that has none: no body.
var Nothing = struct{ nothing struct{} }{}

// The values of headers that most answers have. Nobody changes them.
var (
	notKept = []string{"no-cache,no-store,must-revalidate"}
	isJSON  = []string{"application/json"}
)

// render writes an answer as compact JSON.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, answer any) {
	w.Header()["Cache-Control"] = notKept
	if with, is := answer.(Answer); is {
		for name, value := range with.Header {
			w.Header().Set(name, value)
		}
		answer = with.Body
	}
	if answer == any(Nothing) {
		w.WriteHeader(status)
		return
	}
	body := s.answers.take()
	defer s.answers.give(body)
	if a, is := answer.(Appender); is {
		*body = a.AppendJSON(*body)
	} else if err := appendAny(body, answer); err != nil {
		s.log.Error("an answer could not be rendered", slog.String("path", r.URL.Path), slog.String("error", err.Error()))
		status = http.StatusInternalServerError
		*body = append((*body)[:0], lastResort...)
	}
	w.Header()["Content-Type"] = isJSON
	w.WriteHeader(status)
	if _, err := w.Write(*body); err != nil {
		s.log.Debug("an answer could not be sent", slog.String("path", r.URL.Path), slog.String("error", err.Error()))
	}
}

func appendAny(dst *[]byte, answer any) error {
	body := bytes.NewBuffer(*dst)
	enc := json.NewEncoder(body)
	enc.SetEscapeHTML(false)
	err := enc.Encode(answer)
	*dst = bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	return err
}
