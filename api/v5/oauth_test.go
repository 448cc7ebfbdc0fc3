package v5_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// redirect is where the app of the tests has users sent back to.
const redirect = "http://localhost:8085/"

// config is the app as golang.org/x/oauth2 knows it.
func (s *service) config(scopes ...string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.AppID, ClientSecret: s.AppSecret, RedirectURL: redirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: s.URL + "/oauth/", TokenURL: s.URL + "/v5/oauth/token"},
	}
}

// browser is what a user looks at the consent page with.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// look gets a page.
func look(t *testing.T, c *http.Client, address string) (seen, string) {
	t.Helper()
	return do(t, c, http.MethodGet, address, nil)
}

// seen is what a browser learns of an answer beside its body.
type seen struct {
	StatusCode int
	Header     http.Header
}

func do(t *testing.T, c *http.Client, method, address string, form url.Values) (seen, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return seen{res.StatusCode, res.Header}, string(body)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// formOf is what the form on a page sends.
func formOf(body string) url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form
}

// consent goes to the consent page, decides, and gives where the user is sent back to.
func (s *service) consent(t *testing.T, address, decision string) *url.URL {
	t.Helper()
	c := browser(t)
	res, body := look(t, c, address)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the consent page is %d: %s", res.StatusCode, body)
	}
	form := formOf(body)
	form.Set("decision", decision)
	res, body = do(t, c, http.MethodPost, s.URL+"/oauth/", form)
	if res.StatusCode != http.StatusFound {
		t.Fatalf("the decision is answered with %d: %s", res.StatusCode, body)
	}
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), redirect) {
		t.Fatalf("the user is sent to %s: %v", back, err)
	}
	return back
}

// authorised walks the flow to its tokens.
func (s *service) authorised(t *testing.T, scopes ...string) (*oauth2.Config, *oauth2.Token) {
	t.Helper()
	conf := s.config(scopes...)
	back := s.consent(t, conf.AuthCodeURL("the state & more"), "allow")
	if got := back.Query().Get("state"); got != "the state & more" {
		t.Errorf("the state came back as %q", got)
	}
	token, err := conf.Exchange(t.Context(), back.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	return conf, token
}

// token asks the token operation, and gives the answer.
func (s *service) token(t *testing.T, path, id, secret string, form url.Values) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		r.SetBasicAuth(id, secret)
	}
	return s.exchange(t, r)
}

const tokenPath = "/v5/oauth/token"

func TestAClientOfTheGoLibraryWalksTheCodeFlow(t *testing.T) {
	s := start(t)
	conf, token := s.authorised(t, "ads:read,ads:write")
	if !strings.HasPrefix(token.AccessToken, "pina_") || !strings.HasPrefix(token.RefreshToken, "pinr") || token.TokenType != "bearer" {
		t.Errorf("the tokens are %+v", token)
	}
	if got := fmt.Sprintln(token.Extra("scope"), token.Extra("response_type"), token.Extra("refresh_token_expires_in")); got !=
		"ads:read ads:write authorization_code 5.184e+06\n" {
		t.Errorf("beside the token stands %s", got)
	}
	if life := time.Until(token.Expiry); life < 29*24*time.Hour || life > 31*24*time.Hour {
		t.Errorf("the token lasts for %v", life)
	}
	list := func(c *http.Client) int {
		res, _ := look(t, c, s.URL+inAccount+"/audiences")
		return res.StatusCode
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{})
	if got := list(conf.Client(ctx, token)); got != http.StatusOK {
		t.Errorf("the access token gets %d", got)
	}
	s.clock.seconds.Add(30 * 24 * 3600)
	if got := list(oauth2.NewClient(ctx, oauth2.StaticTokenSource(token))); got != http.StatusUnauthorized {
		t.Errorf("after 30 days the access token gets %d", got)
	}
	token.Expiry = time.Now().Add(-time.Minute) // as a clock that runs with the service's would tell
	renewed, err := conf.TokenSource(ctx, token).Token()
	if err != nil {
		t.Fatal(err)
	}
	if renewed.AccessToken == token.AccessToken || renewed.RefreshToken == token.RefreshToken {
		t.Error("a refresh gave the old tokens")
	}
	if got := list(conf.Client(ctx, renewed)); got != http.StatusOK {
		t.Errorf("the renewed access token gets %d", got)
	}
}

