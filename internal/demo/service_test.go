package demo_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parterre/parterre/client"
)

// service stands in for the real one: it accepts what has the right shape, counts it, and makes up the sizes. An audience is
// INITIALIZING at the first look after a rule, and then has the status that the test sets.
type service struct {
	t      *testing.T
	status string

	mu        sync.Mutex
	counts    map[string]int
	audiences map[string]*client.Audience
	patches   []string
	looks     map[string]int
}

func newService(t *testing.T, status string) (*service, string) {
	s := &service{
		t: t, status: status, counts: map[string]int{}, looks: map[string]int{}, audiences: map[string]*client.Audience{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /parterre/v1/people", lines[client.Person](s, "people"))
	mux.HandleFunc("POST /parterre/v1/engagements", lines[client.Engagement](s, "engagements"))
	mux.HandleFunc("POST /parterre/v1/events", lines[client.ImportEvent](s, "tag events"))
	mux.HandleFunc("GET /parterre/v1/memberships", s.memberships)
	const account = "/v5/ad_accounts/549755885175"
	mux.HandleFunc("POST "+account+"/conversion_tags", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"2612511566392","configs":{}}`)
	})
	mux.HandleFunc("POST "+account+"/customer_lists", s.createList)
	mux.HandleFunc("GET "+account+"/customer_lists/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"id":%q,"status":"READY"}`, r.PathValue("id"))
	})
	mux.HandleFunc("POST "+account+"/events", s.events)
	mux.HandleFunc("POST "+account+"/audiences", s.createAudience)
	mux.HandleFunc("GET "+account+"/audiences/{id}", s.audience)
	mux.HandleFunc("PATCH "+account+"/audiences/{id}", s.updateAudience)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return s, srv.URL
}

func strict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func (s *service) add(what string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[what] += n
}

func lines[T any](s *service, what string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := 0
		for sc := bufio.NewScanner(r.Body); sc.Scan(); n++ {
			if err := strict(sc.Bytes(), new(T)); err != nil {
				s.t.Errorf("line %d of %s: %v", n+1, what, err)
			}
		}
		s.add(what, n)
		_, _ = fmt.Fprintf(w, `{"received":%d,"accepted":%d,"rejected":[]}`, n, n)
	}
}

func (s *service) createList(w http.ResponseWriter, r *http.Request) {
	var in struct{ Name, Records string }
	if err := strict(readAll(s.t, r), &in); err != nil {
		s.t.Error(err)
	}
	s.add("e-mails", strings.Count(in.Records, ",")+1)
	s.add("lists", 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprintf(w, `{"id":"41897%02d","status":"PROCESSING"}`, s.counts["lists"])
}

func (s *service) events(w http.ResponseWriter, r *http.Request) {
	var in struct{ Data []client.Event }
	if err := strict(readAll(s.t, r), &in); err != nil || len(in.Data) == 0 || len(in.Data) > 1000 {
		s.t.Errorf("%d events, %v", len(in.Data), err)
	}
	s.add("API events", len(in.Data))
	_, _ = fmt.Fprintf(w, `{"num_events_received":%d,"num_events_processed":%[1]d,"events":[]}`, len(in.Data))
}

func (s *service) createAudience(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &client.Audience{ID: strconv.Itoa(2542620639259 + len(s.audiences))}
	if err := json.Unmarshal(readAll(s.t, r), a); err != nil {
		s.t.Error(err)
	}
	s.audiences[a.ID] = a
	s.answer(w, a, client.StatusInitializing)
}

func (s *service) answer(w http.ResponseWriter, a *client.Audience, status string) {
	out := *a
	out.Status = status
	out.Size = int64(100 * len(out.Rule)) // made up, but it changes with the rule
	if err := json.NewEncoder(w).Encode(out); err != nil {
		s.t.Error(err)
	}
}

func (s *service) audience(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.audiences[r.PathValue("id")]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"code":1000,"message":"Audience could not be found."}`)
		return
	}
	status := s.status
	if s.looks[a.ID]++; s.looks[a.ID]%2 == 1 {
		status = client.StatusInitializing
	}
	s.answer(w, a, status)
}

func (s *service) updateAudience(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.audiences[r.PathValue("id")]
	body := readAll(s.t, r)
	s.patches = append(s.patches, a.ID+" "+string(body))
	var in client.AudienceUpdate
	if err := strict(body, &in); err != nil {
		s.t.Error(err)
	}
	if in.Operation == client.OperationRemove {
		delete(s.audiences, a.ID)
	}
	if err := json.Unmarshal(body, a); err != nil {
		s.t.Error(err)
	}
	s.answer(w, a, client.StatusInitializing)
}

func (s *service) memberships(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("external_id") == "" {
		s.t.Errorf("memberships of %s", r.URL.RawQuery)
	}
	_, _ = io.WriteString(w, `{"audience_ids":["2542620639259","2542620639261"],"as_of":1790000000}`)
}

func readAll(t *testing.T, r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return body
}
