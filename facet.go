package parterre

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// FacetKind tells what a facet's events are.
type FacetKind uint8

// The kinds. Their numbers are part of the format on disk.
const (
	Conversion FacetKind = 1 // an event on an advertiser's site, app or shop
	Engagement FacetKind = 2 // an engagement with content on the platform
)

// Facet is one distinct combination of an event's attributes, without the person and the moment. The conditions of a rule
// hold on one and the same event, and a facet is just that conjunction, so a rule is judged once for each facet and not
// once for each event.
//
// Conversions use Tag, Name, Source, Ingestion and Data; engagements use Type, Pin, Ad, Campaign, Objective and Domain.
// Both have a URL: of the page, or of the engaged pin.
type Facet struct {
	Kind    FacetKind
	Account ID // whose site or content; 0 for content of no ad account
	URL     string

	Tag       ID     // the tag that saw it; 0 when it belongs to every tag of the ad account
	Name      string // in the form of events/create: page_visit
	Source    EventSource
	Ingestion IngestionSource
	Data      EventData

	Type      EngagementType
	Pin       ID
	Ad        ID
	Campaign  ID
	Objective string
	Domain    string // in lower case
}

// Datum is one named value of an event's data.
type Datum struct{ Name, Value string }

// EventData is what an event says beyond its name and place. Both levels are sorted by name, without repetition; the
// items keep the order in which they came.
type EventData struct {
	Fields []Datum
	Items  [][]Datum // line items
}

// Value finds a named value among sorted data.
func Value(data []Datum, name string) (string, bool) {
	i, found := slices.BinarySearchFunc(data, name, func(d Datum, name string) int { return strings.Compare(d.Name, name) })
	if !found {
		return "", false
	}
	return data[i].Value, true
}

// Event is something that a person did, at a moment: a conversion event or an engagement, as its facet tells.
type Event struct {
	Who   []Identifier // in order of precedence
	Facet Facet
	At    Stamp

	// Key tells the event from others: those of an ad account with the same key count as one, whatever else they say. An
	// event without a key, 0, is not counted.
	Key uint64

	// Sent is what the event came with, for the quality of an ad account's events. It is zero for an engagement.
	Sent Sent
}

// Person is somebody of the population, as an import names them.
type Person struct {
	Who     []Identifier // in order of precedence; at least one
	Country string       // two upper-case letters (ISO 3166-1), or empty when not known

	// Attributes are what advertisers may ask for.
	Attributes Attributes

	// More is what else is known of them, by name, each as compact JSON.
	More map[string]json.RawMessage
}

// fieldNames gives custom_data's names of event data the names that a rule's event_data uses (reference, sections 3.6
// and 8.5); a name that is not here means the same in both.
var fieldNames = map[string]string{"search_string": "search_query", "num_items": "order_quantity"}

// itemNames does the same for the items of custom_data.contents, which a rule calls line_items.
var itemNames = map[string]string{
	"id": "product_id", "item_price": "product_price", "item_name": "product_name", "item_category": "product_category",
	"item_brand": "product_brand", "quantity": "product_quantity",
}

// FieldDatum is a field of event data in canonical form, under the name that rules use. Of a number, any spelling is the
// same value: 116, 116.0 and "116.00".
func FieldDatum(name, value string) Datum { return canonicalDatum(fieldNames, name, value) }

// ItemDatum is a field of a line item in canonical form, likewise.
func ItemDatum(name, value string) Datum { return canonicalDatum(itemNames, name, value) }

func canonicalDatum(names map[string]string, name, value string) Datum {
	if n, ok := names[name]; ok {
		name = n
	}
	switch name {
	case "value", "order_quantity", "product_price", "product_quantity", "predicted_ltv":
		value = canonicalNumber(value)
	}
	return Datum{name, value}
}

// canonicalNumber writes a decimal number in one way, and leaves anything else as it is.
func canonicalNumber(s string) string {
	if s == "" || plainNumber(s) || strings.Trim(s, "+-.0123456789eE") != "" {
		return s
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	if x == 0 {
		return "0"
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// exactDigits is how many decimal digits every float64 keeps.
const exactDigits = 15

// plainNumber says whether a number is written as canonicalNumber would write it, as most are: 0, or digits without a zero
// at the front, and then perhaps a point and digits without a zero at the end.
func plainNumber(s string) bool {
	if s == "0" {
		return true
	}
	whole, part, pointed := strings.Cut(s, ".")
	if whole == "" || whole[0] == '0' || len(s) > exactDigits || pointed && (part == "" || part[len(part)-1] == '0') {
		return false
	}
	return digitsOnly(whole) && digitsOnly(part)
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// SortData brings data into the order that [Value] needs. Of a name that stands twice, the first value stays.
func SortData(data []Datum) []Datum {
	slices.SortStableFunc(data, func(a, b Datum) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(data, func(a, b Datum) bool { return a.Name == b.Name })
}
