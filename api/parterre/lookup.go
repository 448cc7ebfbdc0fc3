package parterre

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/internal/jsonbody"
)

const (
	maxPersons    = 1000    // that may be looked up at once
	maxLookupBody = 1 << 20 // bytes
)

// inEach are the audiences of some persons, in the order in which they were named.
type inEach struct {
	audiences [][]parterre.ID
	at        int64 // seconds since 1970
}

// AppendJSON implements [wire.Appender].
func (e inEach) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"memberships":[`...)
	for i, ids := range e.audiences {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendIDs(append(dst, `{"audience_ids":`...), ids), '}')
	}
	return append(strconv.AppendInt(append(dst, `],"as_of":`...), e.at, 10), '}')
}

// membershipsOfMany answers who is in what, of many persons at once.
func (a *API) membershipsOfMany(r *wire.Request) (any, error) {
	who, err := personsOf(r.Payload)
	if err != nil {
		return nil, err
	}
	in, at, err := a.service.MembershipsOfMany(r.Context(), who)
	return inEach{in, at}, err
}

// personsOf reads a list of persons, each named by one identifier. What is not written plainly, every mistake included, is read
// once more by the reader that knows what to say of it.
func personsOf(body []byte) ([][]parterre.Identifier, error) {
	if who, ok := plainPersons(string(body)); ok {
		return who, nil
	}
	return namedPersons(body)
}

// plainPersons reads a list in one pass, as long as there is nothing in it but objects of one member whose value is a string
// without escapes.
func plainPersons(s string) (all [][]parterre.Identifier, ok bool) {
	var complaints jsonbody.Object
	var name, value string
	if s, ok = after(s, '['); !ok {
		return nil, false
	}
	for {
		if s, ok = after(s, '{'); !ok {
			return nil, false
		}
		if name, s, ok = plainText(s); !ok || !slices.Contains(whoMembers, name) {
			return nil, false
		}
		if s, ok = after(s, ':'); !ok {
			return nil, false
		}
		if value, s, ok = plainText(s); !ok {
			return nil, false
		}
		if s, ok = after(s, '}'); !ok {
			return nil, false
		}
		all = append(all, identifier(&complaints, name, value))
		if rest, more := after(s, ','); more {
			s = rest
			continue
		}
		s, ok = after(s, ']')
		return all, ok && strings.Trim(s, space) == "" && complaints.Err() == nil && len(all) <= maxPersons
	}
}

// space is what may stand between the parts of JSON.
const space = " \t\r\n"

// after is what stands behind a byte that comes next, but for space.
func after(s string, c byte) (string, bool) {
	s = strings.TrimLeft(s, space)
	if s == "" || s[0] != c {
		return s, false
	}
	return s[1:], true
}

// plainText reads a string without escapes, and gives what stands behind it.
func plainText(s string) (text, rest string, ok bool) {
	if s, ok = after(s, '"'); !ok {
		return "", s, false
	}
	for i := range len(s) {
		switch {
		case s[i] == '"':
			return s[:i], s[i+1:], true
		case s[i] == '\\' || s[i] < ' ':
			return "", s, false
		}
	}
	return "", s, false
}

// namedPersons says what a list of persons means, and what is wrong with it.
func namedPersons(body []byte) ([][]parterre.Identifier, error) {
	if !json.Valid(body) {
		return nil, parterre.Invalid("", "Invalid request: the body is not valid JSON: a list of persons is required, "+
			`such as [{"external_id":"u1"}]`)
	}
	var list []json.RawMessage
	if kind := jsonbody.Kind(body); kind != "array" || json.Unmarshal(body, &list) != nil {
		return nil, parterre.Invalid("", "Invalid request: the body is not of type 'array' but '%s': a list of persons is required, "+
			`such as [{"external_id":"u1"}]`, kind)
	}
	if len(list) == 0 || len(list) > maxPersons {
		return nil, parterre.Invalid("", "Invalid request: 1 to %d persons are allowed (were %d)", maxPersons, len(list))
	}
	all := make([][]parterre.Identifier, len(list))
	for i, raw := range list {
		path := "[" + strconv.Itoa(i) + "]"
		if jsonbody.Kind(raw) != "object" { // what it is may tell something about a person
			return nil, parterre.Invalid(path, "Invalid request: '%s' is not of type 'object'", path)
		}
		o := jsonbody.Parse(path, raw)
		o.Private()
		o.Only(whoMembers)
		if named := o.Members(); o.Err() == nil && len(named) != 1 {
			return nil, parterre.Invalid(path, "Invalid request: '%s' has to name a person by just one member: "+
				"'%s' are allowed (were %d)", path, strings.Join(whoMembers, "', '"), len(named))
		}
		for _, m := range o.Members() {
			if s := o.String(m.Name); s != nil {
				all[i] = identifier(o, m.Name, *s)
			}
		}
		if err := o.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
