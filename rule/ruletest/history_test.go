package ruletest // histories and their replay are not exported

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

func TestAHistoryIsAFunctionOfItsSeed(t *testing.T) {
	if !reflect.DeepEqual(history(7, 300), history(7, 300)) {
		t.Error("two histories of seed 7 differ")
	}
	if reflect.DeepEqual(history(7, 300), history(8, 300)) {
		t.Error("the histories of seeds 7 and 8 are the same")
	}
}

func TestHistoriesAskQuestionsThatHaveAnswers(t *testing.T) {
	answers := map[parterre.AudienceType]int{}
	for seed := range uint64(20) {
		ops, naive, types := history(seed, 300), Naive(t), map[parterre.ID]parterre.AudienceType{}
		for i, op := range ops {
			switch o := op.(type) {
			case set:
				types[o.audience] = o.kind
			case asked:
				got, err := naive.Members(o.audience, o.at)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) > 0 {
					answers[types[o.audience]]++
				}
				continue
			}
			if err := op.apply(naive); err != nil {
				t.Fatalf("seed %d, operation %d: %v", seed, i+1, err)
			}
		}
	}
	for _, kind := range parterre.AudienceTypes {
		if answers[kind] < 100 {
			t.Errorf("of 20 histories, only %d questions about a %s audience find anybody", answers[kind], kind)
		}
	}
}

// mutant is the naive evaluator with one thing wrong. A field that is nil leaves that alone.
type mutant struct {
	Evaluator
	country func(m *mutant, person, country string) string
	happen  func(m *mutant, f parterre.Facet, at parterre.Stamp) (parterre.Facet, parterre.Stamp, bool)
	change  func(m *mutant, remove bool, persons []string) []string
	set     func(m *mutant, r rule.Rule) rule.Rule
	remove  func(m *mutant) bool
	asked   int64 // added to the moment asked for
	latest  parterre.Stamp
	seen    map[string]bool // whatever it wants to remember
}

func (m *mutant) Import(person, country string) error {
	if m.country != nil {
		country = m.country(m, person, country)
	}
	return m.Evaluator.Import(person, country)
}

func (m *mutant) Happen(person string, f parterre.Facet, at parterre.Stamp) error {
	if m.happen != nil {
		var keep bool
		if f, at, keep = m.happen(m, f, at); !keep {
			return nil
		}
	}
	return m.Evaluator.Happen(person, f, at)
}

func (m *mutant) ChangeList(list parterre.ID, remove bool, persons []string) error {
	if m.change != nil {
		persons = m.change(m, remove, persons)
	}
	return m.Evaluator.ChangeList(list, remove, persons)
}

func (m *mutant) Set(audience, account parterre.ID, r rule.Rule, at int64) error {
	if m.set != nil {
		r = m.set(m, r)
	}
	return m.Evaluator.Set(audience, account, r, at)
}

func (m *mutant) Remove(audience parterre.ID) error {
	if m.remove != nil && !m.remove(m) {
		return nil
	}
	return m.Evaluator.Remove(audience)
}

func (m *mutant) Members(audience parterre.ID, at int64) ([]string, error) {
	return m.Evaluator.Members(audience, at+m.asked)
}

// everyEvent makes a mutant that sees facets in another way.
func everyEvent(change func(f *parterre.Facet)) mutant {
	return mutant{happen: func(_ *mutant, f parterre.Facet, at parterre.Stamp) (parterre.Facet, parterre.Stamp, bool) {
		change(&f)
		return f, at, true
	}}
}

// everyVisitorRule makes a mutant that sees VISITOR rules in another way; the others likewise.
func everyVisitorRule(change func(v *rule.Visitor)) mutant {
	return mutant{set: func(_ *mutant, r rule.Rule) rule.Rule {
		if r.Visitor != nil {
			v := *r.Visitor
			change(&v)
			r.Visitor = &v
		}
		return r
	}}
}

func everyEngagementRule(change func(e *rule.Engagement)) mutant {
	return mutant{set: func(_ *mutant, r rule.Rule) rule.Rule {
		if r.Engagement != nil {
			e := *r.Engagement
			change(&e)
			r.Engagement = &e
		}
		return r
	}}
}

func everyActAlikeRule(change func(a *rule.ActAlike)) mutant {
	return mutant{set: func(_ *mutant, r rule.Rule) rule.Rule {
		if r.ActAlike != nil {
			a := *r.ActAlike
			change(&a)
			r.ActAlike = &a
		}
		return r
	}}
}

