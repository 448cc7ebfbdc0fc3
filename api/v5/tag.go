package v5

import (
	"fmt"
	"html"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/jsonbody"
)

// conversionTag is the contract's ConversionTag. What is null is left out (reference, section 17, 47): enhanced_match_status
// always is.
type conversionTag struct {
	AdAccount   parterre.ID        `json:"ad_account_id"`
	ID          parterre.ID        `json:"id"`
	Name        string             `json:"name"`
	CodeSnippet string             `json:"code_snippet"`
	Status      parterre.TagStatus `json:"status"`
	Version     string             `json:"version"`
	Configs     tagConfigs         `json:"configs"`
	Fired       int64              `json:"last_fired_time_ms,omitempty"` // milliseconds since 1970
}

// tagConfigs is the contract's ConversionTagConfigs.
type tagConfigs struct {
	AEM           bool    `json:"aem_enabled"`
	AEMNames      bool    `json:"aem_fnln_enabled"`
	AEMPhone      bool    `json:"aem_ph_enabled"`
	AEMGender     bool    `json:"aem_ge_enabled"`
	AEMBirth      bool    `json:"aem_db_enabled"`
	AEMLocation   bool    `json:"aem_loc_enabled"`
	AEMExternalID *bool   `json:"aem_external_id_enabled,omitempty"` // nil where the version has none
	MDFrequency   float64 `json:"md_frequency"`
}

func (a *API) tagShape(v audiences.TagView) conversionTag {
	c := v.Configs
	shape := conversionTag{
		AdAccount: v.AdAccount, ID: v.ID, Name: v.Name, CodeSnippet: snippet(v.ConversionTag), Status: v.Status(), Version: "3",
		Configs: tagConfigs{
			AEM: c.AEM, AEMNames: c.AEMNames, AEMPhone: c.AEMPhone, AEMGender: c.AEMGender, AEMBirth: c.AEMBirth,
			AEMLocation: c.AEMLocation, MDFrequency: c.MDFrequency,
		},
		Fired: v.Fired * 1000,
	}
	if a.version.Has(ExternalIDMatch) {
		shape.Configs.AEMExternalID = &c.AEMExternalID
	}
	return shape
}

// snippet is what an advertiser would put on a page. Nothing serves the script: events of a tag come in through
// /parterre/v1/events.
func snippet(t parterre.ConversionTag) string {
	return fmt.Sprintf("<!-- Conversion tag %s: %s -->\n<script>pintrk('load', '%s'); pintrk('page');</script>\n",
		t.ID, html.EscapeString(t.Name), t.ID)
}

func (a *API) listConversionTags(r *wire.Request) (any, error) {
	without, err := truth(r.Request, "filter_deleted")
	if err != nil {
		return nil, err
	}
	tags, err := a.service.ConversionTags(r.Context(), r.Account)
	if err != nil {
		return nil, err
	}
	if without {
		tags = slices.DeleteFunc(tags, func(t audiences.TagView) bool { return t.Status() == parterre.TagArchived })
	}
	items := make([]conversionTag, len(tags))
	for i, t := range tags {
		items[i] = a.tagShape(t)
	}
	return struct {
		Items []conversionTag `json:"items"`
	}{items}, nil
}

func (a *API) getConversionTag(r *wire.Request) (any, error) {
	id, err := r.ID("conversion_tag_id")
	if err != nil {
		return nil, err
	}
	t, err := a.service.ConversionTag(r.Context(), r.Account, id)
	if err != nil {
		return nil, err
	}
	return a.tagShape(t), nil
}

func (a *API) createConversionTag(r *wire.Request) (any, error) {
	body := jsonbody.Parse("", r.Payload)
	body.Require("name")
	n := name(body)
	config := parterre.TagConfig{MDFrequency: 1}
	body.DropNulls("md_frequency")
	for _, flag := range []struct {
		name string
		set  *bool
	}{
		{"aem_enabled", &config.AEM},
		{"aem_fnln_enabled", &config.AEMNames},
		{"aem_ph_enabled", &config.AEMPhone},
		{"aem_ge_enabled", &config.AEMGender},
		{"aem_db_enabled", &config.AEMBirth},
		{"aem_loc_enabled", &config.AEMLocation},
		{"aem_external_id_enabled", &config.AEMExternalID},
	} {
		if flag.set == &config.AEMExternalID && !a.version.Has(ExternalIDMatch) {
			continue // one of the unknown members, which are ignored
		}
		body.DropNulls(flag.name) // null means false (reference, section 7.2)
		if b := body.Bool(flag.name); b != nil {
			*flag.set = *b
		}
	}
	if x := body.Number("md_frequency"); x != nil {
		config.MDFrequency = *x
	}
	if err := body.Err(); err != nil {
		return nil, err
	}
	t, err := a.service.CreateConversionTag(r.Context(), r.Principal, r.Account, *n, config)
	if err != nil {
		return nil, err
	}
	return a.tagShape(t), nil
}

// tagEvent is the contract's ConversionEventResponse: a type of event that a conversion tag saw, and since when.
type tagEvent struct {
	Type      parterre.ConversionType `json:"conversion_event"`
	Tag       parterre.ID             `json:"conversion_tag_id"`
	AdAccount parterre.ID             `json:"ad_account_id"`
	Created   int64                   `json:"created_time"`
}

func tagEvents(account parterre.ID, events []audiences.TagEvent) []tagEvent {
	shapes := make([]tagEvent, len(events))
	for i, e := range events {
		shapes[i] = tagEvent{Type: e.Type, Tag: e.Tag, AdAccount: account, Created: e.Since}
	}
	return shapes
}

func (a *API) listPageVisits(r *wire.Request) (any, error) {
	l, err := a.listing(r, "page_visit_conversion_tags/get", "Invalid parameters.")
	if err != nil {
		return nil, err
	}
	events, next, err := a.service.PageVisits(r.Context(), r.Account, l.page)
	if err != nil {
		return nil, err
	}
	return a.paged(l, tagEvents(r.Account, events), next), nil
}

// getEligible answers with an object whose members are named by the ids of tags (reference, section 17, 48).
func (a *API) getEligible(r *wire.Request) (any, error) {
	eligible, err := a.service.Eligible(r.Context(), r.Account)
	if err != nil {
		return nil, err
	}
	byTag := make(map[string][]tagEvent, len(eligible))
	for tag, events := range eligible {
		byTag[tag.String()] = tagEvents(r.Account, events)
	}
	return byTag, nil
}
