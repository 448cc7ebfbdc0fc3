package parterre_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/parterretest"
)

// noon is where the clock of every service here stands, in seconds since 1970.
const noon = 1_780_000_000

// service is the service under test, over HTTP.
type service struct{ *parterretest.Server }

func start(t testing.TB) service {
	t.Helper()
	return service{parterretest.Start(t, &parterretest.Options{Now: func() time.Time { return time.Unix(noon, 0) }})}
}

// answer is what came back.
type answer struct {
	status int
	body   []byte
}

// send sends a request to Parterre's own API, with the token of the sandbox.
func (s service) send(t testing.TB, method, target string, body io.Reader) answer {
	t.Helper()
	return s.sendAs(t, s.Token, method, target, body)
}

func (s service) sendAs(t testing.TB, token, method, target string, body io.Reader) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/parterre/v1/"+target, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return s.exchange(t, r)
}

func (s service) exchange(t testing.TB, r *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	target := strings.TrimPrefix(r.URL.String(), s.URL)
	if err := checkAnswer(r.Method, target, res.StatusCode, res.Header, got); err != nil {
		t.Errorf("the answer to %s %.200s is not the description's: %v\n%.2000s", r.Method, target, err, got)
	}
	return answer{res.StatusCode, got}
}

// as reads the body of an answer.
func as[T any](t testing.TB, a answer) (v T) {
	t.Helper()
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("the answer cannot be read: %v\n%s", err, a.body)
	}
	return v
}

// refused demands that an answer is an error whose message says all of the words.
func refused(t testing.TB, a answer, status, code int, words ...string) {
	t.Helper()
	e := as[struct {
		Code    int
		Message string
	}](t, a)
	if a.status != status || e.Code != code {
		t.Errorf("the answer is %d with code %d, want %d with code %d: %.300s", a.status, e.Code, status, code, a.body)
	}
	for _, word := range words {
		if !strings.Contains(e.Message, word) {
			t.Errorf("the message does not say %q: %s", word, e.Message)
		}
	}
}

// imports sends lines and gives what became of them.
func (s service) imports(t testing.TB, what, lines string) client.ImportResult {
	t.Helper()
	a := s.send(t, http.MethodPost, what, strings.NewReader(lines))
	if a.status != http.StatusOK {
		t.Fatalf("the import of %s is answered %d: %s", what, a.status, a.body)
	}
	return as[client.ImportResult](t, a)
}

// accept demands that every line of an import is accepted.
func (s service) accept(t testing.TB, what string, lines ...string) {
	t.Helper()
	got := s.imports(t, what, strings.Join(lines, "\n"))
	if got.Received != len(lines) || got.Accepted != len(lines) || len(got.Rejected) > 0 {
		t.Errorf("of %d lines of %s %d were accepted: %+v", len(lines), what, got.Accepted, got.Rejected)
	}
}

// reject demands that a line is rejected, with words that say why.
func (s service) reject(t testing.TB, what, line string, words ...string) {
	t.Helper()
	got := s.imports(t, what, line)
	if got.Received != 1 || got.Accepted != 0 || len(got.Rejected) != 1 || got.Rejected[0].Line != 1 {
		t.Fatalf("the line is not rejected: %+v", got)
	}
	for _, word := range words {
		if !strings.Contains(got.Rejected[0].Message, word) {
			t.Errorf("the message does not say %q: %s", word, got.Rejected[0].Message)
		}
	}
}

// audience creates an audience, and waits for its membership.
func (s service) audience(t testing.TB, category, rule string) string {
	t.Helper()
	a, err := s.Client.CreateAudience(t.Context(), s.AdAccount, client.AudienceCreate{
		AudienceType: category, Name: "n", Rule: json.RawMessage(rule),
	})
	if err != nil {
		t.Fatal(err)
	}
	if a, err = s.Client.WaitForAudience(t.Context(), s.AdAccount, a.ID); err != nil {
		t.Fatal(err)
	}
	return a.ID
}

// visitors is an audience of everybody who was seen by any tag.
func (s service) visitors(t testing.TB) string {
	t.Helper()
	return s.audience(t, client.TypeVisitor, fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t)))
}

func (s service) tag(t testing.TB) string {
	t.Helper()
	tag, err := s.Client.CreateConversionTag(t.Context(), s.AdAccount, client.ConversionTagCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	return tag.ID
}

func (s service) size(t testing.TB, audience string) int {
	t.Helper()
	a, err := s.Client.Audience(t.Context(), s.AdAccount, audience)
	if err != nil {
		t.Fatal(err)
	}
	return int(a.Size)
}

// in gives the audiences that somebody is in; a person is named as in name=value.
func (s service) in(t testing.TB, person string) []string {
	t.Helper()
	name, value, _ := strings.Cut(person, "=")
	a := s.send(t, http.MethodGet, "memberships?"+name+"="+url.QueryEscape(value), http.NoBody)
	if a.status != http.StatusOK {
		t.Fatalf("the memberships of %s are answered %d: %s", person, a.status, a.body)
	}
	m := as[client.Memberships](t, a)
	if m.AsOf != noon || m.AudienceIDs == nil {
		t.Errorf("the memberships are %s, want them as of %d and a list", a.body, noon)
	}
	return m.AudienceIDs
}

// member demands that somebody is in an audience, or is not.
func (s service) member(t testing.TB, audience, person string, want bool) {
	t.Helper()
	if got := slices.Contains(s.in(t, person), audience); got != want {
		t.Errorf("%s is in the audience: %v, want %v", person, got, want)
	}
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// issue makes a token with scopes, of a user with a role on the given ad accounts.
func (s service) issue(t testing.TB, body string) string {
	t.Helper()
	a := s.send(t, http.MethodPost, "tokens", strings.NewReader(body))
	if a.status != http.StatusOK {
		t.Fatalf("a token is answered %d: %s", a.status, a.body)
	}
	return as[struct {
		Token string `json:"access_token"`
	}](t, a).Token
}

// eventually waits until something has happened.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for !happened() {
		select {
		case <-ctx.Done():
			t.Fatalf("did not happen within two minutes: %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}
