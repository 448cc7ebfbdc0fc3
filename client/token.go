package client

import (
	"context"
	"net/http"
)

// TokenIssue says what a token of a sandbox may do, and where.
type TokenIssue struct {
	Scopes       []string `json:"scopes"`
	AdAccountIDs []string `json:"ad_account_ids"` // on which its user has the role
	BusinessIDs  []string `json:"business_ids,omitempty"`
	Role         string   `json:"role,omitempty"` // such as ANALYST; OWNER when empty
}

// Token is a token as it is told once, when it is made.
type Token struct {
	AccessToken string   `json:"access_token"`
	Scopes      []string `json:"scopes"`
}

// IssueToken makes a token of a new user, in a sandbox: to rehearse what another caller may do.
func (c *Client) IssueToken(ctx context.Context, t TokenIssue) (Token, error) {
	if t.AdAccountIDs == nil {
		t.AdAccountIDs = []string{}
	}
	var out Token
	err := c.call(ctx, http.MethodPost, own("tokens"), t, &out)
	return out, err
}

// ConversionToken makes a token that sends conversion events to the ad accounts of this token's user, and opens nothing else.
// It does not end by itself. The other ways to a token are those of OAuth: any library for it walks them, with /oauth/ for the
// page and /v5/oauth/token for the tokens.
func (c *Client) ConversionToken(ctx context.Context) (string, error) {
	var out struct {
		AccessToken string `json:"access_token"`
	}
	err := c.call(ctx, http.MethodPost, target{path: []string{"v5", "oauth", "conversion_token"}}, nil, &out)
	return out.AccessToken, err
}
