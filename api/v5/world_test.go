package v5_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// email is the address of a person of the tests.
func email(person int) string { return fmt.Sprintf("p%04d@example.com", person) }

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// audience is an audience as the wire writes it.
type audience struct {
	AdAccountID string          `json:"ad_account_id"`
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Category    string          `json:"audience_type"`
	Description *string         `json:"description"`
	Rule        json.RawMessage `json:"rule"`
	Size        int             `json:"size"`
	Status      string          `json:"status"`
	Type        string          `json:"type"`
	Created     int64           `json:"created_timestamp"`
	Updated     int64           `json:"updated_timestamp"`
	CreatedBy   *string         `json:"created_by_company_name"`
}

func pathOf(id string) string { return inAccount + "/audiences/" + id }

// create creates an audience.
func (s *service) create(t testing.TB, category, rule string) audience {
	t.Helper()
	return as[audience](t, s.call(t, http.MethodPost, inAccount+"/audiences",
		fmt.Sprintf(`{"audience_type":%q,"name":"of %s","rule":%s}`, category, strings.ToLower(category), rule)))
}

// complete creates an audience and waits for its membership.
func (s *service) complete(t testing.TB, category, rule string) audience {
	t.Helper()
	return s.ready(t, s.create(t, category, rule).ID)
}

func (s *service) patch(t testing.TB, id, body string) audience {
	t.Helper()
	return as[audience](t, s.call(t, http.MethodPatch, pathOf(id), body))
}

func (s *service) get(t testing.TB, id string) audience {
	t.Helper()
	return as[audience](t, s.call(t, http.MethodGet, pathOf(id), ""))
}

// ready waits until the membership of an audience's rule is complete.
func (s *service) ready(t testing.TB, id string) (a audience) {
	t.Helper()
	eventually(t, "audience "+id+" is evaluated", func() bool {
		a = s.get(t, id)
		return a.Status != "INITIALIZING"
	})
	return a
}

// is demands a size and a status.
func (a audience) is(t testing.TB, size int, status string) {
	t.Helper()
	if a.Size != size || a.Status != status {
		t.Errorf("audience %q has %d members and is %s, want %d and %s", a.Name, a.Size, a.Status, size, status)
	}
}

// tag creates a conversion tag and gives its id.
func (s *service) tag(t testing.TB, name string) string {
	t.Helper()
	return as[struct{ ID string }](t, s.call(t, http.MethodPost, inAccount+"/conversion_tags",
		fmt.Sprintf(`{"name":%q}`, name))).ID
}

// event is a valid event of events/create, at the moment; more are members beside the required ones.
func event(person int, name string, at int64, more string) string {
	return fmt.Sprintf(`{"event_name":%q,"action_source":"web","event_time":%d,"event_id":"%s-%d-%d",`+
		`"user_data":{"em":[%q]}%s}`, name, at, name, person, at, sha256Hex(email(person)), more)
}

// happen sends events through events/create.
func (s *service) happen(t testing.TB, events ...string) {
	t.Helper()
	for some := range slices.Chunk(events, 1000) {
		s.call(t, http.MethodPost, inAccount+"/events", `{"data":[`+strings.Join(some, ",")+`]}`)
	}
}

// saying is what a rule asks of visits that all of them say. The audience then has a roll of its own, which others have not.
const saying = `,"event":"pagevisit","event_data":{"currency":"USD"}`

// visits lets the persons from one to below another visit a page, at the moment.
func (s *service) visits(t testing.TB, from, to int, at int64, page string) {
	t.Helper()
	var events []string
	for p := from; p < to; p++ {
		events = append(events, event(p, "page_visit", at, fmt.Sprintf(`,"event_source_url":%q,"custom_data":{"currency":"USD"}`, page)))
	}
	s.happen(t, events...)
}

// lines sends lines to an import of Parterre's own API, all of which must be accepted.
func (s *service) lines(t testing.TB, what string, lines ...string) {
	t.Helper()
	got := as[struct {
		Accepted int
		Rejected []json.RawMessage
	}](t, s.callBeyond(t, http.MethodPost, "/parterre/v1/"+what, strings.Join(lines, "\n")))
	if got.Accepted != len(lines) {
		t.Fatalf("%d of %d lines of %s were accepted: %s", got.Accepted, len(lines), what, got.Rejected)
	}
}

// people imports the persons from one to below another.
func (s *service) people(t testing.TB, from, to int, country string) {
	t.Helper()
	var all []string
	for p := from; p < to; p++ {
		all = append(all, fmt.Sprintf(`{"emails":[%q],"country":%q}`, email(p), country))
	}
	s.lines(t, "people", all...)
}

// engaged is a line of engagements.
func engaged(person int, kind string, at int64, more string) string {
	return fmt.Sprintf(`{"person":{"email":%q},"engagement_type":%q,"engaged_at":%d%s}`, email(person), kind, at, more)
}

// records are the records of the persons from one to below another.
func records(from, to int) string {
	var all []string
	for p := from; p < to; p++ {
		all = append(all, email(p))
	}
	return strings.Join(all, ",")
}

// list creates a customer list of the persons from one to below another, and gives its id.
func (s *service) list(t testing.TB, from, to int) string {
	t.Helper()
	return as[struct{ ID string }](t, s.call(t, http.MethodPost, inAccount+"/customer_lists",
		fmt.Sprintf(`{"name":"people %d to %d","records":%q}`, from, to, records(from, to)))).ID
}

// in gives the audiences that a person is in.
func (s *service) in(t testing.TB, person int) []string {
	t.Helper()
	return as[struct {
		IDs []string `json:"audience_ids"`
	}](t, s.callBeyond(t, http.MethodGet, "/parterre/v1/memberships?email="+url.QueryEscape(email(person)), "")).IDs
}

// member demands that a person is in an audience, or is not.
func (s *service) member(t testing.TB, id string, person int, want bool) {
	t.Helper()
	if got := slices.Contains(s.in(t, person), id); got != want {
		t.Errorf("person %d is in audience %s: %v, want %v", person, id, got, want)
	}
}

// listed gives the ids of all audiences in the list.
func (s *service) listed(t testing.TB) (ids []string) {
	t.Helper()
	for _, a := range as[struct{ Items []audience }](t, s.call(t, http.MethodGet, inAccount+"/audiences?page_size=250", "")).Items {
		ids = append(ids, a.ID)
	}
	return ids
}
