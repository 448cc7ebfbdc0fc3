package parterre

import (
	"slices"
	"strings"
)

// EventSource is where an event happened.
type EventSource string

// The event sources of a rule (reference, section 3.1).
const (
	Web     EventSource = "web"
	Mobile  EventSource = "mobile"
	Offline EventSource = "offline"
)

// EventSources are all the event sources.
var EventSources = []EventSource{Web, Mobile, Offline}

// actionSources maps events/create's action_source to the event source of a rule.
var actionSources = map[string]EventSource{
	"web": Web, "app_android": Mobile, "app_ios": Mobile, "offline": Offline,
}

// ActionSources are the values of action_source, in the order of the documentation.
var ActionSources = []string{"app_android", "app_ios", "web", "offline"}

// SourceOfAction is the event source of an action_source. It reports false for a value that is not one.
func SourceOfAction(action string) (EventSource, bool) {
	s, ok := actionSources[action]
	return s, ok
}

// IngestionSource is the way an event came in.
type IngestionSource string

// The ingestion sources of a rule (reference, section 3.1).
const (
	FromTag            IngestionSource = "tag"
	FromMMP            IngestionSource = "mmp"
	FromFileUpload     IngestionSource = "file_upload"
	FromConversionsAPI IngestionSource = "conversions_api"
)

// IngestionSources are all the ingestion sources. Their order is part of the format on disk: new ones come at the end.
var IngestionSources = []IngestionSource{FromTag, FromMMP, FromFileUpload, FromConversionsAPI}

// EngagementType is what somebody did with content on the platform.
type EngagementType string

// The engagement types (reference, section 3.1).
const (
	Click   EngagementType = "click"
	Save    EngagementType = "save"
	Closeup EngagementType = "closeup"
	Comment EngagementType = "comment"
	Like    EngagementType = "like"
)

// EngagementTypes are all the engagement types.
var EngagementTypes = []EngagementType{Click, Save, Closeup, Comment, Like}

// Objectives are the campaign objectives of the contract (ObjectiveType, 5.23), and the two that older versions had.
var Objectives = []string{
	"AWARENESS", "CONSIDERATION", "WEB_CONVERSION", "CATALOG_SALES", "VIDEO_COMPLETION", "VIDEO_VIEW", "WEB_SESSIONS",
}

// eventNames are the names that the platform knows, in the form of events/create (reference, sections 3.3 and 8.4). A name's
// place in the list is part of the format on disk: new ones come at the end.
var eventNames = []string{
	"page_visit", "signup", "checkout", "view_category", "search", "add_to_cart", "watch_video", "lead", "custom",
	"add_payment_info", "add_to_wishlist", "initiate_checkout", "subscribe", "view_content", "app_install", "app_open",
	"contact", "customize_product", "find_location", "schedule", "start_trial", "submit_application",
}

// spellings maps every spelling of a known event name to the form of events/create.
var spellings = func() map[string]string {
	m := make(map[string]string, 3*len(eventNames))
	for _, name := range eventNames {
		m[name] = name                              // page_visit, as in events/create
		m[strings.ReplaceAll(name, "_", "")] = name // pagevisit, as in a rule
		m[strings.ToUpper(name)] = name             // PAGE_VISIT, as in a conversion tag type
	}
	return m
}()

// EventName brings the three spellings of an event name to one: pagevisit, page_visit and PAGE_VISIT are the same
// event. A name that an advertiser or a partner made up is left as it is, and reported as not known.
func EventName(s string) (name string, known bool) {
	if name, ok := spellings[s]; ok {
		return name, true
	}
	return s, false
}

// eventNumbers maps the known event names to their numbers.
var eventNumbers = func() map[string]int {
	m := make(map[string]int, len(eventNames))
	for i, name := range eventNames {
		m[name] = i + 1
	}
	return m
}()

// EventNumber numbers the known event names, in the form of events/create, from 1 on. All others have the number 0.
func EventNumber(name string) int { return eventNumbers[name] }

// NumberedEvent is the event name of a number, empty for 0 and for a number that no name has.
func NumberedEvent(number int) string {
	if number < 1 || number > len(eventNames) {
		return ""
	}
	return eventNames[number-1]
}

// ParseEventSource reads an event source as it stands in a rule.
func ParseEventSource(field, s string) (EventSource, error) { return parseWord(field, s, EventSources) }

// ParseIngestionSource reads an ingestion source as it stands in a rule.
func ParseIngestionSource(field, s string) (IngestionSource, error) {
	return parseWord(field, s, IngestionSources)
}

// ParseEngagementType reads an engagement type as it stands in a rule.
func ParseEngagementType(field, s string) (EngagementType, error) {
	return parseWord(field, s, EngagementTypes)
}

// ParseObjective reads a campaign objective as it stands in a rule.
func ParseObjective(field, s string) (string, error) { return parseWord(field, s, Objectives) }

func parseWord[S ~string](field, s string, all []S) (S, error) {
	if w := S(s); slices.Contains(all, w) {
		return w, nil
	}
	return "", Invalid(field, "%s is not one of %s ('%s')", Quote(s), oneOf(all), field)
}
