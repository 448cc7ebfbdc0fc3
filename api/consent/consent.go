// Package consent serves the page on which a user lets an app act for them (reference, section 13.1): GET shows what the app
// asks for, POST sends the user back with a code, or with the refusal.
package consent

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/oauth"
)

// Path is where the page is.
const Path = "/oauth/"

// most is how large a posted form may be, in bytes.
const most = 64 << 10

//go:embed page.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// Page is the page. It may be used concurrently.
type Page struct {
	tokens *oauth.Tokens
	user   parterre.ID
	key    []byte
	secure bool // browsers reach it by https, whoever ends that in front of it
	log    *slog.Logger
}

// New makes the page on which that user consents. Key signs the forms: keep it secret. PublicURL is where browsers
// reach the service, when that is known.
func New(tokens *oauth.Tokens, user parterre.ID, key []byte, publicURL string, log *slog.Logger) *Page {
	return &Page{tokens: tokens, user: user, key: key, secure: strings.HasPrefix(publicURL, "https://"), log: log}
}

// view is what the page shows.
type view struct {
	App    string
	Scopes []parterre.Scope
	To     string // where the user is sent back to
	Query  map[string]string
	Seal   string
	Error  string
}

// The parameters of a request for consent, in the order in which they are sealed. Others (response_type, refreshable,
// continuous_refresh) change nothing.
var parameters = []string{"client_id", "redirect_uri", "scope", "state"}

// ServeHTTP answers GET and POST.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", policy(""))
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		p.ask(w, r)
	case http.MethodPost:
		p.answer(w, r)
	default:
		h.Set("Allow", "GET, HEAD, POST")
		p.show(w, r, http.StatusMethodNotAllowed, view{Error: "This page takes GET and POST."})
	}
}

// policy lets the page load nothing and be put into nothing. A browser holds the redirect after a form against form-action,
// so it names where the user is sent.
func policy(redirect string) string {
	to := ""
	if u, err := url.Parse(redirect); err == nil && u.Scheme != "" && u.Host != "" {
		to = " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'" + to
}

// ask shows what the app asks for.
func (p *Page) ask(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	asked, query, ok := p.read(w, r, q)
	if !ok {
		return
	}
	if kind := q.Get("response_type"); kind != "code" {
		p.back(w, r, query, url.Values{
			"error":             {"unsupported_response_type"},
			"error_description": {"Parameter 'response_type' must be 'code'"},
		})
		return
	}
	nonce := rand.Text()
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: nonce, Path: Path, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: p.secure || r.TLS != nil,
	})
	w.Header().Set("Content-Security-Policy", policy(asked.Redirect))
	p.show(w, r, http.StatusOK, view{
		App: asked.App.Name, Scopes: asked.Scopes, To: asked.Redirect, Query: query, Seal: p.seal(nonce, query),
	})
}

// cookie ties a form to the browser that it was shown in.
const cookie = "parterre_consent"

// answer takes the user's decision.
func (p *Page) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, most)
	if err := r.ParseForm(); err != nil {
		p.show(w, r, http.StatusBadRequest, view{Error: "The form could not be read."})
		return
	}
	asked, query, ok := p.read(w, r, r.PostForm)
	if !ok {
		return
	}
	nonce, err := r.Cookie(cookie)
	if err != nil || !hmac.Equal([]byte(p.seal(nonce.Value, query)), []byte(r.PostForm.Get("seal"))) {
		p.show(w, r, http.StatusForbidden, view{Error: "This form is not one that was shown in this browser. Open the link of the app again."})
		return
	}
	if r.PostForm.Get("decision") != "allow" {
		p.back(w, r, query, url.Values{"error": {"access_denied"}, "error_description": {"The user did not consent"}})
		return
	}
	code, err := p.tokens.Consent(r.Context(), asked, p.user)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.back(w, r, query, url.Values{"code": {code}})
}

// read reads the parameters and what they ask for. When it is not ok, it has answered.
func (p *Page) read(w http.ResponseWriter, r *http.Request, from url.Values) (oauth.Asked, map[string]string, bool) {
	query := map[string]string{}
	for _, name := range parameters {
		query[name] = from.Get(name)
	}
	if query["client_id"] == "" {
		query["client_id"] = from.Get("consumer_id") // as older clients call it
	}
	asked, known, err := p.tokens.Ask(r.Context(), query["client_id"], query["redirect_uri"], query["scope"])
	switch {
	case err == nil:
		return asked, query, true
	case parterre.CodeOf(err) != parterre.InvalidRequest:
		p.fail(w, r, err)
	case known:
		p.back(w, r, query, url.Values{"error": {"invalid_scope"}, "error_description": {err.Error()}})
	default: // a user is never sent to an address that the app did not register
		p.show(w, r, http.StatusBadRequest, view{Error: err.Error()})
	}
	return asked, query, false
}

// back sends the user back to the app, with the state that came from there. The query that the app registered stays in front,
// as it is.
func (p *Page) back(w http.ResponseWriter, r *http.Request, query map[string]string, with url.Values) {
	to, err := url.Parse(query["redirect_uri"])
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if query["state"] != "" {
		with.Set("state", query["state"])
	}
	if to.RawQuery != "" {
		to.RawQuery += "&"
	}
	to.RawQuery += with.Encode()
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusFound)
}

// seal signs what a form shows for the browser that has the nonce.
func (p *Page) seal(nonce string, query map[string]string) string {
	mac := hmac.New(sha256.New, p.key)
	for _, part := range append([]string{"consent", nonce}, sealed(query)...) {
		_, _ = mac.Write([]byte(strings.ReplaceAll(part, "\x00", "\x00\x01") + "\x00\x00")) // a hash takes everything
	}
	return hex.EncodeToString(mac.Sum(nil))
}

func sealed(query map[string]string) []string {
	values := make([]string, len(parameters))
	for i, name := range parameters {
		values[i] = query[name]
	}
	return values
}

// fail answers when the fault is ours. The cause goes to the log.
func (p *Page) fail(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, context.Canceled) {
		p.log.Error("the consent page failed", slog.String("error", err.Error()))
	}
	p.show(w, r, http.StatusInternalServerError, view{Error: "Something went wrong on our end. Sorry about that."})
}

func (p *Page) show(w http.ResponseWriter, _ *http.Request, status int, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := page.Execute(w, v); err != nil {
		p.log.Debug("the consent page could not be sent", slog.String("error", err.Error()))
	}
}
