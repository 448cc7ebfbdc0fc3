package parterre

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/internal/jsonbody"
)

var personMembers = []string{
	"external_id", "emails", "hashed_emails", "maids", "hashed_maids", "country", "age", "gender", "metro", "region", "locale",
	"devices", "interests",
}

func (a *API) importPeople(r *wire.Request) (any, error) {
	return importLines(r.Context(), r.Body, decodePerson, a.service.Import)
}

// decodePerson reads a line of people.
func decodePerson(line []byte) (p parterre.Person, err error) {
	o := jsonbody.Parse("", line)
	o.Private()
	o.DropNulls()
	if s := o.String("external_id"); s != nil {
		p.Who = append(p.Who, externalID(o, "external_id", *s)...)
	}
	for _, email := range o.Strings("emails") {
		if !looksLikeEmail(email) {
			o.Fail("emails", "holds something that is not an e-mail address")
		}
		p.Who = append(p.Who, parterre.ByEmail(email)...)
	}
	p.Who = append(p.Who, digests(o, "hashed_emails")...)
	for _, maid := range o.Strings("maids") {
		if strings.TrimSpace(maid) == "" {
			o.Fail("maids", "must not hold an empty advertising id")
		}
		p.Who = append(p.Who, parterre.ByMAID(maid)...)
	}
	p.Who = append(p.Who, digests(o, "hashed_maids")...)
	if s := o.String("country"); s != nil {
		if p.Country, err = parterre.ParseCountry("country", *s); err != nil {
			o.FailWith(err)
		}
	}
	p.Attributes = decodeAttributes(o)
	p.More = decodeMore(o)
	if len(p.Who) == 0 {
		o.Fail("external_id", "is missing: a person needs one of external_id, emails, hashed_emails, maids, hashed_maids")
	}
	return p, o.Err()
}

// mostValues is how many values a list of attributes may have.
const mostValues = 200

// decodeAttributes reads what advertisers may ask for. A list that is empty says that there is nothing any more.
func decodeAttributes(o *jsonbody.Object) parterre.Attributes {
	a := parterre.Attributes{}
	put := func(kind parterre.AttributeKind, member string, values ...string) {
		for _, v := range values {
			_, err := parterre.ParseAttribute(kind, member, v)
			o.FailWith(err)
		}
		slices.Sort(values)
		a[kind] = slices.Compact(values)
	}
	if n := o.Int("age", 0, parterre.MaxAge); n != nil {
		put(parterre.Age, "age", strconv.FormatInt(*n, 10))
	}
	for member, kind := range map[string]parterre.AttributeKind{
		"gender": parterre.Gender, "metro": parterre.Metro, "region": parterre.Region, "locale": parterre.Locale,
	} {
		if s := o.String(member); s != nil {
			put(kind, member, *s)
		}
	}
	for member, kind := range map[string]parterre.AttributeKind{"devices": parterre.Device, "interests": parterre.Interest} {
		if !o.Has(member) {
			continue
		}
		values := o.Strings(member)
		if len(values) > mostValues {
			o.Fail(member, "has %d values: at most %d are allowed", len(values), mostValues)
		}
		put(kind, member, values...)
	}
	return a
}

// mostMore bounds what else a line may say of a person, in bytes.
const mostMore = 4096

// decodeMore keeps what else a line says of a person. What is not JSON was refused.
func decodeMore(o *jsonbody.Object) map[string]json.RawMessage {
	more, size := map[string]json.RawMessage{}, 0
	for _, m := range o.Members() {
		if slices.Contains(personMembers, m.Name) {
			continue
		}
		var value bytes.Buffer
		if json.Compact(&value, m.Value) != nil {
			continue
		}
		more[m.Name] = value.Bytes()
		if size += len(m.Name) + value.Len(); size > mostMore {
			o.Fail(m.Name, "is too much: beside the identifiers and the country, a line may say %d bytes of a person", mostMore)
			return nil
		}
	}
	return more
}
