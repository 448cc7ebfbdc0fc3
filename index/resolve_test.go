package index_test

import (
	"fmt"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/memindex"
)

// The kinds of identifiers, one of each for whoever is asked for.

func email(name string) parterre.Identifier { return parterre.ByEmail(name + "@example.com")[0] }

func click(name string) parterre.Identifier { return parterre.ByClickID("click-" + name) }

func advertiser(name string) parterre.Identifier { return parterre.ByAdvertiserID(1, name) }

func agent(name string) parterre.Identifier {
	return parterre.ByAgent("198.18.0.1", "Browser of "+name)
}

func external(name string) parterre.Identifier { return parterre.ByExternalID(name) }

// known is an index in which each of the identifiers is a person of their own, numbered from 1.
func known(t *testing.T, o index.Options, ids ...parterre.Identifier) *index.Index {
	t.Helper()
	ix := newIndexWith(t, memindex.New(), o)
	for i, id := range ids {
		must(t, ix.Import(t.Context(), []parterre.Person{{Who: []parterre.Identifier{id}}}))
		if p := lookup(t, ix, id); int(p) != i+1 {
			t.Fatalf("the identifier %d belongs to person %d", i, p)
		}
	}
	ix.Register(ofURL(10, "/"))
	return ix
}

// comes has an event of the page arrive that shows the identifiers.
func comes(t *testing.T, ix *index.Index, ids ...parterre.Identifier) {
	t.Helper()
	must(t, ix.Ingest(t.Context(), []parterre.Event{visit(ids, "/", noon)}))
}

// wantOwner says whose an identifier is, 0 for nobody's.
func wantOwner(t *testing.T, ix *index.Index, id parterre.Identifier, want parterre.PersonID) {
	t.Helper()
	if got := lookup(t, ix, id); got != want {
		t.Errorf("the identifier belongs to person %d, want %d", got, want)
	}
}

func wantPopulation(t *testing.T, ix *index.Index, want int) {
	t.Helper()
	if got := ix.Population(); got != want {
		t.Errorf("there are %d persons, want %d", got, want)
	}
}

func TestTheFirstIdentifierThatIsKnownDecides(t *testing.T) {
	for _, c := range []struct {
		shown []parterre.Identifier
		want  parterre.PersonID
	}{
		{[]parterre.Identifier{email("ann"), advertiser("bob"), click("cid")}, 1},
		{[]parterre.Identifier{advertiser("bob"), email("ann"), click("cid")}, 2},
		{[]parterre.Identifier{email("nobody"), click("cid"), email("ann")}, 3},
		{[]parterre.Identifier{email("nobody"), advertiser("nobody"), advertiser("bob"), email("ann")}, 2},
		{[]parterre.Identifier{agent("dan"), email("ann")}, 1}, // an address and agent comes last, wherever it stands
		{[]parterre.Identifier{agent("dan"), click("cid")}, 3},
	} {
		ix := known(t, index.Options{}, email("ann"), advertiser("bob"), click("cid"), agent("dan"))
		comes(t, ix, c.shown...)
		wantMembers(t, ix, everybody(10), noon, c.want)
		wantPopulation(t, ix, 4)
	}
}

func TestAnAddressAndAgentFindAPersonWhenNothingStrongIsShown(t *testing.T) {
	for name, shown := range map[string][]parterre.Identifier{
		"alone":                   {agent("dan")},
		"with a click id before":  {click("new"), agent("dan")},
		"with a click id behind":  {agent("dan"), click("new")},
		"with another in between": {agent("nobody"), agent("dan")},
	} {
		t.Run(name, func(t *testing.T) {
			ix := known(t, index.Options{}, email("ann"), agent("dan"))
			comes(t, ix, shown...)
			wantMembers(t, ix, everybody(10), noon, 2)
			wantPopulation(t, ix, 2)
		})
	}
}

func TestWhoeverShowsAStrongIdentifierIsNotTakenForSomebodyWithTheSameBrowser(t *testing.T) {
	for name, strong := range map[string]parterre.Identifier{
		"an e-mail digest": email("eve"), "an advertiser's id": advertiser("eve"), "an external id": external("eve"),
	} {
		t.Run(name, func(t *testing.T) {
			ix := known(t, index.Options{}, agent("dan"))
			comes(t, ix, strong, agent("dan"))
			wantMembers(t, ix, everybody(10), noon, 2) // a new person
			wantOwner(t, ix, strong, 2)
			wantOwner(t, ix, agent("dan"), 1) // who had it first
		})
	}
}

func TestIdentifiersThatPointedAtNobodyPointAtThePersonFromThenOn(t *testing.T) {
	ix := known(t, index.Options{}, email("ann"))
	comes(t, ix, email("ann"), advertiser("ann"), click("ann"), agent("ann"))
	for _, id := range []parterre.Identifier{advertiser("ann"), click("ann"), agent("ann")} {
		wantOwner(t, ix, id, 1)
	}
	comes(t, ix, agent("ann"))
	wantMembers(t, ix, everybody(10), noon, 1)
	wantPopulation(t, ix, 1)
}

