package conversion_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/conversion"
)

// seeds are events from which the fuzzer starts.
var seeds = []string{
	of(`"em":["`+mail+`"]`, ""),
	of(`"hashed_maids":["`+device+`"],"external_id":["me",""]`,
		`,"opt_out":true,"custom_data":{"value":"1e400","content_ids":[""]}`),
	of(`"client_ip_address":"::ffff:192.0.2.1","client_user_agent":"\u0000"`,
		`,"custom_data":{"contents":[{"id":"1","quantity":-0},{}]}`),
	of(`"client_ip_address":"fe80::1%eth0","client_user_agent":"a"`,
		`,"app_info":{"app_id":"\ud800"},"device_info":{"languages":[]}`),
	of(`"em":[],"new":null`,
		`,"event_source_url":null,"conversion_tag_id":"12","ad_account_id":"7","event_data":{"value":1.0,"line_items":[{}]}`),
	of(`"em":["x"]`, `,"event_data":{"search_query":"a","search_string":"b"},"ad_account_id":"000"`),
	strings.Repeat("[", 200), `{"data":[null,{},[]]}`, "\xff", `{"data":[{"event_time":1e3}]}`, "",
}

// sound demands what holds of every event that was decoded: it can be checked, and what is processed becomes an event of the
// index that can be kept.
func sound(t *testing.T, e *conversion.Event, account parterre.ID) {
	t.Helper()
	r := e.Check(noon)
	switch {
	case r.Status == conversion.Failed && (r.Error == "" || r.Warning != ""):
		t.Fatalf("an event failed and does not say why: %+v", r)
	case r.Status == conversion.Processed && r.Error != "":
		t.Fatalf("an event was processed with an error: %+v", r)
	case r.Status == conversion.Failed:
		return
	case r.Status != conversion.Processed:
		t.Fatalf("an event is %q", r.Status)
	}
	got := e.Of(account)
	if e.OptOut != (len(got.Who) == 0) {
		t.Fatalf("of somebody who opted out (%v) the event names %v", e.OptOut, got.Who)
	}
	for _, id := range got.Who {
		if id.Kind == 0 || id.Value == "" {
			t.Fatalf("an identifier is %+v", id)
		}
	}
	if at := int64(got.At); at != e.Time || at < noon-540*86_400 || at > noon+86_400 {
		t.Fatalf("an event of %d is at %d", e.Time, at)
	}
	f := got.Facet
	if f.Kind != parterre.Conversion || f.Account != account || f.Name == "" || f.Source == "" || f.Ingestion == "" || f.Tag != e.Tag {
		t.Fatalf("the facet is %+v", f)
	}
	for _, data := range append(slices.Clone(f.Data.Items), f.Data.Fields) {
		for i, d := range data {
			if i > 0 && data[i-1].Name >= d.Name {
				t.Fatalf("data are not sorted by distinct names: %+v", data)
			}
			if v, ok := parterre.Value(data, d.Name); !ok || v != d.Value {
				t.Fatalf("%s is not found among %+v", d.Name, data)
			}
			if !utf8.ValidString(d.Name) || !utf8.ValidString(d.Value) {
				t.Fatalf("data are not text: %+v", d)
			}
		}
	}
}

// refusedWell demands that a refusal is one of the caller's own making, and says something. Of a body that is text, so is
// what is said of it.
func refusedWell(t *testing.T, err error, body []byte) {
	t.Helper()
	if parterre.CodeOf(err) != parterre.InvalidRequest || err.Error() == "" || len(err.Error()) > 4000 ||
		utf8.Valid(body) && !utf8.ValidString(err.Error()) {
		t.Fatalf("the refusal is %q", err)
	}
}

// FuzzDecodeRequest looks for a body that makes the decoder panic, or lets something through that cannot be used.
func FuzzDecodeRequest(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
		f.Add([]byte(`{"data":[` + s + `]}`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := conversion.DecodeRequest(body)
		if err != nil {
			refusedWell(t, err, body)
			return
		}
		if len(events) == 0 || len(events) > conversion.MaxEvents {
			t.Fatalf("there are %d events", len(events))
		}
		for i := range events {
			if e := &events[i]; e.Ingestion != parterre.FromConversionsAPI || e.Tag != 0 || e.AdAccount != 0 {
				t.Fatalf("event %d says of itself where it came from: %+v", i, e)
			}
			sound(t, &events[i], 549755885175)
		}
	})
}

// FuzzDecodeLine does the same for a line.
func FuzzDecodeLine(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
		f.Add([]byte(strings.Replace(s, "{", `{"ad_account_id":"549755885175","ingestion_source":"mmp",`, 1)))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := conversion.DecodeLine(line)
		if err != nil {
			refusedWell(t, err, line)
			return
		}
		if e.AdAccount == 0 || !slices.Contains(parterre.IngestionSources, e.Ingestion) {
			t.Fatalf("the line is %+v", e)
		}
		sound(t, &e, e.AdAccount)
	})
}
