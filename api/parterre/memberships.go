package parterre

import (
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/internal/jsonbody"
)

// memberships answers who is in what: the question of serving time.
func (a *API) memberships(r *wire.Request) (any, error) {
	q := r.URL.Query()
	var who []parterre.Identifier
	complaints := jsonbody.Parse("", []byte("{}"))
	named := 0
	for _, name := range whoMembers {
		for _, s := range q[name] {
			named++
			who = append(who, identifier(complaints, name, s)...)
		}
	}
	if err := complaints.Err(); err != nil {
		return nil, err
	}
	if named != 1 {
		return nil, parterre.Invalid("external_id", "Invalid request: just one parameter has to name the person: "+
			"'%s' are allowed (were %d)", strings.Join(whoMembers, "', '"), named)
	}
	ids, at, err := a.service.Memberships(r.Context(), who)
	if err != nil {
		return nil, err
	}
	if ids == nil {
		ids = []parterre.ID{}
	}
	return struct {
		AudienceIDs []parterre.ID `json:"audience_ids"`
		AsOf        int64         `json:"as_of"` // seconds since 1970
	}{ids, at}, nil
}
