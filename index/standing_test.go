package index_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/memindex"
	"github.com/parterre/parterre/roll"
)

// come has people visit a page, at noon.
func come(t *testing.T, ix *index.Index, page string, names ...string) {
	t.Helper()
	var events []parterre.Event
	for _, name := range names {
		events = append(events, inBlue(visit(who(name), page, noon)))
	}
	must(t, ix.Ingest(t.Context(), events))
}

func TestAStandingAudience(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		d := open()
		ix := newIndex(t, d)
		come(t, ix, "/", "ann")
		s := ofBlue(ofURL(10, "/"))
		ix.Register(s)
		t.Run("begins with what arrives afterwards", func(t *testing.T) {
			wantMembers(t, ix, everybody(10), noon)
			come(t, ix, "/", "bob")
			wantMembers(t, ix, everybody(10), noon, 2)
		})
		t.Run("has the past when it is evaluated, however often", func(t *testing.T) {
			for range 2 {
				must(t, ix.Evaluate(t.Context(), s))
				wantMembers(t, ix, everybody(10), noon, 1, 2)
			}
		})
		t.Run("stays as it is when it is registered again", func(t *testing.T) {
			other := ofBlue(ofURL(10, "/other"))
			ix.Register(other)
			come(t, ix, "/other", "cid")
			come(t, ix, "/", "dan")
			wantMembers(t, ix, everybody(10), noon, 1, 2, 4)
		})
		t.Run("ends when it is dropped, and its roll goes", func(t *testing.T) {
			must(t, ix.Drop(t.Context(), s.Roll))
			wantMembers(t, ix, everybody(10), noon)
			come(t, ix, "/", "eve")
			if left := rollOf(t, d, s.Roll); len(left) != 0 {
				t.Errorf("the roll holds %v", left)
			}
			must(t, ix.Drop(t.Context(), s.Roll)) // that it is not there is no error
		})
		t.Run("can begin anew", func(t *testing.T) {
			ix.Register(s)
			come(t, ix, "/", "ann")
			wantMembers(t, ix, everybody(10), noon, 1)
		})
	})
}

func TestADerivedAudience(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		d := open()
		ix := newIndex(t, d)
		come(t, ix, "/", "ann")
		s := ofURL(10, "/")
		wantMembers(t, ix, everybody(10), noon)
		ix.Register(s)
		t.Run("has the past and what arrives afterwards, and no roll", func(t *testing.T) {
			wantMembers(t, ix, everybody(10), noon, 1)
			come(t, ix, "/", "bob")
			must(t, ix.Evaluate(t.Context(), s)) // which it does not need
			wantMembers(t, ix, everybody(10), noon, 1, 2)
			if held := rollOf(t, d, s.Roll); len(held) != 0 {
				t.Errorf("the roll holds %v", held)
			}
		})
		t.Run("stays as it is when it is registered again", func(t *testing.T) {
			ix.Register(ofURL(10, "/other"))
			come(t, ix, "/other", "cid")
			wantMembers(t, ix, everybody(10), noon, 1, 2)
		})
		t.Run("ends when it is dropped, and can begin anew", func(t *testing.T) {
			must(t, ix.Drop(t.Context(), s.Roll))
			wantMembers(t, ix, everybody(10), noon)
			must(t, ix.Drop(t.Context(), s.Roll)) // that it is not there is no error
			ix.Register(s)
			wantMembers(t, ix, everybody(10), noon, 1, 2)
		})
	})
}

// Whichever way a derived audience is united, from facets, from pages or from histories, it is what the events say: a third
// of the pages, most pages, all of them; and of the names few, or all.
func TestADerivedAudienceIsTheSameHoweverItIsUnited(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		importCrowd(t, ix, crowd)
		r := rand.New(rand.NewPCG(3, 9))
		events := someEvents(r, crowd, 400)
		for i := range events {
			events[i].Facet.Name = fmt.Sprint("event ", r.IntN(8))
			events[i].Facet.Account = 1
			events[i].Facet.URL = fmt.Sprint("/", r.IntN(12))
			if i%20 == 0 { // an ad account that has few of all facets
				events[i].Facet.Account, events[i].Facet.Name = 2, "event 1"
			}
		}
		must(t, ix.Ingest(t.Context(), events))
		id := parterre.ID(10)
		for _, account := range []parterre.ID{1, 2} {
			for names := 1; names <= 8; names += 7 {
				for _, urls := range []int{0, 1, 4, 11, 12} {
					s := index.Standing{
						Roll: index.AudienceRoll(id, 1), Accounts: []parterre.ID{account},
						Place: func(f *parterre.Facet) bool { return f.Name <= fmt.Sprint("event ", names-1) },
					}
					wanted := map[string]bool{}
					for n := range urls {
						wanted[fmt.Sprint("/", n)] = true
					}
					if urls < 12 {
						s.URL = func(url string) bool { return wanted[url] }
					}
					ix.Register(s)
					same(t, fmt.Sprintf("of ad account %d, %d names and %d pages", account, names, urls), heldBy(t, ix, s.Roll), union(events, s))
					var want []parterre.PersonID
					for p := range parterre.PersonID(crowd + 2) {
						if _, in := union(events, s)[p]; in {
							want = append(want, p)
						}
					}
					for _, veryMany := range []int{512, 1} { // so few facets are read from histories, too
						ix.SetVeryMany(veryMany)
						wantMembers(t, ix, everybody(id), noon, want...)
					}
					id++
				}
			}
		}
	})
}

