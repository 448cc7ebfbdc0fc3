package v5_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/ratelimit"
)

// limited starts a service that counts as the tier says, with changes.
func limited(t *testing.T, tier string, changes ...string) *service {
	t.Helper()
	limits, err := ratelimit.Parse(tier, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return startLimited(t, server.Memory, limits)
}

// limit is what an answer says of the rate limits.
func limit(a answer) [3]string {
	return [3]string{a.header.Get("x-ratelimit-limit"), a.header.Get("x-ratelimit-remaining"), a.header.Get("x-ratelimit-reset")}
}

func TestTheHeadersOfAnAnswer(t *testing.T) {
	s := limited(t, "standard", "ads_write=1/60s")
	always := []string{"Cache-Control", "Content-Length", "Content-Type", "Date", "X-Pinterest-Rid", "X-Pinterest-Rid-128bit"}
	counted := append(slices.Clone(always), "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset")
	for _, tt := range []struct {
		name, token, method, target, body string
		status                            int
		want                              []string
	}{
		{"a success", s.Token, "GET", inAccount, "", 200, counted},
		{"a refusal", s.Token, "GET", inAccount + "/audiences/1", "", 404, counted},
		{"what has no right", s.Token, "GET", "/v5/ad_accounts/7", "", 403, counted},
		{"a malformed id", s.Token, "GET", "/v5/ad_accounts/x", "", 400, counted},
		{"a write", s.Token, "POST", inAccount + "/conversion_tags", `{"name":"n"}`, 200, counted},
		{"beyond the limit", s.Token, "POST", inAccount + "/conversion_tags", `{"name":"n"}`, 429, counted},
		{"HEAD", s.Token, "HEAD", inAccount, "", 200, counted},
		{"no token", "", "GET", inAccount, "", 401, always},
		{"an unknown token", "x", "GET", inAccount, "", 401, always},
		{"no operation", s.Token, "GET", "/v5/pins", "", 404, always},
		{"no such method", s.Token, "DELETE", inAccount, "", 405, append([]string{"Allow"}, always...)},
		{"the operator's own", s.Token, "GET", "/parterre/v1/memberships?external_id=x", "", 200, always},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := s.send(t, tt.token, tt.method, tt.target, strings.NewReader(tt.body))
			if a.status != tt.status {
				t.Errorf("the answer is %d, want %d: %s", a.status, tt.status, a.body)
			}
			slices.Sort(tt.want)
			if got := slices.Sorted(maps.Keys(a.header)); !slices.Equal(got, tt.want) {
				t.Errorf("the headers are %v, want %v", got, tt.want)
			}
		})
	}
}

