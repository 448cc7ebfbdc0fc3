package v5_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// issue makes a token with scopes, of a user who has a role on the given ad accounts.
func (s *service) issue(t *testing.T, scopes, accounts []string) string {
	t.Helper()
	body, err := json.Marshal(map[string][]string{"scopes": scopes, "ad_account_ids": accounts})
	if err != nil {
		t.Fatal(err)
	}
	return as[struct {
		Token string `json:"access_token"`
	}](t, s.callBeyond(t, http.MethodPost, "/parterre/v1/tokens", string(body))).Token
}

// asks sends one request of every operation of v5 with a token, and gives each answer to the check.
func (s *service) asks(t *testing.T, token string, check func(t *testing.T, operation, scope string, a answer)) {
	t.Helper()
	for _, route := range routes() {
		if route.Basic { // its callers have no tokens
			continue
		}
		t.Run(route.Operation, func(t *testing.T) {
			target := filled(route.Path)
			check(t, route.Operation, string(route.Scope), s.send(t, token, route.Method, target, strings.NewReader("{}")))
		})
	}
}

func TestUnknownTokens(t *testing.T) {
	s := start(t)
	t.Run("a token that nobody gave out", func(t *testing.T) {
		s.asks(t, "pina_nobody", func(t *testing.T, _, _ string, a answer) {
			e := refused(t, a, http.StatusUnauthorized, 2, "Authentication failed.")
			if e.Status != "failure" {
				t.Errorf("the status in the body is %q", e.Status)
			}
			if want := `{"code":2,"message":"Authentication failed.","status":"failure"}`; string(a.body) != want {
				t.Errorf("the body is %s, recorded was %s", a.body, want)
			}
		})
	})
	for name, header := range map[string][]string{
		"no header":                 nil,
		"an empty header":           {""},
		"a scheme without a token":  {"Bearer"},
		"a scheme and white space":  {"Bearer   "},
		"a token without a scheme":  {s.Token},
		"another scheme":            {"Basic " + s.Token},
		"a token in quotes":         {`Bearer "` + s.Token + `"`},
		"a token with more behind":  {"Bearer " + s.Token + "x"},
		"a token with less":         {"Bearer " + s.Token[:len(s.Token)-1]},
		"a token in the wrong case": {"Bearer " + strings.ToUpper(s.Token)},
		"a very long token":         {"Bearer " + strings.Repeat("x", 100_000)},
		"the digest of a token":     {"Bearer " + sha256Hex(s.Token)},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+inAccount+"/audiences", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if header != nil {
				r.Header["Authorization"] = header
			}
			if e := refused(t, s.exchange(t, r), http.StatusUnauthorized, 2); e.Status != "failure" {
				t.Errorf("the status in the body is %q", e.Status)
			}
		})
	}
	t.Run("the scheme may be in any case", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+inAccount, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "bearer "+s.Token)
		if a := s.exchange(t, r); a.status != http.StatusOK {
			t.Errorf("the answer is %d: %s", a.status, a.body)
		}
	})
	t.Run("an unknown token is told before anything else", func(t *testing.T) {
		refused(t, s.send(t, "x", http.MethodGet, "/v5/ad_accounts/x/audiences/x", http.NoBody), 401, 2)
	})
}

func TestMissingScopes(t *testing.T) {
	s := start(t)
	const text = "Your token does not have sufficient permissions to perform this operation. Please ensure your token is " +
		"authorized with the correct set of scopes."
	for _, held := range []string{"ads:read", "ads:write", "parterre:operator", "pins:read"} {
		t.Run("with "+held+" alone", func(t *testing.T) {
			token := s.issue(t, []string{held}, []string{account})
			s.asks(t, token, func(t *testing.T, _, scope string, a answer) {
				if scope != held { // a write scope does not imply the read scope
					refused(t, a, http.StatusUnauthorized, 3, text, scope)
				} else if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden {
					t.Errorf("the answer is %d: %s", a.status, a.body)
				}
			})
			a := s.send(t, token, http.MethodGet, "/parterre/v1/memberships?external_id=x", http.NoBody)
			if held == "parterre:operator" {
				if a.status != http.StatusOK {
					t.Errorf("the operator is answered %d: %s", a.status, a.body)
				}
			} else {
				refused(t, a, http.StatusUnauthorized, 3, "parterre:operator")
			}
		})
	}
	t.Run("with no scope at all", func(t *testing.T) {
		s.asks(t, s.issue(t, []string{}, []string{account}), func(t *testing.T, _, scope string, a answer) {
			refused(t, a, http.StatusUnauthorized, 3, scope)
		})
	})
}

func TestNoRightOnTheAdAccount(t *testing.T) {
	s := start(t)
	const text = "You are not permitted to access that resource."
	stranger := s.issue(t, []string{"ads:read", "ads:write", "biz_access:read", "biz_access:write"}, []string{})
	t.Run("of somebody else", func(t *testing.T) {
		s.asks(t, stranger, func(t *testing.T, operation, _ string, a answer) {
			switch operation {
			default:
				refused(t, a, http.StatusForbidden, 29, text)
				return
			case "ad_accounts/create", "oauth/conversion_token": // everybody's own
				return
			case "ad_accounts/list":
			}
			if got := as[struct{ Items []json.RawMessage }](t, a).Items; a.status != http.StatusOK || len(got) > 0 {
				t.Errorf("the answer is %d: %s", a.status, a.body)
			}
		})
	})
	t.Run("that does not exist", func(t *testing.T) {
		s.refuse(t, http.MethodGet, "/v5/ad_accounts/549755885999/audiences", "", http.StatusForbidden, 29, text)
	})
	t.Run("where an audience is, seen from another one", func(t *testing.T) {
		_, _, theirs := s.elsewhere(t)
		s.refuse(t, http.MethodGet, pathOf(theirs), "", http.StatusNotFound, 1000)
		s.refuse(t, http.MethodPatch, pathOf(theirs), `{"name":"mine"}`, http.StatusNotFound, 1000)
		s.refuse(t, http.MethodPatch, pathOf(theirs), remove, http.StatusNotFound, 1000)
	})
	t.Run("is told before the body is looked at", func(t *testing.T) {
		refused(t, s.send(t, stranger, http.MethodPatch, pathOf("1"), strings.NewReader("x")), http.StatusForbidden, 29)
	})
	t.Run("two users with a role see the same", func(t *testing.T) {
		a := s.create(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
		friend := s.issue(t, []string{"ads:read"}, []string{account})
		got := as[audience](t, s.send(t, friend, http.MethodGet, pathOf(a.ID), http.NoBody))
		if got.ID != a.ID {
			t.Errorf("the friend sees %+v", got)
		}
	})
}
