package v5

import (
	"fmt"
	"html"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/internal/jsonbody"
)

// conversionTag is the contract's ConversionTag. What is null is left out (reference, section 17, 47).
type conversionTag struct {
	AdAccount   parterre.ID        `json:"ad_account_id"`
	ID          parterre.ID        `json:"id"`
	Name        string             `json:"name"`
	CodeSnippet string             `json:"code_snippet"`
	Status      string             `json:"status"`
	Version     string             `json:"version"`
	Configs     parterre.TagConfig `json:"configs"`
}

func tagShape(t parterre.ConversionTag) conversionTag {
	return conversionTag{
		AdAccount: t.AdAccount, ID: t.ID, Name: t.Name, CodeSnippet: snippet(t), Status: "ACTIVE", Version: "3",
		Configs: t.Configs,
	}
}

// snippet is what an advertiser would put on a page. Nothing serves the script: events of a tag come in through
// /parterre/v1/events.
func snippet(t parterre.ConversionTag) string {
	return fmt.Sprintf("<!-- Conversion tag %s: %s -->\n<script>pintrk('load', '%s'); pintrk('page');</script>\n",
		t.ID, html.EscapeString(t.Name), t.ID)
}

func (a *API) listConversionTags(r *wire.Request) (any, error) {
	// No tag is ever archived or deleted, so the parameter changes nothing, but it must be right.
	if _, err := truth(r.Request, "filter_deleted"); err != nil {
		return nil, err
	}
	tags, err := a.service.ConversionTags(r.Context(), r.Account)
	if err != nil {
		return nil, err
	}
	items := make([]conversionTag, len(tags))
	for i, t := range tags {
		items[i] = tagShape(t)
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
	return tagShape(t), nil
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
	return tagShape(t), nil
}
