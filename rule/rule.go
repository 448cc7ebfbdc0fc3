// Package rule is the language that defines audiences: it decodes a rule, validates it for the type of its audience, keeps
// what the caller sent, and says which facets a rule selects. What a rule means is defined by package rule/naive; the
// corpus of package rule/ruletest holds every evaluator to it.
//
// The source of the shapes is the reference, section 3; section 17 there settles what the published page leaves open.
package rule

import (
	"encoding/json"
	"slices"

	"github.com/parterre/parterre"
)

// DefaultRetentionDays is the retention of a rule that names none (reference, section 3.1).
const DefaultRetentionDays = 180

// MaxRetentionDays is the longest retention that a rule may name.
const MaxRetentionDays = 540

const secondsPerDay = 86_400

// Rule is a valid rule in normal form. Of the four shapes the one of its type is set, the others are nil. A Rule is not
// changed after [Decode]; it may be read concurrently.
type Rule struct {
	Type parterre.AudienceType

	// Sent is what the caller sent, compact: the members that a rule of this type has, in the order and the spelling in
	// which they came. Unknown members and nulls are left out.
	Sent json.RawMessage

	List       *List
	Visitor    *Visitor
	Engagement *Engagement
	ActAlike   *ActAlike
}

// List is the shape of a CUSTOMER_LIST rule: who is on the list.
type List struct {
	ID parterre.ID
}

// Visitor is the shape of a VISITOR rule: who was seen by a tag, in an event that meets all conditions. A condition that
// is empty is met by every event.
type Visitor struct {
	Tags          []parterre.ID // any of them
	Event         string        // in the form of events/create
	Data          parterre.EventData
	URL           URL
	Sources       []parterre.EventSource     // any of them
	Ingestions    []parterre.IngestionSource // any of them
	RetentionDays int
	Prefill       bool // whether events that came before the rule count
}

// Engagement is the shape of an ENGAGEMENT rule: who engaged with the ad account's content, in an engagement that meets
// all conditions. A condition that is empty is met by every engagement; of a list, any may be met.
type Engagement struct {
	Domains       []string // in lower case
	Type          parterre.EngagementType
	Optimised     bool // engager_type 2: only saves and clicks, the actions of high intent
	Pins          []parterre.ID
	Ads           []parterre.ID
	Campaigns     []parterre.ID
	Objectives    []string
	URL           URL
	RetentionDays int
}

// ActAlike is the shape of an ACTALIKE rule: the percentage of a country's persons who act most like the seeds, who are
// left out themselves.
type ActAlike struct {
	Seeds      []parterre.ID // audiences
	Country    string
	Percentage int // 1 to 10
}

// Window is how many seconds a person stays a member after the last qualifying moment; 0 when membership does not end by
// itself.
func (r *Rule) Window() int64 {
	switch {
	case r.Visitor != nil:
		return int64(r.Visitor.RetentionDays) * secondsPerDay
	case r.Engagement != nil:
		return int64(r.Engagement.RetentionDays) * secondsPerDay
	}
	return 0
}

// Accounts are the ad accounts whose facets the rule of an audience may select: its own, and for a rule that names a
// domain 0 as well, because content of no ad account belongs to whoever names its domain. Empty for a rule that selects
// no facets.
func (r *Rule) Accounts(own parterre.ID) []parterre.ID {
	switch {
	case r.Visitor != nil:
		return []parterre.ID{own}
	case r.Engagement != nil && len(r.Engagement.Domains) > 0:
		return []parterre.ID{0, own}
	case r.Engagement != nil:
		return []parterre.ID{own}
	}
	return nil
}

// Match says whether the rule selects the facet. All conditions of a rule hold on one and the same facet. The facet must
// belong to one of the rule's Accounts.
func (r *Rule) Match(f *parterre.Facet) bool {
	url, data := r.Conditions()
	return r.MatchPlace(f) && (url == nil || url.Match(f.URL)) && MatchData(data, f.Data)
}

// MatchPlace is Match without the conditions on URL and data, which Conditions gives.
func (r *Rule) MatchPlace(f *parterre.Facet) bool {
	switch {
	case r.Visitor != nil:
		return r.Visitor.match(f)
	case r.Engagement != nil:
		return r.Engagement.match(f)
	}
	return false
}

// Conditions are the conditions on the URL, nil when any will do, and on the data of an event.
func (r *Rule) Conditions() (*URL, parterre.EventData) {
	var u *URL
	var data parterre.EventData
	switch {
	case r.Visitor != nil:
		u, data = &r.Visitor.URL, r.Visitor.Data
	case r.Engagement != nil:
		u = &r.Engagement.URL
	}
	if u != nil && u.any() {
		u = nil
	}
	return u, data
}

func (v *Visitor) match(f *parterre.Facet) bool {
	return f.Kind == parterre.Conversion &&
		(f.Tag == 0 || slices.Contains(v.Tags, f.Tag)) &&
		(v.Event == "" || v.Event == f.Name) &&
		anyOf(v.Sources, f.Source) &&
		anyOf(v.Ingestions, f.Ingestion)
}

func (e *Engagement) match(f *parterre.Facet) bool {
	return f.Kind == parterre.Engagement &&
		anyOf(e.Domains, f.Domain) &&
		(e.Type == "" || e.Type == f.Type) &&
		(!e.Optimised || f.Type == parterre.Click || f.Type == parterre.Save) &&
		anyID(e.Pins, f.Pin) &&
		anyID(e.Ads, f.Ad) &&
		anyID(e.Campaigns, f.Campaign) &&
		anyOf(e.Objectives, f.Objective)
}

// anyOf is met when nothing is asked for, or got is among it.
func anyOf[T comparable](want []T, got T) bool { return len(want) == 0 || slices.Contains(want, got) }

// anyID is anyOf for ids. The zero ID names nothing: asked for, it is not met by a facet that has no id there.
func anyID(want []parterre.ID, got parterre.ID) bool {
	return len(want) == 0 || got != 0 && slices.Contains(want, got)
}

// MatchData says whether got has every field of want, and for every line item of want an item with all its fields.
func MatchData(want, got parterre.EventData) bool {
	if !hasAll(want.Fields, got.Fields) {
		return false
	}
	for _, item := range want.Items {
		if !slices.ContainsFunc(got.Items, func(g []parterre.Datum) bool { return hasAll(item, g) }) {
			return false
		}
	}
	return true
}

func hasAll(want, got []parterre.Datum) bool {
	for _, d := range want {
		if v, ok := parterre.Value(got, d.Name); !ok || v != d.Value {
			return false
		}
	}
	return true
}
