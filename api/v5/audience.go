package v5

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/jsonbody"
)

// audience is the contract's Audience.
type audience struct {
	AdAccount   parterre.ID           `json:"ad_account_id"`
	ID          parterre.ID           `json:"id"`
	Name        string                `json:"name"`
	Category    parterre.AudienceType `json:"audience_type"`
	Description *string               `json:"description"`
	Rule        json.RawMessage       `json:"rule"`
	Size        int                   `json:"size"`
	Status      parterre.Status       `json:"status"`
	Type        string                `json:"type"`
	Created     int64                 `json:"created_timestamp"`
	Updated     int64                 `json:"updated_timestamp"`
	CreatedBy   **string              `json:"created_by_company_name,omitempty"` // nil where the version has none; else it may be null
	NCA         *bool                 `json:"is_nca,omitempty"`                  // nil where the version has none; else false
	CTV         *bool                 `json:"is_ctv_enabled,omitempty"`          // likewise
}

// written is an audience in the answer to a write, where created_by_company_name is null (reference, section 17, 33).
func (a *API) written(v audiences.View) audience {
	shape := audience{
		AdAccount: v.AdAccount, ID: v.ID, Name: v.Name, Category: v.Type, Description: v.Description, Rule: v.Rule,
		Size: v.Size, Status: v.Status, Type: "audience", Created: v.Created, Updated: v.Updated,
	}
	if a.version.Has(CompanyName) {
		shape.CreatedBy = new(*string)
	}
	if a.version.Has(CustomerSegments) {
		shape.NCA = new(bool)
	}
	return shape
}

// read is an audience in the answer to a read.
func (a *API) read(v audiences.View) audience {
	shape := a.written(v)
	if shape.CreatedBy != nil {
		*shape.CreatedBy = &v.CreatedBy
	}
	return shape
}

func (a *API) listAudiences(r *wire.Request) (any, error) {
	ownership, err := word(r, "ownership_type", "OWNED", "RECEIVED")
	if err != nil {
		return nil, err
	}
	l, err := a.listing(r, "audiences/list|"+ownership, "Invalid ad account audience parameters.")
	if err != nil {
		return nil, err
	}
	if ownership == "RECEIVED" {
		return a.pagedAudiences(l)(a.service.ReceivedAudiences(r.Context(), parterre.Recipient{AdAccount: r.Account}, l.page))
	}
	return a.pagedAudiences(l)(a.service.Audiences(r.Context(), r.Account, l.page))
}

// pagedAudiences makes the answer of a page of audiences.
func (a *API) pagedAudiences(l listing) func(views []audiences.View, next parterre.ID, err error) (any, error) {
	return func(views []audiences.View, next parterre.ID, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		items := make([]audience, len(views))
		for i, v := range views {
			items[i] = a.read(v)
			items[i].CTV = items[i].NCA // on the items of lists alone, as recorded
		}
		return a.paged(l, items, next), nil
	}
}

func (a *API) getAudience(r *wire.Request) (any, error) {
	id, err := r.ID("audience_id")
	if err != nil {
		return nil, err
	}
	v, err := a.service.Audience(r.Context(), r.Account, id)
	if err != nil {
		return nil, err
	}
	return a.read(v), nil
}

func (a *API) createAudience(r *wire.Request) (any, error) {
	body := jsonbody.Parse("", r.Payload)
	body.DropNulls("description") // as answers have it
	body.Require("audience_type", "name", "rule")
	var n audiences.NewAudience
	if s := body.String("audience_type"); s != nil {
		t, err := parterre.ParseAudienceType("audience_type", *s)
		if err != nil {
			return nil, err
		}
		n.Type = t
	}
	return a.create(r, body, n)
}

// create creates an audience of a type from the rest of the body, which every audience has.
func (a *API) create(r *wire.Request, body *jsonbody.Object, n audiences.NewAudience) (any, error) {
	checkAccount(body)
	if s := name(body); s != nil {
		n.Name = *s
	}
	n.Description, n.Rule = description(body), body.Raw("rule")
	a.checkObjectives(body)
	if err := body.Err(); err != nil {
		return nil, err
	}
	v, err := a.service.CreateAudience(r.Context(), r.Principal, r.Account, n)
	if err != nil {
		return nil, err
	}
	return a.written(v), nil
}