func TestAnAppsOwnCredentialsGiveAToken(t *testing.T) {
	s := start(t)
	conf := clientcredentials.Config{
		ClientID: s.AppID, ClientSecret: s.AppSecret, TokenURL: s.URL + tokenPath, Scopes: []string{"ads:read", "ads:write"},
	}
	token, err := conf.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(token.AccessToken, "pinc") || token.RefreshToken != "" {
		t.Errorf("the tokens are %+v", token)
	}
	for path, want := range map[string]int{"/audiences": 200, "/customer_lists": 401, "/conversion_tags": 200} {
		if a := s.send(t, token.AccessToken, http.MethodGet, inAccount+path, http.NoBody); a.status != want {
			t.Errorf("%s: %d, want %d: %s", path, a.status, want, a.body)
		}
	}
	a := s.send(t, token.AccessToken, http.MethodPost, inAccount+"/conversion_tags", strings.NewReader(`{"name":"x"}`))
	refused(t, a, http.StatusUnauthorized, 3)
}

func TestARefreshTokenIsUsedOnceAndAThiefEndsAll(t *testing.T) {
	s := start(t)
	_, token := s.authorised(t, "ads:read")
	refresh := func(token string) answer {
		return s.token(t, tokenPath, s.AppID, s.AppSecret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	}
	type pair struct {
		Access       string `json:"access_token"`
		Refresh      string `json:"refresh_token"`
		ResponseType string `json:"response_type"`
		Until        int64  `json:"refresh_token_expires_at"`
	}
	first := as[pair](t, refresh(token.RefreshToken))
	if first.ResponseType != "refresh_token" || first.Until != noon+60*24*3600 {
		t.Errorf("the pair is %+v", first)
	}
	s.clock.seconds.Add(1)
	if a := refresh(token.RefreshToken); a.status != http.StatusOK {
		t.Errorf("a second later it is refused: %s", a.body)
	}
	s.clock.seconds.Add(1)
	refused(t, refresh(token.RefreshToken), http.StatusBadRequest, 1, "refresh_token")
	refused(t, refresh(first.Refresh), http.StatusBadRequest, 1, "refresh_token")
	for _, access := range []string{token.AccessToken, first.Access} {
		refused(t, s.send(t, access, http.MethodGet, inAccount, http.NoBody), http.StatusUnauthorized, 2)
	}
}

func TestARefreshTokenEndsAfterSixtyDaysAndMayNarrow(t *testing.T) {
	s := start(t)
	_, token := s.authorised(t, "ads:read ads:write")
	ask := func(scope string) answer {
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}}
		if scope != "" {
			form.Set("scope", scope)
		}
		return s.token(t, tokenPath, s.AppID, s.AppSecret, form)
	}
	refused(t, ask("biz_access:read"), http.StatusBadRequest, 1, "scope", "biz_access:read")
	refused(t, ask("nonsense"), http.StatusBadRequest, 1, "scope", "nonsense")
	narrow := as[struct {
		Scope string `json:"scope"`
	}](t, ask("ads:read"))
	if narrow.Scope != "ads:read" {
		t.Errorf("the scope is %q", narrow.Scope)
	}
	_, token = s.authorised(t, "ads:read")
	s.clock.seconds.Add(60 * 24 * 3600)
	refused(t, ask(""), http.StatusBadRequest, 1, "refresh_token")
}

