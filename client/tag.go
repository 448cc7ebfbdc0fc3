package client

import (
	"context"
	"net/http"
)

// ConversionTag is the source of an advertiser's events.
type ConversionTag struct {
	ID                  string     `json:"id"`
	AdAccountID         string     `json:"ad_account_id"`
	Name                string     `json:"name"`
	Status              string     `json:"status"`
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
