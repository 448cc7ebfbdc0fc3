package v5_test

import (
	"fmt"
	"testing"
)

const day = 86_400

func TestRetentionIsExactToTheSecond(t *testing.T) {
	for _, tt := range []struct {
		name, rule string
		window     int64
	}{
		{"the shortest", `"retention_days":1`, day},
		{"a string", `"retention_days":"30"`, 30 * day},
		{"180 days unless said", `"prefill":true`, 180 * day},
		{"the longest", `"retention_days":540`, 540 * day},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t)
			const at = noon - 100
			s.visits(t, 0, 100, at, "https://shop.example/")
			s.visits(t, 100, 101, at+1, "https://shop.example/")
			a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q,%s}`, s.tag(t, "t"), tt.rule))
			a.is(t, 101, "READY")
			s.clock.seconds.Store(at + tt.window)
			s.get(t, a.ID).is(t, 101, "READY")
			s.member(t, a.ID, 0, true)
			s.clock.seconds.Store(at + tt.window + 1)
			s.get(t, a.ID).is(t, 1, "TOO_SMALL")
			s.member(t, a.ID, 0, false)
			s.member(t, a.ID, 100, true)
			s.clock.seconds.Store(at + tt.window + 2)
			s.get(t, a.ID).is(t, 0, "TOO_SMALL")
			s.member(t, a.ID, 100, false)
		})
	}
	t.Run("of engagements too", func(t *testing.T) {
		s := start(t)
		s.lines(t, "engagements", engaged(0, "save", noon, `,"pin_id":"7","ad_account_id":"`+account+`"`))
		a := s.complete(t, "ENGAGEMENT", `{"engager_type":1,"retention_days":7}`)
		s.clock.seconds.Store(noon + 7*day)
		s.member(t, a.ID, 0, true)
		s.clock.seconds.Store(noon + 7*day + 1)
		s.member(t, a.ID, 0, false)
	})
}

// Each person is kept from their own last qualifying moment.
func TestALaterEventRenewsTheMembership(t *testing.T) {
	s := start(t)
	s.visits(t, 0, 2, noon, "https://shop.example/")
	a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q,"retention_days":10}`, s.tag(t, "t")))
	s.clock.seconds.Store(noon + 5*day)
	s.visits(t, 1, 2, noon+5*day, "https://shop.example/")
	s.visits(t, 1, 2, noon+4*day, "https://shop.example/") // one that comes late takes nothing away
	s.clock.seconds.Store(noon + 10*day + 1)
	s.member(t, a.ID, 0, false)
	s.member(t, a.ID, 1, true)
	s.clock.seconds.Store(noon + 15*day)
	s.member(t, a.ID, 1, true)
	s.clock.seconds.Store(noon + 15*day + 1)
	s.member(t, a.ID, 1, false)
}

func TestAHundredMembersMakeAnAudienceReady(t *testing.T) {
	t.Run("as events arrive and age", func(t *testing.T) {
		s := start(t)
		a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q,"retention_days":10}`, s.tag(t, "t")))
		a.is(t, 0, "TOO_SMALL")
		s.visits(t, 0, 99, noon, "https://shop.example/")
		s.get(t, a.ID).is(t, 99, "TOO_SMALL")
		s.clock.seconds.Store(noon + 5)
		s.visits(t, 99, 100, noon+5, "https://shop.example/")
		s.get(t, a.ID).is(t, 100, "READY")
		s.visits(t, 98, 100, noon+5, "https://shop.example/") // the same persons again
		s.get(t, a.ID).is(t, 100, "READY")
		s.clock.seconds.Store(noon + 10*day)
		s.get(t, a.ID).is(t, 100, "READY")
		s.clock.seconds.Store(noon + 10*day + 1)
		s.get(t, a.ID).is(t, 2, "TOO_SMALL")
		s.visits(t, 0, 98, noon+10*day, "https://shop.example/")
		s.get(t, a.ID).is(t, 100, "READY")
	})
	t.Run("as a list grows and shrinks", func(t *testing.T) {
		s := start(t)
		list := s.list(t, 0, 99)
		a := s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, list))
		a.is(t, 99, "TOO_SMALL")
		s.change(t, list, "ADD", records(50, 100))
		s.settle(t)
		s.get(t, a.ID).is(t, 100, "READY")
		s.change(t, list, "REMOVE", records(0, 1))
		s.settle(t)
		s.get(t, a.ID).is(t, 99, "TOO_SMALL")
		s.member(t, a.ID, 0, false)
		s.clock.seconds.Add(1000 * day) // who is on a list stays
		s.get(t, a.ID).is(t, 99, "TOO_SMALL")
		s.change(t, list, "ADD", records(0, 1))
		s.settle(t)
		s.get(t, a.ID).is(t, 100, "READY")
	})
	t.Run("in the list of audiences as in the audience", func(t *testing.T) {
		s := start(t)
		a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
		for _, size := range []int{0, 99, 100} {
			s.visits(t, 0, size, noon, "https://shop.example/")
			mustBe(t, as[audience](t, s.call(t, "GET", inAccount+"/audiences", "").first(t)), s.get(t, a.ID))
		}
	})
}

func TestAnAudienceThatStartsEmpty(t *testing.T) {
	s := start(t)
	s.visits(t, 0, 120, noon-10, "https://shop.example/")
	tag := s.tag(t, "t")
	rule := fmt.Sprintf(`{"visitor_source_id":%q,"prefill":false}`, tag)
	a := s.complete(t, "VISITOR", rule)
	a.is(t, 0, "TOO_SMALL")
	s.visits(t, 100, 220, noon, "https://shop.example/")
	s.get(t, a.ID).is(t, 120, "READY")
	t.Run("a new rule brings the past in", func(t *testing.T) {
		s.patch(t, a.ID, fmt.Sprintf(`{"rule":{"visitor_source_id":%q}}`, tag))
		s.ready(t, a.ID).is(t, 220, "READY")
	})
	t.Run("and another one starts empty again", func(t *testing.T) {
		s.patch(t, a.ID, `{"rule":`+rule+`}`)
		s.ready(t, a.ID).is(t, 0, "TOO_SMALL")
	})
}
