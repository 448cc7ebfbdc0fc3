package v5

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/oauth"
)

// accessToken is the contract's OauthAccessTokenResponse, in the shape of each grant.
type accessToken struct {
	ResponseType   string `json:"response_type"`
	AccessToken    string `json:"access_token"`
	TokenType      string `json:"token_type"`
	ExpiresIn      int64  `json:"expires_in"`
	Scope          string `json:"scope"`
	RefreshToken   string `json:"refresh_token,omitempty"`
	RefreshExpires int64  `json:"refresh_token_expires_in,omitempty"`
	RefreshUntil   int64  `json:"refresh_token_expires_at,omitempty"`
}

// The values of grant_type.
const (
	codeGrant    = "authorization_code"
	refreshGrant = "refresh_token"
	clientGrant  = "client_credentials"
)

var grantTypes = []string{codeGrant, refreshGrant, clientGrant}

func (a *API) giveToken(r *wire.Request) (any, error) {
	grant, err := field(r.Form, "grant_type")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(grantTypes, grant) {
		return nil, parterre.Invalid("grant_type", "Invalid request: %s is not one of ['%s'] ('grant_type')", parterre.Quote(grant),
			strings.Join(grantTypes, "', '"))
	}
	pair, err := a.pair(r, grant)
	if err != nil {
		return nil, err
	}
	return accessToken{
		ResponseType: grant, AccessToken: pair.Access, TokenType: "bearer", ExpiresIn: int64(pair.Expires / time.Second),
		Scope: oauth.ScopeText(pair.Scopes), RefreshToken: pair.Refresh, RefreshExpires: int64(pair.RefreshExpires / time.Second),
		RefreshUntil: pair.RefreshUntil,
	}, nil
}

// pair makes the tokens of a grant. Continuous refresh is the only one that there is, whatever a request says of it.
func (a *API) pair(r *wire.Request, grant string) (pair oauth.Pair, err error) {
	switch grant {
	case codeGrant:
		code, err := field(r.Form, "code")
		if err != nil {
			return pair, err
		}
		redirect, err := field(r.Form, "redirect_uri")
		if err != nil {
			return pair, err
		}
		return a.tokens.Exchange(r.Context(), r.App, code, redirect)
	case refreshGrant:
		token, err := field(r.Form, "refresh_token")
		if err != nil {
			return pair, err
		}
		var scopes []parterre.Scope
		if text := r.Form.Get("scope"); text != "" {
			if scopes, err = oauth.ParseScopes(text); err != nil {
				return pair, err
			}
		}
		return a.tokens.Refresh(r.Context(), r.App, token, scopes)
	default:
		scopes, err := oauth.ParseScopes(r.Form.Get("scope"))
		if err != nil {
			return pair, err
		}
		return a.tokens.ClientToken(r.Context(), r.App, scopes)
	}
}

// field reads a field of a form that is required.
func field(form url.Values, name string) (string, error) {
	value := form.Get(name)
	if value == "" {
		return "", parterre.Invalid(name, "Parameter '%s' is required.", name)
	}
	return value, nil
}

func (a *API) revokeToken(r *wire.Request) (any, error) {
	token, err := field(r.Form, "token")
	if err != nil {
		return nil, err
	}
	hint := r.Form.Get("token_type_hint") // what it is shows by itself, but it must be right
	if r.Form.Has("token_type_hint") && hint != "access_token" && hint != "refresh_token" {
		return nil, parterre.Invalid("token_type_hint",
			"Invalid request: %s is not one of ['access_token', 'refresh_token'] ('token_type_hint')", parterre.Quote(hint))
	}
	return wire.Nothing, a.tokens.Revoke(r.Context(), r.App, token)
}

func (a *API) giveConversionToken(r *wire.Request) (any, error) {
	token, err := a.tokens.ConversionToken(r.Context(), r.Principal)
	if err != nil {
		return nil, err
	}
	return struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
	}{token, "conversion"}, nil
}
