package v5_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

const remove = `{"operation_type":"REMOVE"}`

// gone demands that an audience is nowhere any more.
func (s *service) gone(t *testing.T, id string, member int) {
	t.Helper()
	const text = "Audience could not be found."
	s.refuse(t, http.MethodGet, pathOf(id), "", http.StatusNotFound, 1000, text)
	s.refuse(t, http.MethodPatch, pathOf(id), `{"name":"n"}`, http.StatusNotFound, 1000, text)
	s.refuse(t, http.MethodPatch, pathOf(id), `{}`, http.StatusNotFound, 1000, text)
	s.refuse(t, http.MethodPatch, pathOf(id), remove, http.StatusNotFound, 1000, text)
	if slices.Contains(s.listed(t), id) {
		t.Errorf("audience %s is still in the list", id)
	}
	s.member(t, id, member, false)
}

// leavesNothing demands that nothing of an audience is in the index.
func (s *service) leavesNothing(t *testing.T, id string, versions int) {
	t.Helper()
	s.settle(t)
	n, err := parterre.ParseID("audience_id", id)
	if err != nil {
		t.Fatal(err)
	}
	left, err := s.store.versionsWithRolls(t.Context(), n, versions)
	if err != nil || len(left) > 0 {
		t.Errorf("rolls of the versions %v are left (%v)", left, err)
	}
}

func TestRemove(t *testing.T) {
	s := start(t)
	all := ofEach(t, s)
	for _, category := range []string{"ACTALIKE", "ENGAGEMENT", "VISITOR", "CUSTOMER_LIST"} {
		t.Run("a removed "+category+" audience is gone", func(t *testing.T) {
			a := all[category]
			members := 3
			if category == "ACTALIKE" {
				members = 200 // who is on the list is a seed
			}
			s.member(t, a.ID, members, true)
			s.clock.seconds.Add(7)
			want := a
			want.Updated = s.clock.now().Unix()
			mustBe(t, s.patch(t, a.ID, remove), want)
			s.gone(t, a.ID, members)
			s.leavesNothing(t, a.ID, 1)
			s.gone(t, a.ID, members)
		})
	}
	if left := s.listed(t); len(left) > 0 {
		t.Errorf("the list still has %v", left)
	}
	s.visits(t, 0, 10, noon, "https://shop.example/") // moves no roll of what is gone
	for _, a := range all {
		s.leavesNothing(t, a.ID, 1)
	}
}

func TestRemoveIgnoresWhatElseIsSaid(t *testing.T) {
	s := start(t)
	rule := fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t"))
	for name, more := range map[string]string{
		"a name and a description":  `"name":"other","description":"d"`,
		"a rule":                    `"rule":{"engager_type":1}`,
		"what would be wrong":       `"name":5,"rule":"none","description":[],"ad_account_id":"x"`,
		"an ad account that is not": `"ad_account_id":"1234"`,
	} {
		t.Run(name, func(t *testing.T) {
			a := s.complete(t, "VISITOR", rule)
			got := as[audience](t, s.callBeyond(t, http.MethodPatch, pathOf(a.ID), `{"operation_type":"REMOVE",`+more+`}`))
			mustBe(t, got, a)
			s.gone(t, a.ID, 0)
		})
	}
}

func TestRemoveWhileTheRuleIsBeingEvaluated(t *testing.T) {
	s := start(t)
	s.visits(t, 0, 120, noon-10, "https://shop.example/")
	rule := fmt.Sprintf(`{"visitor_source_id":%q%s}`, s.tag(t, "t"), saying)
	t.Run("a new audience", func(t *testing.T) {
		s.store.hold()
		a := s.create(t, "VISITOR", rule)
		mustBe(t, s.patch(t, a.ID, remove), a)
		s.gone(t, a.ID, 3)
		s.store.release()
		s.leavesNothing(t, a.ID, 1)
		s.gone(t, a.ID, 3)
	})
	t.Run("an audience that is served", func(t *testing.T) {
		a := s.complete(t, "VISITOR", rule)
		s.store.hold()
		want := s.patch(t, a.ID, `{"rule":`+rule+`}`)
		want.is(t, 120, "INITIALIZING")
		mustBe(t, s.patch(t, a.ID, remove), want)
		s.gone(t, a.ID, 3)
		s.visits(t, 0, 10, noon, "https://shop.example/")
		s.store.release()
		s.leavesNothing(t, a.ID, 2)
		s.gone(t, a.ID, 3)
	})
}

