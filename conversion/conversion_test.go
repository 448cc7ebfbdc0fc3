package conversion_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/conversion"
)

const (
	noon   = 1_780_000_000
	mail   = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // SHA-256 digests
	device = "a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa"
)

// digest is the identifier of a digest.
func digest(t testing.TB, s string) parterre.Identifier {
	t.Helper()
	id, ok := parterre.ByDigest(s)
	if !ok {
		t.Fatalf("%s is no digest", s)
	}
	return id
}

// decode decodes a request of one event.
func decode(t testing.TB, event string) conversion.Event {
	t.Helper()
	events, err := conversion.DecodeRequest([]byte(`{"data":[` + event + `]}`))
	if err != nil {
		t.Fatalf("%v\n%s", err, event)
	}
	return events[0]
}

// of is an event with a user and more members.
func of(user, more string) string {
	return fmt.Sprintf(`{"event_name":"add_to_cart","action_source":"app_ios","event_time":%d,"event_id":"1","user_data":{%s}%s}`,
		noon, user, more)
}

func TestEventsBecomeFacets(t *testing.T) {
	em := `"em":["` + mail + `"]`
	fields := func(pairs ...string) (data []parterre.Datum) {
		for i := 0; i < len(pairs); i += 2 {
			data = append(data, parterre.Datum{Name: pairs[i], Value: pairs[i+1]})
		}
		return data
	}
	for _, tt := range []struct {
		name, event string
		want        parterre.Facet
	}{
		{"an event without more", of(em, ""), parterre.Facet{}},
		{
			"the page", of(em, `,"event_source_url":"https://shop.example/a?b#c"`),
			parterre.Facet{URL: "https://shop.example/a?b#c"},
		},
		{"a page that is null", of(em, `,"event_source_url":null`), parterre.Facet{}},
		{
			"data, in the names of a rule", of(em, `,"custom_data":{"search_string":"boots","num_items":3,"order_id":"X-1","value":"7.50",`+
				`"currency":"USD","predicted_ltv":"1e2","content_name":null}`),
			parterre.Facet{Data: parterre.EventData{Fields: fields("currency", "USD", "order_id", "X-1", "order_quantity", "3",
				"predicted_ltv", "100", "search_query", "boots", "value", "7.5")}},
		},
		{
			"what is about the request and not the event is left out", of(em,
				`,"custom_data":{"np":"x","opt_out_type":"LDP"},"app_name":"a"`),
			parterre.Facet{},
		},
		{
			"items, and ids that no item has", of(em, `,"custom_data":{"content_ids":["2","1","2"],"contents":[{"id":"1","item_price":"48.0",`+
				`"quantity":1,"item_name":"pot","item_category":"c","item_brand":"b"},{}]}`),
			parterre.Facet{Data: parterre.EventData{Items: [][]parterre.Datum{
				fields("product_brand", "b", "product_category", "c", "product_id", "1", "product_name", "pot", "product_price", "48",
					"product_quantity", "1"),
				nil,
				fields("product_id", "2"),
			}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := decode(t, tt.event)
			want := tt.want
			want.Kind, want.Account, want.Name = parterre.Conversion, 7, "add_to_cart"
			want.Source, want.Ingestion = parterre.Mobile, parterre.FromConversionsAPI
			got := e.Of(7)
			if diff := cmp.Diff(want, got.Facet); diff != "" {
				t.Errorf("the facet is not as wanted (-want +got):\n%s", diff)
			}
			if got.At != noon {
				t.Errorf("it was at %d", got.At)
			}
		})
	}
}

func TestNamesAndSources(t *testing.T) {
	for sent, want := range map[string]string{
		"add_to_cart": "add_to_cart", "addtocart": "add_to_cart", "ADD_TO_CART": "add_to_cart", "Add_To_Cart": "Add_To_Cart", "brew": "brew",
	} {
		e := decode(t, strings.Replace(of(`"em":["`+mail+`"]`, ""), "add_to_cart", sent, 1))
		if got := e.Of(7).Facet.Name; got != want {
			t.Errorf("%s becomes %s, want %s", sent, got, want)
		}
	}
	for sent, want := range map[string]parterre.EventSource{
		"web": parterre.Web, "app_android": parterre.Mobile, "app_ios": parterre.Mobile, "offline": parterre.Offline,
	} {
		e := decode(t, strings.Replace(of(`"em":["`+mail+`"]`, ""), "app_ios", sent, 1))
		if got := e.Of(7).Facet.Source; got != want {
			t.Errorf("%s becomes %s, want %s", sent, got, want)
		}
	}
}

// The best identifier is first, because the first that is known decides who it was.
func TestWhoseEventItIs(t *testing.T) {
	agent := parterre.ByAgent("192.0.2.1", "agent")
	for _, tt := range []struct {
		name, user string
		want       []parterre.Identifier
	}{
		{"an e-mail", `"em":["` + mail + `"]`, []parterre.Identifier{digest(t, mail)}},
		{"in upper case", `"em":["` + strings.ToUpper(mail) + `"]`, []parterre.Identifier{digest(t, mail)}},
		{"an advertising id", `"hashed_maids":["` + device + `"]`, []parterre.Identifier{digest(t, device)}},
		{
			"an address and an agent", `"client_ip_address":"192.0.2.1","client_user_agent":"agent"`,
			[]parterre.Identifier{agent},
		},
		{
			"everything", `"client_ip_address":"192.0.2.1","client_user_agent":"agent","click_id":"c","external_id":["me","","you"],` +
				`"hashed_maids":["` + device + `"],"em":["` + mail + `"],"partner_id":"p"`,
			[]parterre.Identifier{
				digest(t, mail), digest(t, device), parterre.ByAdvertiserID(7, "me"), parterre.ByAdvertiserID(7, "you"),
				parterre.ByClickID("c"), agent,
			},
		},
		{
			"an address alone tells nobody", `"em":["` + mail + `"],"client_ip_address":"192.0.2.1"`,
			[]parterre.Identifier{digest(t, mail)},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := decode(t, of(tt.user, ""))
			if r := e.Check(noon); r.Status != conversion.Processed {
				t.Errorf("the event failed: %s", r.Error)
			}
			if diff := cmp.Diff(tt.want, e.Of(7).Who); diff != "" {
				t.Errorf("who it was is not as wanted (-want +got):\n%s", diff)
			}
			out := decode(t, of(tt.user, `,"opt_out":true`))
			if r := out.Check(noon); r.Status != conversion.Processed {
				t.Errorf("of somebody who opted out the event failed: %s", r.Error)
			}
			if who := out.Of(7).Who; len(who) > 0 {
				t.Errorf("of somebody who opted out it was %v", who)
			}
		})
	}
}

