package v5_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// issueAs makes a token with all scopes that ads need, of a user who has the role on the ad account and the business.
func (s *service) issueAs(t *testing.T, role string) string {
	t.Helper()
	return as[struct {
		Token string `json:"access_token"`
	}](t, s.callBeyond(t, http.MethodPost, "/parterre/v1/tokens", fmt.Sprintf(`{"scopes":["ads:read","ads:write",`+
		`"biz_access:read","biz_access:write"],"ad_account_ids":[%q],"business_ids":[%q],"role":%q}`, account, business, role))).Token
}

// Every operation of v5, for every role: who may not gets 403, who may gets anything else.
func TestRolesOpenOperations(t *testing.T) {
	writers := []string{"OWNER", "ADMIN", "AUDIENCE_MANAGER"}
	for _, role := range []string{"OWNER", "ADMIN", "AUDIENCE_MANAGER", "CAMPAIGN_MANAGER", "ANALYST"} {
		t.Run(role, func(t *testing.T) {
			s := start(t)
			s.asks(t, s.issueAs(t, role), func(t *testing.T, operation, scope string, a answer) {
				if operation == "ad_accounts/create" || operation == "oauth/conversion_token" {
					return // everybody's own
				}
				switch writes := strings.HasSuffix(scope, ":write") && operation != "events/create"; {
				case writes && !slices.Contains(writers, role):
					refused(t, a, http.StatusForbidden, 29)
				case a.status == http.StatusForbidden || a.status == http.StatusUnauthorized || a.status >= 500:
					t.Errorf("the answer is %d: %s", a.status, a.body)
				}
			})
		})
	}
}

func TestTheRoleIsInTheAdAccount(t *testing.T) {
	s := start(t)
	got := as[struct{ Permissions []string }](t, s.send(t, s.issueAs(t, "ANALYST"), http.MethodGet, inAccount, http.NoBody))
	if !slices.Equal(got.Permissions, []string{"ANALYST"}) {
		t.Errorf("the permissions are %v", got.Permissions)
	}
	t.Run("a role on a business is none on its ad accounts", func(t *testing.T) {
		token := as[struct {
			Token string `json:"access_token"`
		}](t, s.callBeyond(t, http.MethodPost, "/parterre/v1/tokens",
			`{"scopes":["ads:read","biz_access:read"],"ad_account_ids":[],"business_ids":["`+business+`"]}`)).Token
		refused(t, s.send(t, token, http.MethodGet, inAccount, http.NoBody), http.StatusForbidden, 29)
		a := s.send(t, token, http.MethodGet, "/v5/businesses/"+business+"/audiences", http.NoBody)
		if want := `{"items":[],"bookmark":null}`; a.status != http.StatusOK || string(a.body) != want {
			t.Errorf("the answer is %d: %s", a.status, a.body)
		}
		a = s.send(t, token, http.MethodGet, "/v5/ad_accounts", http.NoBody)
		if got := as[struct{ Items []json.RawMessage }](t, a).Items; len(got) > 0 {
			t.Errorf("the ad accounts are %s", a.body)
		}
	})
}
