// Package conversion reads conversion events: the body of events/create with its closed schema, what makes a single event
// fail and what only earns it a warning, and how an event becomes one of the index. The source is the reference,
// section 8; section 17 there settles what is ambiguous.
package conversion

import (
	"maps"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
	"github.com/parterre/parterre/rule"
)

// MaxEvents is how many events a request may bring (contract, ConversionEvents.data).
const MaxEvents = 1000

// How long what an event says of itself may be, in bytes; the API publishes no limits.
const (
	MaxURL  = 8192
	maxName = 256
)

// Event is a conversion event that has the shape of the schema. Whether it can be used is for Check to say.
type Event struct {
	Name         string
	ActionSource string
	Time         int64 // seconds since 1970
	ID           string
	URL          string
	OptOut       bool
	User         User
	Data         parterre.EventData

	// These do not come through events/create, see DecodeLine.
	AdAccount parterre.ID
	Tag       parterre.ID
	Ingestion parterre.IngestionSource
}

// User says whose event it is.
type User struct {
	Emails     []string // hashed
	MAIDs      []string // hashed
	ExternalID []string
	ClickID    string
	Address    string
	Agent      string
	unhashed   []string // other members that should be hashed and are not
}

// DecodeRequest reads the body of events/create, which is UTF-8. An error is about the request as a whole, which is then
// refused.
func DecodeRequest(body []byte) ([]Event, error) {
	if events, ok := fastRequest(body); ok {
		return events, nil
	}
	return slowRequest(body)
}

// slowRequest says what a request means, and what is wrong with it.
func slowRequest(body []byte) ([]Event, error) {
	o := jsonbody.Parse("", body)
	o.Only([]string{"data"})
	o.Require("data")
	list := o.Elements("data")
	switch n := len(list); {
	case o.Err() != nil:
		return nil, o.Err()
	case n == 0:
		o.Fail("data", "[] is too short: 1 to %d events are allowed", MaxEvents)
	case n > MaxEvents:
		o.Fail("data", "is too long: 1 to %d events are allowed (were %d)", MaxEvents, n)
	}
	if o.Err() != nil {
		return nil, o.Err()
	}
	events := make([]Event, len(list))
	for i, raw := range list {
		e := jsonbody.Parse("data["+strconv.Itoa(i)+"]", raw)
		conform(e, eventMembers, true)
		events[i] = decode(e)
		events[i].Ingestion = parterre.FromConversionsAPI
		if e.Err() != nil {
			return nil, e.Err()
		}
	}
	return events, nil
}

// lineMembers are what a line has beside the members of an event.
var lineMembers = func() map[string]member {
	all := map[string]member{
		"ad_account_id": text, "conversion_tag_id": text,
		"ingestion_source": {kind: "string", words: []string{"tag", "mmp", "file_upload", "conversions_api"}},
		"event_data":       {kind: "object"},
	}
	maps.Copy(all, eventMembers)
	return all
}()

// DecodeLine reads an event that did not come through events/create: a conversion tag, a measurement partner or a file saw
// it. Beside the members of an event it has ad_account_id, and may have conversion_tag_id, ingestion_source (tag unless
// said) and event_data, whose names are those of a rule.
func DecodeLine(line []byte) (Event, error) {
	o := jsonbody.Parse("", line)
	conform(o, lineMembers, true)
	o.Require("ad_account_id")
	e := decode(o)
	e.AdAccount, e.Tag = o.ID("ad_account_id"), o.ID("conversion_tag_id")
	e.Ingestion = parterre.FromTag
	if s := o.String("ingestion_source"); s != nil {
		e.Ingestion = parterre.IngestionSource(*s)
	}
	data := rule.DecodeEventData(o)
	e.Data.Fields = parterre.SortData(append(data.Fields, e.Data.Fields...))
	e.Data.Items = append(data.Items, e.Data.Items...)
	return e, o.Err()
}

func decode(o *jsonbody.Object) Event {
	o.Require(requiredMembers...)
	e := Event{
		Name: str(o, "event_name"), ActionSource: str(o, "action_source"), ID: str(o, "event_id"), URL: str(o, "event_source_url"),
	}
	if raw := o.Raw("event_time"); raw != nil {
		e.Time, _ = strconv.ParseInt(string(raw), 10, 64) // conform has complained
	}
	if b := o.Bool("opt_out"); b != nil {
		e.OptOut = *b
	}
	if u := o.Object("user_data"); u != nil {
		e.User = decodeUser(u)
		o.Adopt(u)
	}
	if c := o.Object("custom_data"); c != nil {
		e.Data = decodeCustom(c)
		o.Adopt(c)
	}
	for _, info := range []struct {
		name  string
		table map[string]member
	}{{"app_info", appMembers}, {"device_info", deviceMembers}} {
		if inner := o.Object(info.name); inner != nil {
			conform(inner, info.table, true)
			o.Adopt(inner)
		}
	}
	return e
}