func TestOneAudienceThatGoesLeavesTheOthersStanding(t *testing.T) {
	ix := newIndex(t, memindex.New())
	for id := range parterre.ID(6) {
		ix.Register(fresh(ofURL(id+1, "/")))
	}
	come(t, ix, "/", "ann")
	for _, id := range []parterre.ID{3, 1, 6} {
		must(t, ix.Drop(t.Context(), index.AudienceRoll(id, 1)))
	}
	ix.Register(fresh(ofURL(7, "/")))
	come(t, ix, "/", "bob")
	for id, want := range map[parterre.ID][]parterre.PersonID{1: nil, 2: {1, 2}, 3: nil, 4: {1, 2}, 5: {1, 2}, 6: nil, 7: {2}} {
		wantMembers(t, ix, everybody(id), noon, want...)
	}
}

func TestAnAudienceSelectsFacetsOfItsAdAccountsAlone(t *testing.T) {
	ix := newIndex(t, memindex.New())
	anything := func(*parterre.Facet) bool { return true }
	one := index.Standing{Roll: index.AudienceRoll(10, 1), Accounts: []parterre.ID{1}, Place: anything}
	two := index.Standing{Roll: index.AudienceRoll(11, 1), Accounts: []parterre.ID{0, 2}, Place: anything}
	ix.Register(one)
	ix.Register(two)
	var events []parterre.Event
	for account := range parterre.ID(4) {
		e := inBlue(visit(person(int(account)), "/", noon))
		e.Facet.Account = account
		events = append(events, e)
	}
	must(t, ix.Ingest(t.Context(), events))
	wantMembers(t, ix, everybody(10), noon, 2)
	wantMembers(t, ix, everybody(11), noon, 1, 3)
	t.Run("when the past is evaluated, too", func(t *testing.T) {
		one.Roll, two.Roll = index.AudienceRoll(20, 1), index.AudienceRoll(21, 1)
		one.Data, two.Data = blue.Data, blue.Data
		must(t, ix.Evaluate(t.Context(), one))
		must(t, ix.Evaluate(t.Context(), two))
		wantMembers(t, ix, everybody(20), noon, 2)
		wantMembers(t, ix, everybody(21), noon, 1, 3)
	})
}

func TestARollOfManyBlocksIsWrittenWhole(t *testing.T) {
	const blocks = 37
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		d := open()
		ix := newIndex(t, d)
		want := stamps{}
		var persons []parterre.PersonID
		for block := range uint16(blocks) {
			for low := range uint16(3) {
				p := roll.Person(block, 7*low+1)
				persons = append(persons, p)
				want[p] = 1
			}
		}
		id := index.AudienceRoll(10, 1)
		must(t, ix.Fill(t.Context(), id, persons))
		same(t, "the roll", rollOf(t, d, id), want)
		set, err := ix.Members(t.Context(), everybody(10), noon)
		must(t, err)
		if n := set.GetCardinality(); n != 3*blocks {
			t.Errorf("there are %d members, want %d", n, 3*blocks)
		}
		must(t, ix.Fill(t.Context(), id, nil))
		same(t, "the roll after nobody came", rollOf(t, d, id), want)
	})
}

func TestOrganicYieldsWhoEngagedWithEachPin(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		importCrowd(t, ix, crowd)
		var events []parterre.Event
		engage := func(n int, account, pin, ad parterre.ID, kind parterre.EngagementType) {
			events = append(events, parterre.Event{Who: person(n), At: noon, Facet: parterre.Facet{
				Kind: parterre.Engagement, Account: account, Pin: pin, Ad: ad, Type: kind,
			}})
		}
		engage(3, 0, 12, 0, parterre.Click)
		engage(1, 1, 12, 0, parterre.Save)
		engage(1, 0, 12, 0, parterre.Save)
		engage(2, 2, 7, 0, parterre.Like)
		engage(4, 1, 7, 9, parterre.Click) // an ad
		engage(5, 1, 0, 0, parterre.Click) // no pin
		engage(6, 3, 7, 0, parterre.Click) // another ad account
		events = append(events, visit(person(7), "/", noon))
		must(t, ix.Ingest(t.Context(), events))

		type item struct {
			Pin     parterre.ID
			Persons []uint32
		}
		var got []item
		must(t, ix.Organic(t.Context(), []parterre.ID{0, 1, 2}, func(pin parterre.ID, persons *roaring.Bitmap) error {
			got = append(got, item{pin, persons.ToArray()})
			return nil
		}))
		same(t, "the pins", got, []item{{7, []uint32{3}}, {12, []uint32{2, 4}}})
	})
}
