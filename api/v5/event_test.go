package v5_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/conversion"
	"github.com/parterre/parterre/internal/server"
)

// results is the answer to events/create.
type results struct {
	Processed int `json:"num_events_processed"`
	Received  int `json:"num_events_received"`
	Events    []struct {
		Status  string  `json:"status"`
		Error   *string `json:"error_message"`
		Warning *string `json:"warning_message"`
	} `json:"events"`
}

const eventsPath = inAccount + "/events"

func request(events ...string) string { return `{"data":[` + strings.Join(events, ",") + `]}` }

// with changes one member of an event; an empty value takes it away.
func with(t testing.TB, event, member, value string) string {
	t.Helper()
	o := as[map[string]json.RawMessage](t, answer{body: []byte(event)})
	if o[member] = json.RawMessage(value); value == "" {
		delete(o, member)
	}
	out, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestEventsThatAreAllGood(t *testing.T) {
	s := start(t)
	a := s.call(t, http.MethodPost, eventsPath, request(event(1, "checkout", noon, ""), event(2, "lead", noon, "")))
	const one = `{"status":"processed","error_message":"","warning_message":""}`
	if want := `{"num_events_processed":2,"num_events_received":2,"events":[` + one + `,` + one + `]}`; string(a.body) != want {
		t.Errorf("the answer is\n%s, recorded was\n%s", a.body, want)
	}
	t.Run("the same event twice is processed twice and counts once", func(t *testing.T) {
		e := event(3, "checkout", noon, "")
		if got := as[results](t, s.call(t, http.MethodPost, eventsPath, request(e, e))); got.Processed != 2 {
			t.Errorf("the answer is %+v", got)
		}
		s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t"))).is(t, 3, "TOO_SMALL")
	})
	t.Run("a thousand at once", func(t *testing.T) {
		var all []string
		for p := range 1000 {
			all = append(all, event(p, "search", noon, ""))
		}
		if got := as[results](t,
			s.call(t, http.MethodPost, eventsPath, request(all...))); got.Processed != 1000 || len(got.Events) != 1000 {
			t.Errorf("%d of %d were processed", got.Processed, len(got.Events))
		}
	})
}

// Every member of an event at once, in the shape of the contract.
func TestAnEventWithEverything(t *testing.T) {
	s := start(t)
	hash := sha256Hex("x")
	s.call(t, http.MethodPost, eventsPath, request(fmt.Sprintf(`{"event_name":"checkout","action_source":"app_ios","event_time":%d,
		"event_id":"e","event_source_url":null,"opt_out":false,"partner_name":"ss-shop","app_id":"1","app_name":null,"app_version":"1",
		"device_brand":null,"device_carrier":"c","device_model":"m","device_type":"t","os_version":"9","wifi":true,"language":"en",
		"user_data":{"em":[%[2]q],"hashed_maids":[%[2]q],"ph":[%[2]q],"ge":[%[2]q],"db":[%[2]q],"ln":[%[2]q],"fn":[%[2]q],"ct":[%[2]q],
		"st":[%[2]q],"zp":[%[2]q],"country":[%[2]q],"external_id":[%[2]q],"client_ip_address":"2001:db8::1","client_user_agent":"a",
		"click_id":null,"partner_id":"p","new_one":[1]},
		"custom_data":{"currency":"EUR","value":"7.50","content_ids":["1"],"content_name":"n","content_category":null,"content_brand":"b",
		"contents":[{"id":"1","item_price":"7.50","quantity":1,"item_name":"n","item_category":"c","item_brand":"b"}],"num_items":1,
		"order_id":"o","search_string":null,"opt_out_type":"LDP","np":"x","external_measurement_id":"i",
		"external_measurement_vendor_id":null,"predicted_ltv":"5"},
		"app_info":{"app_id":"1","app_name":"n","app_package_name":"p","app_store":"s","app_version":"1","install_time":1,"user_agent":"a",
		"window_height":30720,"window_width":0},
		"device_info":{"battery_level":100,"brand":"b","cpu_cores":1152,"form_factor":"tablet","network_type":"wifi","os_family":"ios",
		"languages":["en"],"locale":"en-GB","timezone":"Europe/Vienna","timezone_abbr":"CET","storage_size":1048576}}`, noon, hash)))
}

func TestEventsThatFail(t *testing.T) {
	s := start(t)
	const maxAge = 540 * day
	good := event(1, "checkout", noon, "")
	hash := sha256Hex("x")
	for _, tt := range []struct{ name, event, want string }{
		{
			"an e-mail that is not hashed", with(t, good, "user_data", `{"em":["a@example.com"]}`),
			"'em' is not in sha256 hashed format.",
		},
		{
			"one of two e-mails", with(t, good, "user_data", `{"em":["`+hash+`","a@example.com"]}`),
			"'em' is not in sha256 hashed format.",
		},
		{
			"an e-mail in MD5", with(t, good, "user_data", `{"em":["d41d8cd98f00b204e9800998ecf8427e"]}`),
			"'em' is not in sha256 hashed format.",
		},
		{"an empty e-mail", with(t, good, "user_data", `{"em":[""]}`), "'em' is not in sha256 hashed format."},
		{
			"an advertising id that is not hashed", with(t, good, "user_data", `{"hashed_maids":["x"]}`),
			"'hashed_maids' is not in sha256 hashed format.",
		},
		{"no identifier in the lists", with(t, good, "user_data", `{"em":[]}`), "'user_data' names nobody"},
		{
			"an address that is none", with(t, good, "user_data", `{"client_ip_address":"home","client_user_agent":"a"}`),
			"'client_ip_address' is not",
		},
		{
			"the address of nobody", with(t, good, "user_data", `{"client_ip_address":"0.0.0.0","client_user_agent":"a"}`),
			"'client_ip_address' is not",
		},
		{
			"an empty user agent", with(t, good, "user_data", `{"client_ip_address":"192.0.2.1","client_user_agent":""}`),
			"'user_data' names nobody",
		},
		{"an empty name", with(t, good, "event_name", `""`), "'event_name'"},
		{"an empty id", with(t, good, "event_id", `""`), "'event_id'"},
		{
			"an unknown source", with(t, good, "action_source", `"Web"`),
			"'action_source' value 'Web' is not one of ['app_android', 'app_ios', 'web', 'offline']",
		},
		{
			"a second too old", with(t, good, "event_time", strconv.Itoa(noon-maxAge-1)),
			fmt.Sprintf(
				"Invalid event_timestamp parameter. Given timestamp is in the past. Current timestamp: %d, Given event_timestamp: %d",
				noon, noon-maxAge-1),
		},
		{"at the beginning of time", with(t, good, "event_time", "0"), "in the past"},
		{"before it", with(t, good, "event_time", "-1"), "in the past"},
		{
			"a second too far ahead", with(t, good, "event_time", strconv.Itoa(noon+day+1)),
			fmt.Sprintf(
				"Invalid event_timestamp parameter. Given timestamp is in the future. Current timestamp: %d, Given event_timestamp: %d",
				noon, noon+day+1),
		},
		{"in milliseconds", with(t, good, "event_time", strconv.FormatInt(noon*1000, 10)), "in the future"},
		{"at the end of time", with(t, good, "event_time", "9223372036854775807"), "in the future"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := refused(t, s.send(t, s.Token, http.MethodPost, eventsPath, strings.NewReader(request(good, tt.event, good))),
				http.StatusUnprocessableEntity, 953,
				"The action could not be processed properly due to some or all data provided being invalid.")
			got := as[results](t, answer{body: e.Details})
			if got.Received != 3 || got.Processed != 2 || len(got.Events) != 3 {
				t.Fatalf("the details are %s", e.Details)
			}
			for i, r := range got.Events {
				want := "processed"
				if i == 1 {
					want = "failed"
				}
				if r.Status != want || r.Error == nil || r.Warning == nil || (*r.Error == "") != (i != 1) || *r.Warning != "" {
					t.Errorf("result %d is of %s", i, e.Details)
				}
			}
			if message := *got.Events[1].Error; !strings.Contains(message, tt.want) {
				t.Errorf("the message is %q, want in it %q", message, tt.want)
			}
		})
	}
	t.Run("what is just young enough is processed", func(t *testing.T) {
		s.happen(t, with(t, good, "event_time", strconv.Itoa(noon-maxAge)), with(t, good, "event_time", strconv.Itoa(noon+day)))
	})
	t.Run("the good ones among them count", func(t *testing.T) {
		s := start(t)
		s.send(t, s.Token, http.MethodPost, eventsPath, strings.NewReader(
			request(event(1, "lead", noon, ""), with(t, event(2, "lead", noon, ""), "event_id", `""`),
				event(3, "lead", noon, ""))))
		a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
		a.is(t, 2, "TOO_SMALL")
		s.member(t, a.ID, 2, false)
	})
	t.Run("when all of them fail it is told for each", func(t *testing.T) {
		bad := with(t, good, "event_id", `""`)
		e := refused(t, s.send(t, s.Token, http.MethodPost, eventsPath, strings.NewReader(request(bad, bad))), 422, 953)
		if got := as[results](t, answer{body: e.Details}); got.Processed != 0 || got.Received != 2 || len(got.Events) != 2 {
			t.Errorf("the details are %s", e.Details)
		}
	})
}