func str(o *jsonbody.Object, name string) string {
	if s := o.String(name); s != nil {
		return *s
	}
	return ""
}

// hashedMembers of user_data should be SHA-256 digests; a plain value is a mistake, but no obstacle.
var hashedMembers = []string{"external_id", "ph", "ge", "db", "ln", "fn", "ct", "st", "zp", "country"}

func decodeUser(u *jsonbody.Object) User {
	u.Private()
	conform(u, userMembers, false)
	if !u.Has("em") && !u.Has("hashed_maids") && !(u.Has("client_ip_address") && u.Has("client_user_agent")) {
		u.Fail("em", "is missing: em, hashed_maids, or both client_ip_address and client_user_agent are required")
	}
	user := User{
		Emails: u.Strings("em"), MAIDs: u.Strings("hashed_maids"), ExternalID: u.Strings("external_id"),
		ClickID: str(u, "click_id"), Address: str(u, "client_ip_address"), Agent: str(u, "client_user_agent"),
	}
	for _, name := range hashedMembers {
		if !allHashed(u.Strings(name)) {
			user.unhashed = append(user.unhashed, name)
		}
	}
	return user
}

// notData are the members of custom_data that say nothing about the event itself, and those that are read as items.
var notData = map[string]bool{"np": true, "opt_out_type": true, "contents": true, "content_ids": true}

func decodeCustom(c *jsonbody.Object) (data parterre.EventData) {
	conform(c, customMembers, true)
	data.Fields = scalars(c, notData, parterre.FieldDatum)
	seen := map[string]bool{}
	for i, raw := range c.Elements("contents") {
		item := jsonbody.Parse(c.At("contents["+strconv.Itoa(i)+"]"), raw)
		conform(item, contentMembers, true)
		fields := scalars(item, nil, parterre.ItemDatum)
		data.Items = append(data.Items, fields)
		product, _ := parterre.Value(fields, "product_id")
		seen[product] = true
		c.Adopt(item)
	}
	for _, product := range c.Strings("content_ids") {
		if !seen[product] {
			seen[product] = true
			data.Items = append(data.Items, []parterre.Datum{parterre.ItemDatum("product_id", product)})
		}
	}
	return data
}

// Result says what became of one event (contract, ConversionApiResponse). The messages are empty, not null, where there
// is nothing to say (reference, section 17, 50).
type Result struct {
	Status  string `json:"status"`
	Error   string `json:"error_message"`
	Warning string `json:"warning_message"`
}

// The values of Result.Status.
const (
	Processed = "processed"
	Failed    = "failed"
)

// Check says whether the event can be used at the moment, in seconds since 1970, within the limits of [Usual].
func (e *Event) Check(now int64) Result { return e.CheckWithin(Usual, now) }

// CheckWithin says whether the event can be used at the moment, in seconds since 1970.
func (e *Event) CheckWithin(l Limits, now int64) Result {
	if reason := e.failure(l, now); reason != "" {
		return Result{Status: Failed, Error: reason}
	}
	return Result{Status: Processed, Warning: strings.Join(e.warnings(), "; ")}
}