// operations are the values of operation_type in an update of an audience, the default first.
var operations = []string{"UPDATE", "REMOVE"}

func (a *API) updateAudience(r *wire.Request) (any, error) {
	id, err := r.ID("audience_id")
	if err != nil {
		return nil, err
	}
	if len(r.Payload) == 0 && a.version.Has(UpdateWithoutBody) {
		r.Payload = []byte("{}")
	}
	body := jsonbody.Parse("", r.Payload)
	remove := operation(body, operations) == "REMOVE"
	if err := body.Err(); err != nil {
		return nil, err
	}
	var v audiences.View
	if remove { // whatever else the body holds is ignored (reference, section 17, 2)
		v, err = a.service.RemoveAudience(r.Context(), r.Principal, r.Account, id)
	} else {
		checkAccount(body)
		c := audiences.Change{Name: name(body), Rule: body.Raw("rule"), NoDescription: string(body.Raw("description")) == "null"}
		body.DropNulls("description")
		c.Description = description(body)
		a.checkObjectives(body)
		if err := body.Err(); err != nil {
			return nil, err
		}
		v, err = a.service.UpdateAudience(r.Context(), r.Principal, r.Account, id, c)
	}
	if err != nil {
		return nil, err
	}
	return a.written(v), nil
}

// operation reads operation_type; the first of the allowed ones when it is absent. Case matters.
func operation(body *jsonbody.Object, allowed []string) string {
	s := body.String("operation_type")
	if s == nil {
		return allowed[0]
	}
	for _, op := range allowed {
		if *s == op {
			return op
		}
	}
	body.Fail("operation_type", "%s is not one of ['%s', '%s']", parterre.Quote(*s), allowed[0], allowed[1])
	return ""
}

// How long names and descriptions may be, in characters. The API publishes no limit (reference, section 17, 35).
const (
	longestName        = 256
	longestDescription = 4096
)

// name reads a name, which must not be empty.
func name(body *jsonbody.Object) *string {
	s := body.String("name")
	switch {
	case s == nil:
	case strings.TrimSpace(*s) == "":
		body.Fail("name", "must not be empty: 1 to %d characters are allowed", longestName)
	case utf8.RuneCountInString(*s) > longestName:
		body.Fail("name", "is too long: 1 to %d characters are allowed", longestName)
	}
	return s
}

// description reads a description, which may be empty.
func description(body *jsonbody.Object) *string {
	s := body.String("description")
	if s != nil && utf8.RuneCountInString(*s) > longestDescription {
		body.Fail("description", "is too long: at most %d characters are allowed", longestDescription)
	}
	return s
}

// oldObjectives are the campaign objectives that rules could name in older versions.
var oldObjectives = []string{"VIDEO_VIEW", "WEB_SESSIONS"}

// checkObjectives refuses campaign objectives in a rule that the version does not have. The rest of the rule is looked at
// where it is decoded.
func (a *API) checkObjectives(body *jsonbody.Object) {
	var rule struct {
		Objectives json.RawMessage `json:"objective_type"`
	}
	if a.version.Has(OldObjectives) || json.Unmarshal(body.Raw("rule"), &rule) != nil {
		return
	}
	var one string
	var several []string
	if json.Unmarshal(rule.Objectives, &one) == nil {
		several = []string{one}
	} else if json.Unmarshal(rule.Objectives, &several) != nil {
		return
	}
	current := slices.DeleteFunc(slices.Clone(parterre.Objectives), func(s string) bool { return slices.Contains(oldObjectives, s) })
	for _, s := range several {
		if slices.Contains(oldObjectives, s) {
			body.Fail("rule.objective_type", "%s is not one of ['%s']", parterre.Quote(s), strings.Join(current, "', '"))
		}
	}
}

// checkAccount looks at an ad account that the body repeats: it must be an id, but the one in the path counts.
func checkAccount(body *jsonbody.Object) {
	if s := body.String("ad_account_id"); s != nil {
		if _, err := parterre.ParseID("ad_account_id", *s); err != nil {
			body.FailWith(err)
		}
	}
}
