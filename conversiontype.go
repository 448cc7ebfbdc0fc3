package parterre

import (
	"slices"
	"strings"
)

// ConversionType is a type of conversion event, as the events of a conversion tag are reported (contract,
// ConversionTagType).
type ConversionType string

// The types that are named in the code.
const (
	UnknownConversion ConversionType = "UNKNOWN" // of a name that has no type of its own
	PageVisit         ConversionType = "PAGE_VISIT"
)

// ConversionTypes are all the types. A type's place in the list is part of the format on disk: new ones come at the end.
var ConversionTypes = []ConversionType{
	UnknownConversion, PageVisit, "SIGNUP", "CHECKOUT", "CUSTOM", "VIEW_CATEGORY", "SEARCH", "ADD_TO_CART", "WATCH_VIDEO", "LEAD",
	"APP_INSTALL", "PAGE_LOAD", "INITIALIZED", "WEB_SESSION", "EXTERNAL_MEASUREMENT",
}

// typesOfNames maps the known event names that have a type, in the form of events/create, to its place in ConversionTypes.
var typesOfNames = func() map[string]int {
	m := map[string]int{}
	for _, name := range eventNames {
		if i := slices.Index(ConversionTypes, ConversionType(strings.ToUpper(name))); i >= 0 {
			m[name] = i
		}
	}
	return m
}()

// ConversionTypeOf is the place in ConversionTypes of an event name in the form of events/create. A name without a type of
// its own, such as one that an advertiser made up, is UNKNOWN.
func ConversionTypeOf(name string) int { return typesOfNames[name] }