func (e *Event) failure(l Limits, now int64) string {
	_, knownSource := parterre.SourceOfAction(e.ActionSource)
	u := &e.User
	switch {
	case e.Name == "":
		return "'event_name' must not be empty: a standard event name such as page_visit, or one of your own, is allowed"
	case len(e.Name) > maxName:
		return "'event_name' is too long: at most " + strconv.Itoa(maxName) + " bytes are allowed"
	case len(e.URL) > MaxURL:
		return "'event_source_url' is too long: at most " + strconv.Itoa(MaxURL) + " bytes are allowed"
	case !knownSource:
		return "'action_source' value " + parterre.Quote(e.ActionSource) + " is not one of ['" +
			strings.Join(parterre.ActionSources, "', '") + "']"
	case e.ID == "":
		return "'event_id' must not be empty: any string that tells this event from others is allowed"
	case !allHashed(u.Emails):
		return "'em' is not in sha256 hashed format." // nor is the digest of nothing, which stands for nobody
	case !allHashed(u.MAIDs):
		return "'hashed_maids' is not in sha256 hashed format."
	case u.Address != "" && !usableAddress(u.Address):
		return "'client_ip_address' is not the IPv4 or IPv6 address of a client"
	case len(u.Emails) == 0 && len(u.MAIDs) == 0 && (u.Address == "" || u.Agent == ""):
		return "'user_data' names nobody: em, hashed_maids, or both client_ip_address and client_user_agent must not be empty"
	case e.Time < now-int64(l.Age/time.Second):
		return wrongTime("past", now, e.Time) + "at most " + inDays(l.Age) + " old"
	case e.Time > now+int64(l.Ahead/time.Second):
		return wrongTime("future", now, e.Time) + "at most " + inDays(l.Ahead) + " ahead, in seconds"
	}
	return ""
}

// wrongTime begins with the text that the live service was seen to answer (reference, section 8.6).
func wrongTime(when string, now, given int64) string {
	return "Invalid event_timestamp parameter. Given timestamp is in the " + when + ". Current timestamp: " +
		strconv.FormatInt(now, 10) + ", Given event_timestamp: " + strconv.FormatInt(given, 10) + "; event_time may be "
}

func (e *Event) warnings() (all []string) {
	if _, known := parterre.EventName(e.Name); !known {
		all = append(all, "'event_name' value "+parterre.Quote(e.Name)+" is not a standard event name; it is kept as it is")
	}
	if v, there := parterre.Value(e.Data.Fields, "value"); there {
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			all = append(all, "'value' is not a number, so no rule about it finds this event")
		}
	}
	for _, name := range e.User.unhashed {
		all = append(all, "'"+name+"' is not in sha256 hashed format")
	}
	return all
}

// Of turns a checked event into one of the index, in the ad account. Of somebody who opted out of tracking it is an event
// that names nobody, which feeds no audience.
func (e *Event) Of(account parterre.ID) parterre.Event {
	name, _ := parterre.EventName(e.Name)
	source, _ := parterre.SourceOfAction(e.ActionSource)
	var who []parterre.Identifier
	if !e.OptOut {
		who = e.User.identifiers(account)
	}
	return parterre.Event{
		Who: who,
		At:  parterre.Stamp(e.Time), // Check keeps it near the present
		Key: e.key(name), Sent: e.sent(),
		Facet: parterre.Facet{
			Kind: parterre.Conversion, Account: account, Tag: e.Tag, Name: name, Source: source, Ingestion: e.Ingestion,
			URL: e.URL, Data: e.Data,
		},
	}
}

// key tells the event from others of its ad account: by name and id. Offline events have no ids that can be relied on
// (reference, section 8.7), so the moment and the person count as well.
func (e *Event) key(name string) uint64 {
	var h xxhash.Digest
	h.Reset()
	add := func(s string) {
		_, _ = h.WriteString(s)
		_, _ = h.Write([]byte{0}) // neither fails
	}
	add(name)
	add(e.ID)
	if e.ActionSource == "offline" {
		add(strconv.FormatInt(e.Time, 10))
		for _, list := range [][]string{e.User.Emails, e.User.MAIDs, {e.User.Address, e.User.Agent}} {
			for _, s := range list {
				add(s)
			}
		}
	}
	return h.Sum64()
}

// identifiers gives who it was, the best identifier first.
func (u *User) identifiers(account parterre.ID) (who []parterre.Identifier) {
	for _, hashed := range [][]string{u.Emails, u.MAIDs} {
		for _, s := range hashed {
			if id, ok := parterre.ByDigest(s); ok {
				who = append(who, id)
			}
		}
	}
	for _, s := range u.ExternalID {
		if s != "" {
			who = append(who, parterre.ByAdvertiserID(account, s))
		}
	}
	if u.ClickID != "" {
		who = append(who, parterre.ByClickID(u.ClickID))
	}
	if u.Address != "" && u.Agent != "" {
		who = append(who, parterre.ByAgent(u.Address, u.Agent))
	}
	return who
}

// usableAddress refuses what is no address, and the address that means none.
func usableAddress(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && !a.IsUnspecified()
}

// allHashed says whether all are SHA-256 digests in hexadecimal.
func allHashed(list []string) bool {
	for _, s := range list {
		if len(s) != 64 || !parterre.IsDigest(s) {
			return false
		}
	}
	return true
}
