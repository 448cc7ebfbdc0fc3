package v5

import (
	"fmt"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
)

// Version is a version of the API by its minor number: 23 is 5.23. Live is the last published one with the fields that
// answers of the real service had after it.
type Version int

// The versions that are spoken.
const (
	V14     Version = 14
	V23     Version = 23
	Live    Version = 1000
	Default         = V23
)

// Versions are their names.
var Versions = map[string]Version{"5.14": V14, "5.23": V23, "live": Live}

// ParseVersion reads the name of a version.
func ParseVersion(s string) (Version, error) {
	if v, ok := Versions[s]; ok {
		return v, nil
	}
	return 0, fmt.Errorf("the API version %q is not one of 5.14, 5.23 and live", s)
}

// Feature is something that not every version has. An operation is one, by its name.
type Feature string

// The features that are no operations.
const (
	ClientTokens      Feature = "client tokens"                      // are taken for reading
	CompanyName       Feature = "created_by_company_name"            // in an audience
	CustomerSegments  Feature = "is_nca, is_ctv_enabled"             // in an audience, and is_nca in a list's page
	TimeZone          Feature = "time_zone"                          // in an ad account
	ExceptionsSent    Feature = "exceptions in customer list bodies" // checked, and ignored
	UpdateWithoutBody Feature = "an update of an audience, no body"  // changes nothing
	ExternalIDMatch   Feature = "aem_external_id_enabled"            // of a conversion tag
	AppAndDeviceInfo  Feature = "app_info, device_info"              // in an event
	Measurement       Feature = "external_measurement_…"             // in custom_data of an event
	LifetimeValue     Feature = "predicted_ltv"                      // in custom_data of an event
	OldObjectives     Feature = "VIDEO_VIEW, WEB_SESSIONS"           // in objective_type of a rule
)

// since says in which versions something is there: from one on, and before another where that is not 0.
type since struct{ from, before Version }

// differences are all that is not the same in all versions (reference, sections 2.7, 5.8, 7.1, 8.2 and 8.5).
var differences = map[Feature]since{
	"audiences/create_custom":       {8, 20},
	"token/revoke":                  {16, 0},
	"advertiser_defined_events/get": {20, 0},
	"customer_list_uploads/create":  {22, 0},
	"customer_list_uploads/get":     {22, 0},
	"customer_list_uploads/run":     {22, 0},
	"conversion_eqs/list":           {22, 0},
	"oauth/conversion_token":        {22, 0},

	ClientTokens:      {15, 0},
	CompanyName:       {15, 0},
	CustomerSegments:  {Live, 0},
	TimeZone:          {Live, 0},
	ExceptionsSent:    {5, 15},
	UpdateWithoutBody: {5, 22},
	ExternalIDMatch:   {15, 0},
	AppAndDeviceInfo:  {16, 0},
	Measurement:       {15, 0},
	LifetimeValue:     {22, 0},
	OldObjectives:     {5, 16},
}

// Has says whether something is in the version. What is the same in all versions is.
func (v Version) Has(f Feature) bool {
	d, differs := differences[f]
	return !differs || v >= d.from && (d.before == 0 || v < d.before)
}

// absentFromEvents are the members of an event, and of its custom_data, that the version does not have.
func (v Version) absentFromEvents() (event, custom []string) {
	if !v.Has(AppAndDeviceInfo) {
		event = append(event, "app_info", "device_info")
	}
	if !v.Has(Measurement) {
		custom = append(custom, "external_measurement_id", "external_measurement_vendor_id")
	}
	if !v.Has(LifetimeValue) {
		custom = append(custom, "predicted_ltv")
	}
	return event, custom
}

// spoken leaves of the routes those of the version, as the version has them.
func (v Version) spoken(routes []wire.Route) []wire.Route {
	all := make([]wire.Route, 0, len(routes))
	for _, route := range routes {
		if !v.Has(Feature(route.Operation)) {
			continue
		}
		if route.Also == parterre.ClientToken && !v.Has(ClientTokens) {
			route.Also = parterre.UserToken
		}
		all = append(all, route)
	}
	return all
}
