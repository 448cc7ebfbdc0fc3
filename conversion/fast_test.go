package conversion_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/parterre/parterre/conversion"
)

// usual is an event of which every member that is usual is there.
const usual = `{"event_name":"checkout","action_source":"app_ios","event_time":1780000000,"event_id":"e 1","partner_name":"p",` +
	`"event_source_url":"https:\/\/shop.example\/p?q=\u00e9&r=é","opt_out":false,"wifi":true,"language":null,"app_id":"7",` +
	`"app_info":{"app_id":"x","window_width":3},"device_info":{"languages":["de"],"brand":"}\""},"user_data":{"em":["` + mail + `"],` +
	`"hashed_maids":[ ],"ph":["x"],"external_id":["me","you"],"click_id":"c","client_ip_address":"192.0.2.1",` +
	`"client_user_agent":"agent","country":["` + mail + `"],"partner_id":null},"custom_data":{"currency":"USD","value":"72.390",` +
	`"content_ids":["p1","p2","p2"],"contents":[{"id":"p1","item_price":"36.195","quantity":2},{},{"item_brand":"b"}],` +
	`"num_items":3,"order_id":"o-1","search_string":null,"np":"x","external_measurement_vendor_id":null,"predicted_ltv":"1e2"}}`

// agree demands that the fast reader reads what the slow one reads, or nothing.
func agree(t *testing.T, body []byte) (fast bool) {
	t.Helper()
	got, fast := conversion.FastRequest(body)
	if !fast {
		return false
	}
	want, err := conversion.SlowRequest(body)
	if err != nil {
		t.Fatalf("the fast reader takes what the slow one refuses: %v\n%s", err, body)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("the fast reader reads\n%+v\nthe slow one\n%+v\nof %s", got, want, body)
	}
	return true
}

func TestAUsualRequestIsReadFast(t *testing.T) {
	for _, body := range []string{
		`{"data":[` + usual + `]}`,
		" {\n\"data\" : [\t" + usual + " , " + usual + "\r] } \n",
		`{"data":[` + of(`"em":["x"]`, "") + `]}`,
		`{"data":[` + strings.Repeat(usual+",", 999) + usual + `]}`,
	} {
		if !agree(t, []byte(body)) {
			t.Errorf("the fast reader gives up on %.300s", body)
		}
	}
}

// Whatever is unusual is left to the slow reader, so that what it says stays as it is.
func TestWhatIsUnusualIsLeftToTheSlowReader(t *testing.T) {
	replace := func(old, by string) string {
		if !strings.Contains(usual, old) {
			t.Fatalf("the usual event has no %s", old)
		}
		return `{"data":[` + strings.Replace(usual, old, by, 1) + `]}`
	}
	for name, body := range map[string]string{
		"nothing":                        "",
		"no events":                      `{"data":[]}`,
		"too many events":                `{"data":[` + strings.Repeat(usual+",", 1000) + usual + `]}`,
		"more behind the end":            `{"data":[` + usual + `]}x`,
		"another member of the body":     `{"data":[` + usual + `],"x":1}`,
		"the events twice":               `{"data":[` + usual + `],"data":[]}`,
		"no comma":                       `{"data":[` + usual + usual + `]}`,
		"a comma at the end":             `{"data":[` + usual + `,]}`,
		"half of a surrogate pair":       replace("shop.example", `\ud800`),
		"the replacement character":      replace("shop.example", `\ufffd`),
		"what is not UTF-8":              replace("shop.example", "\xff"),
		"a control character":            replace("e 1", "e\n1"),
		"a bad escape":                   replace("e 1", `e\x1`),
		"a member twice":                 replace(`"wifi":true`, `"wifi":true,"wifi":true`),
		"a member that is not allowed":   replace(`"wifi"`, `"wi-fi"`),
		"a null that is not allowed":     replace(`"opt_out":false`, `"opt_out":null`),
		"a missing member":               replace(`"event_id":"e 1",`, ``),
		"nobody":                         `{"data":[` + of(`"click_id":"c"`, "") + `]}`,
		"a member of user_data twice":    replace(`"ph":["x"]`, `"ph":["x"],"ph":[]`),
		"an open member of user_data":    replace(`"ph":["x"]`, `"pq":["x"]`),
		"a fraction":                     replace(`"event_time":1780000000`, `"event_time":1780000000.0`),
		"an exponent":                    replace(`"event_time":1780000000`, `"event_time":178e7`),
		"a zero at the front":            replace(`"event_time":1780000000`, `"event_time":01780000000`),
		"a number that overflows":        replace(`"event_time":1780000000`, `"event_time":17800000000000000000`),
		"a number for a string":          replace(`"item_price":"36.195"`, `"item_price":36`),
		"a string for a number":          replace(`"quantity":2`, `"quantity":"2"`),
		"an item's member twice":         replace(`"quantity":2`, `"quantity":2,"quantity":2`),
		"an item's member not allowed":   replace(`"quantity":2`, `"amount":2`),
		"a bad member of app_info":       replace(`"window_width":3`, `"window_width":-3`),
		"a bad member of device_info":    replace(`"brand"`, `"brand":"x","brand"`),
		"a list in place of device_info": replace(`"device_info":{"languages":["de"],"brand":"}\""}`, `"device_info":[]`),
		"many items":                     replace(`{},`, strings.Repeat(`{},`, 40)),
	} {
		if agree(t, []byte(body)) {
			t.Errorf("the fast reader takes %s: %.300s", name, body)
		}
	}
}

func FuzzFastAndSlowAgree(f *testing.F) {
	f.Add(`{"data":[` + usual + `]}`)
	for _, s := range seeds {
		f.Add(s)
		f.Add(`{"data":[` + s + `]}`)
	}
	f.Fuzz(func(t *testing.T, body string) { agree(t, []byte(body)) })
}

func BenchmarkReadAThousandEvents(b *testing.B) {
	body := []byte(`{"data":[` + strings.Repeat(of(`"em":["`+mail+`"],"click_id":"abc"`, `,"event_source_url":"https://shop.example/a/b"`)+",", 999) +
		usual + `]}`)
	for name, read := range map[string]func([]byte) (int, bool){
		"fast": func(body []byte) (int, bool) {
			events, ok := conversion.FastRequest(body)
			return len(events), ok
		},
		"slow": func(body []byte) (int, bool) {
			events, err := conversion.SlowRequest(body)
			return len(events), err == nil
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, ok := read(body); !ok || n != 1000 {
					b.Fatal(n, ok)
				}
			}
		})
	}
}
