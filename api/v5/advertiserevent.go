package v5

import (
	"strings"
	"unicode"

	"github.com/parterre/parterre/api/wire"
)

// advertiserEvent is an event name that an advertiser made up.
type advertiserEvent struct {
	Name string  `json:"name"`
	Type *string `json:"mapped_conversion_type"`
}

// conversionTypes are the values of mapped_conversion_type, without those that say nothing about an event.
var conversionTypes = []string{
	"PAGE_LOAD", "INITIALIZED", "PAGE_VISIT", "SIGNUP", "CHECKOUT", "VIEW_CATEGORY", "SEARCH", "ADD_TO_CART", "WATCH_VIDEO", "LEAD",
	"APP_INSTALL", "WEB_SESSION", "EXTERNAL_MEASUREMENT", "ADD_PAYMENT_INFO", "ADD_TO_WISHLIST", "INITIATE_CHECKOUT",
	"SUBSCRIBE", "VIEW_CONTENT", "APP_OPEN", "CONTACT", "SCHEDULE", "FIND_LOCATION", "CUSTOMIZE_PRODUCT", "SUBMIT_APPLICATION",
	"START_TRIAL",
}

// mappedType is the type that a name stands for when only its letters and digits are looked at, in whatever case: "Add to
// Cart" is ADD_TO_CART. It is nil when there is none.
func mappedType(name string) *string {
	for i := range conversionTypes {
		if bare(name) == bare(conversionTypes[i]) {
			return &conversionTypes[i]
		}
	}
	return nil
}

func bare(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
}

func (a *API) listAdvertiserEvents(r *wire.Request) (any, error) {
	names, err := a.service.AdvertiserEvents(r.Context(), r.Account)
	if err != nil {
		return nil, err
	}
	items := make([]advertiserEvent, len(names))
	for i, name := range names {
		items[i] = advertiserEvent{name, mappedType(name)}
	}
	return struct {
		Items []advertiserEvent `json:"items"`
	}{items}, nil
}