func TestEventsWithWarnings(t *testing.T) {
	s := start(t)
	good, hash := event(1, "checkout", noon, ""), sha256Hex("x")
	for _, tt := range []struct{ name, event, want string }{
		{
			"a name that is not a standard one", with(t, good, "event_name", `"brew_tea"`),
			"'event_name' value 'brew_tea' is not a standard event name",
		},
		{
			"an external id that is not hashed", with(t, good, "user_data", `{"em":["`+hash+`"],"external_id":["me"]}`),
			"'external_id' is not in sha256 hashed format",
		},
		{
			"two things at once", with(t, with(t, good, "event_name", `"x"`), "user_data",
				`{"em":["`+hash+`"],"ph":["1"],"zp":["`+hash+`"]}`),
			"'event_name' value 'x' is not a standard event name; it is kept as it is; 'ph' is not in sha256 hashed format",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := as[results](t, s.call(t, http.MethodPost, eventsPath, request(tt.event)))
			if r := got.Events[0]; got.Processed != 1 || r.Status != "processed" || *r.Error != "" || !strings.HasPrefix(
				*r.Warning, tt.want) {
				t.Errorf("the result is %+v with the warning %q, want %q", r, *r.Warning, tt.want)
			}
		})
	}
	t.Run("the names of the documentation earn none", func(t *testing.T) {
		for _, name := range []string{"add_payment_info", "app_install", "app_open", "view_content", "start_trial", "custom"} {
			if got := as[results](t,
				s.call(t, http.MethodPost, eventsPath, request(event(1, name, noon, "")))); *got.Events[0].Warning != "" {
				t.Errorf("%s earns the warning %q", name, *got.Events[0].Warning)
			}
		}
	})
}

