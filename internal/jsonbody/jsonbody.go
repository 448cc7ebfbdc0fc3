// Package jsonbody reads JSON objects member by member, and complains in the words that the API's own schema validation
// uses, naming the member and what is allowed. Names are compared exactly, as JSON does; encoding/json's struct decoding
// would ignore case.
package jsonbody

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/parterre/parterre"
)

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value json.RawMessage
}

// Object is a JSON object that is being read. Its methods give a member in a Go type, nil (or false) when the member is
// absent, and keep the first complaint, which Err returns: a reader asks for all it needs and checks once. The methods
// may not be called concurrently.
type Object struct {
	path    string
	members []Member
	places  map[string]int // of members, by name
	err     error
	private bool
}

// Private makes complaints leave out what they would repeat of the members: it tells something about a person, and
// complaints end up in logs.
func (o *Object) Private() { o.private = true }

// Parse reads raw as an object. Path is where the object stands in the body, empty for the body itself. An object that
// has a name twice is refused: one of the values would be lost.
func Parse(path string, raw []byte) *Object {
	o := &Object{path: path, places: map[string]int{}}
	if len(bytes.TrimSpace(raw)) == 0 {
		o.err = parterre.Invalid(path, "%s is empty: a JSON object is required", o.where())
		return o
	}
	if !json.Valid(raw) {
		o.err = parterre.Invalid(path, "%s is not valid JSON", o.where())
		return o
	}
	if kindOf(raw) != "object" {
		o.err = parterre.Invalid(path, "%s %s is not of type 'object'", o.where(), show(raw))
		return o
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		o.err = parterre.Invalid(path, "%s is not valid JSON", o.where())
		return o
	}
	for d.More() {
		name, err := d.Token()
		var m Member
		if err == nil {
			m.Name, _ = name.(string)
			err = d.Decode(&m.Value)
		}
		if err != nil {
			o.err = parterre.Invalid(path, "%s is not valid JSON", o.where())
			return o
		}
		if o.Has(m.Name) {
			o.Fail(m.Name, "stands twice")
			return o
		}
		o.places[m.Name] = len(o.members)
		o.members = append(o.members, m)
	}
	return o
}

// Err is the first complaint, nil when there was none.
func (o *Object) Err() error { return o.err }

// Members gives the members in the order in which they came. The caller leaves them unchanged.
func (o *Object) Members() []Member { return o.members }

// Has says whether the member is there, null included.
func (o *Object) Has(name string) bool {
	_, ok := o.places[name]
	return ok
}

// DropNulls forgets members that are null, as if they had not been sent; only those named, or all when none is named.
func (o *Object) DropNulls(names ...string) {
	o.members = slices.DeleteFunc(o.members, func(m Member) bool {
		return string(m.Value) == "null" && (len(names) == 0 || slices.Contains(names, m.Name))
	})
	clear(o.places)
	for i, m := range o.members {
		o.places[m.Name] = i
	}
}

// Require complains about the first of the names that is absent.
func (o *Object) Require(names ...string) {
	for _, name := range names {
		if !o.Has(name) {
			o.Fail(name, "is a required property")
		}
	}
}

// Only complains about the first member that is not among the names.
func (o *Object) Only(names []string) {
	for _, m := range o.members {
		if o.err == nil && !slices.Contains(names, m.Name) {
			o.err = parterre.Invalid(o.At(m.Name), "Invalid request: Additional properties are not allowed ('%s' was unexpected)",
				o.At(m.Name))
		}
	}
}

// Raw is the member as it stands, nil when it is absent.
func (o *Object) Raw(name string) json.RawMessage {
	if i, ok := o.places[name]; ok {
		return o.members[i].Value
	}
	return nil
}

// String reads a member that is a string.
func (o *Object) String(name string) *string {
	raw := o.Raw(name)
	if raw == nil || o.err != nil {
		return nil
	}
	if s, ok := o.text(name, raw); ok {
		return &s
	}
	return nil
}

// text reads a value of a member that is a string.
func (o *Object) text(name string, raw json.RawMessage) (s string, ok bool) {
	if kindOf(raw) != "string" {
		o.Fail(name, "%s is not of type 'string'", o.show(raw))
		return "", false
	}
	if s, ok = text(raw); !ok {
		o.Fail(name, "is not text: it holds half of a surrogate pair")
	}
	return s, ok
}

