package index_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/index/memindex"
	"github.com/parterre/parterre/roll"
)

// day is how many seconds a day has; noon is a moment at which much happens in these tests.
const (
	day  = 86_400
	noon = 1_780_000_000
)

// drivers are the stores that the tests of this package run over, by name.
var drivers = map[string]func(t testing.TB) driver.Driver{
	"memindex": func(testing.TB) driver.Driver { return memindex.New() },
	"lsmindex": func(t testing.TB) driver.Driver { return openLSM(t, vfs.NewMem()) },
}

// openLSM opens the embedded store with little memory.
func openLSM(t testing.TB, fs vfs.FS) driver.Driver {
	t.Helper()
	d, err := lsmindex.Open(fs, "index", lsmindex.Options{CacheBytes: 1 << 20, MemTableBytes: 1 << 20, PendingBytes: 1 << 14})
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	return d
}

// overEach runs a test over every store; open makes an empty one.
func overEach(t *testing.T, test func(t *testing.T, open func() driver.Driver)) {
	for _, name := range []string{"memindex", "lsmindex"} {
		t.Run("over "+name, func(t *testing.T) { test(t, func() driver.Driver { return drivers[name](t) }) })
	}
}

// newIndex makes an index that ends with the test.
func newIndex(t testing.TB, d driver.Driver) *index.Index { return newIndexWith(t, d, index.Options{}) }

func newIndexWith(t testing.TB, d driver.Driver, o index.Options) *index.Index {
	t.Helper()
	ix, err := index.New(context.Background(), d, o)
	if err != nil {
		t.Fatalf("make an index: %v", err)
	}
	t.Cleanup(func() { must(t, ix.Close()) })
	return ix
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// who names a person by the operator's own name.
func who(name string) []parterre.Identifier {
	return []parterre.Identifier{parterre.ByExternalID(name)}
}

// person names the n-th person of a crowd.
func person(n int) []parterre.Identifier { return who(fmt.Sprintf("p%d", n)) }

// importCrowd imports n persons, so that each has the number by which it is named, and one.
func importCrowd(t testing.TB, ix *index.Index, n int) {
	t.Helper()
	people := make([]parterre.Person, n)
	for i := range people {
		people[i].Who = person(i)
	}
	must(t, ix.Import(t.Context(), people))
}

// visit is an event of the ad account 1 at a URL.
func visit(who []parterre.Identifier, url string, at parterre.Stamp) parterre.Event {
	return parterre.Event{Who: who, At: at, Facet: parterre.Facet{
		Kind: parterre.Conversion, Account: 1, Name: "page_visit", Source: parterre.Web, Ingestion: parterre.FromTag, URL: url,
	}}
}

// ofURL is an audience of the ad account 1: whoever was at the URL.
func ofURL(audience parterre.ID, url string) index.Standing {
	return index.Standing{
		Roll: index.AudienceRoll(audience, 1), Accounts: []parterre.ID{1},
		Place: func(*parterre.Facet) bool { return true }, URL: func(s string) bool { return s == url },
	}
}

// fresh leaves the past out of an audience, which then has a roll of its own.
func fresh(s index.Standing) index.Standing {
	s.Fresh = true
	return s
}

// blue is what an event may have to say; an audience that asks for it has a roll of its own.
var blue = parterre.Facet{Data: parterre.EventData{Fields: []parterre.Datum{parterre.FieldDatum("content_category", "blue")}}}

func inBlue(e parterre.Event) parterre.Event {
	e.Facet.Data = blue.Data
	return e
}

func ofBlue(s index.Standing) index.Standing {
	s.Data = blue.Data
	return s
}

// everybody is the membership of the audience's first rule, without a window.
func everybody(audience parterre.ID) index.Membership { return index.OfAudience(audience, 1, 0) }

// lookup finds the person behind a name, 0 for nobody.
func lookup(t testing.TB, ix *index.Index, ids ...parterre.Identifier) parterre.PersonID {
	t.Helper()
	p, err := ix.Lookup(t.Context(), ids)
	must(t, err)
	return p
}

// members are the members at a moment, as all three questions answer it: Members, Contains and Count.
func members(t testing.TB, ix *index.Index, m index.Membership, at int64) []parterre.PersonID {
	t.Helper()
	set, err := ix.Members(t.Context(), m, at)
	must(t, err)
	in := []parterre.PersonID{}
	for _, p := range set.ToArray() {
		in = append(in, parterre.PersonID(p))
	}
	n, _, err := ix.Count(t.Context(), m, at)
	must(t, err)
	if n != len(in) {
		t.Fatalf("Count says %d, and Members gives %v", n, in)
	}
	for p := range parterre.PersonID(ix.Population() + 2) {
		is, err := ix.Contains(t.Context(), m, p, at)
		must(t, err)
		if is != slices.Contains(in, p) {
			t.Fatalf("Contains says %v of person %d, and Members gives %v", is, p, in)
		}
	}
	return in
}

// wantMembers compares the members at a moment with those who are meant, by their numbers.
func wantMembers(t testing.TB, ix *index.Index, m index.Membership, at int64, want ...parterre.PersonID) {
	t.Helper()
	if got := members(t, ix, m, at); !slices.Equal(got, want) && len(got)+len(want) > 0 {
		t.Errorf("the members are %v, want %v", got, want)
	}
}

// stamps are what a roll holds.
type stamps map[parterre.PersonID]parterre.Stamp

// rollOf reads a roll from the store.
func rollOf(t testing.TB, d driver.Driver, id driver.RollID) stamps {
	t.Helper()
	all := stamps{}
	must(t, d.Chunks(context.Background(), id, func(block uint16, c roll.Chunk) error {
		for i := range c.Len() {
			low, s := c.At(i)
			all[roll.Person(block, low)] = s
		}
		return nil
	}))
	return all
}

// facetRolls reads the rolls of all facets of an ad account, by the facets' bodies: their numbers depend on the order in
// which the facets came.
func facetRolls(t testing.TB, d driver.Driver, account parterre.ID) map[string]stamps {
	t.Helper()
	all := map[string]stamps{}
	must(t, d.ScanFacets(context.Background(), account, func(id driver.FacetID, body []byte) error {
		all[string(body)] = rollOf(t, d, driver.RollID{Kind: driver.FacetRoll, A: uint64(id)})
		return nil
	}))
	return all
}

// same fails the test when the two differ.
func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// heldBy is what persons of a crowd hold of an audience, by asking about each.
func heldBy(t testing.TB, ix *index.Index, id driver.RollID) stamps {
	t.Helper()
	all := stamps{}
	for p := range parterre.PersonID(crowd + 2) {
		held, err := ix.Holdings(context.Background(), p)
		must(t, err)
		for _, h := range held {
			if h.Roll == id {
				if all[p] != 0 {
					t.Errorf("person %d holds %v twice", p, id)
				}
				all[p] = h.Stamp
			}
		}
	}
	return all
}