func TestEventsOfATest(t *testing.T) {
	s := start(t)
	a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
	var all []string
	for p := range 25 {
		all = append(all, event(p, "checkout", noon, ""))
	}
	all[22] = with(t, all[22], "event_id", `""`) // beyond what a test looks at
	for _, query := range []string{"?test=true", "?is_test=TRUE", "?is_test=1", "?test=true&is_test=false"} {
		got := as[results](t, s.callBeyond(t, http.MethodPost, eventsPath+query, request(all...)))
		if got.Received != 25 || got.Processed != 20 || len(got.Events) != 20 {
			t.Errorf("%s: received %d, processed %d, results %d", query, got.Received, got.Processed, len(got.Events))
		}
	}
	t.Run("fail like others", func(t *testing.T) {
		s.refuse(t, http.MethodPost, eventsPath+"?test=true", request(with(t, all[0], "event_id", `""`)), 422, 953)
		s.refuse(t, http.MethodPost, eventsPath+"?test=true", `{"data":[]}`, 400, 1)
	})
	s.get(t, a.ID).is(t, 0, "TOO_SMALL")
	s.member(t, a.ID, 1, false)
	for _, query := range []string{"?test=false", "?test=false&is_test=true"} {
		s.callBeyond(t, http.MethodPost, eventsPath+query, request(all[:22]...))
		s.get(t, a.ID).is(t, 22, "TOO_SMALL")
	}
}

func TestWhoOptedOutIsInNoAudience(t *testing.T) {
	s := start(t)
	a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
	s.happen(t, event(1, "checkout", noon, `,"opt_out":true`), event(2, "checkout", noon, `,"opt_out":false`))
	s.get(t, a.ID).is(t, 1, "TOO_SMALL")
	s.member(t, a.ID, 1, false)
	s.member(t, a.ID, 2, true)
}

