package conversion

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
)

// member says what one member of an object may be. The tables below are the contract's (ConversionEvents and the schemas
// that it refers to).
type member struct {
	kind     string // string, integer, boolean, object, or strings for a list of strings, objects for a list of objects
	nullable bool
	most     int64    // of an integer; the least is 0 where there is a most
	longest  int      // of a string, in characters; of strings, how many
	words    []string // what a string may be
}

var (
	text     = member{kind: "string"}
	textNull = member{kind: "string", nullable: true}
	flag     = member{kind: "boolean"}
	whole    = member{kind: "integer"}
	texts    = member{kind: "strings"}
	short    = member{kind: "string", longest: 100}
	pixels   = member{kind: "integer", most: 30_720}
	gigas    = member{kind: "integer", most: 1 << 20}
)

var eventMembers = map[string]member{
	"event_name": text, "action_source": text, "event_time": whole, "event_id": text, "event_source_url": textNull,
	"opt_out": flag, "partner_name": textNull, "app_id": textNull, "app_name": textNull, "app_version": textNull,
	"device_brand": textNull, "device_carrier": textNull, "device_model": textNull, "device_type": textNull,
	"os_version": textNull, "wifi": flag, "language": textNull,
	"user_data": {kind: "object"}, "custom_data": {kind: "object"}, "app_info": {kind: "object"},
	"device_info": {kind: "object"},
}

var requiredMembers = []string{"event_name", "action_source", "event_time", "event_id", "user_data"}

// userMembers is open: what it does not name is let through.
var userMembers = map[string]member{
	"em": texts, "hashed_maids": texts, "ph": texts, "ge": texts, "db": texts, "ln": texts, "fn": texts, "ct": texts,
	"st": texts, "zp": texts, "country": texts, "external_id": texts, "client_ip_address": text,
	"client_user_agent": text, "click_id": textNull, "partner_id": textNull,
}

var customMembers = map[string]member{
	"currency": textNull, "value": textNull, "content_ids": texts, "content_name": textNull, "content_category": textNull,
	"content_brand": textNull, "contents": {kind: "objects"}, "num_items": whole, "order_id": textNull,
	"search_string": textNull, "opt_out_type": textNull, "np": textNull, "external_measurement_id": textNull,
	"external_measurement_vendor_id": {kind: "integer", nullable: true}, "predicted_ltv": textNull,
}

var contentMembers = map[string]member{
	"id": text, "item_price": text, "quantity": whole, "item_name": text, "item_category": text, "item_brand": text,
}

var appMembers = map[string]member{
	"app_id": {kind: "string", longest: 200}, "app_name": {kind: "string", longest: 200},
	"app_package_name": {kind: "string", longest: 200}, "app_store": short, "app_version": short,
	"install_time": {kind: "integer", most: math.MaxInt64},
	"user_agent":   {kind: "string", longest: 16_384}, "window_height": pixels, "window_width": pixels,
}

var deviceMembers = map[string]member{
	"battery_level": {kind: "integer", most: 100}, "brand": short, "carrier": short, "model": short, "type": short,
	"kernel_version": short, "os_name": short, "os_release_name": short, "os_version": short,
	"cpu_cores": {kind: "integer", most: 1152}, "screen_density": {kind: "integer", most: 100_000},
	"screen_height": pixels, "screen_width": pixels, "storage_size": gigas, "storage_free_space": gigas,
	"external_storage_size": gigas, "external_storage_free_space": gigas,
	"form_factor": {kind: "string", words: []string{
		"desktop", "laptop", "cellphone", "tablet", "smartwatch", "tv", "vr", "console", "other",
	}},
	"network_type": {kind: "string", words: []string{
		"wifi", "cellular_2g", "cellular_3g", "cellular_4g", "cellular_5g", "cellular_6g", "ethernet", "unknown",
	}},
	"os_family": {kind: "string", words: []string{"ios", "android", "macos", "windows", "linux", "bsd", "other"}},
	"languages": {kind: "strings", longest: 100}, "locale": {kind: "string", longest: 35},
	"timezone": {kind: "string", longest: 40}, "timezone_abbr": {kind: "string", longest: 5},
}

// conform checks every member of o against the table and complains through o. A closed object holds nothing else. Nulls
// that are allowed are dropped: they mean that nothing was sent.
func conform(o *jsonbody.Object, table map[string]member, closed bool) {
	var nulls []string
	for _, m := range o.Members() {
		want, known := table[m.Name]
		switch {
		case !known && closed:
			o.Only(append(names(table), nulls...))
			return
		case !known:
		case string(m.Value) == "null" && want.nullable:
			nulls = append(nulls, m.Name)
		default:
			want.check(o, m)
		}
	}
	if len(nulls) > 0 {
		o.DropNulls(nulls...)
	}
}

func names(table map[string]member) []string {
	all := make([]string, 0, len(table))
	for name := range table {
		all = append(all, name)
	}
	return all
}

func (want *member) check(o *jsonbody.Object, m jsonbody.Member) {
	switch want.kind {
	case "string":
		want.checkText(o, m)
	case "strings":
		if list := o.Strings(m.Name); want.longest > 0 && len(list) > want.longest {
			o.Fail(m.Name, "is too long: at most %d are allowed", want.longest)
		}
	case "integer":
		n, err := strconv.ParseInt(string(m.Value), 10, 64)
		switch {
		case err != nil:
			o.Fail(m.Name, "%s is not of type 'integer'", parterre.Clip(string(m.Value)))
		case want.most > 0 && (n < 0 || n > want.most):
			o.Fail(m.Name, "must be from 0 to %d (was %d)", want.most, n)
		}
	case "boolean":
		o.Bool(m.Name)
	case "object", "objects": // whoever reads what is inside complains, with the place of each object
	}
}

func (want *member) checkText(o *jsonbody.Object, m jsonbody.Member) {
	s := o.String(m.Name)
	if s == nil {
		return
	}
	if want.longest > 0 && utf8.RuneCountInString(*s) > want.longest {
		o.Fail(m.Name, "is too long: at most %d characters are allowed", want.longest)
	}
	if len(want.words) > 0 && !slices.Contains(want.words, *s) {
		o.Fail(m.Name, "%s is not one of ['%s']", parterre.Quote(*s), strings.Join(want.words, "', '"))
	}
}

// scalars turns the members that are strings or numbers into data, under the names that rules use.
func scalars(o *jsonbody.Object, skip map[string]bool, datum func(name, value string) parterre.Datum) []parterre.Datum {
	var data []parterre.Datum
	for _, m := range o.Members() {
		if skip[m.Name] {
			continue
		}
		switch jsonbody.Kind(m.Value) {
		case "string":
			var s string
			if json.Unmarshal(m.Value, &s) == nil {
				data = append(data, datum(m.Name, s))
			}
		case "number", "boolean":
			data = append(data, datum(m.Name, string(m.Value)))
		}
	}
	return parterre.SortData(data)
}
