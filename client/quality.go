package client

import (
	"context"
	"net/http"
	"net/url"
)

// EventQuality says how well the events of one platform, which came by one ingestion source, tell who did what.
type EventQuality struct {
	OverallStatus  string `json:"overall_status"`   // NEEDS_IMPROVEMENT, FAIR or GOOD
	SourcePlatform string `json:"source_platform"`  // WEB, MOBILE or OFFLINE, or the one that was asked for
	Ingestion      string `json:"ingestion_source"` // TAG, MMP, FILE_UPLOAD or CONVERSIONS_API
	LookbackPeriod string `json:"lookback_period"`  // 1d or 14d

	// Components holds the details by component, such as hashed_email, and by event name, such as checkout.
	Components map[string]map[string]QualityDetails `json:"quality_components"`
}

// QualityDetails says how many of the events of one name come with a component.
type QualityDetails struct {
	Coverage float64        `json:"coverage"` // percent
	Issues   []QualityIssue `json:"issues"`   // none when the coverage is good
}

// QualityIssue is what is wrong with a component.
type QualityIssue struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// EventQualityOptions says which events are rated.
type EventQualityOptions struct {
	LookbackPeriod string // 1d or 14d; required
	SourcePlatform string // all when empty
	Ingestion      string // all when empty
}

// EventQuality rates the events of an ad account.
func (c *Client) EventQuality(ctx context.Context, account string, o EventQualityOptions) ([]EventQuality, error) {
	to := inAccount(account, "conversion_eqs")
	to.query = url.Values{"lookback_period": {o.LookbackPeriod}}
	for name, value := range map[string]string{"source_platform": o.SourcePlatform, "ingestion_source": o.Ingestion} {
		if value != "" {
			to.query.Set(name, value)
		}
	}
	var out []EventQuality
	err := c.call(ctx, http.MethodGet, to, nil, &out)
	return out, err
}

// AdvertiserEvent is an event name that an advertiser made up.
type AdvertiserEvent struct {
	Name string `json:"name"`
	Type string `json:"mapped_conversion_type"` // the conversion type that it stands for; empty when there is none
}

// AdvertiserEvents reads the event names that an ad account's advertiser made up; the API has no pages of them.
func (c *Client) AdvertiserEvents(ctx context.Context, account string) ([]AdvertiserEvent, error) {
	var out struct {
		Items []AdvertiserEvent `json:"items"`
	}
	err := c.call(ctx, http.MethodGet, inAccount(account, "advertiser_defined_events"), nil, &out)
	return out.Items, err
}
