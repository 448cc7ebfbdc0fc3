package v5

import (
	"strings"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
)

// insights is the contract's AudienceInsightsResponse.
type insights struct {
	Categories   []category           `json:"categories"`
	Date         string               `json:"date"`
	Demographics demographics         `json:"demographics"`
	Size         uint64               `json:"size"`
	UpperBound   bool                 `json:"size_is_upper_bound"`
	Type         audiences.Population `json:"type"`
}

type category struct {
	ID            string     `json:"id"`
	Key           string     `json:"key"`
	Name          string     `json:"name"`
	Ratio         float64    `json:"ratio"`
	Index         float64    `json:"index"`
	Subcategories []category `json:"subcategories,omitempty"`
}

type demographics struct {
	Ages      []demographic `json:"ages"`
	Countries []demographic `json:"countries"`
	Devices   []demographic `json:"devices"`
	Genders   []demographic `json:"genders"`
	Metros    []demographic `json:"metros"`
}

type demographic struct {
	Key   string  `json:"key"`
	Name  string  `json:"name"`
	Ratio float64 `json:"ratio"`
}

func spread(shares []audiences.Share) []demographic {
	all := make([]demographic, len(shares))
	for i, s := range shares {
		all[i] = demographic{s.Value, s.Value, s.Ratio}
	}
	return all
}

func (a *API) audienceInsights(r *wire.Request) (any, error) {
	words := make([]string, len(audiences.Populations))
	for i, p := range audiences.Populations {
		words[i] = string(p)
	}
	if !r.URL.Query().Has("audience_insight_type") { // it has a default in the contract, and is required all the same
		return nil, parterre.Invalid("audience_insight_type", "Parameter 'audience_insight_type' is required: one of ['%s']",
			strings.Join(words, "', '"))
	}
	of, err := word(r, "audience_insight_type", words...)
	if err != nil {
		return nil, err
	}
	in, err := a.service.Insights(r.Context(), r.Account, audiences.Population(of))
	if err != nil {
		return nil, err
	}
	shape := insights{
		Categories: make([]category, len(in.Categories)), Date: day(in.At), Size: in.Size, Type: audiences.Population(of),
		Demographics: demographics{
			Ages: spread(in.Ages), Countries: spread(in.Countries), Devices: spread(in.Devices), Genders: spread(in.Genders),
			Metros: spread(in.Metros),
		},
	}
	for i, s := range in.Categories {
		shape.Categories[i] = category{ID: s.Value, Key: s.Value, Name: s.Value, Ratio: s.Ratio, Index: s.Index}
	}
	return shape, nil
}

// day is the date of a moment, in UTC.
func day(at int64) string { return time.Unix(at, 0).UTC().Format(time.DateOnly) }

// insightScope says of which insights there are any.
type insightScope struct {
	Date  string `json:"date"`
	Scope string `json:"scope"`
	Type  string `json:"type"`
}

// scopesAndTypes tells the insights for which somebody is there: those of the ad account's own audience, and those of the
// platform's. Impressions are not known here.
func (a *API) scopesAndTypes(r *wire.Request) (any, error) {
	items := []insightScope{}
	for _, of := range []struct {
		population audiences.Population
		scope      string
	}{{audiences.EngagedAudience, "PARTNER"}, {audiences.Everybody, "PINTEREST"}} {
		in, err := a.service.Insights(r.Context(), r.Account, of.population)
		if err != nil {
			return nil, err
		}
		if in.Size > 0 {
			items = append(items, insightScope{day(in.At), of.scope, "ENGAGEMENT"})
		}
	}
	return struct {
		Items []insightScope `json:"items"`
	}{items}, nil
}
