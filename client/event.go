package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Event is something that a person did on an advertiser's site, app or shop. The first five fields are required.
type Event struct {
	EventName      string      `json:"event_name"`    // page_visit, checkout and so on
	ActionSource   string      `json:"action_source"` // web, app_ios, app_android or offline
	EventTime      int64       `json:"event_time"`    // seconds since 1970
	EventID        string      `json:"event_id"`      // two events with one name and one id count once
	UserData       UserData    `json:"user_data"`
	CustomData     *CustomData `json:"custom_data,omitempty"`
	EventSourceURL string      `json:"event_source_url,omitempty"`
	OptOut         bool        `json:"opt_out,omitempty"`
	PartnerName    string      `json:"partner_name,omitempty"`
	Language       string      `json:"language,omitempty"` // two letters
	AppID          string      `json:"app_id,omitempty"`
	AppName        string      `json:"app_name,omitempty"`
	AppVersion     string      `json:"app_version,omitempty"`
	AppInfo        any         `json:"app_info,omitempty"`
	DeviceBrand    string      `json:"device_brand,omitempty"`
	DeviceCarrier  string      `json:"device_carrier,omitempty"`
	DeviceModel    string      `json:"device_model,omitempty"`
	DeviceType     string      `json:"device_type,omitempty"`
	DeviceInfo     any         `json:"device_info,omitempty"`
	OSVersion      string      `json:"os_version,omitempty"`
	WiFi           bool        `json:"wifi,omitempty"`
}

// UserData says who did it: an e-mail address, a mobile advertising id, or a network address and an agent together, and
// perhaps more. What is a list holds SHA-256 digests in hexadecimal; [HashEmail] makes that of an address.
type UserData struct {
	Emails          []string `json:"em,omitempty"`
	MAIDs           []string `json:"hashed_maids,omitempty"`
	Phones          []string `json:"ph,omitempty"`
	Genders         []string `json:"ge,omitempty"`
	BirthDates      []string `json:"db,omitempty"`
	LastNames       []string `json:"ln,omitempty"`
	FirstNames      []string `json:"fn,omitempty"`
	Cities          []string `json:"ct,omitempty"`
	States          []string `json:"st,omitempty"`
	ZIPs            []string `json:"zp,omitempty"`
	Countries       []string `json:"country,omitempty"`
	ExternalIDs     []string `json:"external_id,omitempty"` // the advertiser's own names for the person
	ClientIPAddress string   `json:"client_ip_address,omitempty"`
	ClientUserAgent string   `json:"client_user_agent,omitempty"`
	ClickID         string   `json:"click_id,omitempty"`
	PartnerID       string   `json:"partner_id,omitempty"`
}

// CustomData says what an event was about.
type CustomData struct {
	Currency        string    `json:"currency,omitempty"` // ISO 4217
	Value           string    `json:"value,omitempty"`    // a decimal number
	ContentIDs      []string  `json:"content_ids,omitempty"`
	ContentName     string    `json:"content_name,omitempty"`
	ContentCategory string    `json:"content_category,omitempty"`
	ContentBrand    string    `json:"content_brand,omitempty"`
	Contents        []Content `json:"contents,omitempty"`
	NumItems        int64     `json:"num_items,omitempty"`
	OrderID         string    `json:"order_id,omitempty"`
	SearchString    string    `json:"search_string,omitempty"`
	OptOutType      string    `json:"opt_out_type,omitempty"`
	PredictedLTV    string    `json:"predicted_ltv,omitempty"`
}

// Content is one product of an event.
type Content struct {
	ID       string `json:"id,omitempty"`
	Name     string `json:"item_name,omitempty"`
	Category string `json:"item_category,omitempty"`
	Brand    string `json:"item_brand,omitempty"`
	Price    string `json:"item_price,omitempty"` // a decimal number
	Quantity int64  `json:"quantity,omitempty"`
}

// EventsResult says what became of the events of one request.
type EventsResult struct {
	Received  int           `json:"num_events_received"`
	Processed int           `json:"num_events_processed"`
	Events    []EventResult `json:"events"` // in the order of the request
}

// EventResult says what became of one event.
type EventResult struct {
	Status  string `json:"status"` // processed or failed
	Error   string `json:"error_message"`
	Warning string `json:"warning_message"`
}

// SendEvents sends conversion events, at most 1,000. When some of them fail, the error is an [*Error] with status 422, the
// result still says which and why, and the others have been processed. With test set, events are checked and not stored.
func (c *Client) SendEvents(ctx context.Context, account string, events []Event, test bool) (EventsResult, error) {
	return sendEvents(ctx, c, account, events, test)
}

// SendRawEvents is [Client.SendEvents] for events that are JSON already; they go as they are.
func (c *Client) SendRawEvents(
	ctx context.Context, account string, events []json.RawMessage, test bool,
) (EventsResult, error) {
	return sendEvents(ctx, c, account, events, test)
}

func sendEvents[E any](ctx context.Context, c *Client, account string, events []E, test bool) (EventsResult, error) {
	to := inAccount(account, "events")
	if test {
		to.query = url.Values{"test": {"true"}}
	}
	in := struct {
		Data []E `json:"data"`
	}{events}
	var out EventsResult
	err := c.call(ctx, http.MethodPost, to, in, &out)
	if e := (*Error)(nil); errors.As(err, &e) && e.Status == http.StatusUnprocessableEntity {
		if json.Unmarshal(e.Details, &out) != nil {
			out = EventsResult{} // the error says all there is
		}
	}
	return out, err
}

// HashEmail is the digest by which events and customer lists may know an e-mail address: the SHA-256 digest of it in lower
// case without surrounding space, in hexadecimal.
func HashEmail(address string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(address))))
	return hex.EncodeToString(sum[:])
}