// Strings reads a member that is a list of strings.
func (o *Object) Strings(name string) []string {
	raw := o.Raw(name)
	if raw == nil || o.err != nil {
		return nil
	}
	if kindOf(raw) != "array" {
		o.Fail(name, "%s is not of type 'array'", o.show(raw))
		return nil
	}
	out := []string{}
	for _, item := range elements(raw) {
		s, ok := o.text(name, item)
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	return out
}

// OneOrMore reads a member that is a string or a list of strings. The list must not be empty.
func (o *Object) OneOrMore(name string) []string {
	raw := o.Raw(name)
	if raw == nil || o.err != nil {
		return nil
	}
	switch kindOf(raw) {
	case "string":
		if s := o.String(name); s != nil {
			return []string{*s}
		}
		return nil
	case "array":
		list := o.Strings(name)
		if o.err == nil && len(list) == 0 {
			o.Fail(name, "must not be an empty list")
		}
		return list
	default:
		o.Fail(name, "%s is neither a string nor a list of strings", o.show(raw))
		return nil
	}
}

// Int reads a member that is a whole number from least to most, as a number or as a string of digits.
func (o *Object) Int(name string, least, most int64) *int64 {
	raw := o.Raw(name)
	if raw == nil || o.err != nil {
		return nil
	}
	n, ok := wholeNumber(raw)
	if !ok || n < least || n > most {
		o.Fail(name, "must be a whole number from %d to %d (was %s)", least, most, o.show(raw))
		return nil
	}
	return &n
}

// Number reads a member that is a number.
func (o *Object) Number(name string) *float64 {
	raw := o.Raw(name)
	if raw == nil || o.err != nil {
		return nil
	}
	x, err := strconv.ParseFloat(string(raw), 64)
	if kindOf(raw) != "number" || err != nil {
		o.Fail(name, "%s is not of type 'number'", o.show(raw))
		return nil
	}
	return &x
}

// Bool reads a member that is true or false.
func (o *Object) Bool(name string) *bool {
	raw := o.Raw(name)
	if raw == nil || o.err != nil {
		return nil
	}
	if kindOf(raw) != "boolean" {
		o.Fail(name, "%s is not of type 'boolean'", o.show(raw))
		return nil
	}
	yes := raw[0] == 't'
	return &yes
}

// ID reads a member that is an id, 0 when it is absent. One that names nothing is refused: it would count as absent.
func (o *Object) ID(name string) parterre.ID {
	s := o.String(name)
	if s == nil {
		return 0
	}
	id, err := parterre.ParseID(o.At(name), *s)
	switch {
	case err != nil:
		o.FailWith(err)
	case id == 0:
		o.Fail(name, "%s does not exist: no id begins with 0", parterre.Quote(*s))
	}
	return id
}

// Object reads a member that is an object. Its complaints come up through its own Err. When there is a complaint already,
// the object has no members, and that complaint.
func (o *Object) Object(name string) *Object {
	raw := o.Raw(name)
	if raw == nil {
		return nil
	}
	if o.err != nil {
		return &Object{path: o.At(name), err: o.err}
	}
	return Parse(o.At(name), raw)
}

// Elements reads a member that is a list.
func (o *Object) Elements(name string) []json.RawMessage {
	raw := o.Raw(name)
	if raw == nil || o.err != nil {
		return nil
	}
	if kindOf(raw) != "array" {
		o.Fail(name, "%s is not of type 'array'", o.show(raw))
		return nil
	}
	return elements(raw)
}

// At is the path of a member. A name that a caller made up is escaped and cut like a value, because a path is shown to
// people.
func (o *Object) At(name string) string {
	quoted := parterre.Quote(name)
	name = quoted[1 : len(quoted)-1]
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// Adopt takes over the complaint of an object that stands inside this one.
func (o *Object) Adopt(inner *Object) {
	if inner != nil {
		o.FailWith(inner.err)
	}
}

// FailWith complains with an error that names the member already; nil is no complaint.
func (o *Object) FailWith(err error) {
	if o.err == nil {
		o.err = err
	}
}

// Fail complains about a member, unless there is a complaint already. The message follows the member's path.
func (o *Object) Fail(name, format string, args ...any) {
	if o.err == nil {
		o.err = parterre.Invalid(o.At(name), "Invalid request: '%s' "+format, append([]any{o.At(name)}, args...)...)
	}
}

func (o *Object) where() string {
	if o.path == "" {
		return "Invalid request: the body"
	}
	return "Invalid request: '" + o.path + "'"
}

// Kind is the JSON type of a value, in the words of a schema: object, array, string, number, boolean, null. It is empty
// when there is no value.
func Kind(raw []byte) string { return kindOf(raw) }

func kindOf(raw []byte) string {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == '{':
		return "object"
	case c == '[':
		return "array"
	case c == '"':
		return "string"
	case c == 't' || c == 'f':
		return "boolean"
	case c == 'n':
		return "null"
	case c == '-' || '0' <= c && c <= '9':
		return "number"
	}
	return ""
}

// elements splits a valid JSON array.
func elements(raw []byte) []json.RawMessage {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil
	}
	return list
}

// wholeNumber reads 180, 180.0 and "180".
func wholeNumber(raw []byte) (int64, bool) {
	switch kindOf(raw) {
	case "number":
		if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			return n, true
		}
		x, err := strconv.ParseFloat(string(raw), 64)
		if err != nil || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return 0, false
		}
		return int64(x), true
	case "string":
		var s string
		if json.Unmarshal(raw, &s) != nil || s == "" || s[0] == '+' || s[0] == '-' {
			return 0, false
		}
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// text reads a JSON string. It reports false for one that escapes half of a surrogate pair: decoding would put U+FFFD in its
// place, and make one text of two.
func text(raw []byte) (s string, ok bool) {
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	replaced := strings.Count(s, "\uFFFD")
	if replaced == 0 {
		return s, true
	}
	return s, replaced == bytes.Count(raw, []byte("\uFFFD"))+bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`))
}

// show repeats a value in a complaint, unless it tells something about a person.
func (o *Object) show(raw []byte) string {
	if o.private {
		return "a value of type " + kindOf(raw)
	}
	return show(raw)
}

// show repeats a value in a complaint: strings in single quotes, the rest as it stands.
func show(raw []byte) string {
	var s string
	switch kindOf(raw) {
	case "":
		return "nothing"
	case "string":
		if json.Unmarshal(raw, &s) == nil {
			return parterre.Quote(s)
		}
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return parterre.Quote(string(raw))
	}
	return parterre.Clip(compact.String())
}
