package conversion

import (
	"slices"
	"strconv"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
)

// RefuseMembers refuses a request of events/create in which an event, or its custom_data, has one of the members: the schema
// of an older version is closed to what came later. The request is one that [DecodeRequest] takes.
func RefuseMembers(body []byte, event, custom []string) error {
	for i, raw := range jsonbody.Parse("", body).Elements("data") {
		e := jsonbody.Parse("data["+strconv.Itoa(i)+"]", raw)
		if err := refuse(e, event); err != nil {
			return err
		}
		if c := e.Object("custom_data"); c != nil {
			if err := refuse(c, custom); err != nil {
				return err
			}
		}
	}
	return nil
}

func refuse(o *jsonbody.Object, members []string) error {
	for _, m := range o.Members() {
		if slices.Contains(members, m.Name) {
			return parterre.Invalid(o.At(m.Name), "Invalid request: Additional properties are not allowed ('%s' was unexpected)",
				o.At(m.Name))
		}
	}
	return nil
}
