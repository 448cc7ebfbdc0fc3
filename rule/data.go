package rule

import (
	"encoding/json"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
)

// DecodeEventData reads event_data: named values that an event must have, all of them. Values are strings, numbers or
// truth values, and names that an advertiser made up are allowed. line_items is one item or a list of items.
func DecodeEventData(o *jsonbody.Object) (data parterre.EventData) {
	if !o.Has("event_data") {
		return data
	}
	d := o.Object("event_data")
	d.DropNulls()
	given := map[string]string{} // the name that was sent, by the name that rules use
	for _, m := range d.Members() {
		if m.Name == "line_items" || m.Name == "contents" {
			data.Items = append(data.Items, decodeItems(d, m)...)
			continue
		}
		value, ok := scalar(m.Value)
		if !ok {
			d.Fail(m.Name, "must be a string, a number or a boolean")
			continue
		}
		if m.Name == "currency" && !slices.Contains(parterre.Currencies, value) {
			d.Fail(m.Name, "%s is not one of %s", parterre.Quote(value), listOf(parterre.Currencies))
		}
		data.Fields = append(data.Fields, distinct(d, given, m.Name, parterre.FieldDatum(m.Name, value)))
	}
	o.Adopt(d)
	data.Fields = parterre.SortData(data.Fields)
	return data
}

func decodeItems(d *jsonbody.Object, m jsonbody.Member) [][]parterre.Datum {
	list := []json.RawMessage{m.Value}
	if jsonbody.Kind(m.Value) == "array" {
		list = d.Elements(m.Name)
	}
	var items [][]parterre.Datum
	for _, raw := range list {
		item := jsonbody.Parse(d.At(m.Name), raw)
		item.DropNulls()
		var fields []parterre.Datum
		given := map[string]string{}
		for _, f := range item.Members() {
			value, ok := scalar(f.Value)
			if !ok {
				item.Fail(f.Name, "must be a string, a number or a boolean")
				continue
			}
			fields = append(fields, distinct(item, given, f.Name, parterre.ItemDatum(f.Name, value)))
		}
		d.Adopt(item)
		items = append(items, parterre.SortData(fields))
	}
	return items
}

// distinct complains when a field was given already under another name that means the same: one of the two conditions
// would be lost.
func distinct(o *jsonbody.Object, given map[string]string, name string, d parterre.Datum) parterre.Datum {
	if before, twice := given[d.Name]; twice {
		o.Fail(name, "is another name of %s, which stands there already", parterre.Quote(before))
	}
	given[d.Name] = name
	return d
}

// scalar gives the text of a string, a number or a truth value.
func scalar(raw json.RawMessage) (string, bool) {
	switch jsonbody.Kind(raw) {
	case "string":
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case "number", "boolean":
		return string(raw), true
	}
	return "", false
}
