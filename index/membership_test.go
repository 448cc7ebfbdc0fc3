package index_test

import (
	"math"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/memindex"
)

func TestMembershipEndsOneSecondAfterTheWindow(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		ix.Register(ofURL(10, "/"))
		must(t, ix.Ingest(t.Context(), []parterre.Event{
			visit(who("ann"), "/", noon), visit(who("bob"), "/", noon+1), visit(who("cid"), "/", noon+day),
		}))
		m := index.OfAudience(10, 1, day)
		wantMembers(t, ix, m, noon-1, 1, 2, 3) // an event that lies ahead counts
		wantMembers(t, ix, m, noon+day, 1, 2, 3)
		wantMembers(t, ix, m, noon+day+1, 2, 3)
		wantMembers(t, ix, m, noon+day+2, 3)
		wantMembers(t, ix, m, noon+2*day, 3)
		wantMembers(t, ix, m, noon+2*day+1)
		wantMembers(t, ix, everybody(10), noon+2*day+1, 1, 2, 3)
		wantMembers(t, ix, index.OfAudience(10, 1, 2*noon), noon, 1, 2, 3) // a window that begins before 1970
	})
}

func TestACountHoldsToTheLastSecondOfItsPromise(t *testing.T) {
	ix := newIndex(t, memindex.New())
	ix.Register(ofURL(10, "/"))
	var events []parterre.Event
	for n, at := range []parterre.Stamp{noon, noon, noon + 5, noon + 90, noon + day, noon + day} {
		events = append(events, visit(person(n), "/", at))
	}
	must(t, ix.Ingest(t.Context(), events))
	m, at, borders := index.OfAudience(10, 1, day), int64(noon), 0
	for {
		n, until, err := ix.Count(t.Context(), m, at)
		must(t, err)
		if until == math.MaxInt64 {
			if n != 0 {
				t.Errorf("%d members stay for good", n)
			}
			break
		}
		last, _, err := ix.Count(t.Context(), m, until)
		must(t, err)
		next, _, err := ix.Count(t.Context(), m, until+1)
		must(t, err)
		if last != n || next >= n {
			t.Errorf("at %d there are %d members until %d, but then there are %d, and %d one second later", at, n, until, last, next)
		}
		at = until + 1
		borders++
	}
	if borders != 4 {
		t.Errorf("the count changed %d times, want 4", borders)
	}
	t.Run("and without a window for good", func(t *testing.T) {
		if n, until, err := ix.Count(t.Context(), everybody(10), noon); n != 6 || until != math.MaxInt64 || err != nil {
			t.Errorf("got %d until %d, %v", n, until, err)
		}
	})
}

func TestARevisionChangesWithTheRollsOfTheMembership(t *testing.T) {
	ix := newIndex(t, memindex.New())
	ix.Register(fresh(ofURL(10, "/")))
	ix.Register(ofURL(12, "/"))
	list := index.OfList(641)
	last := map[index.Membership]uint64{}
	expect := func(what string, changed ...index.Membership) {
		t.Helper()
		must := map[index.Membership]bool{}
		for _, m := range changed {
			must[m] = true
		}
		for _, m := range []index.Membership{everybody(10), everybody(11), everybody(12), list} {
			now := ix.Revision(m)
			if must[m] && now == last[m] {
				t.Errorf("%s: the revision of %v is still %d", what, m.Added, now)
			}
			if !must[m] && now != last[m] {
				t.Errorf("%s: the revision of %v went from %d to %d", what, m.Added, last[m], now)
			}
			last[m] = now
		}
	}
	expect("nothing happened")
	must(t, ix.Ingest(t.Context(), []parterre.Event{inBlue(visit(who("ann"), "/", noon))}))
	expect("an event came", everybody(10), everybody(12))
	must(t, ix.Ingest(t.Context(), []parterre.Event{visit(who("ann"), "/elsewhere", noon)}))
	expect("another page was visited", everybody(12)) // which asks for little, and costs little
	other := visit(who("ann"), "/", noon)
	other.Facet.Account = 2
	must(t, ix.Ingest(t.Context(), []parterre.Event{other}))
	expect("another ad account had an event")
	must(t, ix.Evaluate(t.Context(), ofBlue(ofURL(11, "/"))))
	expect("an audience was evaluated", everybody(11))
	must(t, ix.ChangeList(t.Context(), 641, 1, false, [][]parterre.Identifier{who("ann")}))
	expect("somebody was put on the list", list)
	must(t, ix.ChangeList(t.Context(), 641, 2, true, [][]parterre.Identifier{who("ann")}))
	expect("and taken off", list)
	must(t, ix.Fill(t.Context(), everybody(11).Added, []parterre.PersonID{1}))
	expect("a roll was filled", everybody(11))

	t.Run("and never comes back, so that no answer about a roll that was dropped is taken for one about a new one",
		func(t *testing.T) {
			before := ix.Revision(everybody(11))
			must(t, ix.Drop(t.Context(), everybody(11).Added))
			seen := map[uint64]bool{before: true}
			for range 3 {
				must(t, ix.Fill(t.Context(), everybody(11).Added, []parterre.PersonID{1}))
				now := ix.Revision(everybody(11))
				if seen[now] {
					t.Errorf("the revision is %d again", now)
				}
				seen[now] = true
			}
		})
}

func TestTheRollsOfAudiencesListsAndCountriesAreApart(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		importCrowd(t, ix, crowd)
		fill := func(m index.Membership, p ...parterre.PersonID) { must(t, ix.Fill(t.Context(), m.Added, p)) }
		fill(index.OfAudience(641, 1, 0), 1, 2)
		fill(index.OfAudience(641, 2, 0), 3)
		fill(index.OfAudience(642, 1, 0), 4)
		must(t, ix.ChangeList(t.Context(), 641, 1, false, [][]parterre.Identifier{person(5)}))
		must(t, ix.Import(t.Context(), []parterre.Person{{Who: person(6), Country: "US"}, {Who: person(7), Country: "SU"}}))
		wantMembers(t, ix, index.OfAudience(641, 1, 0), noon, 1, 2)
		wantMembers(t, ix, index.OfAudience(641, 2, 0), noon, 3)
		wantMembers(t, ix, index.OfAudience(642, 1, 0), noon, 4)
		wantMembers(t, ix, index.OfAudience(643, 1, 0), noon)
		wantMembers(t, ix, index.OfList(641), noon, 6)
		wantMembers(t, ix, index.OfCountry("US"), noon, 7)
		wantMembers(t, ix, index.OfCountry("SU"), noon, 8)
	})
}
