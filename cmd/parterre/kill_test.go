package main_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
)

// acknowledged is what the service said it has done, and so must remember.
type acknowledged struct {
	mu        sync.Mutex
	names     map[string]string // of audiences, by id: the last name that was answered 200
	asked     map[string]string // the last name that was sent, answered or not
	visitors  []string          // persons whose event was taken in
	customers int               // records on the list
}

func (a *acknowledged) do(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

const peopleAtStart = 300

// TestNothingThatWasAnsweredIsLost kills the service, again and again, while it takes events in and updates audiences.
func TestNothingThatWasAnsweredIsLost(t *testing.T) {
	const rounds = 4
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	data := filepath.Join(t.TempDir(), "data")
	s := serve(t, nil, "--addr", "127.0.0.1:0", "--data", data)
	ids, list, all := begin(t, s)
	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		working.Go(func() { visit(ctx, s, round, all) })
		working.Go(func() { rename(ctx, s, ids, round, all) })
		working.Go(func() { enlist(ctx, s, list, round, all) })
		time.Sleep(time.Duration(50+random.IntN(400)) * time.Millisecond)
		s.kill(t)
		stop()
		working.Wait()

		s = serve(t, nil, "--addr", "127.0.0.1:0", "--data", data)
		check(t, s, ids, list, all)
		if t.Failed() {
			t.Fatalf("in round %d of seed %d", round, seed)
		}
	}
	t.Logf("%d events, %d records and %d names were acknowledged and found", len(all.visitors), all.customers, len(all.names))
	if len(all.visitors) == 0 {
		t.Error("no event was acknowledged: the test does not test")
	}
}

