package parterre

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/internal/jsonbody"
)

// conversionTag is a conversion tag in an answer.
type conversionTag struct {
	ID        parterre.ID        `json:"id"`
	AdAccount parterre.ID        `json:"ad_account_id"`
	Name      string             `json:"name"`
	Status    parterre.TagStatus `json:"status"`
}

// updateTag pauses a conversion tag, archives it or takes it into use again. The API v5 shows the status, and has no operation
// that changes it.
func (a *API) updateTag(r *wire.Request) (any, error) {
	id, err := r.ID("conversion_tag_id")
	if err != nil {
		return nil, err
	}
	o := jsonbody.Parse("", r.Payload)
	o.Only([]string{"status"})
	o.Require("status")
	var status parterre.TagStatus
	if s := o.String("status"); s != nil {
		status, err = parterre.ParseTagStatus("status", *s)
		o.FailWith(err)
	}
	if err := o.Err(); err != nil {
		return nil, err
	}
	t, err := a.service.SetTagStatus(r.Context(), r.Principal, id, status)
	if err != nil {
		return nil, err
	}
	return conversionTag{ID: t.ID, AdAccount: t.AdAccount, Name: t.Name, Status: t.Status()}, nil
}
