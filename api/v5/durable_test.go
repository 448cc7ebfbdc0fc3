package v5_test

import (
	"fmt"
	"net/http"
	"testing"
)

// What was answered with 200 is there when the service starts again over the same folder.
func TestWhatWasAnsweredIsOnDisk(t *testing.T) {
	s := startIn(t, t.TempDir())
	all := ofEach(t, s)
	token := s.Token
	var want []audience
	for _, a := range all {
		want = append(want, s.patch(t, a.ID, `{"name":"kept","description":"too"}`))
	}
	gone := s.complete(t, "ENGAGEMENT", `{"engager_type":2}`)
	s.patch(t, gone.ID, remove)
	list := as[customerList](t, s.call(t, http.MethodGet, inAccount+"/customer_lists", "").first(t))
	tags := string(s.call(t, http.MethodGet, inAccount+"/conversion_tags", "").body)
	page := as[struct{ Bookmark string }](t, s.call(t, http.MethodGet, inAccount+"/audiences?page_size=1", ""))

	s.reopen(t)
	for _, a := range want {
		mustBe(t, s.get(t, a.ID), a)
	}
	s.gone(t, gone.ID, 3)
	s.member(t, all["VISITOR"].ID, 3, true)
	s.member(t, all["ENGAGEMENT"].ID, 3, true)
	s.member(t, all["CUSTOMER_LIST"].ID, 3, true)
	s.member(t, all["ACTALIKE"].ID, 200, true)
	if got := as[customerList](t, s.call(t, http.MethodGet, inAccount+"/customer_lists", "").first(t)); got.ID != list.ID ||
		got.Uploaded != 150 || got.Status != "READY" {
		t.Errorf("the list is %+v, was %+v", got, list)
	}
	if got := string(s.call(t, http.MethodGet, inAccount+"/conversion_tags", "").body); got != tags {
		t.Errorf("the tags are %s, were %s", got, tags)
	}
	if got := s.call(t, http.MethodGet, inAccount+"/audiences?page_size=1&bookmark="+page.Bookmark, ""); got.status != 200 {
		t.Errorf("a bookmark of before is refused: %s", got.body)
	}
	t.Run("new events still move the audiences", func(t *testing.T) {
		before := all["VISITOR"].Size
		s.visits(t, 700, 710, noon, "https://shop.example/new")
		s.get(t, all["VISITOR"].ID).is(t, before+10, "READY")
	})
	t.Run("a new audience has an id of its own", func(t *testing.T) {
		if id := s.create(t, "ENGAGEMENT", `{"engager_type":2}`).ID; id <= gone.ID {
			t.Errorf("the id %s was given out before", id)
		}
	})
	t.Run("the token of before is replaced by the new one", func(t *testing.T) {
		refused(t, s.send(t, token, http.MethodGet, inAccount, http.NoBody), http.StatusUnauthorized, 2)
	})
}

// first is the first item of a list.
func (a answer) first(t *testing.T) answer {
	t.Helper()
	items := as[struct{ Items []rawJSON }](t, a).Items
	if len(items) == 0 {
		t.Fatalf("the list is empty: %s", a.body)
	}
	return answer{body: items[0]}
}

// What was not done when the service ended is done when it starts again.
func TestUnfinishedWorkGoesOnAfterAStart(t *testing.T) {
	s := startIn(t, t.TempDir())
	s.visits(t, 0, 120, noon-10, "https://shop.example/first")
	s.visits(t, 0, 150, noon-10, "https://shop.example/second")
	tag := s.tag(t, "shop")
	rule := func(page string) string {
		return fmt.Sprintf(`{"visitor_source_id":%q,"url":["https://shop.example/%s"]%s}`, tag, page, saying)
	}
	a := s.complete(t, "VISITOR", rule("first"))
	s.store.hold()
	s.patch(t, a.ID, `{"rule":`+rule("second")+`}`).is(t, 120, "INITIALIZING")
	fresh := s.create(t, "VISITOR", rule("second"))
	removed := s.create(t, "VISITOR", rule("first"))
	s.patch(t, removed.ID, remove)
	s.stop(t) // while both are being evaluated

	s.open(t)
	s.ready(t, a.ID).is(t, 150, "READY")
	s.ready(t, fresh.ID).is(t, 150, "READY")
	s.hasOneRoll(t, a.ID, 2)
	s.gone(t, removed.ID, 3)
	s.leavesNothing(t, removed.ID, 1)
}
