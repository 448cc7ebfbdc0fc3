package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// ConversionTag is the source of an advertiser's events.
type ConversionTag struct {
	ID                  string     `json:"id"`
	AdAccountID         string     `json:"ad_account_id"`
	Name                string     `json:"name"`
	Status              string     `json:"status"` // [TagActive], [TagPaused] or [TagArchived]
	Version             string     `json:"version"`
	CodeSnippet         string     `json:"code_snippet"`
	Configs             TagConfigs `json:"configs"`
	EnhancedMatchStatus string     `json:"enhanced_match_status"`
	LastFiredTimeMS     int64      `json:"last_fired_time_ms"` // milliseconds since 1970; 0 when it never fired
}

// TagConfigs holds the settings of a conversion tag. AEM is automatic enhanced match: what the tag may read of a visitor.
type TagConfigs struct {
	AEM           bool    `json:"aem_enabled,omitempty"`
	AEMNames      bool    `json:"aem_fnln_enabled,omitempty"`
	AEMPhone      bool    `json:"aem_ph_enabled,omitempty"`
	AEMGender     bool    `json:"aem_ge_enabled,omitempty"`
	AEMBirth      bool    `json:"aem_db_enabled,omitempty"`
	AEMLocation   bool    `json:"aem_loc_enabled,omitempty"`
	AEMExternalID bool    `json:"aem_external_id_enabled,omitempty"`
	MDFrequency   float64 `json:"md_frequency,omitempty"` // 0 leaves it to the service
}

// ConversionTagCreate is what a conversion tag is made of.
type ConversionTagCreate struct {
	Name string `json:"name"`
	TagConfigs
}

// The statuses of a conversion tag.
const (
	TagActive   = "ACTIVE"
	TagPaused   = "PAUSED"
	TagArchived = "ARCHIVED" // counts as deleted
)

// TagEvent is a type of event that a conversion tag saw.
type TagEvent struct {
	Type        string `json:"conversion_event"` // PAGE_VISIT, CHECKOUT and so on
	TagID       string `json:"conversion_tag_id"`
	AdAccountID string `json:"ad_account_id"`
	CreatedTime int64  `json:"created_time"` // of the first one, in seconds since 1970
}

// CreateConversionTag makes a conversion tag.
func (c *Client) CreateConversionTag(
	ctx context.Context, account string, t ConversionTagCreate,
) (ConversionTag, error) {
	var out ConversionTag
	err := c.call(ctx, http.MethodPost, inAccount(account, "conversion_tags"), t, &out)
	return out, err
}

// ConversionTag reads a conversion tag.
func (c *Client) ConversionTag(ctx context.Context, account, id string) (ConversionTag, error) {
	var out ConversionTag
	err := c.call(ctx, http.MethodGet, inAccount(account, "conversion_tags", id), nil, &out)
	return out, err
}

// ConversionTags reads all the conversion tags of an ad account; the API has no pages of them.
func (c *Client) ConversionTags(ctx context.Context, account string) ([]ConversionTag, error) {
	var out struct {
		Items []ConversionTag `json:"items"`
	}
	err := c.call(ctx, http.MethodGet, inAccount(account, "conversion_tags"), nil, &out)
	return out.Items, err
}

// PageVisitEvents goes through the conversion tags of an ad account that saw visits of pages. Pages are fetched as they are
// needed. An error ends the sequence; each use of the sequence begins anew.
func (c *Client) PageVisitEvents(ctx context.Context, account string, o ListOptions) iter.Seq2[TagEvent, error] {
	to := inAccount(account, "conversion_tags", "page_visit")
	to.query = o.query()
	return records[TagEvent](ctx, c, to)
}

// OcpmEligible reads, by the ids of conversion tags, the events that a campaign can be optimised for.
func (c *Client) OcpmEligible(ctx context.Context, account string) (map[string][]TagEvent, error) {
	var out map[string][]TagEvent
	err := c.call(ctx, http.MethodGet, inAccount(account, "conversion_tags", "ocpm_eligible"), nil, &out)
	return out, err
}

// SetConversionTagStatus pauses a conversion tag, archives it or takes it into use again. This is a route of Parterre's own.
func (c *Client) SetConversionTagStatus(ctx context.Context, id, status string) error {
	in := struct {
		Status string `json:"status"`
	}{status}
	to := target{path: []string{"parterre", "v1", "conversion_tags", id}}
	return c.call(ctx, http.MethodPatch, to, in, &struct{}{})
}

// EventCounts says how many different events an ad account had. Numbers are estimates with a standard error of 0.8%.
type EventCounts struct {
	Days   []DayCount `json:"days"`   // those with events
	Events int        `json:"events"` // on all the days; one that was sent on two days counts once
}

// DayCount is how many different events there were on a day.
type DayCount struct {
	Date   string `json:"date"` // yyyy-mm-dd, in UTC
	Events int    `json:"events"`
}

// EventCounts counts the different events of an ad account from a day to another, each yyyy-mm-dd in UTC, or empty for today.
// This is a route of Parterre's own.
func (c *Client) EventCounts(ctx context.Context, account, from, to string) (EventCounts, error) {
	q := url.Values{"ad_account_id": {account}}
	if from != "" {
		q.Set("from", from)
	}
	if to != "" {
		q.Set("to", to)
	}
	var out EventCounts
	where := own("event_counts")
	where.query = q
	err := c.call(ctx, http.MethodGet, where, nil, &out)
	return out, err
}