func TestACodeIsUsedOnceWithinTenMinutesAndWhereItWasSent(t *testing.T) {
	s := start(t)
	code := func() string {
		return s.consent(t, s.config("ads:read").AuthCodeURL("x"), "allow").Query().Get("code")
	}
	ask := func(id, secret, code, to string) answer {
		return s.token(t, tokenPath, id, secret,
			url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {to}})
	}
	c := code()
	refused(t, ask(s.AppID, s.AppSecret, c, redirect+"x"), http.StatusBadRequest, 1, "redirect_uri")
	refused(t, ask(s.AppID, "wrong", c, redirect), http.StatusUnauthorized, 2)
	refused(t, ask("", "", c, redirect), http.StatusUnauthorized, 2)
	refused(t, ask("99", s.AppSecret, c, redirect), http.StatusUnauthorized, 2)
	given := as[struct {
		Access string `json:"access_token"`
	}](t, ask(s.AppID, s.AppSecret, c, redirect))
	if a := s.send(t, given.Access, http.MethodGet, inAccount, http.NoBody); a.status != http.StatusOK {
		t.Fatalf("the token gets %d", a.status)
	}
	refused(t, ask(s.AppID, s.AppSecret, c, redirect), http.StatusBadRequest, 1, "code")
	refused(t, s.send(t, given.Access, http.MethodGet, inAccount, http.NoBody), http.StatusUnauthorized, 2)

	late := code()
	s.clock.seconds.Add(600)
	refused(t, ask(s.AppID, s.AppSecret, late, redirect), http.StatusBadRequest, 1, "code")
}

func TestTokenRequestsThatAreWrong(t *testing.T) {
	s := start(t)
	for name, tt := range map[string]struct {
		form url.Values
		word string
	}{
		"no grant type":      {url.Values{}, "grant_type"},
		"an unknown grant":   {url.Values{"grant_type": {"password"}}, "authorization_code"},
		"no code":            {url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {redirect}}, "code"},
		"no redirect":        {url.Values{"grant_type": {"authorization_code"}, "code": {"x"}}, "redirect_uri"},
		"an unknown code":    {url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "redirect_uri": {redirect}}, "code"},
		"no refresh token":   {url.Values{"grant_type": {"refresh_token"}}, "refresh_token"},
		"an unknown refresh": {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, "refresh_token"},
		"no scope":           {url.Values{"grant_type": {"client_credentials"}}, "scope"},
		"our own scope":      {url.Values{"grant_type": {"client_credentials"}, "scope": {"parterre:operator"}}, "scope"},
		"a field twice":      {url.Values{"grant_type": {"client_credentials", "client_credentials"}, "scope": {"ads:read"}}, "grant_type"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, s.token(t, tokenPath, s.AppID, s.AppSecret, tt.form), http.StatusBadRequest, 1, tt.word)
		})
	}
	t.Run("a body that is no form", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+tokenPath, strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(s.AppID, s.AppSecret)
		r.Header.Set("Content-Type", "application/json")
		refused(t, s.exchange(t, r), http.StatusUnsupportedMediaType, 415, "application/x-www-form-urlencoded")
	})
}

func TestTokensAreRevoked(t *testing.T) {
	s := start(t)
	revoke := func(token string, more ...string) answer {
		form := url.Values{"token": {token}}
		if len(more) > 0 {
			form.Set("token_type_hint", more[0])
		}
		return s.token(t, tokenPath+"/revoke", s.AppID, s.AppSecret, form)
	}
	reads := func(token string) int {
		return s.send(t, token, http.MethodGet, inAccount, http.NoBody).status
	}
	_, one := s.authorised(t, "ads:read")
	_, two := s.authorised(t, "ads:read")
	_, three := s.authorised(t, "ads:read")
	for _, token := range []string{one.AccessToken, two.AccessToken, three.AccessToken} { // and they are known from here on
		if reads(token) != http.StatusOK {
			t.Error("a new token is refused")
		}
	}
	if a := revoke(one.AccessToken, "access_token"); a.status != http.StatusOK || len(a.body) != 0 {
		t.Errorf("the answer is %d: %s", a.status, a.body)
	}
	if reads(one.AccessToken) != http.StatusUnauthorized || reads(two.AccessToken) != http.StatusOK {
		t.Error("the wrong token was revoked")
	}
	revoke(two.RefreshToken)
	if reads(two.AccessToken) != http.StatusUnauthorized {
		t.Error("a refresh token was revoked, and what came with it is there")
	}
	s.clock.seconds.Add(30*24*3600 - 1)
	if reads(three.AccessToken) != http.StatusOK {
		t.Error("a token has ended too early")
	}
	s.clock.seconds.Add(1)
	if reads(three.AccessToken) != http.StatusUnauthorized {
		t.Error("a token that has ended is taken")
	}
	if a := revoke("unknown"); a.status != http.StatusOK {
		t.Errorf("an unknown token gives %d", a.status)
	}
	refused(t, revoke("x", "cookie"), http.StatusBadRequest, 1, "token_type_hint")
	refused(t, s.token(t, tokenPath+"/revoke", s.AppID, s.AppSecret, url.Values{}), http.StatusBadRequest, 1, "token")
	refused(t, s.token(t, tokenPath+"/revoke", s.AppID, "wrong", url.Values{"token": {"x"}}), http.StatusUnauthorized, 2)
}

