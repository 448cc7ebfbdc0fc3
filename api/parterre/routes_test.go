package parterre_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	ownapi "github.com/parterre/parterre/api/parterre"
)

func TestMembershipsAskForOnePerson(t *testing.T) {
	s := start(t)
	t.Run("somebody nobody knows is in no audience", func(t *testing.T) {
		a := s.send(t, http.MethodGet, "memberships?external_id=nobody", http.NoBody)
		if want := fmt.Sprintf(`{"audience_ids":[],"as_of":%d}`, noon); string(a.body) != want {
			t.Errorf("the answer is %s, want %s", a.body, want)
		}
	})
	for query, words := range map[string][]string{
		"":                                   {"'external_id'", "'hashed_maid'", "were 0"},
		"?":                                  {"'external_id'", "were 0"},
		"?person=me":                         {"'external_id'", "were 0"},
		"?external_id=a&external_id=b":       {"'external_id'", "were 2"},
		"?external_id=a&email=a@example.com": {"'external_id'", "were 2"},
		"?external_id=":                      {"'external_id'", "1 to 256"},
		"?email=nobody":                      {"'email'", "e-mail"},
		"?email=":                            {"'email'", "e-mail"},
		"?hashed_email=a@example.com":        {"'hashed_email'", "SHA-256"},
		"?maid=":                             {"'maid'", "empty"},
		"?maid=%20":                          {"'maid'", "empty"},
		"?hashed_maid=x":                     {"'hashed_maid'", "SHA-256"},
		"?external_id=%ff":                   {"'external_id'", "UTF-8"},
		"?external_id=" + strings.Repeat("a", 257): {"'external_id'", "1 to 256"},
		"?external_id=%zz":                         {"query"},
	} {
		t.Run("refused is "+query[:min(len(query), 50)], func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/parterre/v1/memberships", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.RawQuery = strings.TrimPrefix(query, "?")
			r.Header.Set("Authorization", "Bearer "+s.Token)
			refused(t, s.exchange(t, r), http.StatusBadRequest, 1, words...)
		})
	}
}

// Memberships are those of all ad accounts, in ascending order.
func TestMembershipsAreInOrder(t *testing.T) {
	s := start(t)
	var want []string
	for range 12 {
		want = append(want, s.visitors(t))
	}
	s.accept(t, "events", event(s.AdAccount, fmt.Sprintf(`"em":[%q]`, sha256Hex("me@example.com")), ""))
	if got := s.in(t, "email=me@example.com"); !slices.Equal(got, want) {
		t.Errorf("the memberships are %v, want %v", got, want)
	}
}

