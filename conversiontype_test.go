package parterre_test

import (
	"testing"

	"github.com/parterre/parterre"
)

func TestNamesHaveConversionTypes(t *testing.T) {
	for name, want := range map[string]parterre.ConversionType{
		"page_visit": "PAGE_VISIT", "checkout": "CHECKOUT", "add_to_cart": "ADD_TO_CART", "app_install": "APP_INSTALL",
		"lead": "LEAD", "custom": "CUSTOM",
		"subscribe": "UNKNOWN", "brew_tea": "UNKNOWN", "": "UNKNOWN",
		"page_load": "UNKNOWN", // a type, but no name that an event may have
	} {
		if got := parterre.ConversionTypes[parterre.ConversionTypeOf(name)]; got != want {
			t.Errorf("%q is of type %s, want %s", name, got, want)
		}
	}
}

// The places of the types are on disk.
func TestConversionTypesKeepTheirPlaces(t *testing.T) {
	for i, want := range []parterre.ConversionType{
		"UNKNOWN", "PAGE_VISIT", "SIGNUP", "CHECKOUT", "CUSTOM", "VIEW_CATEGORY", "SEARCH", "ADD_TO_CART", "WATCH_VIDEO", "LEAD",
		"APP_INSTALL", "PAGE_LOAD", "INITIALIZED", "WEB_SESSION", "EXTERNAL_MEASUREMENT",
	} {
		if parterre.ConversionTypes[i] != want {
			t.Errorf("type %d is %s, want %s", i, parterre.ConversionTypes[i], want)
		}
	}
}