func TestTheAgeOfEvents(t *testing.T) {
	const oldest, latest = noon - 540*86_400, noon + 86_400
	for at, want := range map[int64]string{
		oldest: "", latest: "", noon: "",
		oldest - 1: "past", latest + 1: "future", 0: "past", -1 << 62: "past", 1 << 62: "future",
	} {
		e := decode(t, strings.Replace(of(`"em":["`+mail+`"]`, ""), strconv.Itoa(noon), strconv.FormatInt(at, 10), 1))
		r := e.Check(noon)
		if text := "Given timestamp is in the " + want; (r.Error == "") != (want == "") || want != "" && !strings.Contains(r.Error, text) {
			t.Errorf("at %d the event is %+v, want it in the %s", at, r, want)
		}
	}
}

func TestLinesOfEvents(t *testing.T) {
	line := func(more string) string {
		e := of(`"em":["`+mail+`"]`, more)
		return `{"ad_account_id":"549755885175",` + e[1:]
	}
	got, err := conversion.DecodeLine([]byte(line(`,"conversion_tag_id":"12","ingestion_source":"mmp",` +
		`"event_data":{"page_name":"pots","value":5,"line_items":{"product_id":11}},"custom_data":{"value":"7","order_id":"o",` +
		`"content_ids":["12"]}`)))
	if err != nil {
		t.Fatal(err)
	}
	if got.AdAccount != 549755885175 || got.Tag != 12 || got.Ingestion != parterre.FromMMP {
		t.Errorf("the line is %+v", got)
	}
	want := parterre.EventData{
		// Of a name that stands in both, what is said in a rule's names counts.
		Fields: []parterre.Datum{{Name: "order_id", Value: "o"}, {Name: "page_name", Value: "pots"}, {Name: "value", Value: "5"}},
		Items:  [][]parterre.Datum{{{Name: "product_id", Value: "11"}}, {{Name: "product_id", Value: "12"}}},
	}
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Errorf("the data are not as wanted (-want +got):\n%s", diff)
	}
	t.Run("a tag saw it unless said", func(t *testing.T) {
		got, err := conversion.DecodeLine([]byte(line("")))
		if err != nil || got.Tag != 0 || got.Ingestion != parterre.FromTag {
			t.Errorf("the line is %+v, %v", got, err)
		}
	})
	for more, word := range map[string]string{
		`,"conversion_tag_id":"0"`:      "'conversion_tag_id' '0' does not exist",
		`,"conversion_tag_id":"012"`:    "'conversion_tag_id' '012' does not exist",
		`,"conversion_tag_id":""`:       "'conversion_tag_id'",
		`,"conversion_tag_id":null`:     "'conversion_tag_id'",
		`,"ingestion_source":""`:        "'ingestion_source'",
		`,"ingestion_source":"tag mmp"`: "'ingestion_source'",
		`,"event_data":5`:               "'event_data'",
		`,"ad_account_id":"1"`:          "twice",
	} {
		_, err := conversion.DecodeLine([]byte(line(more)))
		if parterre.CodeOf(err) != parterre.InvalidRequest || !strings.Contains(err.Error(), word) {
			t.Errorf("a line with %s: %v, want a complaint about %s", more, err, word)
		}
	}
}

