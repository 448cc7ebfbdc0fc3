package v5_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/parterre/parterre/sandbox"
)

func TestAdAccounts(t *testing.T) {
	s := start(t)
	want := fmt.Sprintf(`{"id":%q,"name":"Sandbox","owner":{"id":"%d","username":"sandbox"},"country":"US","currency":"USD",`+
		`"permissions":["OWNER"],"created_time":%d,"updated_time":%d}`, account, sandbox.User, noon, noon)
	t.Run("the ad account of the sandbox is there", func(t *testing.T) {
		if got := string(s.call(t, http.MethodGet, inAccount, "").body); got != want {
			t.Errorf("the ad account is\n%s, want\n%s", got, want)
		}
	})
	t.Run("it is in the list", func(t *testing.T) {
		if got := string(s.call(t, http.MethodGet, "/v5/ad_accounts", "").body); got != `{"items":[`+want+`],"bookmark":null}` {
			t.Errorf("the list is\n%s", got)
		}
	})
	s.elsewhere(t)
	t.Run("the list has the ad accounts of the user, page by page", func(t *testing.T) {
		for _, query := range []string{"?page_size=1", "?page_size=1&include_shared_accounts=false"} {
			got := s.walk(t, "/v5/ad_accounts"+query)
			if len(got) != 2 || !slices.Equal(slices.Concat(got...), []string{account, "549755885176"}) {
				t.Errorf("the pages are %v", got)
			}
		}
	})
	t.Run("another user sees their own alone", func(t *testing.T) {
		friend := s.issue(t, []string{"ads:read"}, []string{"549755885176"})
		got := as[page](t, s.send(t, friend, http.MethodGet, "/v5/ad_accounts", http.NoBody))
		if !slices.Equal(got.ids(), []string{"549755885176"}) {
			t.Errorf("the list is %v", got.ids())
		}
	})
}
