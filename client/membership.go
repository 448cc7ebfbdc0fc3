package client

import (
	"context"
	"net/http"
	"net/url"
)

// Memberships are the audiences that a person is in.
type Memberships struct {
	AudienceIDs []string `json:"audience_ids"`
	AsOf        int64    `json:"as_of"` // seconds since 1970
}

// Memberships says which audiences a person is in now. Somebody nobody knows is in none.
func (c *Client) Memberships(ctx context.Context, who Identifier) (Memberships, error) {
	to := own("memberships")
	to.query = url.Values{}
	for name, value := range map[string]string{
		"external_id": who.ExternalID, "email": who.Email, "hashed_email": who.HashedEmail,
		"maid": who.MAID, "hashed_maid": who.HashedMAID,
	} {
		if value != "" {
			to.query.Set(name, value)
		}
	}
	var out Memberships
	err := c.call(ctx, http.MethodGet, to, nil, &out)
	return out, err
}

// MembershipsOfMany is Memberships of up to a thousand persons in one request. The answers are in the order of the persons, all
// of the same moment.
func (c *Client) MembershipsOfMany(ctx context.Context, who []Identifier) ([]Memberships, error) {
	var out struct {
		Memberships []Memberships `json:"memberships"`
		AsOf        int64         `json:"as_of"`
	}
	err := c.call(ctx, http.MethodPost, own("memberships"), who, &out)
	for i := range out.Memberships {
		out.Memberships[i].AsOf = out.AsOf
	}
	return out.Memberships, err
}
