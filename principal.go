package parterre

import "slices"

// Scope is a permission that a token carries (reference, section 1.2).
type Scope string

// The scopes that an operation of the audience family may ask for. ScopeOperator is Parterre's own: it opens
// /parterre/v1.
const (
	ScopeAdsRead  Scope = "ads:read"
	ScopeAdsWrite Scope = "ads:write"
	ScopeOperator Scope = "parterre:operator"
)

// Scopes are all the scopes that a token can carry: the published ones, then Parterre's own.
var Scopes = []Scope{
	ScopeAdsRead, ScopeAdsWrite, "billing:read", "billing:write", "biz_access:read", "biz_access:write", "boards:read",
	"boards:read_secret", "boards:write", "boards:write_secret", "catalogs:read", "catalogs:write", "msot:write", "pins:read",
	"pins:read_secret", "pins:write", "pins:write_secret", "user_accounts:read", "user_accounts:write", ScopeOperator,
}

// Principal is an authenticated caller: an app acting for a user, with the scopes that the user granted.
type Principal struct {
	App     string // name of the app, shown as created_by_company_name
	User    ID
	Scopes  []Scope
	Sandbox bool // the token may use the sandbox's own routes
}

// Has says whether the principal was granted the scope. A write scope does not imply the read scope.
func (p *Principal) Has(s Scope) bool { return slices.Contains(p.Scopes, s) }
