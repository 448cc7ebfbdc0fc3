package v5

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/jsonbody"
)

// What a custom audience says of itself (contract of 5.14, AudienceCreateCustomRequest).
var (
	sharingTypes = []string{"CUSTOM", "SYNDICATED"}
	dataParties  = []string{"1p", "3p"}
)

// createCustomAudience makes an audience for a partner who brings data, as versions up to 5.18 could (reference, section 2.6).
// The request names no type: it follows from the rule. Who the data belong to, and the category, do not come back in any
// answer; they are checked, and not kept.
func (a *API) createCustomAudience(r *wire.Request) (any, error) {
	body := jsonbody.Parse("", r.Payload)
	body.DropNulls("description")
	body.Require("sharing_type", "name", "rule", "data_party")
	oneOf(body, "sharing_type", sharingTypes)
	oneOf(body, "data_party", dataParties)
	body.String("category")
	return a.create(r, body, audiences.NewAudience{Type: typeOfRule(body.Raw("rule"))})
}

// oneOf complains about a word that is not among the allowed ones.
func oneOf(body *jsonbody.Object, member string, allowed []string) {
	if s := body.String(member); s != nil && !slices.Contains(allowed, *s) {
		body.Fail(member, "%s is not one of ['%s']", parterre.Quote(*s), strings.Join(allowed, "', '"))
	}
}

// typeOfRule is the type of audience that a rule is for: by the member that only this type has and needs. A rule without such
// a member is for ENGAGEMENT, which needs none.
func typeOfRule(rule json.RawMessage) parterre.AudienceType {
	var has struct {
		List   json.RawMessage `json:"customer_list_id"`
		Source json.RawMessage `json:"visitor_source_id"`
		Seed   json.RawMessage `json:"seed_id"`
	}
	_ = json.Unmarshal(rule, &has) // a rule that is none is refused where it is decoded
	switch {
	case has.List != nil:
		return parterre.CustomerListAudience
	case has.Source != nil:
		return parterre.VisitorAudience
	case has.Seed != nil:
		return parterre.ActAlikeAudience
	}
	return parterre.EngagementAudience
}
