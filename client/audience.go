package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

// The types of audiences.
const (
	TypeCustomerList = "CUSTOMER_LIST"
	TypeVisitor      = "VISITOR"
	TypeEngagement   = "ENGAGEMENT"
	TypeActAlike     = "ACTALIKE"
)

// The statuses of audiences and customer lists. A service may have others.
const (
	StatusInitializing = "INITIALIZING" // an audience whose members are not known yet
	StatusProcessing   = "PROCESSING"   // a customer list whose records are not matched yet
	StatusUploading    = "UPLOADING"    // a customer list with an upload that is being read
	StatusTooSmall     = "TOO_SMALL"    // fewer than 100 people
	StatusReady        = "READY"
)

// Operations of updates.
const (
	OperationUpdate = "UPDATE" // of an audience
	OperationAdd    = "ADD"    // to a customer list
	OperationRemove = "REMOVE" // an audience itself, or records from a customer list
)

// Audience is a named, targetable set of people. Times are in seconds since 1970.
type Audience struct {
	ID                   string          `json:"id"`
	AdAccountID          string          `json:"ad_account_id"`
	Name                 string          `json:"name"`
	AudienceType         string          `json:"audience_type"`
	Description          string          `json:"description"`
	Rule                 json.RawMessage `json:"rule"` // as it was sent
	Size                 int64           `json:"size"`
	Status               string          `json:"status"`
	CreatedTimestamp     int64           `json:"created_timestamp"`
	UpdatedTimestamp     int64           `json:"updated_timestamp"`
	CreatedByCompanyName string          `json:"created_by_company_name"`
}

// AudienceCreate is what an audience is made of.
type AudienceCreate struct {
	AudienceType string `json:"audience_type"` // [TypeVisitor] and so on
	Name         string `json:"name"`
	Description  string `json:"description,omitempty"`
	Rule         any    `json:"rule"` // anything that encoding/json makes an object of; a json.RawMessage goes as it is
}

// AudienceUpdate is a change of an audience. What is nil stays as it is. A rule replaces the old rule whole.
type AudienceUpdate struct {
	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`
	Rule        any     `json:"rule,omitempty"`           // as in [AudienceCreate]
	Operation   string  `json:"operation_type,omitempty"` // [OperationUpdate], which is the default, or [OperationRemove]
}

// CreateAudience makes an audience. Its members are found in the background: see [Client.WaitForAudience].
func (c *Client) CreateAudience(ctx context.Context, account string, a AudienceCreate) (Audience, error) {
	var out Audience
	err := c.call(ctx, http.MethodPost, inAccount(account, "audiences"), a, &out)
	return out, err
}

// Audience reads an audience.
func (c *Client) Audience(ctx context.Context, account, id string) (Audience, error) {
	var out Audience
	err := c.call(ctx, http.MethodGet, inAccount(account, "audiences", id), nil, &out)
	return out, err
}

// UpdateAudience changes an audience. After a new rule the status is [StatusInitializing], and the old members serve,
// until the new ones are complete: see [Client.WaitForAudience].
func (c *Client) UpdateAudience(ctx context.Context, account, id string, u AudienceUpdate) (Audience, error) {
	var out Audience
	err := c.call(ctx, http.MethodPatch, inAccount(account, "audiences", id), u, &out)
	return out, err
}

// RemoveAudience removes an audience for good and gives it as it was.
func (c *Client) RemoveAudience(ctx context.Context, account, id string) (Audience, error) {
	return c.UpdateAudience(ctx, account, id, AudienceUpdate{Operation: OperationRemove})
}

// Audiences goes through the audiences of an ad account. Pages are fetched as they are needed. An error ends the sequence;
// each use of the sequence begins anew.
func (c *Client) Audiences(ctx context.Context, account string, o ListOptions) iter.Seq2[Audience, error] {
	from := inAccount(account, "audiences")
	from.query = o.query()
	return records[Audience](ctx, c, from)
}
