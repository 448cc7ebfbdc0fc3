package client

import (
	"context"
	"iter"
	"net/http"
)

// AdAccount is an advertiser's account. Times are in seconds since 1970.
type AdAccount struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Owner       AdAccountOwner `json:"owner"`
	Country     string         `json:"country"`
	Currency    string         `json:"currency"`
	Permissions []string       `json:"permissions"` // roles of the token's user
	CreatedTime int64          `json:"created_time"`
	UpdatedTime int64          `json:"updated_time"`
}

// AdAccountOwner is the user who owns an ad account.
type AdAccountOwner struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// AdAccount reads an ad account.
func (c *Client) AdAccount(ctx context.Context, id string) (AdAccount, error) {
	var out AdAccount
	err := c.call(ctx, http.MethodGet, inAccount(id), nil, &out)
	return out, err
}

// AdAccountCreate is what an ad account is made of. All of it may be left out: the service chooses then.
type AdAccountCreate struct {
	Name     string `json:"name,omitempty"`
	Country  string `json:"country,omitempty"`       // two upper-case letters, ISO 3166-1 alpha-2
	Currency string `json:"currency,omitempty"`      // ISO 4217
	OwnerID  string `json:"owner_user_id,omitempty"` // the token's user, who becomes the owner
}

// CreateAdAccount makes an ad account. Its Permissions are empty in this answer; a read says OWNER.
func (c *Client) CreateAdAccount(ctx context.Context, a AdAccountCreate) (AdAccount, error) {
	var out AdAccount
	err := c.call(ctx, http.MethodPost, target{path: []string{"v5", "ad_accounts"}}, a, &out)
	return out, err
}

// AdAccounts goes through the ad accounts that the token can use. Pages are fetched as they are needed. An error ends the
// sequence; each use of the sequence begins anew.
func (c *Client) AdAccounts(ctx context.Context) iter.Seq2[AdAccount, error] {
	return records[AdAccount](ctx, c, target{path: []string{"v5", "ad_accounts"}})
}
