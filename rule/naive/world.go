// Package naive defines what a rule means. It keeps every event in a plain slice and answers each question by looking
// at all of them, one after the other. It is slow, and it is meant to be read: where a faster evaluator disagrees with
// it, the faster one is wrong.
//
// It judges events with code of its own, written from the reference (sections 3 and 17) and not from package rule, so
// that a mistake has to be made twice to go unnoticed. From package rule it takes the decoded rule alone.
package naive

import (
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

// World is a population with everything that happened in it, and the audiences that somebody defined. Persons are known
// by name and numbered from 1 as they first appear: in an import, in an event, or on a customer list.
//
// The zero World is empty and ready to use. It may not be used concurrently.
type World struct {
	persons   []person       // in order of appearance: the person numbered n stands at n-1
	places    map[string]int // in persons, by name
	events    []event        // in order of arrival, which need not be the order in which they happened
	lists     map[parterre.ID][]batch
	audiences map[parterre.ID]audience
}

type person struct{ name, country string }

type event struct {
	person int // place in persons
	facet  parterre.Facet
	at     int64 // seconds since 1970
}

// batch is one change of a customer list. The number of a batch is its place among the batches of its list, from 1.
type batch struct {
	remove  bool
	persons []int
}

type audience struct {
	account parterre.ID
	rule    rule.Rule
	arrived int          // how many events had arrived when the rule was set
	alike   map[int]bool // of an ACTALIKE rule, the members that were found when it was set
}

// Import says that a person exists and where they live. The country that was said last counts. An empty country says
// nothing: it leaves what was said before.
func (w *World) Import(name, country string) {
	p := w.appear(name)
	if country != "" {
		w.persons[p].country = country
	}
}

// Happen says that a person did something. Events may arrive in any order, and more than once. The caller leaves the data
// of the facet unchanged.
func (w *World) Happen(name string, f parterre.Facet, at parterre.Stamp) {
	w.events = append(w.events, event{w.appear(name), f, int64(at)})
}

// AddToList puts persons on a customer list, in a batch of their own.
func (w *World) AddToList(list parterre.ID, names ...string) {
	b := batch{}
	for _, name := range names {
		b.persons = append(b.persons, w.appear(name))
	}
	w.change(list, b)
}

// RemoveFromList takes persons off a customer list, in a batch of their own. It is no harm when they are not on it.
// Somebody whom nobody has heard of does not appear by being removed.
func (w *World) RemoveFromList(list parterre.ID, names ...string) {
	b := batch{remove: true}
	for _, name := range names {
		if p, known := w.places[name]; known {
			b.persons = append(b.persons, p)
		}
	}
	w.change(list, b)
}

// Set gives an audience of the ad account a rule, in place of any rule that it had: nothing of the old one stays. Prefill
// false counts from here: only events that arrive from now on. An ACTALIKE rule is evaluated here, at the moment given in
// seconds since 1970, and its members stay the same until the rule is set again.
func (w *World) Set(id, account parterre.ID, r rule.Rule, at int64) {
	if w.audiences == nil {
		w.audiences = map[parterre.ID]audience{}
	}
	a := audience{account: account, rule: r, arrived: len(w.events)}
	if r.ActAlike != nil {
		a.alike = w.actAlike(r.ActAlike, at)
	}
	w.audiences[id] = a
}

// Remove removes an audience. Nobody is a member any more.
func (w *World) Remove(id parterre.ID) { delete(w.audiences, id) }

// Members are the names of an audience's members at a moment in seconds since 1970, sorted. An audience that was never
// set, or was removed, has none.
func (w *World) Members(id parterre.ID, at int64) []string { return w.names(w.members(id, at)) }

// PersonsOf are the names of all persons of a country, sorted.
func (w *World) PersonsOf(country string) []string { return w.names(w.residents(country)) }

func (w *World) members(id parterre.ID, at int64) map[int]bool {
	a, exists := w.audiences[id]
	switch {
	case !exists:
		return nil
	case a.rule.List != nil:
		return w.listed(a.rule.List.ID)
	case a.rule.Visitor != nil:
		return w.visitors(a, at)
	case a.rule.Engagement != nil:
		return w.engaged(a, at)
	default:
		return a.alike
	}
}

// listed are the persons whose last addition to a list is in a later batch than their last removal.
func (w *World) listed(list parterre.ID) map[int]bool {
	added, removed := map[int]int{}, map[int]int{}
	for i, b := range w.lists[list] {
		for _, p := range b.persons {
			if b.remove {
				removed[p] = i + 1
			} else {
				added[p] = i + 1
			}
		}
	}
	in := map[int]bool{}
	for p := range added {
		if added[p] > removed[p] {
			in[p] = true
		}
	}
	return in
}

// visitors are the persons with an event that meets a VISITOR rule and lies in its window.
func (w *World) visitors(a audience, at int64) map[int]bool {
	events := w.events
	if !a.rule.Visitor.Prefill {
		events = events[a.arrived:]
	}
	in := map[int]bool{}
	for _, e := range events {
		if visits(a.rule.Visitor, a.account, e.facet) && inWindow(e.at, at, a.rule.Visitor.RetentionDays) {
			in[e.person] = true
		}
	}
	return in
}

// engaged are the persons with an engagement that meets an ENGAGEMENT rule and lies in its window.
func (w *World) engaged(a audience, at int64) map[int]bool {
	in := map[int]bool{}
	for _, e := range w.events {
		if engages(a.rule.Engagement, a.account, e.facet) && inWindow(e.at, at, a.rule.Engagement.RetentionDays) {
			in[e.person] = true
		}
	}
	return in
}

// inWindow says whether somebody who qualified at a moment is a member at another. It is exact to the second: so many
// whole days later they still are, one second after that they are not. The window has no other border, so an event that
// lies ahead of the moment asked for counts.
func inWindow(qualified, asked int64, days int) bool {
	const secondsOfDay = 24 * 60 * 60
	return asked-qualified <= int64(days)*secondsOfDay
}

func (w *World) residents(country string) map[int]bool {
	in := map[int]bool{}
	for i, p := range w.persons {
		if p.country == country {
			in[i] = true
		}
	}
	return in
}

// appear finds a person by name, and makes one when there is none.
func (w *World) appear(name string) int {
	if p, known := w.places[name]; known {
		return p
	}
	if w.places == nil {
		w.places = map[string]int{}
	}
	w.places[name] = len(w.persons)
	w.persons = append(w.persons, person{name: name})
	return len(w.persons) - 1
}

func (w *World) change(list parterre.ID, b batch) {
	if w.lists == nil {
		w.lists = map[parterre.ID][]batch{}
	}
	w.lists[list] = append(w.lists[list], b)
}

func (w *World) names(in map[int]bool) []string {
	names := make([]string, 0, len(in))
	for p := range in {
		names = append(names, w.persons[p].name)
	}
	slices.Sort(names)
	return names
}
