package v5_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// renewal is an update of a rule, with who is in before and after.
type renewal struct {
	category, before, after string // rules
	sizeBefore, sizeAfter   int
	left, joined            int // persons
}

// renewals has one for each type. Persons 0 to 119 are in before, 30 to 259 after; of the ACTALIKE audience the seeds are
// others, and so is who is in.
func renewals(t *testing.T, s *service) []renewal {
	t.Helper()
	s.people(t, 0, 4000, "US")
	first, second := s.list(t, 0, 120), s.list(t, 30, 260)
	s.visits(t, 0, 120, noon-10, "https://shop.example/first")
	s.visits(t, 30, 260, noon-10, "https://shop.example/second")
	var lines []string
	for p := range 120 {
		lines = append(lines, engaged(p, "save", noon-10, `,"pin_id":"7","ad_account_id":"`+account+`"`))
	}
	for p := 30; p < 260; p++ {
		lines = append(lines, engaged(p, "click", noon-10, `,"pin_id":"8","ad_account_id":"`+account+`"`))
	}
	// Who acts like the first list saves pin 9, who acts like the second pin 10.
	for p := range 30 {
		lines = append(lines, engaged(p, "save", noon-10, `,"pin_id":"9"`), engaged(230+p, "save", noon-10, `,"pin_id":"10"`))
	}
	for p := 1000; p < 1400; p++ {
		lines = append(lines, engaged(p, "save", noon-10, `,"pin_id":"9"`), engaged(p+1000, "save", noon-10, `,"pin_id":"10"`))
	}
	s.lines(t, "engagements", lines...)
	seeds := func(list string) string {
		return s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, list)).ID
	}
	alike := func(seed string, percentage int) string {
		return fmt.Sprintf(`{"seed_id":[%q],"country":"US","percentage":%d}`, seed, percentage)
	}
	tag := s.tag(t, "shop")
	page := func(page string) string {
		return fmt.Sprintf(`{"visitor_source_id":%q,"url":["https://shop.example/%s"]}`, tag, page)
	}
	return []renewal{
		{
			"CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, first), fmt.Sprintf(`{"customer_list_id":%q}`, second),
			120, 230, 0, 259,
		},
		{"VISITOR", page("first"), page("second"), 120, 230, 0, 259},
		{"ENGAGEMENT", `{"pin_id":["7"],"retention_days":90}`, `{"pin_id":["8"]}`, 120, 230, 0, 259},
		{"ACTALIKE", alike(seeds(first), 10), alike(seeds(second), 5), 400, 200, 1000, 2000},
	}
}

func TestUpdateOfARule(t *testing.T) {
	s := start(t)
	for _, r := range renewals(t, s) {
		t.Run("the old membership of "+r.category+" serves until the new one is complete", func(t *testing.T) {
			s.clock.seconds.Store(noon)
			before := s.complete(t, r.category, r.before)
			before.is(t, r.sizeBefore, "READY")
			if r.category == "CUSTOMER_LIST" { // it waits for records that are being matched
				defer s.hold(t, r.after)()
			}
			s.store.hold()
			defer s.store.release()
			s.clock.seconds.Store(noon + 9)
			want := before
			want.Rule, want.Status, want.Updated = json.RawMessage(r.after), "INITIALIZING", noon+9
			mustBe(t, s.patch(t, before.ID, `{"rule":`+r.after+`}`), want)
			mustBe(t, s.get(t, before.ID), want)
			s.member(t, before.ID, r.left, true)
			s.member(t, before.ID, r.joined, false)
			want.Name = "renamed meanwhile"
			mustBe(t, s.patch(t, before.ID, `{"name":"renamed meanwhile"}`), want)
			s.store.release()
			want.Size, want.Status = r.sizeAfter, "READY"
			mustBe(t, s.ready(t, before.ID), want)
			s.member(t, before.ID, r.left, false)
			s.member(t, before.ID, r.joined, true)
			s.settle(t)
			mustBe(t, s.get(t, before.ID), want)
		})
	}
}