// begin loads persons and makes one audience of each type.
func begin(t *testing.T, s *service) (ids map[string]string, list string, all *acknowledged) {
	t.Helper()
	all = &acknowledged{names: map[string]string{}, asked: map[string]string{}, customers: peopleAtStart}
	people := func(yield func(any) bool) {
		for i := range peopleAtStart {
			if !yield(map[string]any{"external_id": fmt.Sprintf("u%d", i), "emails": []string{email("reader", i)}, "country": "US"}) {
				return
			}
		}
	}
	engagements := func(yield func(any) bool) {
		for i := range peopleAtStart {
			if !yield(map[string]any{
				"person": map[string]any{"email": email("reader", i)}, "engagement_type": "save", "pin_id": strconv.Itoa(1 + i%7),
				"domain": "www.entomi.com", "engaged_at": time.Now().Unix(),
			}) {
				return
			}
		}
	}
	if r, err := s.ImportPeople(t.Context(), client.NDJSON(iter.Seq[any](people))); err != nil || r.Accepted != peopleAtStart {
		t.Fatalf("import people: %+v, %v", r, err)
	}
	if r, err := s.ImportEngagements(t.Context(), client.NDJSON(iter.Seq[any](engagements))); err != nil || r.Accepted != peopleAtStart {
		t.Fatalf("import engagements: %+v, %v", r, err)
	}
	tag, err := s.CreateConversionTag(t.Context(), account, client.ConversionTagCreate{Name: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	var records []string
	for i := range peopleAtStart {
		records = append(records, email("reader", i))
	}
	l, err := s.CreateCustomerList(t.Context(), account, client.CustomerListCreate{Name: "Readers", Records: records})
	if err != nil {
		t.Fatal(err)
	}
	ids = map[string]string{}
	create := func(kind string, rule map[string]any) {
		a, err := s.CreateAudience(t.Context(), account, client.AudienceCreate{AudienceType: kind, Name: "new", Rule: rule})
		if err != nil {
			t.Fatal(err)
		}
		ids[kind] = a.ID
	}
	create("CUSTOMER_LIST", map[string]any{"customer_list_id": l.ID})
	create("VISITOR", map[string]any{"visitor_source_id": []string{tag.ID}, "retention_days": "180"})
	create("ENGAGEMENT", map[string]any{"engagement_domain": []string{"www.entomi.com"}, "engager_type": 1})
	create("ACTALIKE", map[string]any{"seed_id": []string{ids["CUSTOMER_LIST"]}, "country": "US", "percentage": "10"})
	return ids, l.ID, all
}

func email(who string, i int) string { return fmt.Sprintf("%s%d@example.com", who, i) }

// visit sends events of new persons, until the service is gone.
func visit(ctx context.Context, s *service, round int, all *acknowledged) {
	for n := 0; ctx.Err() == nil; n++ {
		var events []client.Event
		var who []string
		for i := range 20 {
			who = append(who, email(fmt.Sprintf("visitor%d-%d-", round, n), i))
			events = append(events, client.Event{
				EventName: "page_visit", ActionSource: "web", EventTime: time.Now().Unix(), EventID: who[i],
				EventSourceURL: fmt.Sprintf("https://www.entomi.com/%d", n%5),
				UserData:       client.UserData{Emails: []string{client.HashEmail(who[i])}},
			})
		}
		if _, err := s.SendEvents(ctx, account, events, false); err != nil {
			return
		}
		all.do(func() { all.visitors = append(all.visitors, who...) })
	}
}

// rename updates audiences, their rules too, until the service is gone.
func rename(ctx context.Context, s *service, ids map[string]string, round int, all *acknowledged) {
	for n := 0; ctx.Err() == nil; n++ {
		for kind, id := range ids {
			name := fmt.Sprintf("%s %d-%d", kind, round, n)
			update := client.AudienceUpdate{Name: &name}
			if kind == "ENGAGEMENT" {
				update.Rule = map[string]any{"engagement_domain": []string{"www.entomi.com"}, "engagement_type": "save"}
			}
			all.do(func() { all.asked[id] = name })
			if _, err := s.UpdateAudience(ctx, account, id, update); err != nil {
				return
			}
			all.do(func() { all.names[id] = name })
		}
	}
}

// enlist adds new persons to the list, until the service is gone.
func enlist(ctx context.Context, s *service, list string, round int, all *acknowledged) {
	for n := 0; ctx.Err() == nil; n++ {
		var records []string
		for i := range 5 {
			records = append(records, email(fmt.Sprintf("customer%d-%d-", round, n), i))
		}
		_, err := s.UpdateCustomerList(ctx, account, list, client.CustomerListUpdate{
			Operation: client.OperationAdd, Records: records,
		})
		if err != nil {
			return
		}
		all.do(func() { all.customers += len(records) })
	}
}

// check finds everything again that was acknowledged, and no audience half-done.
func check(t *testing.T, s *service, ids map[string]string, list string, all *acknowledged) {
	t.Helper()
	l, err := s.WaitForCustomerList(t.Context(), account, list)
	if err != nil || int(l.UploadedRecords) < all.customers {
		t.Errorf("the list has %d records, %d were acknowledged: %v", l.UploadedRecords, all.customers, err)
	}
	sizes := map[string]int{}
	for kind, id := range ids {
		a, err := s.WaitForAudience(t.Context(), account, id)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if want := all.names[id]; want != "" && a.Name != want && a.Name != all.asked[id] {
			t.Errorf("%s is named %q; %q was acknowledged, %q was sent last", kind, a.Name, want, all.asked[id])
		}
		sizes[kind] = int(a.Size)
	}
	if sizes["CUSTOMER_LIST"] != int(l.UploadedRecords) {
		t.Errorf("the list has %d records and its audience %d members", l.UploadedRecords, sizes["CUSTOMER_LIST"])
	}
	if sizes["VISITOR"] < len(all.visitors) {
		t.Errorf("there are %d visitors, %d were acknowledged", sizes["VISITOR"], len(all.visitors))
	}
	if sizes["ENGAGEMENT"] != peopleAtStart {
		t.Errorf("%d persons engaged, want %d", sizes["ENGAGEMENT"], peopleAtStart)
	}
	for _, who := range all.visitors[max(0, len(all.visitors)-40):] {
		m, err := s.Memberships(t.Context(), client.Identifier{Email: who})
		if err != nil || len(m.AudienceIDs) != 1 || m.AudienceIDs[0] != ids["VISITOR"] {
			t.Errorf("%s is in %v, %v; want the visitors", who, m.AudienceIDs, err)
		}
	}
}