// The form of the first two was recorded (reference, sections 1.5 and 8.9).
func TestWhatTheRateLimitsSay(t *testing.T) {
	s := limited(t, "standard")
	const safetyNet = `100, 100;w=1;name="safety_net_app_id_user_id", `
	in := strconv.Itoa(60 - noon%60)
	token := as[struct {
		Token string `json:"access_token"`
	}](t, s.call(t, http.MethodPost, "/v5/oauth/conversion_token", "")).Token
	s.clock.seconds.Add(60) // into a window in which nothing was asked
	events := func(token, query string) [3]string {
		body := `{"data":[` + event(1, "checkout", noon, "") + `]}`
		return limit(s.send(t, token, http.MethodPost, inAccount+"/events"+query, strings.NewReader(body)))
	}
	for _, tt := range []struct {
		name      string
		got, want [3]string
	}{
		{
			"a read", limit(s.call(t, http.MethodGet, inAccount, "")),
			[3]string{safetyNet + `1000;w=60;name="ads_read_app_id_user_id"`, "99", "1"},
		},
		{"events", events(s.Token, ""), [3]string{`120000, 120000;w=60;name="ads_conversions_ad_account_id"`, "119999", in}},
		{
			"a test", events(s.Token, "?test=true"),
			[3]string{`10, 10;w=1;name="ads_conversions_test_app_id", 120000;w=60;name="ads_conversions_ad_account_id"`, "9", "1"},
		},
		{"a test by its other name", events(s.Token, "?is_test=TRUE"), [3]string{
			`10, 10;w=1;name="ads_conversions_test_app_id", 120000;w=60;name="ads_conversions_ad_account_id"`, "8", "1",
		}},
		{"no test", events(s.Token, "?test=false"), [3]string{`120000, 120000;w=60;name="ads_conversions_ad_account_id"`, "119996", in}},
		{"events by a conversion token", events(token, ""), [3]string{}},
		{"a test by a conversion token", events(token, "?test=true"), [3]string{}},
		{
			"a write after a read", limit(s.call(t, http.MethodPost, inAccount+"/conversion_tags", `{"name":"n"}`)),
			[3]string{safetyNet + `400;w=60;name="ads_write_app_id_user_id"`, "98", "1"},
		},
	} {
		if tt.got != tt.want {
			t.Errorf("%s says %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

// Nobody who has no right on an ad account uses up what others may send for it.
func TestAStrangerDoesNotUseUpTheLimitOfAnAdAccount(t *testing.T) {
	s := limited(t, "standard", "ads_conversions=2/60s")
	stranger := s.issue(t, []string{"ads:write"}, []string{})
	send := func(token string) answer {
		return s.send(t, token, http.MethodPost, inAccount+"/events", strings.NewReader(`{"data":[`+event(1, "checkout", noon, "")+`]}`))
	}
	for _, want := range []int{403, 403, 429} {
		if a := send(stranger); a.status != want {
			t.Errorf("the stranger is answered %d, want %d: %s", a.status, want, a.body)
		}
	}
	for _, want := range []int{200, 200, 429} {
		if a := send(s.Token); a.status != want {
			t.Errorf("the owner is answered %d, want %d: %s", a.status, want, a.body)
		}
	}
}

func TestBeyondALimitNothingIsDone(t *testing.T) {
	s := limited(t, "trial", "ads_write=1/24h")
	s.call(t, http.MethodPost, inAccount+"/conversion_tags", `{"name":"n"}`)
	before := s.everything(t)
	a := s.send(t, s.Token, http.MethodPost, inAccount+"/conversion_tags", strings.NewReader(`{"name":"n"}`))
	refused(t, a, http.StatusTooManyRequests, 8)
	if got := limit(a); got[1] != "0" || got[2] != strconv.Itoa(86_400-noon%86_400) {
		t.Errorf("it says %q", got)
	}
	s.unchanged(t, before)
	s.clock.seconds.Add(86_400 - noon%86_400)
	s.call(t, http.MethodPost, inAccount+"/conversion_tags", `{"name":"n"}`)
}

func TestWithoutLimitsNothingIsSaidOfThem(t *testing.T) {
	s := limited(t, "off")
	if got := limit(s.call(t, http.MethodGet, inAccount, "")); got != [3]string{} {
		t.Errorf("it says %q", got)
	}
}

// What does not bear on an operation is not looked at.
func TestHeadersThatDoNotMatter(t *testing.T) {
	s := start(t)
	for _, tt := range []struct{ name, header, value, body string }{
		{"Accept", "Accept", "text/html", ""},
		{"a body where none is read", "Content-Type", "text/plain", "anything"},
		{"a packed body where none is read", "Content-Encoding", "gzip", "anything"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+inAccount, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+s.Token)
			r.Header.Set(tt.header, tt.value)
			if a := s.exchange(t, r); a.status != http.StatusOK {
				t.Errorf("the answer is %d: %s", a.status, a.body)
			}
		})
	}
}

// Who reads a body by itself is not given a packed one either, chunked or not.
func TestPackedBodiesAreRefusedEverywhere(t *testing.T) {
	s := start(t)
	list := s.list(t, 0, 1)
	part := as[struct {
		Parts struct {
			Files []struct {
				URL string `json:"presigned_url"`
			} `json:"file_parts"`
		} `json:"s3_multipart_upload_data"`
	}](t, s.call(t, http.MethodPost, listPath(list)+"/uploads", `{"operation":"ADD","total_parts":1}`)).Parts.Files[0].URL
	for _, tt := range []struct{ method, url string }{
		{http.MethodPost, s.URL + "/parterre/v1/people"},
		{http.MethodPost, s.URL + "/parterre/v1/tokens"},
		{http.MethodPut, part},
		{http.MethodPost, s.URL + inAccount + "/events"},
	} {
		for _, size := range []int64{4, -1} {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, tt.url, strings.NewReader("\x1f\x8b\x08\x00"))
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = size
			r.Header.Set("Authorization", "Bearer "+s.Token)
			r.Header.Set("Content-Encoding", "gzip")
			a := s.exchange(t, r)
			var e refusal
			if err := json.Unmarshal(a.body, &e); err != nil || a.status != 415 || e.Code != 415 || !strings.Contains(e.Message, "gzip") {
				t.Errorf("%s %s, of length %d, is answered %d: %s", tt.method, tt.url, size, a.status, a.body)
			}
		}
	}
}