func TestTokens(t *testing.T) {
	s := start(t)
	t.Run("a token has the scopes that were asked for, and no more", func(t *testing.T) {
		a := s.send(t, http.MethodPost, "tokens",
			strings.NewReader(`{"scopes":["ads:read","pins:read"],"ad_account_ids":["`+s.AdAccount+`"]}`))
		got := as[struct {
			Token  string   `json:"access_token"`
			Scopes []string `json:"scopes"`
		}](t, a)
		if !strings.HasPrefix(got.Token, "pina_") || !slices.Equal(got.Scopes, []string{"ads:read", "pins:read"}) {
			t.Errorf("the token is %s", a.body)
		}
		refused(t, s.sendAs(t, got.Token, http.MethodPost, "people", strings.NewReader("")), 401, 3, "parterre:operator")
		refused(t, s.sendAs(t, got.Token, http.MethodPost, "tokens", strings.NewReader("{}")), 401, 3, "parterre:operator")
	})
	t.Run("no scope is a list too", func(t *testing.T) {
		a := s.send(t, http.MethodPost, "tokens", strings.NewReader(`{"scopes":[],"ad_account_ids":[]}`))
		if a.status != http.StatusOK || !strings.HasSuffix(string(a.body), `"scopes":[]}`) {
			t.Errorf("the answer is %d: %s", a.status, a.body)
		}
	})
	t.Run("every token is of a user of its own", func(t *testing.T) {
		first, second := s.issue(t, `{"scopes":[],"ad_account_ids":[]}`), s.issue(t, `{"scopes":[],"ad_account_ids":[]}`)
		if first == second {
			t.Error("two tokens are the same")
		}
	})
	for body, words := range map[string][]string{
		``:                                    {"body"},
		`{}`:                                  {"'scopes'", "required"},
		`{"scopes":["ads:read"]}`:             {"'ad_account_ids'", "required"},
		`{"ad_account_ids":[]}`:               {"'scopes'", "required"},
		`{"scopes":null,"ad_account_ids":[]}`: {"'scopes'", "required"},
		`{"scopes":"ads:read","ad_account_ids":[]}`:              {"'scopes'", "'array'"},
		`{"scopes":["ads:fly"],"ad_account_ids":[]}`:             {"'scopes'", "'ads:fly'", "ads:write"},
		`{"scopes":["ADS:READ"],"ad_account_ids":[]}`:            {"'scopes'", "'ADS:READ'"},
		`{"scopes":[],"ad_account_ids":["1"]}`:                   {"'ad_account_ids'", "1", "does not exist"},
		`{"scopes":[],"ad_account_ids":["0"]}`:                   {"'ad_account_ids'", "does not exist"},
		`{"scopes":[],"ad_account_ids":["x"]}`:                   {"'ad_account_ids'", `^\d+$`},
		`{"scopes":[],"ad_account_ids":[5]}`:                     {"'ad_account_ids'", "'string'"},
		`{"scopes":[],"ad_account_ids":[],"role":"BOSS"}`:        {"'role'", "'BOSS'", "'ANALYST'"},
		`{"scopes":[],"ad_account_ids":[],"role":"owner"}`:       {"'role'", "'owner'"},
		`{"scopes":[],"ad_account_ids":[],"business_ids":["1"]}`: {"'business_ids'", "1", "does not exist"},
		`{"scopes":[],"ad_account_ids":[],"business_ids":["x"]}`: {"'business_ids'", `^\d+$`},
		`{"scopes":[],"ad_account_ids":[],"user":"me"}`:          {"('user' was unexpected)"},
		`[{"scopes":[],"ad_account_ids":[]}]`:                    {"'object'"},
	} {
		t.Run("refused is "+body, func(t *testing.T) {
			refused(t, s.send(t, http.MethodPost, "tokens", strings.NewReader(body)), http.StatusBadRequest, 1, words...)
		})
	}
	t.Run("a body over the limit is refused", func(t *testing.T) {
		body := `{"scopes":[],"ad_account_ids":[]}` + strings.Repeat(" ", 1<<16)
		refused(t, s.send(t, http.MethodPost, "tokens", strings.NewReader(body)), http.StatusRequestEntityTooLarge, 413,
			"65536")
	})
}

// Outside the sandbox nobody gets a token by asking: there is no route.
func TestTokensAreTheSandboxesOwn(t *testing.T) {
	for _, route := range ownapi.New(ownapi.Options{Now: time.Now}).Routes() {
		if strings.Contains(route.Path, "token") || route.Sandbox {
			t.Errorf("%s is there", route.Path)
		}
	}
}

func TestTheOperatorsAPIIsGuarded(t *testing.T) {
	s := start(t)
	advertiser := s.issue(t, `{"scopes":["ads:read","ads:write"],"ad_account_ids":["`+s.AdAccount+`"]}`)
	for _, path := range []string{"people", "engagements", "events", "tokens", "memberships", "businesses", "ad_accounts"} {
		method := http.MethodPost
		if path == "memberships" {
			method = http.MethodGet
		}
		t.Run(path, func(t *testing.T) {
			refused(t, s.sendAs(t, "x", method, path, http.NoBody), http.StatusUnauthorized, 2, "Authentication failed.")
			refused(t, s.sendAs(t, advertiser, method, path, http.NoBody), http.StatusUnauthorized, 3, "parterre:operator")
			refused(t, s.send(t, http.MethodDelete, path, http.NoBody), http.StatusMethodNotAllowed, 5, method)
			refused(t, s.send(t, method, path+"/", http.NoBody), http.StatusNotFound, 404)
		})
	}
}
