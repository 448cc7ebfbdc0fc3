package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// Sharer is who shares an audience, or asks about its shares: an ad account or a business, by its id. Exactly one is set.
type Sharer struct {
	AdAccount string
	Business  string
}

// in is a target below the audiences of the sharer.
func (s Sharer) in(path ...string) target {
	if s.Business != "" {
		return target{path: append([]string{"v5", "businesses", s.Business, "audiences"}, path...)}
	}
	return inAccount(s.AdAccount, append([]string{"audiences"}, path...)...)
}

// Shared is what came of a share: what the recipients may do, and who they are.
type Shared struct {
	AudienceID           string   `json:"audience_id"`
	Permissions          []string `json:"permissions"`
	RecipientAccountIDs  []string `json:"recipient_account_ids"`
	RecipientBusinessIDs []string `json:"recipient_business_ids"`
}

// The kinds of accounts that an audience can be shared with.
const (
	AccountTypeAdAccount = "AD_ACCOUNT"
	AccountTypeBusiness  = "BUSINESS_ACCOUNT"
)

// SharedAccount is one that an audience is shared with. The time is in seconds since 1970.
type SharedAccount struct {
	AccountID         string `json:"account_id"`
	AccountName       string `json:"account_name"`
	AccountType       string `json:"account_type"`
	SharedOnTimestamp int64  `json:"shared_on_timestamp"`
}

// share is the body of a request about shares.
type share struct {
	AudienceID  string   `json:"audience_id"`
	Operation   string   `json:"operation_type"`
	AccountIDs  []string `json:"recipient_account_ids,omitempty"`
	BusinessIDs []string `json:"recipient_business_ids,omitempty"`
}

// ShareWithAdAccounts shares an audience with ad accounts: with all of them or, on an error, with none.
func (c *Client) ShareWithAdAccounts(ctx context.Context, by Sharer, audience string, accounts ...string) (Shared, error) {
	return c.share(ctx, by.in("ad_accounts", "shared"), share{AudienceID: audience, Operation: "SHARE", AccountIDs: accounts})
}

// RevokeFromAdAccounts ends the shares of an audience with ad accounts.
func (c *Client) RevokeFromAdAccounts(ctx context.Context, by Sharer, audience string, accounts ...string) (Shared, error) {
	return c.share(ctx, by.in("ad_accounts", "shared"), share{AudienceID: audience, Operation: "REVOKE", AccountIDs: accounts})
}

// ShareWithBusinesses shares an audience with businesses: with all of them or, on an error, with none.
func (c *Client) ShareWithBusinesses(ctx context.Context, by Sharer, audience string, businesses ...string) (Shared, error) {
	return c.share(ctx, by.in("businesses", "shared"), share{AudienceID: audience, Operation: "SHARE", BusinessIDs: businesses})
}

// RevokeFromBusinesses ends the shares of an audience with businesses, and what these had shared on.
func (c *Client) RevokeFromBusinesses(ctx context.Context, by Sharer, audience string, businesses ...string) (Shared, error) {
	return c.share(ctx, by.in("businesses", "shared"), share{AudienceID: audience, Operation: "REVOKE", BusinessIDs: businesses})
}

func (c *Client) share(ctx context.Context, to target, s share) (Shared, error) {
	var out Shared
	err := c.call(ctx, http.MethodPatch, to, s, &out)
	return out, err
}

// SharedAccounts goes through the accounts of a kind, [AccountTypeAdAccount] or [AccountTypeBusiness], that an audience is
// shared with. Of the options the page size counts alone. Pages are fetched as they are needed. An error ends the sequence;
// each use of the sequence begins anew.
func (c *Client) SharedAccounts(
	ctx context.Context, by Sharer, audience, accountType string, o ListOptions,
) iter.Seq2[SharedAccount, error] {
	from := by.in("shared", "accounts")
	from.query = url.Values{"audience_id": {audience}, "account_type": {accountType}}
	if o.PageSize != 0 {
		from.query.Set("page_size", strconv.Itoa(o.PageSize))
	}
	return records[SharedAccount](ctx, c, from)
}

// BusinessAudiences goes through the audiences that a business received. Those that an ad account received are
// [Client.Audiences] with the ownership RECEIVED.
func (c *Client) BusinessAudiences(ctx context.Context, business string, o ListOptions) iter.Seq2[Audience, error] {
	from := Sharer{Business: business}.in()
	o.Ownership = ""
	from.query = o.query()
	return records[Audience](ctx, c, from)
}

// DeleteSandbox deletes everything in an ad account of the sandbox: audiences, customer lists, conversion tags, shares and
// events. The ad account stays.
func (c *Client) DeleteSandbox(ctx context.Context, account string) error {
	var said string
	return c.call(ctx, http.MethodDelete, inAccount(account, "sandbox"), nil, &said)
}

// NewBusiness is what a business is made of.
type NewBusiness struct {
	Name     string `json:"name"`
	ParentID string `json:"parent_id,omitempty"` // empty for the root of a hierarchy
}

// Business owns ad accounts.
type Business struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	ParentID string `json:"parent_id"` // empty for the root of a hierarchy
}

// CreateBusiness makes a business, for the operator of the platform.
func (c *Client) CreateBusiness(ctx context.Context, b NewBusiness) (Business, error) {
	var out Business
	err := c.call(ctx, http.MethodPost, own("businesses"), b, &out)
	return out, err
}

// NewAdAccount is what an operator makes an ad account of.
type NewAdAccount struct {
	Name       string `json:"name"`
	BusinessID string `json:"business_id,omitempty"` // that owns it; empty for none
	Country    string `json:"country,omitempty"`     // two letters, US by default
	Currency   string `json:"currency,omitempty"`    // three letters, USD by default
}

// CreateAdAccountOf makes an ad account, for the operator of the platform, and gives its id.
func (c *Client) CreateAdAccountOf(ctx context.Context, a NewAdAccount) (id string, err error) {
	var out struct {
		ID string `json:"id"`
	}
	err = c.call(ctx, http.MethodPost, own("ad_accounts"), a, &out)
	return out.ID, err
}