// The same mistakes are told in the same words each time, also when there are several.
func TestTheFirstMistakeIsTold(t *testing.T) {
	line := of(`"em":5,"ph":5,"ge":5`, `,"app_info":{"x":1,"app_id":5},"device_info":{"y":1},"wifi":1,"colour":"red"`)
	_, first := conversion.DecodeLine([]byte(line))
	for range 50 {
		if _, err := conversion.DecodeLine([]byte(line)); err == nil || err.Error() != first.Error() {
			t.Fatalf("the complaint is %v, was %v", err, first)
		}
	}
	both := of(`"em":["`+mail+`"]`, `,"app_info":{"x":1},"device_info":{"y":1}`)
	for range 50 {
		_, err := conversion.DecodeRequest([]byte(`{"data":[` + both + `]}`))
		if err == nil || !strings.Contains(err.Error(), "app_info.x") {
			t.Fatalf("the complaint is %v, want one about app_info", err)
		}
	}
}

func TestEventsThatCannotBeUsed(t *testing.T) {
	em := `"em":["` + mail + `"]`
	for event, want := range map[string]string{
		of(`"em":["a@example.com"]`, ""):                                  "'em' is not in sha256 hashed format.",
		of(`"em":["`+mail+`","`+mail[1:]+`g"]`, ""):                       "'em' is not in sha256 hashed format.",
		of(em+`,"hashed_maids":["x"]`, ""):                                "'hashed_maids' is not in sha256 hashed format.",
		of(`"em":[],"hashed_maids":[]`, ""):                               "'user_data' names nobody",
		of(`"client_ip_address":"192.0.2.1","client_user_agent":""`, ""):  "'user_data' names nobody",
		of(em+`,"client_ip_address":"192.0.2"`, ""):                       "'client_ip_address' is not the IPv4 or IPv6 address of a client",
		of(em+`,"client_ip_address":"::"`, ""):                            "'client_ip_address' is not the IPv4 or IPv6 address of a client",
		strings.Replace(of(em, ""), "add_to_cart", "", 1):                 "'event_name' must not be empty",
		strings.Replace(of(em, ""), `"event_id":"1"`, `"event_id":""`, 1): "'event_id' must not be empty",
		strings.Replace(of(em, ""), "app_ios", "app", 1):                  "'action_source' value 'app'",
		strings.Replace(of(em, ""), "app_ios", "", 1):                     "'action_source' value ''",
	} {
		e := decode(t, event)
		if r := e.Check(noon); r.Status != conversion.Failed || !strings.HasPrefix(r.Error, want) || r.Warning != "" {
			t.Errorf("the result of %s is %+v, want %q", event, r, want)
		}
	}
}

func TestWarningsOfEvents(t *testing.T) {
	plain := `"em":["` + mail + `"],"external_id":["me"],"ph":["1"],"ge":["f"],"db":["1"],"ln":["x"],"fn":["x"],"ct":["x"],` +
		`"st":["x"],"zp":["1"],"country":["at"]`
	var want []string
	for _, name := range []string{"external_id", "ph", "ge", "db", "ln", "fn", "ct", "st", "zp", "country"} {
		want = append(want, "'"+name+"' is not in sha256 hashed format")
	}
	e := decode(t, of(plain, ""))
	if r := e.Check(noon); r.Status != conversion.Processed || r.Warning != strings.Join(want, "; ") {
		t.Errorf("the result is %+v, want %q", r, want)
	}
}
