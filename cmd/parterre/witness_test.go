//go:build unix

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
)

// TestEveryRuleRemovalAndRequestIsFoundWholeAfterAKill goes further than the names: audiences come, get other rules and go,
// people are put on a list and taken off it, and of what had no answer, all is there or nothing.
func TestEveryRuleRemovalAndRequestIsFoundWholeAfterAKill(t *testing.T) {
	const rounds = 4
	seed := rand.Uint64()
	t.Logf("seed %d; the moments of the killings are not a function of it alone", seed)
	r, args := rand.New(rand.NewPCG(seed, 0)), []string{"--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data")}
	s := serve(t, nil, args...)
	w := newWitness(t, s)
	for round := range rounds {
		var writers sync.WaitGroup
		for i, write := range []func(*service, *rand.Rand) error{w.update, w.createOrRemove, w.send, w.changeList} {
			own := rand.New(rand.NewPCG(seed, uint64(10*round+i+1))) //nolint:gosec // few
			writers.Go(func() {
				var err error
				for err == nil {
					err = write(s, own)
				}
				if answer := (*client.Error)(nil); errors.As(err, &answer) { // not because the process is gone
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		time.Sleep(time.Duration(20+r.IntN(300)) * time.Millisecond)
		s.kill(t)
		writers.Wait()
		s = serve(t, nil, args...)
		w.check(t, s)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("acknowledged: %d updates, %d audiences that came and went, %d persons with an event, %d batches of a list",
		w.updates, len(w.passing), w.sent, w.batches)
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	w.check(t, serve(t, nil, args...))
}

// witness knows what was acknowledged, and what was asked for without an answer. Each writer has fields of its own.
type witness struct {
	rules         map[string]int64 // of visitors, each with the size that it has for good
	staying       []*witnessed     // audiences that are updated
	updates       int
	passing       []*witnessed // audiences that come and go
	made          int          // audiences that were asked for without an answer
	event, listed string       // the audiences of those who sent events, and of those on the list
	sent, unsent  int          // persons with an event, and those of requests without an answer
	list          string
	on, maybe     map[int]bool // persons on the list, and those of whom it is not known
	next          int          // person for the list
	batches       int64
	batch         bool // one more batch had no answer
}

// witnessed is an audience with the values that its name and rule may have.
type witnessed struct {
	id           string
	names, rules []string
	gone, going  bool // it was removed, or asked to be
}

// eventsAtOnce is how many persons, whom nobody has heard of, send an event in one request.
const eventsAtOnce = 20

func witnessEvent(name, who string, page int) client.Event {
	return client.Event{
		EventName: name, ActionSource: "web", EventTime: time.Now().Unix(), EventID: fmt.Sprintf("%s-%d", who, page),
		EventSourceURL: fmt.Sprintf("https://shop.example/%d", page), UserData: client.UserData{Emails: []string{client.HashEmail(who)}},
	}
}

func newWitness(t *testing.T, s *service) *witness {
	t.Helper()
	w := &witness{rules: map[string]int64{}, on: map[int]bool{}, maybe: map[int]bool{}, next: 1000, batches: 1}
	tag, err := s.CreateConversionTag(t.Context(), account, client.ConversionTagCreate{Name: "Shop"})
	orFail(t, err)
	for page := range 4 {
		n := 110 + 30*page
		var events []client.Event
		for i := range n {
			events = append(events, witnessEvent("page_visit", email("reader", i), page))
		}
		_, err := s.SendEvents(t.Context(), account, events, false)
		orFail(t, err)
		w.rules[fmt.Sprintf(`{"visitor_source_id":[%q],"url":"https://shop.example/%d"}`, tag.ID, page)] = int64(n)
	}
	var records []string
	for n := range 150 {
		records, w.on[n] = append(records, email("listed", n)), true
	}
	l, err := s.CreateCustomerList(t.Context(), account, client.CustomerListCreate{Name: "List", Records: records})
	orFail(t, err)
	w.list = l.ID
	create := func(kind, rule string) *witnessed {
		a, err := s.CreateAudience(t.Context(), account, client.AudienceCreate{AudienceType: kind, Name: "A", Rule: json.RawMessage(rule)})
		orFail(t, err)
		return &witnessed{id: a.ID, names: []string{"A"}, rules: []string{rule}}
	}
	for range 3 {
		w.staying = append(w.staying, create(client.TypeVisitor, w.someRule(rand.New(rand.NewPCG(1, 1)))))
	}
	w.event = create(client.TypeVisitor, fmt.Sprintf(`{"visitor_source_id":[%q],"event":"checkout"}`, tag.ID)).id
	w.listed = create(client.TypeCustomerList, fmt.Sprintf(`{"customer_list_id":%q}`, w.list)).id
	return w
}

func (w *witness) someRule(r *rand.Rand) string {
	all := make([]string, 0, len(w.rules))
	for rule := range w.rules {
		all = append(all, rule)
	}
	slices.Sort(all)
	return all[r.IntN(len(all))]
}

// update gives an audience another name, another rule, or both.
func (w *witness) update(s *service, r *rand.Rand) error {
	a, u := w.staying[r.IntN(len(w.staying))], client.AudienceUpdate{}
	what := 1 + r.IntN(3)
	if what&1 != 0 {
		u.Name = new(fmt.Sprintf("A %d", r.Uint32()))
		a.names = append(a.names, *u.Name)
	}
	if what&2 != 0 {
		rule := w.someRule(r)
		u.Rule = json.RawMessage(rule)
		a.rules = append(a.rules, rule)
	}
	if _, err := s.UpdateAudience(context.Background(), account, a.id, u); err != nil {
		return err
	}
	w.updates++
	a.names, a.rules = a.names[len(a.names)-1:], a.rules[len(a.rules)-1:]
	return nil
}

func (w *witness) createOrRemove(s *service, r *rand.Rand) error {
	if n := len(w.passing); n > 0 && r.IntN(2) == 0 {
		a := w.passing[r.IntN(n)]
		if a.going {
			return nil
		}
		a.going = true
		_, err := s.RemoveAudience(context.Background(), account, a.id)
		a.gone = err == nil
		return err
	}
	rule := w.someRule(r)
	w.made++
	a, err := s.CreateAudience(context.Background(), account, client.AudienceCreate{
		AudienceType: client.TypeVisitor, Name: "Passing", Rule: json.RawMessage(rule),
	})
	if err == nil {
		w.made--
		w.passing = append(w.passing, &witnessed{id: a.ID, names: []string{"Passing"}, rules: []string{rule}})
	}
	return err
}

func (w *witness) send(s *service, _ *rand.Rand) error {
	var events []client.Event
	for i := range eventsAtOnce {
		events = append(events, witnessEvent("checkout", email("buyer", w.sent+w.unsent+i), 9))
	}
	w.unsent += eventsAtOnce
	_, err := s.SendEvents(context.Background(), account, events, false)
	if err == nil {
		w.unsent -= eventsAtOnce
		w.sent += eventsAtOnce
	}
	return err
}

// changeList puts persons on the list whom nobody has heard of, or takes some off.
func (w *witness) changeList(s *service, r *rand.Rand) error {
	u, add := client.CustomerListUpdate{Operation: client.OperationAdd}, len(w.on) < 5 || r.IntN(2) == 0
	var persons []int
	for len(persons) < 5 && add {
		persons = append(persons, w.next)
		w.next++
	}
	if !add {
		u.Operation = client.OperationRemove
		for n := range w.on {
			if persons = append(persons, n); len(persons) == 3 {
				break
			}
		}
	}
	for _, n := range persons {
		u.Records = append(u.Records, email("listed", n))
		delete(w.on, n)
		w.maybe[n] = true
	}
	w.batch = true
	if _, err := s.UpdateCustomerList(context.Background(), account, w.list, u); err != nil {
		return err
	}
	w.batch = false
	w.batches++
	for _, n := range persons {
		delete(w.maybe, n)
		if add {
			w.on[n] = true
		}
	}
	return nil
}

// check looks for everything that was acknowledged. What is found settles what had no answer.
func (w *witness) check(t *testing.T, s *service) {
	t.Helper()
	for _, a := range slices.Concat(w.staying, w.passing) {
		w.checkAudience(t, s, a)
	}
	others := 0
	for a, err := range s.Audiences(t.Context(), account, client.ListOptions{PageSize: 250}) {
		orFail(t, err)
		known := func(k *witnessed) bool { return k.id == a.ID && !k.gone }
		if a.ID != w.event && a.ID != w.listed && !slices.ContainsFunc(slices.Concat(w.staying, w.passing), known) {
			others++
		}
	}
	if others > w.made {
		t.Errorf("there are %d audiences that nobody made; %d requests had no answer", others, w.made)
	}
	a, err := s.WaitForAudience(t.Context(), account, w.event)
	orFail(t, err)
	if extra := int(a.Size) - w.sent; extra < 0 || extra > w.unsent || extra%eventsAtOnce != 0 {
		t.Errorf("%d persons have an event; %d were acknowledged, and %d had no answer, %d in a request",
			a.Size, w.sent, w.unsent, eventsAtOnce)
	}
	w.checkList(t, s)
}

func (w *witness) checkAudience(t *testing.T, s *service, a *witnessed) {
	t.Helper()
	got, err := s.WaitForAudience(t.Context(), account, a.id)
	if answer := (*client.Error)(nil); errors.As(err, &answer) && answer.Status == http.StatusNotFound && a.going {
		a.gone = true
		return
	}
	orFail(t, err)
	var rule bytes.Buffer
	orFail(t, json.Compact(&rule, got.Rule))
	if a.gone || !slices.Contains(a.names, got.Name) || !slices.Contains(a.rules, rule.String()) {
		t.Errorf("audience %s is %q with the rule %s; acknowledged, or asked for since: %q, %q, removed: %v",
			a.id, got.Name, &rule, a.names, a.rules, a.gone)
	}
	if want := w.rules[rule.String()]; got.Size != want || got.Status != client.StatusReady {
		t.Errorf("audience %s with the rule %s is %s with %d members, want %d", a.id, &rule, got.Status, got.Size, want)
	}
	a.names, a.rules, a.going = []string{got.Name}, []string{rule.String()}, false
}

func (w *witness) checkList(t *testing.T, s *service) {
	t.Helper()
	l, err := s.WaitForCustomerList(t.Context(), account, w.list)
	orFail(t, err)
	if l.Batches != w.batches && (l.Batches != w.batches+1 || !w.batch) {
		t.Errorf("the list has %d batches; %d were acknowledged", l.Batches, w.batches)
	}
	a, err := s.WaitForAudience(t.Context(), account, w.listed)
	orFail(t, err)
	for n := range w.maybe {
		if w.isListed(t, s, n) {
			w.on[n] = true
		}
	}
	if int(a.Size) != len(w.on) {
		t.Errorf("%d persons are on the list, want %d", a.Size, len(w.on))
	}
	looked := 0
	for n := range w.on {
		if looked++; looked > 50 {
			break
		}
		if !w.isListed(t, s, n) {
			t.Errorf("person %d is not on the list", n)
		}
	}
	clear(w.maybe)
	w.batches, w.batch = l.Batches, false
}

func (w *witness) isListed(t *testing.T, s *service, n int) bool {
	t.Helper()
	m, err := s.Memberships(t.Context(), client.Identifier{Email: email("listed", n)})
	orFail(t, err)
	return slices.Contains(m.AudienceIDs, w.listed)
}