// The request as a whole is refused where it does not have the shape of the schema, and nothing of it is taken in.
func TestRequestsOfEventsThatAreRefused(t *testing.T) {
	s := start(t)
	a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
	good := event(1, "checkout", noon, "")
	custom := func(members string) string { return with(t, good, "custom_data", "{"+members+"}") }
	extra := func(where, name string) []string {
		return []string{"Additional properties are not allowed ('" + where + name + "' was unexpected)"}
	}
	for _, tt := range []struct {
		name, body string
		words      []string
	}{
		{"no data", `{}`, []string{"'data'", "is a required property"}},
		{"no events", `{"data":[]}`, []string{"'data'", "1 to 1000"}},
		{
			"too many events", request(strings.Split(strings.Repeat(good+"\n", 1001), "\n")[:1001]...),
			[]string{"'data'", "1 to 1000", "1001"},
		},
		{"data that are no list", `{"data":{}}`, []string{"'data'", "'array'"}},
		{"data that are null", `{"data":null}`, []string{"'data'", "'array'"}},
		{"an event that is none", request(good, "5"), []string{"'data[1]'", "'object'"}},
		{"an event that is null", request(good, "null"), []string{"'data[1]'", "'object'"}},
		{"a member of the body too many", `{"data":[` + good + `],"category_name":1}`, extra("", "category_name")},
		{"a member of an event too many", request(good, with(t, good, "colour", `"red"`)), extra("data[1].", "colour")},
		{"a member in the wrong case", request(with(t, good, "Event_Name", `"x"`)), extra("data[0].", "Event_Name")},
		{"a member of custom_data too many", request(custom(`"colour":"red"`)), extra("data[0].custom_data.", "colour")},
		{
			"a member of an item too many", request(custom(`"contents":[{"id":"1"},{"colour":"red"}]`)),
			extra("data[0].custom_data.contents[1].", "colour"),
		},
		{
			"a member of app_info too many", request(with(t, good, "app_info", `{"colour":"red"}`)),
			extra("data[0].app_info.", "colour"),
		},
		{
			"a member of device_info too many", request(with(t, good, "device_info", `{"colour":"red"}`)),
			extra("data[0].device_info.", "colour"),
		},
		{"no name", request(with(t, good, "event_name", "")), []string{"'data[0].event_name' is a required property"}},
		{"no source", request(with(t, good, "action_source", "")), []string{"'data[0].action_source' is a required property"}},
		{"no time", request(good, with(t, good, "event_time", "")), []string{"'data[1].event_time' is a required property"}},
		{"no id", request(with(t, good, "event_id", "")), []string{"'data[0].event_id' is a required property"}},
		{"no user", request(with(t, good, "user_data", "")), []string{"'data[0].user_data' is a required property"}},
		{
			"a user without identifiers", request(with(t, good, "user_data", `{}`)),
			[]string{"'data[0].user_data.em'", "hashed_maids", "client_user_agent"},
		},
		{
			"a user with half of one", request(with(t, good, "user_data", `{"client_ip_address":"192.0.2.1"}`)),
			[]string{"'data[0].user_data.em'", "client_user_agent"},
		},
		{
			"a user with others alone", request(with(t, good, "user_data", `{"external_id":["x"],"click_id":"y"}`)),
			[]string{"'data[0].user_data.em'"},
		},
		{"a user who is null", request(with(t, good, "user_data", "null")), []string{"'data[0].user_data'", "'object'"}},
		{
			"e-mails that are no list", request(with(t, good, "user_data", `{"em":"x"}`)),
			[]string{"'data[0].user_data.em'", "'array'"},
		},
		{"a name that is no string", request(with(t, good, "event_name", "5")), []string{"'data[0].event_name'", "'string'"}},
		{"a name that is null", request(with(t, good, "event_name", "null")), []string{"'data[0].event_name'", "'string'"}},
		{
			"a time that is a string", request(with(t, good, "event_time", `"1780000000"`)),
			[]string{"'data[0].event_time'", "'integer'"},
		},
		{
			"a time that is no whole number", request(with(t, good, "event_time", "1780000000.5")),
			[]string{"'data[0].event_time'", "'integer'"},
		},
		{
			"a time beyond all numbers", request(with(t, good, "event_time", "99999999999999999999")),
			[]string{"'data[0].event_time'", "'integer'"},
		},
		{"opting out with a word", request(with(t, good, "opt_out", `"yes"`)), []string{"'data[0].opt_out'", "'boolean'"}},
		{"opting out with null", request(with(t, good, "opt_out", "null")), []string{"'data[0].opt_out'", "'boolean'"}},
		{"a value that is a number", request(custom(`"value":5`)), []string{"'data[0].custom_data.value'", "'string'"}},
		{"items that are null", request(custom(`"contents":null`)), []string{"'data[0].custom_data.contents'", "'array'"}},
		{
			"an item that is null", request(custom(`"contents":[null]`)),
			[]string{"'data[0].custom_data.contents[0]'", "'object'"},
		},
		{
			"a quantity that is a string", request(custom(`"contents":[{"quantity":"1"}]`)),
			[]string{"'data[0].custom_data.contents[0].quantity'", "'integer'"},
		},
		{
			"an app id that is too long", request(with(t, good, "app_info", `{"app_id":"`+strings.Repeat("x", 201)+`"}`)),
			[]string{"'data[0].app_info.app_id'", "200"},
		},
		{
			"a screen that is too wide", request(with(t, good, "device_info", `{"screen_width":30721}`)),
			[]string{"'data[0].device_info.screen_width'", "0 to 30720"},
		},
		{
			"a device that is none", request(with(t, good, "device_info", `{"form_factor":"car"}`)),
			[]string{"'data[0].device_info.form_factor'", "'desktop'"},
		},
		{
			"a device that is two", request(with(t, good, "device_info", `{"form_factor":"desktop laptop"}`)),
			[]string{"'data[0].device_info.form_factor'", "'desktop'"},
		},
		{"a member of an event twice", `{"data":[{"event_id":"1",` + good[1:] + `]}`, []string{"'data[0].event_id'", "twice"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.refuse(t, http.MethodPost, eventsPath, tt.body, 400, 1, tt.words...)
			s.get(t, a.ID).is(t, 0, "TOO_SMALL")
		})
	}
}

