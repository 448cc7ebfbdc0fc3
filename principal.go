package parterre

import "slices"

// Scope is a permission that a token carries (reference, section 1.2).
type Scope string

// The scopes that an operation of the audience family may ask for. ScopeOperator is Parterre's own: it opens
// /parterre/v1.
const (
	ScopeAdsRead  Scope = "ads:read"
	ScopeAdsWrite Scope = "ads:write"
	ScopeBizRead  Scope = "biz_access:read"
	ScopeBizWrite Scope = "biz_access:write"
	ScopeOperator Scope = "parterre:operator"
)

// Scopes are all the scopes that a token can carry: the published ones, then Parterre's own.
var Scopes = []Scope{
	ScopeAdsRead, ScopeAdsWrite, "billing:read", "billing:write", ScopeBizRead, ScopeBizWrite, "boards:read",
	"boards:read_secret", "boards:write", "boards:write_secret", "catalogs:read", "catalogs:write", "msot:write", "pins:read",
	"pins:read_secret", "pins:write", "pins:write_secret", "user_accounts:read", "user_accounts:write", ScopeOperator,
}

// TokenKind says how a token was given out (reference, section 1.2). An operation takes tokens of some kinds alone.
type TokenKind string

// The kinds of tokens. What UserToken opens is told by its scopes, and so is what ClientToken opens; ConversionToken opens
// the events of an ad account, whatever its scopes.
const (
	UserToken       TokenKind = ""                   // an app acting for a user who consented: an authorization code, or its refresh
	ClientToken     TokenKind = "client_credentials" // an app acting for the user who owns it
	ConversionToken TokenKind = "conversion"         // made for sending events, without an end
)

// Principal is an authenticated caller: an app acting for a user, with the scopes that the user granted.
type Principal struct {
	App     string // name of the app, shown as created_by_company_name
	AppID   ID
	User    ID // 0 for an app that showed its own credentials and no token
	Kind    TokenKind
	Scopes  []Scope
	Sandbox bool // the token may use the sandbox's own routes
}

// Has says whether the principal was granted the scope. A write scope does not imply the read scope.
func (p *Principal) Has(s Scope) bool { return slices.Contains(p.Scopes, s) }