func TestAConversionTokenSendsEventsAndNothingElse(t *testing.T) {
	s := start(t)
	token := as[struct {
		Access string `json:"access_token"`
		Type   string `json:"token_type"`
	}](t, s.call(t, http.MethodPost, "/v5/oauth/conversion_token", ""))
	if token.Type != "conversion" {
		t.Errorf("the token is of type %q", token.Type)
	}
	s.clock.seconds.Add(5 * 365 * 24 * 3600)
	event := fmt.Sprintf(`{"data":[{"event_name":"lead","action_source":"web","event_time":%d,"event_id":"1","user_data":{"em":["%064d"]}}]}`,
		s.clock.seconds.Load(), 7)
	if a := s.send(t, token.Access, http.MethodPost, inAccount+"/events", strings.NewReader(event)); a.status != http.StatusOK {
		t.Errorf("events get %d: %s", a.status, a.body)
	}
	refused(t, s.send(t, token.Access, http.MethodGet, inAccount+"/audiences", http.NoBody), http.StatusUnauthorized, 3)
}

func TestTheConsentPage(t *testing.T) {
	s := start(t)
	right := s.config("ads:read", "ads:write").AuthCodeURL("s")
	with := func(name, value string) string {
		u, _ := url.Parse(right)
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	t.Run("it says who wants what", func(t *testing.T) {
		res, body := look(t, browser(t), right)
		for _, word := range []string{"Parterre sandbox", "<code>ads:read</code>", "<code>ads:write</code>", redirect} {
			if !strings.Contains(body, word) {
				t.Errorf("the page does not say %q:\n%s", word, body)
			}
		}
		if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") ||
			!strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "form-action 'self' http://localhost:8085") {
			t.Errorf("the policy is %q", policy)
		}
		if res.Header.Get("Cache-Control") != "no-store" {
			t.Error("the page may be kept")
		}
	})
	t.Run("a refusal goes back", func(t *testing.T) {
		back := s.consent(t, right, "deny").Query()
		if back.Get("error") != "access_denied" || back.Get("state") != "s" || back.Has("code") {
			t.Errorf("the app is told %v", back)
		}
	})
	for name, tt := range map[string]struct{ address, word string }{
		"no app":               {with("client_id", ""), "client_id"},
		"an unknown app":       {with("client_id", "99"), "client_id"},
		"an app that is none":  {with("client_id", "<script>"), "client_id"},
		"another redirect":     {with("redirect_uri", redirect+"elsewhere"), "redirect_uri"},
		"a redirect without /": {with("redirect_uri", strings.TrimSuffix(redirect, "/")), "redirect_uri"},
		"no redirect":          {with("redirect_uri", ""), "redirect_uri"},
	} {
		t.Run(name+" shows a page and sends nobody anywhere", func(t *testing.T) {
			res, body := look(t, browser(t), tt.address)
			if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" || !strings.Contains(body, tt.word) {
				t.Errorf("the answer is %d: %s", res.StatusCode, body)
			}
			if strings.Contains(body, "<script>") {
				t.Error("what the link says is on the page as it is")
			}
		})
	}
	for name, tt := range map[string]struct{ address, word string }{
		"an unknown scope":      {with("scope", "nonsense"), "invalid_scope"},
		"the operator's scope":  {with("scope", "parterre:operator"), "invalid_scope"},
		"another response type": {with("response_type", "token"), "unsupported_response_type"},
	} {
		t.Run(name+" is told to the app", func(t *testing.T) {
			res, _ := look(t, browser(t), tt.address)
			back, err := url.Parse(res.Header.Get("Location"))
			if err != nil || res.StatusCode != http.StatusFound || back.Query().Get("error") != tt.word || back.Query().Get("state") != "s" {
				t.Errorf("the answer is %d, to %s", res.StatusCode, back)
			}
		})
	}
	t.Run("an older client calls the app a consumer", func(t *testing.T) {
		old := strings.Replace(right, "client_id=", "refreshable=True&consumer_id=", 1)
		if res, body := look(t, browser(t), old); res.StatusCode != http.StatusOK {
			t.Errorf("the answer is %d: %s", res.StatusCode, body)
		}
	})
	t.Run("a form from elsewhere is refused", func(t *testing.T) {
		c := browser(t)
		_, body := look(t, c, right)
		form := formOf(body)
		form.Set("decision", "allow")
		if res, _ := do(t, browser(t), http.MethodPost, s.URL+"/oauth/", form); res.StatusCode != http.StatusForbidden {
			t.Errorf("another browser gets %d", res.StatusCode)
		}
		form.Set("scope", "ads:read,ads:write,biz_access:write")
		if res, _ := do(t, c, http.MethodPost, s.URL+"/oauth/", form); res.StatusCode != http.StatusForbidden {
			t.Errorf("a form that was changed gets %d", res.StatusCode)
		}
	})
}

