package index_test

import (
	"fmt"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

// What an ad account dropped does not come back, not by the cache either; others keep theirs, and new events count.
func TestDroppingAnAdAccount(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		const facets = 2500 // more than go in one change
		var events []parterre.Event
		for i := range facets {
			events = append(events, visit(person(1), fmt.Sprintf("/%d", i), noon))
		}
		elsewhere := visit(person(2), "/0", noon)
		elsewhere.Facet.Account = 2
		events = append(events, visit(person(4), "/0", noon), visit(person(4), "/1", noon)) // so few that they are remembered
		must(t, ix.Ingest(t.Context(), append(events, elsewhere)))
		all := func(audience, account parterre.ID) int {
			t.Helper()
			s := index.Standing{
				Roll: index.AudienceRoll(audience, 1), Accounts: []parterre.ID{account},
				Place: func(*parterre.Facet) bool { return true },
			}
			ix.Register(s)
			n, _, err := ix.Count(t.Context(), index.OfAudience(audience, 1, 0), noon)
			must(t, err)
			return n
		}
		if got := all(10, 1); got != 2 {
			t.Fatalf("%d persons were there before", got)
		}
		if held := heldBy(t, ix, index.AudienceRoll(10, 1)); len(held) != 2 {
			t.Errorf("before, persons hold %v", held)
		}
		must(t, ix.DropAccount(t.Context(), 1))
		if held := heldBy(t, ix, index.AudienceRoll(10, 1)); len(held) > 0 {
			t.Errorf("right after it persons still hold %v", held)
		}
		if got := all(11, 1); got != 0 {
			t.Errorf("%d persons are left", got)
		}
		if held := heldBy(t, ix, index.AudienceRoll(10, 1)); len(held) > 0 {
			t.Errorf("persons still hold %v", held)
		}
		if got := all(12, 2); got != 1 {
			t.Errorf("%d persons are left elsewhere", got)
		}
		must(t, ix.Ingest(t.Context(), []parterre.Event{visit(person(3), "/0", noon)})) // a facet that was there before
		if got := all(13, 1); got != 1 {
			t.Errorf("%d persons came after", got)
		}
		must(t, ix.DropAccount(t.Context(), 99))
	})
}
