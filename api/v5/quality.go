package v5

import (
	"fmt"
	"math"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
)

// eventQuality is the contract's EventQualityScore.
type eventQuality struct {
	Overall    string                                       `json:"overall_status"`
	Components map[string]map[string]qualityComponentDetail `json:"quality_components"` // by component and event name
	Ingestion  string                                       `json:"ingestion_source"`
	Platform   string                                       `json:"source_platform"`
	Lookback   string                                       `json:"lookback_period"`
}

// qualityComponentDetail is the contract's QualityComponentDetails, without the overlap.
type qualityComponentDetail struct {
	Coverage float64                 `json:"coverage"` // percent
	Issues   []qualityComponentIssue `json:"issues,omitempty"`
}

type qualityComponentIssue struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// sourcePlatforms are those from which events can come, with what each means, in the order of an answer. The first three are
// answered unless one is asked for.
var sourcePlatforms = []struct {
	name string
	on   []parterre.Platform
}{
	{"WEB", []parterre.Platform{parterre.OnWeb}},
	{"MOBILE", []parterre.Platform{parterre.OnAndroid, parterre.OnIOS}},
	{"OFFLINE", []parterre.Platform{parterre.OffLine}},
	{"MOBILE_ANDROID", []parterre.Platform{parterre.OnAndroid}},
	{"MOBILE_IOS", []parterre.Platform{parterre.OnIOS}},
}

const platformsByDefault = 3

var (
	platformWords = []string{
		"WEB", "MOBILE", "MOBILE_ANDROID", "MOBILE_IOS", "OFFLINE", "PINTEREST_WEB", "PINTEREST_ANDROID", "PINTEREST_IOS",
		"POINT_OF_SALE",
	}
	ingestionWords = []string{"TAG", "MMP", "FILE_UPLOAD", "CONVERSIONS_API", "NATIVE"}
)

// madeUp stands for the names of events that an advertiser made up.
const madeUp = "advertiser_defined_event"

func (a *API) listEventQuality(r *wire.Request) (any, error) {
	lookback, platform, ingestion, err := qualityParameters(r)
	if err != nil {
		return nil, err
	}
	days := 1
	if lookback == "14d" {
		days = 14
	}
	all := []eventQuality{}
	for i, p := range sourcePlatforms {
		if platform == "" && i >= platformsByDefault || platform != "" && platform != p.name {
			continue
		}
		qualities, err := a.service.EventQuality(r.Context(), r.Account, p.on, days)
		if err != nil {
			return nil, err
		}
		for _, q := range qualities {
			shape := qualityShape(q)
			shape.Platform, shape.Lookback = p.name, lookback
			if ingestion == "" || ingestion == shape.Ingestion {
				all = append(all, shape)
			}
		}
	}
	return all, nil
}

// qualityParameters reads what is asked for; a filter that is absent is empty.
func qualityParameters(r *wire.Request) (lookback, platform, ingestion string, err error) {
	q := r.URL.Query()
	if !q.Has("lookback_period") {
		return "", "", "", parterre.Invalid("lookback_period", "Parameter 'lookback_period' is required: one of ['1d', '14d']")
	}
	if lookback, err = word(r, "lookback_period", "1d", "14d"); err != nil {
		return "", "", "", err
	}
	for _, filter := range []struct {
		name  string
		words []string
		value *string
	}{{"source_platform", platformWords, &platform}, {"ingestion_source", ingestionWords, &ingestion}} {
		if !q.Has(filter.name) {
			continue
		}
		if *filter.value, err = word(r, filter.name, filter.words...); err != nil {
			return "", "", "", err
		}
	}
	return lookback, platform, ingestion, nil
}

var ratings = map[audiences.Rating]string{
	audiences.NeedsImprovement: "NEEDS_IMPROVEMENT", audiences.Fair: "FAIR", audiences.Good: "GOOD",
}

func qualityShape(q audiences.EventQuality) eventQuality {
	shape := eventQuality{
		Overall: ratings[q.Overall], Ingestion: strings.ToUpper(string(q.Ingestion)),
		Components: map[string]map[string]qualityComponentDetail{},
	}
	for _, c := range q.Coverage {
		component, name := c.Component.String(), c.Name
		if name == "" {
			name = madeUp
		}
		if shape.Components[component] == nil {
			shape.Components[component] = map[string]qualityComponentDetail{}
		}
		detail := qualityComponentDetail{Coverage: math.Round(1000*c.Share) / 10}
		if c.Rating != audiences.Good {
			detail.Issues = []qualityComponentIssue{{
				ID: component + "__" + strings.ToUpper(name), Name: "Low coverage",
				Reason: fmt.Sprintf("%v%% of these events came with %s: %v%% and more are good", detail.Coverage, component, 100*c.Enough),
			}}
		}
		shape.Components[component][name] = detail
	}
	return shape
}
