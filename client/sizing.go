package client

import (
	"context"
	"net/http"
	"net/url"
)

// Targeting says whom an ad group would reach. What is empty asks for nothing; of a list one value will do.
type Targeting struct {
	AudienceInclude []string `json:"AUDIENCE_INCLUDE,omitempty"` // ids
	AudienceExclude []string `json:"AUDIENCE_EXCLUDE,omitempty"`
	AgeBucket       []string `json:"AGE_BUCKET,omitempty"` // 25-34, 21+ and so on
	MinimumAge      string   `json:"MINIMUM_AGE,omitempty"`
	MaximumAge      string   `json:"MAXIMUM_AGE,omitempty"`
	Gender          []string `json:"GENDER,omitempty"`  // female, male, unknown
	AppType         []string `json:"APPTYPE,omitempty"` // iphone, web and so on
	Interest        []string `json:"INTEREST,omitempty"`
	Locale          []string `json:"LOCALE,omitempty"`
	Location        []string `json:"LOCATION,omitempty"`
	Geo             []string `json:"GEO,omitempty"`
}

// AudienceSize is how many persons are reached, at least and at most.
type AudienceSize struct {
	LowerBound float64 `json:"audience_size_lower_bound"`
	UpperBound float64 `json:"audience_size_upper_bound"`
}

// SizeAudience says how many persons an ad group with this targeting would reach.
func (c *Client) SizeAudience(ctx context.Context, account string, t Targeting) (AudienceSize, error) {
	in := struct {
		Targeting Targeting `json:"targeting_spec"`
	}{t}
	var out AudienceSize
	err := c.call(ctx, http.MethodPost, inAccount(account, "ad_groups", "audience_sizing"), in, &out)
	return out, err
}

// The populations of which there are insights.
const (
	TotalAudience   = "YOUR_TOTAL_AUDIENCE"
	EngagedAudience = "YOUR_ENGAGED_AUDIENCE"
	Everybody       = "PINTEREST_TOTAL_AUDIENCE"
)

// Insights says who a population is.
type Insights struct {
	Type             string     `json:"type"`
	Date             string     `json:"date"` // yyyy-mm-dd
	Size             int64      `json:"size"`
	SizeIsUpperBound bool       `json:"size_is_upper_bound"`
	Categories       []Category `json:"categories"`
	Demographics     struct {
		Ages      []Share `json:"ages"`
		Countries []Share `json:"countries"`
		Devices   []Share `json:"devices"`
		Genders   []Share `json:"genders"`
		Metros    []Share `json:"metros"`
	} `json:"demographics"`
}

// Share is the part of a population that has a value.
type Share struct {
	Key   string  `json:"key"`
	Name  string  `json:"name"`
	Ratio float64 `json:"ratio"`
}

// Category is what interests a part of a population; Index times as many as everybody.
type Category struct {
	Share
	ID            string     `json:"id"`
	Index         float64    `json:"index"`
	Subcategories []Category `json:"subcategories"`
}

// Insights says who a population of the ad account is: [TotalAudience], [EngagedAudience] or [Everybody].
func (c *Client) Insights(ctx context.Context, account, population string) (Insights, error) {
	to := inAccount(account, "audience_insights")
	to.query = url.Values{"audience_insight_type": {population}}
	var out Insights
	err := c.call(ctx, http.MethodGet, to, nil, &out)
	return out, err
}
