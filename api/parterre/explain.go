package parterre

import (
	"encoding/json"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
)

// explained is an audience as the operator sees it.
type explained struct {
	ID        parterre.ID           `json:"id"`
	AdAccount parterre.ID           `json:"ad_account_id"`
	Name      string                `json:"name"`
	Category  parterre.AudienceType `json:"audience_type"`
	Rule      json.RawMessage       `json:"rule"`
	Size      int                   `json:"size"`
	Status    parterre.Status       `json:"status"`
	ActAlike  *audiences.ActAlike   `json:"actalike"` // null unless it is an ACTALIKE audience that was evaluated
}

func explain(v *audiences.View, how *audiences.ActAlike) explained {
	return explained{
		ID: v.ID, AdAccount: v.AdAccount, Name: v.Name, Category: v.Type, Rule: v.Rule, Size: v.Size, Status: v.Status, ActAlike: how,
	}
}

func (a *API) explainAudience(r *wire.Request) (any, error) {
	id, err := r.ID("audience_id")
	if err != nil {
		return nil, err
	}
	v, how, err := a.service.Explain(r.Context(), id)
	if err != nil {
		return nil, err
	}
	return explain(&v, how), nil
}

func (a *API) recomputeAudience(r *wire.Request) (any, error) {
	id, err := r.ID("audience_id")
	if err != nil {
		return nil, err
	}
	if _, err := a.service.Recompute(r.Context(), r.Principal, id); err != nil {
		return nil, err
	}
	return a.explainAudience(r)
}
