package parterre

import "slices"

// Business is what ad accounts belong to. Businesses form hierarchies: each has at most one parent, which never changes, and
// those with the same root belong together.
type Business struct {
	ID      ID     `json:"id"`
	Name    string `json:"name"`
	Parent  ID     `json:"parent,omitempty"` // 0 for the root of a hierarchy
	Created int64  `json:"created"`          // seconds since 1970
}

// AdAccount is an advertiser's account; audiences, lists and tags belong to one.
type AdAccount struct {
	ID       ID     `json:"id"`
	Business ID     `json:"business,omitempty"` // that owns it; 0 for none
	Name     string `json:"name"`
	Owner    ID     `json:"owner"` // the user who owns it
	Username string `json:"username"`
	Country  string `json:"country"`
	Currency string `json:"currency"`
	Created  int64  `json:"created"`
	Updated  int64  `json:"updated"`
}

// Recipient is what an audience can be shared with: an ad account or a business. One of the two is 0.
type Recipient struct {
	AdAccount ID `json:"ad_account,omitempty"`
	Business  ID `json:"business,omitempty"`
}

// Role is what a user is on an ad account or on a business (contract, BusinessAccessRole).
type Role string

// The roles of which the audience family makes something.
const (
	Owner           Role = "OWNER"
	Admin           Role = "ADMIN"
	AudienceManager Role = "AUDIENCE_MANAGER"
	CampaignManager Role = "CAMPAIGN_MANAGER"
	Analyst         Role = "ANALYST"
)

// Roles are the roles that can be given to a user.
var Roles = []Role{Owner, Admin, AudienceManager, CampaignManager, Analyst}

// Right is a sort of thing to do on an ad account or on a business.
type Right string

// The rights.
const (
	Read       Right = "read"
	Write      Right = "write"
	SendEvents Right = "send events"
)

// rights says what each role may do (reference, section 1.11).
var rights = map[Role][]Right{
	Owner:           {Read, Write, SendEvents},
	Admin:           {Read, Write, SendEvents},
	AudienceManager: {Read, Write, SendEvents},
	CampaignManager: {Read, SendEvents},
	Analyst:         {Read, SendEvents},
}

// May says whether the role gives the right. No role gives none.
func (r Role) May(do Right) bool { return slices.Contains(rights[r], do) }

// ParseRole reads a role that can be given to a user; case matters.
func ParseRole(field, s string) (Role, error) {
	if r := Role(s); slices.Contains(Roles, r) {
		return r, nil
	}
	return "", Invalid(field, "%s is not one of %s ('%s')", Quote(s), oneOf(Roles), field)
}
