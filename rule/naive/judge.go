package naive

import (
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

// visits says whether an event meets all conditions of a VISITOR rule. They are met by this one event, or not at all: a
// checkout here and that URL on another event do not make a checkout at that URL.
func visits(v *rule.Visitor, account parterre.ID, f parterre.Facet) bool {
	if f.Kind != parterre.Conversion || f.Account != account {
		return false
	}
	// An event without a tag belongs to every tag of its ad account.
	if f.Tag != 0 && !slices.Contains(v.Tags, f.Tag) {
		return false
	}
	if v.Event != "" && f.Name != v.Event {
		return false
	}
	if len(v.Sources) > 0 && !slices.Contains(v.Sources, f.Source) {
		return false
	}
	if len(v.Ingestions) > 0 && !slices.Contains(v.Ingestions, f.Ingestion) {
		return false
	}
	return reads(v.URL, f.URL) && says(v.Data, f.Data)
}

// engages says whether an engagement meets all conditions of an ENGAGEMENT rule.
func engages(e *rule.Engagement, account parterre.ID, f parterre.Facet) bool {
	if f.Kind != parterre.Engagement {
		return false
	}
	// Content of no ad account belongs to whoever names its domain.
	namesDomain := len(e.Domains) > 0
	if f.Account != account && (f.Account != 0 || !namesDomain) {
		return false
	}
	if namesDomain && !slices.Contains(e.Domains, f.Domain) {
		return false
	}
	if e.Type != "" && f.Type != e.Type {
		return false
	}
	// The optimised actions are those of high intent.
	if e.Optimised && f.Type != parterre.Save && f.Type != parterre.Click {
		return false
	}
	if len(e.Objectives) > 0 && !slices.Contains(e.Objectives, f.Objective) {
		return false
	}
	return concerns(e.Pins, f.Pin) && concerns(e.Ads, f.Ad) && concerns(e.Campaigns, f.Campaign) && reads(e.URL, f.URL)
}

// concerns says whether something is among the wanted, where none wanted means all. The zero ID stands for nothing: an
// engagement without a pin concerns no pin, and a rule that asks for an id which no record can have finds nobody.
func concerns(wanted []parterre.ID, got parterre.ID) bool {
	if len(wanted) == 0 {
		return true
	}
	return got != 0 && slices.Contains(wanted, got)
}

// reads says whether a URL meets a condition: every operator that the condition has. URLs are compared as they were sent,
// character by character. An event without a URL has the empty one: it equals and contains nothing that can be asked for,
// and so it meets the negative operators.
func reads(want rule.URL, url string) bool {
	if len(want.Equal) > 0 && !slices.Contains(want.Equal, url) {
		return false
	}
	if slices.Contains(want.NotEqual, url) {
		return false
	}
	if len(want.Contains) > 0 && !containsOne(url, want.Contains) {
		return false
	}
	return !containsOne(url, want.NotContains)
}

func containsOne(url string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(url, part) {
			return true
		}
	}
	return false
}

// says tells whether an event's data have every field that is asked for, with the value asked for, and, for every line
// item asked for, one line item with all of its fields. What else the event says does not matter.
func says(want, got parterre.EventData) bool {
	if !hasFields(want.Fields, got.Fields) {
		return false
	}
	for _, item := range want.Items {
		if !hasItem(item, got.Items) {
			return false
		}
	}
	return true
}

func hasItem(want []parterre.Datum, items [][]parterre.Datum) bool {
	for _, item := range items {
		if hasFields(want, item) {
			return true
		}
	}
	return false
}

func hasFields(want, got []parterre.Datum) bool {
	for _, d := range want {
		if !slices.Contains(got, d) {
			return false
		}
	}
	return true
}