func TestAnIdentifierThatPointsAtSomebodyElseIsLeftAlone(t *testing.T) {
	ix := known(t, index.Options{}, email("ann"), click("bob"))
	comes(t, ix, email("ann"), click("bob"), click("ann"))
	wantOwner(t, ix, click("bob"), 2)
	wantOwner(t, ix, click("ann"), 1)
	must(t, ix.Import(t.Context(), []parterre.Person{{Who: []parterre.Identifier{email("ann"), click("bob"), external("ann")}}}))
	wantOwner(t, ix, click("bob"), 2)
	wantOwner(t, ix, external("ann"), 1)
	wantPopulation(t, ix, 2)
}

func TestAnUnknownIdentifierMakesAPersonInAnOpenPopulation(t *testing.T) {
	for name, id := range map[string]parterre.Identifier{
		"an e-mail digest": email("eve"), "a click id": click("eve"), "an address and agent": agent("eve"),
	} {
		t.Run(name, func(t *testing.T) {
			ix := known(t, index.Options{}, email("ann"))
			comes(t, ix, id)
			comes(t, ix, id)
			wantMembers(t, ix, everybody(10), noon, 2)
			wantPopulation(t, ix, 2)
		})
	}
}

func TestWithinOneBatchTheFirstEventSettlesIt(t *testing.T) {
	ix := known(t, index.Options{})
	must(t, ix.Ingest(t.Context(), []parterre.Event{
		visit([]parterre.Identifier{email("eve"), click("eve")}, "/", noon),
		visit([]parterre.Identifier{click("eve"), agent("eve")}, "/", noon),
		visit([]parterre.Identifier{agent("eve")}, "/", noon),
		visit([]parterre.Identifier{agent("dan")}, "/", noon),
	}))
	wantMembers(t, ix, everybody(10), noon, 1, 2)
	wantOwner(t, ix, agent("eve"), 1)
}

func TestAClosedPopulationTakesNobodyInButByImport(t *testing.T) {
	ix := known(t, index.Options{Closed: true}, email("ann"))
	comes(t, ix, email("eve"))
	comes(t, ix, agent("eve"))
	comes(t, ix, email("ann"), advertiser("ann"))
	wantMembers(t, ix, everybody(10), noon, 1)
	must(t, ix.ChangeList(t.Context(), 641, 1, false, [][]parterre.Identifier{{email("eve")}, {email("ann"), click("ann")}}))
	wantMembers(t, ix, index.OfList(641), noon, 1)
	wantPopulation(t, ix, 1)
	t.Run("and only an import says whose an identifier is", func(t *testing.T) {
		for _, id := range []parterre.Identifier{email("eve"), agent("eve"), advertiser("ann"), click("ann")} {
			wantOwner(t, ix, id, 0)
		}
		must(t, ix.Import(t.Context(), []parterre.Person{{Who: []parterre.Identifier{email("ann"), advertiser("ann")}}}))
		wantOwner(t, ix, advertiser("ann"), 1)
	})
}

func TestAListTakesInWhomItAddsAndNobodyWhomItRemoves(t *testing.T) {
	ix := known(t, index.Options{}, email("ann"))
	must(t, ix.ChangeList(t.Context(), 641, 1, false, [][]parterre.Identifier{{email("bob")}, {email("ann")}, {email("bob")}}))
	must(t, ix.ChangeList(t.Context(), 641, 2, true, [][]parterre.Identifier{{email("cid")}, {email("ann")}}))
	wantMembers(t, ix, index.OfList(641), noon, 2)
	wantPopulation(t, ix, 2)
	wantOwner(t, ix, email("cid"), 0)
}

func TestAnImportedPersonIsWhoeverIsKnownByOneOfTheIdentifiers(t *testing.T) {
	ix := known(t, index.Options{}, email("ann"), click("bob"))
	must(t, ix.Import(t.Context(), []parterre.Person{
		{Who: []parterre.Identifier{external("ann"), email("ann")}},
		{Who: []parterre.Identifier{external("bob"), click("bob")}},
		{Who: []parterre.Identifier{external("eve"), agent("eve")}},
		{Who: []parterre.Identifier{agent("eve")}},
		{Who: []parterre.Identifier{external("fay"), agent("eve")}},
	}))
	for i, name := range []string{"ann", "bob", "eve", "fay"} {
		wantOwner(t, ix, external(name), parterre.PersonID(i+1)) //nolint:gosec // few
	}
	wantOwner(t, ix, agent("eve"), 3)
	wantPopulation(t, ix, 4)
}

func TestLookupFindsThePersonOfTheFirstIdentifierThatPointsAtSomebody(t *testing.T) {
	ix := known(t, index.Options{}, email("ann"), click("bob"))
	for _, c := range []struct {
		shown []parterre.Identifier
		want  parterre.PersonID
	}{
		{nil, 0},
		{[]parterre.Identifier{email("nobody")}, 0},
		{[]parterre.Identifier{email("nobody"), click("bob"), email("ann")}, 2},
		{[]parterre.Identifier{email("ann"), click("bob")}, 1},
	} {
		if got := lookup(t, ix, c.shown...); got != c.want {
			t.Errorf("%s belong to person %d, want %d", fmt.Sprint(c.shown), got, c.want)
		}
	}
	wantPopulation(t, ix, 2)
}
