package conversion

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tables of members are not exported, and they are a copy: this file holds them to the contract.

const contractFile = "../api/v5/testdata/contract.v5.23.json"

// schema is the part of a JSON schema that the contract uses for events.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Nullable   bool               `json:"nullable"`
	Format     string             `json:"format"`
	Minimum    *int64             `json:"minimum"`
	Maximum    *int64             `json:"maximum"`
	MaxLength  int                `json:"maxLength"`
	MinItems   int                `json:"minItems"`
	MaxItems   int                `json:"maxItems"`
	Enum       []string           `json:"enum"`
	Items      *schema            `json:"items"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	AnyOf      []*schema          `json:"anyOf"`
	Additional *bool              `json:"additionalProperties"`
}

// schemas are all schemas of the contract by their names.
func schemas(t *testing.T) map[string]*schema {
	t.Helper()
	raw, err := os.ReadFile(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]*schema{}
	for _, name := range []string{
		"ConversionEvents", "ConversionEventsUserData", "ConversionEventsUserDataProperties", "ConversionEventAppInfo",
		"ConversionEventDeviceInfo",
	} {
		s := new(schema)
		if err := json.Unmarshal(doc.Components.Schemas[name], s); err != nil {
			t.Fatalf("read the schema %s: %v", name, err)
		}
		all[name] = s
	}
	return all
}

// asMember says in our words what the contract says of a member.
func asMember(s *schema) (member, error) {
	m := member{kind: s.Type, nullable: s.Nullable, longest: s.MaxLength, words: s.Enum}
	switch {
	case s.Ref != "":
		m.kind = "object"
	case s.Type == "array" && s.Items.Type == "string":
		m.kind, m.longest = "strings", s.MaxItems
	case s.Type == "array" && s.Items.Type == "object":
		m.kind = "objects"
	case s.Type == "array":
		return m, fmt.Errorf("lists of %s are not known here", s.Items.Type)
	}
	switch {
	case s.MinItems > 0:
		return m, fmt.Errorf("a least length of %d is not known here", s.MinItems)
	case s.Minimum != nil && *s.Minimum != 0, s.Minimum == nil && s.Maximum != nil:
		return m, errors.New("a range that does not begin at 0 is not known here")
	case s.Maximum != nil:
		m.most = *s.Maximum
	case s.Minimum != nil:
		m.most = math.MaxInt64
	}
	return m, nil
}

func TestTheTablesAreTheContracts(t *testing.T) {
	all := schemas(t)
	event := all["ConversionEvents"].Properties["data"].Items
	custom := event.Properties["custom_data"]
	for _, tt := range []struct {
		name   string
		schema *schema
		table  map[string]member
		closed bool
	}{
		{"an event", event, eventMembers, true},
		{"user_data", all["ConversionEventsUserDataProperties"], userMembers, false},
		{"custom_data", custom, customMembers, true},
		{"an item of contents", custom.Properties["contents"].Items, contentMembers, true},
		{"app_info", all["ConversionEventAppInfo"], appMembers, true},
		{"device_info", all["ConversionEventDeviceInfo"], deviceMembers, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := map[string]member{}
			for name, s := range tt.schema.Properties {
				m, err := asMember(s)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				want[name] = m
			}
			if diff := cmp.Diff(want, tt.table, cmp.AllowUnexported(member{})); diff != "" {
				t.Errorf("the table is not the contract's (-contract +table):\n%s", diff)
			}
			if closed := tt.schema.Additional != nil && !*tt.schema.Additional; closed != tt.closed {
				t.Errorf("in the contract it is closed: %v", closed)
			}
		})
	}
	t.Run("what is required", func(t *testing.T) {
		sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
		if diff := cmp.Diff(sorted(event.Required), sorted(requiredMembers)); diff != "" {
			t.Errorf("of an event (-contract +ours):\n%s", diff)
		}
		if got := all["ConversionEvents"]; !slices.Equal(got.Required, []string{"data"}) || *got.Additional {
			t.Errorf("of the body: %+v", got)
		}
		data := all["ConversionEvents"].Properties["data"]
		if data.MinItems != 1 || data.MaxItems != MaxEvents {
			t.Errorf("a request has %d to %d events", data.MinItems, data.MaxItems)
		}
		var ways [][]string
		for _, way := range all["ConversionEventsUserData"].AnyOf {
			ways = append(ways, way.Required)
			if path.Base(way.Ref) != "ConversionEventsUserDataProperties" {
				t.Errorf("user_data is a %s", way.Ref)
			}
		}
		if diff := cmp.Diff([][]string{{"em"}, {"hashed_maids"}, {"client_ip_address", "client_user_agent"}},
			ways); diff != "" {
			t.Errorf("of user_data (-ours +contract):\n%s", diff)
		}
	})
	t.Run("what a line has beside them", func(t *testing.T) {
		more := maps.Clone(lineMembers)
		maps.DeleteFunc(more, func(name string, _ member) bool { _, is := eventMembers[name]; return is })
		want := []string{"ad_account_id", "conversion_tag_id", "event_data", "ingestion_source"}
		if got := slices.Sorted(maps.Keys(more)); !slices.Equal(got, want) || len(lineMembers) != len(eventMembers)+4 {
			t.Errorf("a line has %v more, want %v", got, want)
		}
	})
}

// bare is an event with no more than it needs.
func bare() map[string]any {
	return map[string]any{
		"event_name": "checkout", "action_source": "web", "event_time": 1_780_000_000, "event_id": "1",
		"user_data": map[string]any{"em": []string{digest}},
	}
}

const digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

// put gives an event a value at a place: a member of its own, or of one of its objects.
func put(place, name string, value any) map[string]any {
	e := bare()
	inner := map[string]any{name: value}
	switch place {
	case "":
		e[name] = value
	case "user_data":
		inner["client_ip_address"], inner["client_user_agent"] = "192.0.2.1", "agent"
		inner[name] = value
		e[place] = inner
	case "contents":
		e["custom_data"] = map[string]any{"contents": []any{inner}}
	default:
		e[place] = inner
	}
	return e
}

// right and wrong are values that a member may have, and that it may not.
func (want *member) right() (values []any) {
	switch want.kind {
	case "string":
		values = []any{"web", "ü🌷"}
		if want.words != nil {
			values = []any{want.words[0], want.words[len(want.words)-1]}
		} else if want.longest > 0 {
			values = append(values, repeat("ü", want.longest))
			values[0], values[1] = "", "a"
		}
	case "strings":
		values = []any{[]string{}, []string{digest, digest}}
		if want.longest > 0 {
			values = append(values, make([]string, want.longest))
		}
	case "integer":
		if values = []any{0, 5}; want.most > 0 {
			values = append(values, want.most)
		} else {
			values = append(values, -5, int64(math.MaxInt64), int64(math.MinInt64))
		}
	case "boolean":
		values = []any{true, false}
	case "objects":
		values = []any{[]any{}, []any{map[string]any{}}}
	}
	if want.nullable {
		values = append(values, nil)
	}
	return values
}

func (want *member) wrong() (values []any) {
	values = []any{map[string]any{"x": 1}, 5.5, []any{5}}
	switch want.kind {
	case "string":
		values = append(values, 5, true, []string{"a"})
		if want.words != nil {
			values = append(values, "", "UNKNOWN", want.words[0]+" "+want.words[1])
		} else if want.longest > 0 {
			values = append(values, repeat("ü", want.longest+1))
		}
	case "strings":
		values = append(values, "a", []any{"a", nil})
		if want.longest > 0 {
			values = append(values, make([]string, want.longest+1))
		}
	case "integer":
		values = append(values, "5", json.Number("9223372036854775808"), true)
		if want.most > 0 {
			values = append(values, -1)
		}
		if want.most > 0 && want.most < math.MaxInt64 {
			values = append(values, want.most+1)
		}
	case "boolean":
		values = append(values, "true", 1)
	case "object":
		values = append(values, "{}", []any{})
	case "objects":
		values = append(values, "x", []any{nil}, []any{map[string]any{}, "x"})
	}
	if !want.nullable {
		values = append(values, nil)
	}
	return values
}

func repeat(s string, n int) string {
	b := make([]byte, 0, n*len(s))
	for range n {
		b = append(b, s...)
	}
	return string(b)
}

// Each member takes what its table says and refuses everything else, wherever it stands.
func TestEachMemberIsChecked(t *testing.T) {
	for place, table := range map[string]map[string]member{
		"": eventMembers, "user_data": userMembers, "custom_data": customMembers, "contents": contentMembers,
		"app_info": appMembers, "device_info": deviceMembers,
	} {
		for name, want := range table {
			for _, value := range want.right() {
				if _, err := DecodeRequest(body(t, put(place, name, value))); err != nil {
					t.Errorf("%s %s: %v is refused: %v", place, name, short20(value), err)
				}
			}
			for _, value := range want.wrong() {
				if _, err := DecodeRequest(body(t, put(place, name, value))); err == nil {
					t.Errorf("%s %s: %v is taken", place, name, short20(value))
				}
			}
		}
	}
}

func short20(v any) string { return fmt.Sprintf("%.20q", fmt.Sprint(v)) }

func body(t *testing.T, events ...map[string]any) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"data": events})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