// hold starts a change of the customer list of a rule, which does not end before the store is released. It gives what
// demands that the list is whole again.
func (s *service) hold(t *testing.T, rule string) (whole func()) {
	t.Helper()
	path := inAccount + "/customer_lists/" + as[map[string]string](t, answer{body: []byte(rule)})["customer_list_id"]
	s.store.hold()
	s.call(t, http.MethodPatch, path, fmt.Sprintf(`{"operation_type":"ADD","records":%q}`, email(259)))
	return func() {
		if got := as[customerList](t, s.call(t, http.MethodGet, path, "")).Status; got != "READY" {
			t.Errorf("the list is %s", got)
		}
	}
}

func TestARuleReplacesTheOldOneWhole(t *testing.T) {
	s := start(t)
	s.visits(t, 0, 110, noon-10, "https://shop.example/first")
	s.visits(t, 110, 130, noon-10, "https://shop.example/second")
	tag := s.tag(t, "shop")
	a := s.complete(t, "VISITOR", fmt.Sprintf(
		`{"visitor_source_id":%q,"event":"pagevisit","url":["https://shop.example/first"],"retention_days":30}`, tag))
	a.is(t, 110, "READY")
	t.Run("what the new rule does not say is gone", func(t *testing.T) {
		rule := fmt.Sprintf(`{"visitor_source_id":%q}`, tag)
		if got := s.patch(t, a.ID, `{"rule":`+rule+`}`); string(got.Rule) != rule {
			t.Errorf("the rule is %s, want %s", got.Rule, rule)
		}
		s.ready(t, a.ID).is(t, 130, "READY")
		s.clock.seconds.Add(31 * 86_400)
		s.get(t, a.ID).is(t, 130, "READY") // it is kept for 180 days now, not 30
	})
	t.Run("a rule that needs a member does not take it from the old one", func(t *testing.T) {
		s.refuse(t, http.MethodPatch, pathOf(a.ID), `{"rule":{"retention_days":10}}`, 400, 1,
			"rule.visitor_source_id", "required")
	})
	t.Run("the same rule again is evaluated again", func(t *testing.T) {
		before := s.get(t, a.ID)
		s.store.hold()
		if got := s.patch(t, a.ID, `{"rule":`+string(before.Rule)+`}`); got.Status != "INITIALIZING" {
			t.Errorf("the audience is %s", got.Status)
		}
		s.store.release()
		s.ready(t, a.ID).is(t, 130, "READY")
	})
}

func TestTwoQuickUpdatesEndInTheLast(t *testing.T) {
	s := start(t)
	for i, page := range []string{"first", "second", "third"} {
		s.visits(t, 0, 110+10*i, noon-10, "https://shop.example/"+page)
	}
	tag := s.tag(t, "shop")
	rule := func(page string) string {
		return fmt.Sprintf(`{"visitor_source_id":%q,"url":["https://shop.example/%s"]%s}`, tag, page, saying)
	}
	t.Run("while the first is being evaluated", func(t *testing.T) {
		a := s.complete(t, "VISITOR", rule("first"))
		s.store.hold()
		s.patch(t, a.ID, `{"rule":`+rule("second")+`}`)
		got := s.patch(t, a.ID, `{"rule":`+rule("third")+`}`)
		got.is(t, 110, "INITIALIZING")
		s.store.release()
		s.ready(t, a.ID).is(t, 130, "READY")
		s.settle(t)
		s.get(t, a.ID).is(t, 130, "READY")
		s.hasOneRoll(t, a.ID, 3)
	})
	t.Run("while the audience is still new", func(t *testing.T) {
		s.store.hold()
		a := s.create(t, "VISITOR", rule("first"))
		s.patch(t, a.ID, `{"rule":`+rule("second")+`}`)
		s.patch(t, a.ID, `{"rule":`+rule("third")+`}`).is(t, 0, "INITIALIZING")
		s.store.release()
		s.ready(t, a.ID).is(t, 130, "READY")
		s.hasOneRoll(t, a.ID, 3)
	})
	t.Run("and an event that arrives in between counts for both rules", func(t *testing.T) {
		a := s.complete(t, "VISITOR", rule("second"))
		a.is(t, 120, "READY")
		s.store.hold()
		s.patch(t, a.ID, `{"rule":`+rule("third")+`}`)
		s.visits(t, 500, 501, noon, "https://shop.example/second")
		s.visits(t, 600, 602, noon, "https://shop.example/third")
		s.get(t, a.ID).is(t, 121, "INITIALIZING")
		s.member(t, a.ID, 500, true)
		s.member(t, a.ID, 600, false)
		s.store.release()
		s.ready(t, a.ID).is(t, 132, "READY")
		s.member(t, a.ID, 500, false)
		s.member(t, a.ID, 600, true)
	})
}

