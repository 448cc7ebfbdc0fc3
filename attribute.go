package parterre

import (
	"slices"
	"strconv"
)

// AttributeKind names what an ad platform knows of a person and advertisers may ask for (contract, TargetingSpec; reference,
// sections 10 and 11). The kinds are part of the format on disk.
type AttributeKind string

// The kinds, with what their values look like.
const (
	Age      AttributeKind = "age"      // years, 0 to 120
	Gender   AttributeKind = "gender"   // one of Genders
	Metro    AttributeKind = "metro"    // a metropolitan area, as the operator calls it
	Region   AttributeKind = "region"   // a state or a part of a country, as the operator calls it
	Locale   AttributeKind = "locale"   // a language, such as en-US
	Device   AttributeKind = "device"   // one of Devices; a person may have several
	Interest AttributeKind = "interest" // as the operator calls it; a person may have several
)

// Genders and Devices are the values that the contract knows.
var (
	Genders = []string{"female", "male", "unknown"}
	Devices = []string{"android_mobile", "android_tablet", "ipad", "iphone", "web", "web_mobile"}
)

// MaxAge is the highest age that a person can have.
const MaxAge = 120

// longestAttribute is how long the value of an attribute may be, in bytes.
const longestAttribute = 128

// Attributes are what is said of a person, by kind. An empty list says that nothing of the kind is so any more; a kind that is
// not there was not spoken of.
type Attributes map[AttributeKind][]string

// ParseAttribute reads the value of an attribute. Field is where it stands.
func ParseAttribute(kind AttributeKind, field, s string) (string, error) {
	switch kind {
	case Age:
		if n, err := strconv.Atoi(s); err != nil || n < 0 || n > MaxAge || strconv.Itoa(n) != s {
			return "", Invalid(field, "'%s' must be a whole number of years from 0 to %d (was %s)", field, MaxAge, Quote(s))
		}
	case Gender:
		if !slices.Contains(Genders, s) {
			return "", Invalid(field, "%s is not one of %s ('%s')", Quote(s), oneOf(Genders), field)
		}
	case Device:
		if !slices.Contains(Devices, s) {
			return "", Invalid(field, "%s is not one of %s ('%s')", Quote(s), oneOf(Devices), field)
		}
	case Metro, Region, Locale, Interest:
		if s == "" || len(s) > longestAttribute {
			return "", Invalid(field, "'%s' must have 1 to %d bytes", field, longestAttribute)
		}
	}
	return s, nil
}