func TestRemoveOfASeed(t *testing.T) {
	s := start(t)
	s.people(t, 0, 1000, "US")
	first := s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, s.list(t, 0, 50)))
	second := s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, s.list(t, 50, 150)))
	rule := fmt.Sprintf(`{"seed_id":[%q,%q],"country":"US","percentage":10}`, first.ID, second.ID)
	alike := s.complete(t, "ACTALIKE", rule)
	alike.is(t, 100, "READY")
	s.patch(t, first.ID, remove)
	t.Run("the audience that was made from it stays as it is", func(t *testing.T) {
		s.settle(t)
		mustBe(t, s.get(t, alike.ID), alike)
		mustBe(t, s.patch(t, alike.ID, `{}`), alike)
		if got := s.patch(t, alike.ID, `{"name":"n"}`); got.Status != "READY" || got.Size != 100 {
			t.Errorf("a new name made it %+v", got)
		}
	})
	t.Run("a rule cannot name it any more", func(t *testing.T) {
		before := s.get(t, alike.ID)
		s.refuse(t, http.MethodPatch, pathOf(alike.ID), `{"rule":`+rule+`}`, 400, 1, "rule.seed_id", first.ID, "does not exist")
		mustBe(t, s.get(t, alike.ID), before)
	})
	t.Run("a rule that waits for it goes on without it", func(t *testing.T) {
		s.store.hold()
		seed := s.create(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
		s.patch(t, alike.ID, fmt.Sprintf(`{"rule":{"seed_id":[%q,%q],"country":"US","percentage":5}}`, second.ID, seed.ID))
		s.patch(t, seed.ID, remove)
		s.store.release()
		s.ready(t, alike.ID).is(t, 50, "TOO_SMALL")
	})
	t.Run("with no seed left nobody is like them", func(t *testing.T) {
		s.store.hold()
		seed := s.create(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
		s.patch(t, alike.ID, fmt.Sprintf(`{"rule":{"seed_id":[%q],"country":"US","percentage":5}}`, seed.ID))
		s.patch(t, seed.ID, remove)
		s.store.release()
		s.ready(t, alike.ID).is(t, 0, "TOO_SMALL")
	})
}

// An audience is removed once: of several callers at the same time, one is told so and the others that there is none.
func TestManyRemovalsAtOnce(t *testing.T) {
	s := start(t)
	a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
	answers := make(chan answer)
	for range 8 {
		go func() { answers <- s.send(t, s.Token, http.MethodPatch, pathOf(a.ID), strings.NewReader(remove)) }()
	}
	removed := 0
	for range 8 {
		if got := <-answers; got.status == http.StatusOK {
			removed++
		} else {
			refused(t, got, http.StatusNotFound, 1000)
		}
	}
	if removed != 1 {
		t.Errorf("the audience was removed %d times", removed)
	}
}

// What the tests above say is left has to be something that would be seen.
func TestTheStoreSeesRolls(t *testing.T) {
	s := start(t)
	s.visits(t, 0, 5, noon, "https://shop.example/")
	a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q%s}`, s.tag(t, "t"), saying))
	n, err := parterre.ParseID("audience_id", a.ID)
	if err != nil {
		t.Fatal(err)
	}
	persons := 0
	id := driver.RollID{Kind: driver.AudienceRoll, A: uint64(n), B: 1}
	err = s.store.Chunks(context.Background(), id, func(_ uint16, c roll.Chunk) error { persons += c.Len(); return nil })
	if err != nil || persons != 5 {
		t.Errorf("the roll has %d persons (%v), want 5", persons, err)
	}
}
