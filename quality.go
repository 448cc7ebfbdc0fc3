package parterre

// Platform is where a conversion event happened, more closely than [EventSource] tells it. The numbers are part of the
// format on disk: never reuse one.
type Platform uint8

// The platforms. Zero is that of an event of which nothing is known.
const (
	OnWeb     Platform = 1
	OnAndroid Platform = 2 // in an app
	OnIOS     Platform = 3 // in an app
	OffLine   Platform = 4
)

// Platforms are all the platforms.
var Platforms = []Platform{OnWeb, OnAndroid, OnIOS, OffLine}

// platforms maps events/create's action_source to a platform.
var platforms = map[string]Platform{"web": OnWeb, "app_android": OnAndroid, "app_ios": OnIOS, "offline": OffLine}

// PlatformOf is the platform of an action_source, 0 for a value that is not one.
func PlatformOf(action string) Platform { return platforms[action] }

// Component is something that a conversion event may carry, and that makes more of it (contract, QualityComponents). The
// numbers are part of the format on disk: never reuse one, and there is no room for more than 11.
type Component uint8

// The components.
const (
	HasExternalID Component = iota
	HasClickID
	HasEventID
	HasEmail
	HasMAID
	HasAddress
	HasOrderID
	HasOrderValue
	HasProductID
	HasURL
	HasAgent

	NumComponents = 11
)

var componentNames = [NumComponents]string{
	"advertiser_external_id", "click_id_epik", "external_event_id", "hashed_email", "hashed_maid", "ip_address", "order_id",
	"order_value", "product_id", "source_url", "user_agent",
}

// String is the component's name in the contract.
func (c Component) String() string { return componentNames[c] }

// Components is a set of components.
type Components uint16

// Has says whether a component is in the set.
func (s Components) Has(c Component) bool { return s>>c&1 == 1 }

// With is the set with one more component, if there is one.
func (s Components) With(c Component, there bool) Components {
	if there {
		s |= 1 << c
	}
	return s
}

// Sent is what a conversion event came with: nothing about the person, only which components were there.
type Sent struct {
	Platform   Platform
	Components Components
}
