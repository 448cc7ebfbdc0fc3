package naive_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
	"github.com/parterre/parterre/rule/naive"
)

// The meaning of rules is tested by the corpus of package ruletest. Here is what holds of every world.

func TestTheZeroWorldIsEmpty(t *testing.T) {
	var w naive.World
	w.Remove(10)
	if got := w.Members(10, 0); len(got) != 0 {
		t.Errorf("it has the members %q", got)
	}
	if got := w.PersonsOf("US"); len(got) != 0 {
		t.Errorf("it has the persons %q", got)
	}
}

func TestAPersonLivesInTheCountryThatWasSaidLast(t *testing.T) {
	var w naive.World
	w.Import("bob", "US")
	w.Import("ann", "US")
	w.Import("cid", "US")
	w.Import("cid", "CA")
	w.Import("ann", "") // says nothing
	w.Import("dan", "")
	w.AddToList(643, "eve")
	for country, want := range map[string][]string{"US": {"ann", "bob"}, "CA": {"cid"}, "GB": {}} {
		if got := w.PersonsOf(country); !slices.Equal(got, want) {
			t.Errorf("in %s live %q, not %q", country, got, want)
		}
	}
}

func TestMembersDoNotDependOnTheOrderOrNumberOfArrivals(t *testing.T) {
	const seed = 3
	r := rand.New(rand.NewPCG(seed, 0))
	type happening struct {
		person string
		facet  parterre.Facet
		at     parterre.Stamp
	}
	var events []happening
	for range 300 {
		f := parterre.Facet{Kind: parterre.Conversion, Account: 1, Tag: parterre.ID(r.IntN(3)), Name: "checkout"}
		if r.IntN(2) == 0 {
			f = parterre.Facet{Kind: parterre.Engagement, Account: 1, Type: parterre.Save, Pin: parterre.ID(r.IntN(5))}
		}
		events = append(events, happening{fmt.Sprintf("p%02d", r.IntN(50)), f, parterre.Stamp(1 + r.IntN(100*86_400))})
	}
	members := func(events []happening) (all [][]string) {
		var w naive.World
		for _, e := range events {
			w.Happen(e.person, e.facet, e.at)
		}
		w.Set(10, 1, decode(t, parterre.VisitorAudience, `{"visitor_source_id": "1", "retention_days": 30}`), 0)
		w.Set(11, 1, decode(t, parterre.EngagementAudience, `{"pin_id": ["1", "2"], "retention_days": 30}`), 0)
		for day := range int64(130) {
			all = append(all, w.Members(10, day*86_400), w.Members(11, day*86_400))
		}
		return all
	}
	want := members(events)
	for range 5 {
		again := append(slices.Clone(events), events[:100]...)
		r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		if got := members(again); !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("seed %d: the members are others after repeating and reordering the events", seed)
		}
	}
}

func TestActAlikeIsExactAndNestedAndLeavesTheSeedsOut(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		var w naive.World
		persons, seeds := 1+r.IntN(300), 1+r.IntN(30)
		for p := range persons {
			name := fmt.Sprintf("p%03d", p)
			w.Import(name, []string{"US", "CA"}[r.IntN(2)])
			for range r.IntN(8) {
				f := parterre.Facet{Kind: parterre.Engagement, Account: 1, Type: parterre.Save, Pin: parterre.ID(1 + r.IntN(20))}
				w.Happen(name, f, 1)
			}
			if r.IntN(persons) < seeds {
				w.AddToList(643, name)
			}
		}
		w.Set(10, 1, decode(t, parterre.CustomerListAudience, `{"customer_list_id": "643"}`), 0)
		seedNames, country := w.Members(10, 0), w.PersonsOf("US")
		candidates := without(country, seedNames)
		var before []string
		for percentage := 1; percentage <= 10; percentage++ {
			r := fmt.Sprintf(`{"seed_id": ["10"], "country": "US", "percentage": %d}`, percentage)
			w.Set(11, 1, decode(t, parterre.ActAlikeAudience, r), 0)
			got := w.Members(11, 0)
			size := min((len(country)*percentage+99)/100, len(candidates))
			if len(seedNames) == 0 {
				size = 0
			}
			if len(got) != size {
				t.Errorf("seed %d: %d%% of %d are %d, not %d", seed, percentage, len(country), len(got), size)
			}
			if foreign := without(got, candidates); len(foreign) > 0 {
				t.Errorf("seed %d: %d%% has %q, who are seeds or live elsewhere", seed, percentage, foreign)
			}
			if lost := without(before, got); len(lost) > 0 {
				t.Errorf("seed %d: %d%% has lost %q, whom the percentage before it has", seed, percentage, lost)
			}
			before = got
		}
	}
}

// without gives the names of a that are not among b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(name string) bool { return slices.Contains(b, name) })
}

func decode(t *testing.T, kind parterre.AudienceType, text string) rule.Rule {
	t.Helper()
	r, err := rule.Decode("rule", kind, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
