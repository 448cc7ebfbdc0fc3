package parterre

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// AudienceType is what an audience is made from. It never changes after creation.
type AudienceType string

// The audience types that the API creates (contract, AudienceType). PERSONA stands in the enumeration of the contract, but
// cannot be created over the API.
const (
	CustomerListAudience AudienceType = "CUSTOMER_LIST"
	VisitorAudience      AudienceType = "VISITOR"
	EngagementAudience   AudienceType = "ENGAGEMENT"
	ActAlikeAudience     AudienceType = "ACTALIKE"
)

// AudienceTypes are all the types, in the order in which the documentation names them.
var AudienceTypes = []AudienceType{CustomerListAudience, VisitorAudience, EngagementAudience, ActAlikeAudience}

// ParseAudienceType reads a type as it stands on the wire; case matters.
func ParseAudienceType(field, s string) (AudienceType, error) {
	if t := AudienceType(s); slices.Contains(AudienceTypes, t) {
		return t, nil
	}
	if s == "PERSONA" {
		return "", Invalid(field, "'%s' PERSONA cannot be created over the API; allowed: %s", field, oneOf(AudienceTypes))
	}
	return "", Invalid(field, "%s is not one of %s ('%s')", Quote(s), oneOf(AudienceTypes), field)
}

// Status says whether an audience, or a customer list, can be used.
type Status string

// The statuses (contract, Audience.status and CustomerList.status).
const (
	Initializing Status = "INITIALIZING" // an audience whose current rule is not evaluated yet
	Processing   Status = "PROCESSING"   // a customer list with records that are not matched yet
	Uploading    Status = "UPLOADING"    // a customer list that an upload is being read into
	TooSmall     Status = "TOO_SMALL"    // fewer than MinMembers
	Ready        Status = "READY"
)

// MinMembers is how many members an audience or a customer list needs to be used in targeting.
const MinMembers = 100

// StatusOf is the status of something complete with that many members.
func StatusOf(members int) Status {
	if members < MinMembers {
		return TooSmall
	}
	return Ready
}

// Audience is a named, targetable set of people, as the catalogue keeps it. Its size and status are not kept: they follow
// from the membership at the moment somebody asks.
type Audience struct {
	ID          ID              `json:"id"`
	AdAccount   ID              `json:"ad_account"`
	Name        string          `json:"name"`
	Type        AudienceType    `json:"type"`
	Description *string         `json:"description,omitempty"`
	Rule        json.RawMessage `json:"rule"` // as the caller sent it
	CreatedBy   string          `json:"created_by"`
	Created     int64           `json:"created"` // seconds since 1970
	Updated     int64           `json:"updated"`
	Version     int             `json:"version"`      // 1 when created, one more with each update
	RuleVersion int             `json:"rule_version"` // the Version that brought the current rule
	Served      int             `json:"served"`       // the RuleVersion whose membership is served; 0 before the first
	ServedRule  json.RawMessage `json:"served_rule,omitempty"`
}

// Evaluated says whether the membership of the current rule is complete.
func (a *Audience) Evaluated() bool { return a.Served == a.RuleVersion }

// CustomerList is a set of people that an advertiser uploaded.
type CustomerList struct {
	ID        ID     `json:"id"`
	AdAccount ID     `json:"ad_account"`
	Name      string `json:"name"`
	ListType  string `json:"list_type"` // a label: records of any sort are accepted
	Created   int64  `json:"created"`
	Updated   int64  `json:"updated"`
	Batches   int    `json:"batches"`           // creation counts one, and so does every ADD and REMOVE
	Matched   int    `json:"matched"`           // batches whose records have been matched
	Uploaded  int    `json:"uploaded"`          // records submitted for adding, repeated ones included
	Uploads   int    `json:"uploads,omitempty"` // that are being read
	Removed   int    `json:"removed"`           // records submitted for removal, absent ones included
}

// TagStatus says whether a conversion tag is in use.
type TagStatus string

// The statuses of a conversion tag (contract, EntityStatus; the others of it are for drafts, which there are none of).
const (
	TagActive   TagStatus = "ACTIVE"
	TagPaused   TagStatus = "PAUSED"   // its events are refused
	TagArchived TagStatus = "ARCHIVED" // likewise, and it counts as deleted
)

// TagStatuses are all of them.
var TagStatuses = []TagStatus{TagActive, TagPaused, TagArchived}

// ParseTagStatus reads a status as it stands on the wire; case matters.
func ParseTagStatus(field, s string) (TagStatus, error) { return parseWord(field, s, TagStatuses) }

// ConversionTag is the source of an advertiser's events.
type ConversionTag struct {
	ID        ID        `json:"id"`
	AdAccount ID        `json:"ad_account"`
	Name      string    `json:"name"`
	Created   int64     `json:"created"`
	Configs   TagConfig `json:"configs"`

	// State is empty for a tag that was never paused or archived; see Status.
	State TagStatus `json:"status,omitempty"`
}

// Status says whether the tag is in use.
func (t *ConversionTag) Status() TagStatus { return cmp.Or(t.State, TagActive) }

// TagConfig holds the flags of a conversion tag (contract, ConversionTagConfigs).
type TagConfig struct {
	AEM           bool    `json:"aem_enabled"`
	AEMNames      bool    `json:"aem_fnln_enabled"`
	AEMPhone      bool    `json:"aem_ph_enabled"`
	AEMGender     bool    `json:"aem_ge_enabled"`
	AEMBirth      bool    `json:"aem_db_enabled"`
	AEMLocation   bool    `json:"aem_loc_enabled"`
	AEMExternalID bool    `json:"aem_external_id_enabled"`
	MDFrequency   float64 `json:"md_frequency"`
}

// oneOf lists what is allowed, for an error message.
func oneOf[S ~string](all []S) string {
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = "'" + string(s) + "'"
	}
	return "[" + strings.Join(words, ", ") + "]"
}
