package ruletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parterre/parterre"
)

// parseEventData reads what an event says, an object as in event_data: values that are strings, numbers or truth values,
// and line_items (or contents) that is one item or a list of items.
func parseEventData(text string) (data parterre.EventData, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return data, fmt.Errorf("read the event's data: %w", err)
	}
	for name, raw := range fields {
		if name == "line_items" || name == "contents" {
			items, err := parseItems(raw)
			if err != nil {
				return data, err
			}
			data.Items = append(data.Items, items...)
			continue
		}
		value, err := plainText(raw)
		if err != nil {
			return data, err
		}
		data.Fields = append(data.Fields, parterre.FieldDatum(name, value))
	}
	data.Fields, err = inOrder(data.Fields)
	return data, err
}

func parseItems(raw json.RawMessage) ([][]parterre.Datum, error) {
	var items []map[string]json.RawMessage
	if raw[0] == '{' {
		raw = slices.Concat([]byte("["), raw, []byte("]"))
	}
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("read the line items: %w", err)
	}
	var data [][]parterre.Datum
	for _, fields := range items {
		var item []parterre.Datum
		for name, raw := range fields {
			value, err := plainText(raw)
			if err != nil {
				return nil, err
			}
			item = append(item, parterre.ItemDatum(name, value))
		}
		item, err := inOrder(item)
		if err != nil {
			return nil, err
		}
		data = append(data, item)
	}
	return data, nil
}

// inOrder sorts data and refuses a field that stands there under two names: which of them counts would be chance.
func inOrder(data []parterre.Datum) ([]parterre.Datum, error) {
	sorted := parterre.SortData(slices.Clone(data))
	if len(sorted) != len(data) {
		return nil, fmt.Errorf("a field stands twice among %v", data)
	}
	return sorted, nil
}

func plainText(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case '{', '[', 'n':
		return "", fmt.Errorf("%s is not a string, a number or a truth value", raw)
	}
	return string(raw), nil
}

// eventDataString writes data so that parseEventData reads them again.
func eventDataString(data parterre.EventData) string {
	parts := members(data.Fields)
	if len(data.Items) > 0 {
		items := make([]string, len(data.Items))
		for i, item := range data.Items {
			items[i] = "{" + strings.Join(members(item), ", ") + "}"
		}
		parts = append(parts, `"line_items": [`+strings.Join(items, ", ")+"]")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func members(data []parterre.Datum) []string {
	parts := make([]string, len(data))
	for i, d := range data {
		parts[i] = quoteJSON(d.Name) + ": " + quoteJSON(d.Value)
	}
	return parts
}

// quoteJSON writes a JSON string, and leaves the signs of HTML as they are.
func quoteJSON(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return `""` // a string can always be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