func TestTheAppOfBeforeStopsWorking(t *testing.T) {
	s := startIn(t, t.TempDir())
	ask := func(id, secret string) answer {
		return s.token(t, tokenPath, id, secret, url.Values{"grant_type": {"client_credentials"}, "scope": {"ads:read"}})
	}
	id, secret := s.AppID, s.AppSecret
	if a := ask(id, secret); a.status != http.StatusOK {
		t.Fatalf("the app is answered %d: %s", a.status, a.body)
	}
	s.shown.App = 1500001
	s.reopen(t)
	refused(t, ask(id, secret), http.StatusUnauthorized, 2)
	if a := ask("1500001", s.AppSecret); a.status != http.StatusOK {
		t.Errorf("the new app is answered %d: %s", a.status, a.body)
	}
}

// Some clients encode the secret as in a form before they send it, as the standard says, and some do not.
func TestASecretIsKnownEncodedAndPlain(t *testing.T) {
	s := startIn(t, t.TempDir())
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"ads:read"}}
	for _, secret := range []string{"a/b+c=:%", "%41+b", "plain-1._~"} {
		s.shown.AppSecret = secret
		s.reopen(t)
		for _, sent := range []string{secret, url.QueryEscape(secret)} {
			if a := s.token(t, tokenPath, s.AppID, sent, form); a.status != http.StatusOK {
				t.Errorf("the secret %q, sent as %q, is answered %d: %s", secret, sent, a.status, a.body)
			}
		}
		for _, sent := range []string{"", secret + "x", "%zz"} {
			refused(t, s.token(t, tokenPath, s.AppID, sent, form), http.StatusUnauthorized, 2)
		}
	}
}

// The scope of a refresh is of the access token that comes of it; the next refresh may ask for all of the consent again.
func TestARefreshTokenKeepsWhatTheUserGranted(t *testing.T) {
	s := start(t)
	_, token := s.authorised(t, "ads:read ads:write")
	type pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Scope   string `json:"scope"`
	}
	refresh := func(token, scope string) pair {
		return as[pair](t, s.token(t, tokenPath, s.AppID, s.AppSecret,
			url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "scope": {scope}}))
	}
	narrow := refresh(token.RefreshToken, "ads:read")
	a := s.send(t, narrow.Access, http.MethodPost, inAccount+"/conversion_tags", strings.NewReader(`{"name":"x"}`))
	refused(t, a, http.StatusUnauthorized, 3)
	if wide := refresh(narrow.Refresh, ""); wide.Scope != "ads:read ads:write" {
		t.Errorf("the refresh after it has the scope %q", wide.Scope)
	}
}

func TestTheRedirectKeepsTheQueryThatWasRegistered(t *testing.T) {
	s := startIn(t, t.TempDir())
	const with = "http://localhost:8085/?z=1&a=x%20y&z=2"
	s.shown.RedirectURIs = []string{with}
	s.reopen(t)
	conf := s.config("ads:read")
	conf.RedirectURL = with
	if back := s.consent(t, conf.AuthCodeURL("s"), "allow").String(); !strings.HasPrefix(back, with+"&code=") {
		t.Errorf("the user is sent to %s", back)
	}
}