var mutants = map[string]mutant{
	"members leave a second early":  {asked: 1},
	"members leave a second late":   {asked: -1},
	"prefill is ignored":            everyVisitorRule(func(v *rule.Visitor) { v.Prefill = true }),
	"the event is ignored":          everyVisitorRule(func(v *rule.Visitor) { v.Event = "" }),
	"the data are ignored":          everyVisitorRule(func(v *rule.Visitor) { v.Data = parterre.EventData{} }),
	"the source is ignored":         everyVisitorRule(func(v *rule.Visitor) { v.Sources = nil }),
	"the ingestion is ignored":      everyVisitorRule(func(v *rule.Visitor) { v.Ingestions = nil }),
	"only the first tag counts":     everyVisitorRule(func(v *rule.Visitor) { v.Tags = v.Tags[:1] }),
	"not_contains is ignored":       everyVisitorRule(func(v *rule.Visitor) { v.URL.NotContains = nil }),
	"!= is ignored":                 everyEngagementRule(func(e *rule.Engagement) { e.URL.NotEqual = nil }),
	"contains takes its first only": everyVisitorRule(func(v *rule.Visitor) { v.URL.Contains = firstOf(v.URL.Contains) }),
	"engager_type is ignored":       everyEngagementRule(func(e *rule.Engagement) { e.Optimised = false }),
	"engagement_type is ignored":    everyEngagementRule(func(e *rule.Engagement) { e.Type = "" }),
	"domains are ignored":           everyEngagementRule(func(e *rule.Engagement) { e.Domains = nil }),
	"pins are ignored":              everyEngagementRule(func(e *rule.Engagement) { e.Pins = nil }),
	"ads are ignored":               everyEngagementRule(func(e *rule.Engagement) { e.Ads = nil }),
	"campaigns are ignored":         everyEngagementRule(func(e *rule.Engagement) { e.Campaigns = nil }),
	"objectives are ignored":        everyEngagementRule(func(e *rule.Engagement) { e.Objectives = nil }),
	"the percentage is one more":    everyActAlikeRule(func(a *rule.ActAlike) { a.Percentage++ }),
	"only the first seed counts":    everyActAlikeRule(func(a *rule.ActAlike) { a.Seeds = a.Seeds[:1] }),
	"events of no tag are lost":     everyEvent(func(f *parterre.Facet) { f.Tag = max(f.Tag, 1) }),
	"content of nobody is lost":     everyEvent(func(f *parterre.Facet) { f.Account = max(f.Account, 1) }),
	"accounts are one":              everyEvent(func(f *parterre.Facet) { f.Account = min(f.Account, 1) }),
	"the case of URLs is folded":    everyEvent(func(f *parterre.Facet) { f.URL = strings.ToLower(f.URL) }),
	"line items are one":            everyEvent(mergeItems),
	"only the first item is kept":   everyEvent(func(f *parterre.Facet) { f.Data.Items = firstOf(f.Data.Items) }),
	"a click counts as a save": everyEvent(func(f *parterre.Facet) {
		if f.Type == parterre.Click {
			f.Type = parterre.Save
		}
	}),
	"what arrives last is the latest": {
		happen: func(m *mutant, f parterre.Facet, at parterre.Stamp) (parterre.Facet, parterre.Stamp, bool) {
			m.latest = max(m.latest, at)
			return f, m.latest, true
		},
	},
	"the same event is taken once": {
		happen: func(m *mutant, f parterre.Facet, at parterre.Stamp) (parterre.Facet, parterre.Stamp, bool) {
			key := fmt.Sprintf("%v at %d", f, at)
			known := m.seen[key]
			m.seen[key] = true
			return f, at, !known
		},
	},
	"the first country counts": {
		country: func(m *mutant, person, country string) string {
			if m.seen[person] {
				return ""
			}
			m.seen[person] = country != ""
			return country
		},
	},
	"an unknown country is a country": {
		country: func(_ *mutant, _, country string) string {
			if country == "" {
				return "ZZ"
			}
			return country
		},
	},
	"nobody comes back to a list": {
		change: func(m *mutant, remove bool, persons []string) []string {
			for _, p := range persons {
				m.seen[p] = m.seen[p] || remove
			}
			return slices.DeleteFunc(slices.Clone(persons), func(p string) bool { return !remove && m.seen[p] })
		},
	},
	"audiences stay": {remove: func(*mutant) bool { return false }},
}

func firstOf[T any](list []T) []T { return list[:min(1, len(list))] }

func mergeItems(f *parterre.Facet) {
	if len(f.Data.Items) > 1 {
		f.Data.Items = [][]parterre.Datum{slices.Concat(f.Data.Items...)}
	}
}

// A suite that finds nothing is no suite.
func TestHistoriesFindEvaluatorsThatAreWrong(t *testing.T) {
	const histories, operations = 20, 300
	for _, name := range slices.Sorted(maps.Keys(mutants)) {
		t.Run(name, func(t *testing.T) {
			for seed := uint64(1); seed <= histories; seed++ {
				if _, err := replay(history(seed, operations), mutants[name].fresh(t)); err != nil {
					return
				}
			}
			t.Errorf("%d histories of %d operations do not notice", histories, operations)
		})
	}
}

func TestAFailureIsShrunkToAScriptThatFailsToo(t *testing.T) {
	wrong := mutants["the percentage is one more"]
	var ops []operation
	for seed := uint64(1); ; seed++ {
		ops = history(seed, 300)
		if failed, err := replay(ops, wrong.fresh(t)); err != nil {
			ops = ops[:failed+1]
			break
		}
	}
	short := shrink(ops, mostReplays, func(ops []operation) bool {
		_, err := replay(ops, wrong.fresh(t))
		return err != nil
	})
	text := script(short)
	if len(short) > 8 {
		t.Errorf("%d operations were shrunk to %d, which are many:\n%s", len(ops), len(short), text)
	}
	if err := runScript("x.txt", text, Naive(t)); err != nil {
		t.Errorf("the naive evaluator disagrees with its own script: %v", err)
	}
	if err := runScript("x.txt", text, wrong.fresh(t)); err == nil {
		t.Errorf("the evaluator that is wrong passes:\n%s", text)
	}
}

func TestAnEvaluatorIsOpenedAgainMidway(t *testing.T) {
	e := &reopener{Evaluator: Naive(t)}
	if _, err := replay(history(1, 300), e); err != nil {
		t.Fatal(err)
	}
	if e.reopened != 3 {
		t.Errorf("it was opened again %d times, not 3", e.reopened)
	}
}

type reopener struct {
	Evaluator
	reopened int
}

func (r *reopener) Reopen() error {
	r.reopened++
	return nil
}

func (m mutant) fresh(t *testing.T) *mutant {
	m.Evaluator, m.seen = Naive(t), map[string]bool{}
	return &m
}

func (s stutterer) Members(parterre.ID, int64) ([]string, error) { return []string{"ann", "ann"}, nil }
