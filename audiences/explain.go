package audiences

import (
	"context"
	"encoding/json"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
	"github.com/parterre/parterre/catalog"
)

// explainedItems is how many of an audience's items are told.
const explainedItems = 20

// ActAlike says how an audience of type ACTALIKE came to be. Moments are in seconds since 1970.
type ActAlike struct {
	Seeds          int               `json:"seed_size"`
	Country        string            `json:"country"`
	Persons        int               `json:"country_persons"`
	Percentage     int               `json:"percentage"`
	Computed       int64             `json:"computed_at"`
	Method         actalike.Method   `json:"method,omitempty"` // empty when nobody was ranked
	FactorsVersion int               `json:"factors_version,omitempty"`
	FactorsMade    int64             `json:"factors_made_at,omitempty"`
	Quality        *actalike.Recall  `json:"held_out,omitempty"` // nil when nobody could be hidden
	Items          []actalike.Weight `json:"items,omitempty"`    // those that weigh most, the heaviest first
	Reason         string            `json:"reason,omitempty"`   // why the audience is TOO_SMALL
}

// evaluation is what is kept of the evaluation of a rule.
type evaluation struct {
	ActAlike

	RuleVersion int    `json:"rule_version"`
	SeedMembers []byte `json:"seed_members"` // a bitmap, to see how far the seed has moved

	audience *parterre.Audience // whose it is, when it is refreshed
	seeds    []parterre.ID
}

func evaluationKey(id parterre.ID) string { return "actalike/" + id.String() }

// keep stores what is to be said of an audience.
func (s *Service) keep(ctx context.Context, id parterre.ID, e *evaluation) error {
	body, err := json.Marshal(e)
	if err != nil {
		return parterre.Internalf(err, "encode an evaluation")
	}
	return s.catalog.Update(ctx, func(tx *catalog.Tx) error { return tx.PutSetting(evaluationKey(id), body) })
}

// evaluationOf reads what was kept of an audience; nil when nothing was, as of audiences of other types.
func evaluationOf(tx *catalog.Tx, id parterre.ID) (*evaluation, error) {
	body, there, err := tx.Setting(evaluationKey(id))
	if err != nil || !there {
		return nil, err
	}
	var e evaluation
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, parterre.Internalf(err, "decode an evaluation")
	}
	return &e, nil
}

// Explain gives an audience of any ad account, for the operator, with how it came to be: nil for an audience that is not of
// type ACTALIKE, or is not evaluated yet. It fails with [parterre.AudienceNotFound] when there is none.
func (s *Service) Explain(ctx context.Context, id parterre.ID) (v View, how *ActAlike, err error) {
	var a parterre.Audience
	var e *evaluation
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if a, err = tx.AudienceOfAny(id); err != nil {
			return err
		}
		e, err = evaluationOf(tx, id)
		return err
	})
	if err != nil {
		return View{}, nil, err
	}
	if e != nil {
		how = &e.ActAlike
	}
	v, err = s.Audience(ctx, a.AdAccount, id)
	return v, how, err
}

// Recompute has an audience of any ad account evaluated anew, for the operator, as an update with the same rule does. The old
// membership serves until that is done. Audiences of other types follow their events by themselves, and are refused.
func (s *Service) Recompute(ctx context.Context, p *parterre.Principal, id parterre.ID) (View, error) {
	var a parterre.Audience
	err := s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		a, err = tx.AudienceOfAny(id)
		return err
	})
	switch {
	case err != nil:
		return View{}, err
	case a.Type != parterre.ActAlikeAudience:
		return View{}, parterre.Invalid("audience_id", "'audience_id' %s is of type %s: only an audience of type ACTALIKE is recomputed",
			id, a.Type)
	}
	return s.UpdateAudience(ctx, p, a.AdAccount, id, Change{Rule: a.Rule})
}