// What tells something about a person is not repeated: answers end up in the logs of callers.
func TestRefusalsDoNotRepeatWhoItIs(t *testing.T) {
	s := start(t)
	const person = "somebody@example.com"
	good := event(1, "checkout", noon, "")
	for target, body := range map[string]string{
		"POST " + eventsPath:                                request(with(t, good, "user_data", `{"em":"`+person+`"}`)),
		"POST " + eventsPath + "?test=true":                 request(with(t, good, "user_data", `{"em":["`+person+`"]}`)),
		"POST " + eventsPath + "?test=false":                request(with(t, good, "user_data", `{"em":[["`+person+`"]]}`)),
		"POST " + eventsPath + "?is_test=true":              request(with(t, good, "user_data", `{"em":[],"client_ip_address":"`+person+`"}`)),
		"POST " + inAccount + "/customer_lists":             `{"name":"n","records":["` + person + `"]}`,
		"PATCH " + listPath(s.list(t, 0, 1)):                `{"operation_type":"ADD","records":{"x":"` + person + `"}}`,
		"POST " + inAccount + "/customer_lists?page_size=1": `{"name":"n","records":"somebody @example.com"}`,
	} {
		method, path, _ := strings.Cut(target, " ")
		a := s.send(t, s.Token, method, path, strings.NewReader(body))
		if a.status < 400 || strings.Contains(string(a.body), "somebody") {
			t.Errorf("%s: the answer is %d: %s", target, a.status, a.body)
		}
	}
}

// How old an event may be is the operator's choice, by whichever way it comes.
func TestEventsWithinOtherLimits(t *testing.T) {
	s := &service{clock: &clock{}}
	s.clock.seconds.Store(noon)
	var err error
	s.Server, err = server.Build(t.Context(), server.Config{
		Addr: "127.0.0.1:0", Data: server.Memory, Now: s.clock.now, EventLimits: &conversion.Limits{Age: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t) })
	s.happen(t, event(1, "lead", noon-3600, ""))
	for _, at := range []int64{noon - 3601, noon + 1} {
		s.refuse(t, http.MethodPost, eventsPath, request(event(1, "lead", at, "")), 422, 953)
	}
	line := ofTag(1, s.tag(t, "shop"), "lead", noon-3601, "")
	if got := string(s.callBeyond(t, http.MethodPost, "/parterre/v1/events", line).body); !strings.Contains(got, "at most 1h0m0s old") {
		t.Errorf("the import is answered %s", got)
	}
}
