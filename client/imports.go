package client

import (
	"context"
	"io"
	"net/http"
)

// Identifier points at a person by one of the names that the person has. Set one field.
type Identifier struct {
	ExternalID  string `json:"external_id,omitempty"` // the operator's own name for the person
	Email       string `json:"email,omitempty"`
	HashedEmail string `json:"hashed_email,omitempty"`
	MAID        string `json:"maid,omitempty"` // mobile advertising id
	HashedMAID  string `json:"hashed_maid,omitempty"`
}

// Person is somebody of the population, with all the names that are known. What is said replaces what was said before; what is
// left empty stays as it was, but a list that is empty and not nil takes everything away.
type Person struct {
	ExternalID   string   `json:"external_id,omitempty"`
	Emails       []string `json:"emails,omitempty"`
	HashedEmails []string `json:"hashed_emails,omitempty"`
	MAIDs        []string `json:"maids,omitempty"`
	HashedMAIDs  []string `json:"hashed_maids,omitempty"`
	Country      string   `json:"country,omitempty"` // two upper-case letters
	Age          int      `json:"age,omitempty"`     // in years
	Gender       string   `json:"gender,omitempty"`  // female, male or unknown
	Region       string   `json:"region,omitempty"`  // a word of the operator's own, as metro, locale and interests are
	Metro        string   `json:"metro,omitempty"`
	Locale       string   `json:"locale,omitempty"`
	Devices      []string `json:"devices,omitzero"` // iphone, web and so on
	Interests    []string `json:"interests,omitzero"`
}

// Engagement is something that a person did with content on the platform itself.
type Engagement struct {
	Person         Identifier `json:"person"`
	EngagementType string     `json:"engagement_type"` // click, save, closeup, comment or like
	PinID          string     `json:"pin_id,omitempty"`
	URL            string     `json:"url,omitempty"`
	Domain         string     `json:"domain,omitempty"`
	AdAccountID    string     `json:"ad_account_id,omitempty"` // whose content it was, if an advertiser's
	CampaignID     string     `json:"campaign_id,omitempty"`
	AdID           string     `json:"ad_id,omitempty"`
	ObjectiveType  string     `json:"objective_type,omitempty"`
	EngagedAt      int64      `json:"engaged_at"` // seconds since 1970
}

// ImportEvent is an event that did not come through the conversions API: a conversion tag saw it, or a partner that
// measures apps (MMP) or a file brought it.
type ImportEvent struct {
	Event
	AdAccountID     string         `json:"ad_account_id"`
	ConversionTagID string         `json:"conversion_tag_id,omitempty"`
	IngestionSource string         `json:"ingestion_source,omitempty"` // tag, which is the default, mmp or file_upload
	EventData       map[string]any `json:"event_data,omitempty"`       // in the names that rules use: order_id, line_items
}

// ImportResult says what became of the lines of an import.
type ImportResult struct {
	Received int         `json:"received"`
	Accepted int         `json:"accepted"`
	Rejected []Rejection `json:"rejected"`
}

// Rejection says why a line was not accepted. Lines are counted from 1.
type Rejection struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// ImportPeople tells the service who its people are. The body has a JSON object a line, in the form of [Person]; [NDJSON]
// makes one. It is sent as it is read, and never held whole. Lines that are rejected are no error: the result tells them.
//
// What came before the end of an import that fails may have been accepted. Importing it again is harmless.
func (c *Client) ImportPeople(ctx context.Context, body io.Reader) (ImportResult, error) {
	return c.importLines(ctx, "people", body)
}

// ImportEngagements tells the service what people did with content on the platform. The body has a JSON object a line, in
// the form of [Engagement], and goes the way of [Client.ImportPeople].
func (c *Client) ImportEngagements(ctx context.Context, body io.Reader) (ImportResult, error) {
	return c.importLines(ctx, "engagements", body)
}

// ImportEvents tells the service of events that did not come through the conversions API. The body has a JSON object a
// line, in the form of [ImportEvent], and goes the way of [Client.ImportPeople].
func (c *Client) ImportEvents(ctx context.Context, body io.Reader) (ImportResult, error) {
	return c.importLines(ctx, "events", body)
}

func (c *Client) importLines(ctx context.Context, what string, body io.Reader) (ImportResult, error) {
	var out ImportResult
	err := c.send(ctx, http.MethodPost, own(what), body, "application/x-ndjson", &out)
	return out, err
}
