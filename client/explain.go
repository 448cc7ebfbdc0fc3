package client

import (
	"context"
	"net/http"
)

// Explanation is an audience as the operator of the service sees it.
type Explanation struct {
	ID           string    `json:"id"`
	AdAccountID  string    `json:"ad_account_id"`
	Name         string    `json:"name"`
	AudienceType string    `json:"audience_type"`
	Size         int64     `json:"size"`
	Status       string    `json:"status"`
	ActAlike     *ActAlike `json:"actalike"` // nil unless it is an ACTALIKE audience that was evaluated
}

// ActAlike says how an ACTALIKE audience came to be. Moments are in seconds since 1970.
type ActAlike struct {
	SeedSize       int          `json:"seed_size"`
	Country        string       `json:"country"`
	CountryPersons int          `json:"country_persons"`
	Percentage     int          `json:"percentage"`
	ComputedAt     int64        `json:"computed_at"`
	Method         string       `json:"method"`          // empty when nobody was ranked
	FactorsVersion int          `json:"factors_version"` // 0 when the method needs no factors
	FactorsMadeAt  int64        `json:"factors_made_at"` // 0 likewise
	HeldOut        *HeldOut     `json:"held_out"`        // nil when no part of the seed could be hidden
	Items          []ItemWeight `json:"items"`           // up to twenty that weigh most, the heaviest first
	Reason         string       `json:"reason"`          // why the audience is [StatusTooSmall]
}

// HeldOut says what became of a hidden half of a seed.
type HeldOut struct {
	Hidden int     `json:"hidden"` // how many people were hidden
	Recall float64 `json:"recall"` // the share of them that was found
	Lift   float64 `json:"lift"`   // how many times more that is than chance finds
}

// ItemWeight says how much an item counts: a pin, as in pin:12, or an interest, as in interest:moths.
type ItemWeight struct {
	Item   string  `json:"item"`
	Weight float64 `json:"weight"`
}

// Explain says how an audience of whichever ad account came to be. The token needs the scope of the operator.
func (c *Client) Explain(ctx context.Context, audience string) (Explanation, error) {
	var out Explanation
	err := c.call(ctx, http.MethodGet, ownAudience(audience), nil, &out)
	return out, err
}

// Recompute has an ACTALIKE audience computed anew. The old members serve until that is done.
func (c *Client) Recompute(ctx context.Context, audience string) (Explanation, error) {
	var out Explanation
	err := c.call(ctx, http.MethodPost, ownAudience(audience, "recompute"), nil, &out)
	return out, err
}

func ownAudience(path ...string) target {
	return target{path: append([]string{"parterre", "v1", "audiences"}, path...)}
}