// hasOneRoll demands that of all the rules that an audience has had, only the last has left anything in the index.
func (s *service) hasOneRoll(t *testing.T, id string, last int) {
	t.Helper()
	s.settle(t)
	n, err := parterre.ParseID("audience_id", id)
	if err != nil {
		t.Fatal(err)
	}
	versions, err := s.store.versionsWithRolls(t.Context(), n, last)
	if err != nil || !slices.Equal(versions, []int{last}) {
		t.Errorf("the versions with rolls are %v, %v; want %d alone", versions, err, last)
	}
}

// Of many updates at once, each is taken or refused as a whole, and what is there at last is what the last of them said.
func TestManyUpdatesAtOnce(t *testing.T) {
	const callers, each = 5, 10
	s := start(t)
	tag := s.tag(t, "shop")
	var events []string
	for i := range callers * each { // page i has 100 + i visitors
		for p := i; p < 100+2*i; p++ {
			events = append(events,
				event(p, "page_visit", noon-10, fmt.Sprintf(`,"event_source_url":"https://shop.example/%d","custom_data":{"currency":"USD"}`, i)))
		}
	}
	s.happen(t, events...)
	a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, tag))
	errs := make(chan error, callers*each)
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for k := range each {
				i := c*each + k
				body := fmt.Sprintf(`{"name":"%d","description":"of %d","rule":{"visitor_source_id":%q,"url":["https://shop.example/%d"]%s}}`,
					i, i, tag, i, saying)
				got := s.send(t, s.Token, http.MethodPatch, pathOf(a.ID), strings.NewReader(body))
				if got.status != http.StatusOK {
					errs <- errors.New(string(got.body))
				}
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		t.Errorf("an update was refused: %v", err)
	}
	s.settle(t)
	got := s.get(t, a.ID)
	last := s.lastVersion(t, a.ID)
	if last.Version != 1+callers*each {
		t.Errorf("there are %d versions, want %d", last.Version, 1+callers*each)
	}
	i, err := strconv.Atoi(got.Name)
	if err != nil || got.Name != last.Name {
		t.Fatalf("the audience is called %q, the last version %q (%v)", got.Name, last.Name, err)
	}
	got.is(t, 100+i, "READY")
	if want := fmt.Sprintf(`{"visitor_source_id":%q,"url":["https://shop.example/%d"]%s}`, tag, i, saying); string(got.Rule) != want ||
		got.Description == nil || *got.Description != "of "+got.Name {
		t.Errorf("the parts of the audience come from several updates: %+v", got)
	}
	s.hasOneRoll(t, a.ID, last.Version)
}

// lastVersion is the last version of an audience that the catalogue keeps.
func (s *service) lastVersion(t *testing.T, id string) (last parterre.Audience) {
	t.Helper()
	n, err := parterre.ParseID("audience_id", id)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Catalog.View(t.Context(), func(tx *catalog.Tx) error {
		versions, _, err := tx.AudienceVersions(n, catalog.Page{Limit: 1, Descending: true})
		if err == nil {
			last = versions[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}
