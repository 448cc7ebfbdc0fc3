package conversion

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parterre/parterre"
)

// sentBy decodes one event whose members beside the required ones are given.
func sentBy(t *testing.T, source string, at int64, user, more string) parterre.Event {
	t.Helper()
	events, err := DecodeRequest(fmt.Appendf(nil,
		`{"data":[{"event_name":"PAGE_VISIT","action_source":%q,"event_time":%d,"event_id":"e","user_data":{%s}%s}]}`,
		source, at, user, more))
	if err != nil {
		t.Fatal(err)
	}
	return events[0].Of(1)
}

func TestWhatAnEventCameWith(t *testing.T) {
	digest := strings.Repeat("0a", 32)
	em := fmt.Sprintf(`"em":[%q]`, digest)
	for _, tt := range []struct {
		name, user, more string
		want             []parterre.Component
	}{
		{"an address", em, "", []parterre.Component{parterre.HasEmail}},
		{"a device", fmt.Sprintf(`"hashed_maids":[%q]`, digest), "", []parterre.Component{parterre.HasMAID}},
		{
			"a place", `"client_ip_address":"192.0.2.7","client_user_agent":"a"`, "",
			[]parterre.Component{parterre.HasAddress, parterre.HasAgent},
		},
		{
			"names", em + `,"external_id":["","x"],"click_id":"c"`, "",
			[]parterre.Component{parterre.HasEmail, parterre.HasExternalID, parterre.HasClickID},
		},
		{
			"nothing in them", em + `,"external_id":[""],"click_id":null,"hashed_maids":[],"client_ip_address":""`,
			`,"event_source_url":null,"custom_data":{"order_id":"","content_ids":[],"contents":[{"item_name":"n"}]}`,
			[]parterre.Component{parterre.HasEmail},
		},
		{
			"an order", em, `,"event_source_url":"https://shop.example","custom_data":{"order_id":"o","value":"7.50","content_ids":["1"]}`,
			[]parterre.Component{
				parterre.HasEmail, parterre.HasURL, parterre.HasOrderID, parterre.HasOrderValue, parterre.HasProductID,
			},
		},
		{"a value that is none", em, `,"custom_data":{"value":"much"}`, []parterre.Component{parterre.HasEmail}},
		{
			"a product", em, `,"custom_data":{"contents":[{"item_name":"n"},{"id":"1"}]}`,
			[]parterre.Component{parterre.HasEmail, parterre.HasProductID},
		},
		{"an opt-out", em, `,"opt_out":true`, []parterre.Component{parterre.HasEmail}},
	} {
		want := parterre.Components(0).With(parterre.HasEventID, true)
		for _, c := range tt.want {
			want = want.With(c, true)
		}
		if got := sentBy(t, "web", 1, tt.user, tt.more).Sent; got.Components != want || got.Platform != parterre.OnWeb {
			t.Errorf("%s: sent is %+v, want components %b", tt.name, got, want)
		}
	}
	for source, want := range map[string]parterre.Platform{
		"web": parterre.OnWeb, "app_android": parterre.OnAndroid, "app_ios": parterre.OnIOS, "offline": parterre.OffLine,
	} {
		if got := sentBy(t, source, 1, em, "").Sent.Platform; got != want {
			t.Errorf("%s is platform %d, want %d", source, got, want)
		}
	}
}

// Two events with one name and one id are one, unless they are offline, where the id is not relied on.
func TestTheKeyOfAnEvent(t *testing.T) {
	em := fmt.Sprintf(`"em":[%q]`, strings.Repeat("0a", 32))
	key := func(source string, at int64, more string) uint64 { return sentBy(t, source, at, em, more).Key }
	if key("web", 1, "") != key("app_ios", 2, `,"event_source_url":"https://shop.example"`) {
		t.Error("an event is another one because more is said of it")
	}
	if key("offline", 1, "") == key("offline", 2, "") || key("offline", 1, "") != key("offline", 1, `,"wifi":true`) {
		t.Error("an offline event is not told by its moment and person")
	}
}
