package v5_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
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

func TestAnAdAccountIsCreated(t *testing.T) {
	s := start(t)
	type made struct {
		ID, Name, Country, Currency string
		Owner                       struct{ ID, Username string }
		Permissions                 []string
	}
	one := as[made](t, s.call(t, http.MethodPost, "/v5/ad_accounts", `{"name":"Second","country":"CA","currency":"CAD"}`))
	if one.Name != "Second" || one.Country != "CA" || one.Currency != "CAD" || one.Owner.Username != "sandbox" || len(one.Permissions) != 0 {
		t.Errorf("the answer is %+v", one)
	}
	read := as[made](t, s.call(t, http.MethodGet, "/v5/ad_accounts/"+one.ID, ""))
	if read.ID != one.ID || len(read.Permissions) != 1 || read.Permissions[0] != "OWNER" {
		t.Errorf("it is read as %+v", read)
	}
	s.call(t, http.MethodPost, "/v5/ad_accounts/"+one.ID+"/conversion_tags", `{"name":"its own tag"}`)
	bare := as[made](t, s.call(t, http.MethodPost, "/v5/ad_accounts", `{}`))
	if bare.Country != "US" || bare.Currency != "USD" || bare.Name == "" {
		t.Errorf("without anything it is %+v", bare)
	}
	for name, tt := range map[string]struct {
		body         string
		status, code int
		word         string
	}{
		"a country that is none":  {`{"country":"XX"}`, 400, 1, "country"},
		"a country of no market":  {`{"country":"KP"}`, 400, 1, "country"},
		"a currency that is none": {`{"currency":"usd"}`, 400, 1, "currency"},
		"a name too long":         {`{"name":"` + strings.Repeat("n", 257) + `"}`, 400, 1, "name"},
		"a wrong owner id":        {`{"owner_user_id":"me"}`, 400, 1, "owner_user_id"},
		"another owner":           {`{"owner_user_id":"1"}`, 403, 29, "owner_user_id"},
	} {
		t.Run(name, func(t *testing.T) {
			s.refuse(t, http.MethodPost, "/v5/ad_accounts", tt.body, tt.status, tt.code, tt.word)
		})
	}
	for range 47 {
		s.call(t, http.MethodPost, "/v5/ad_accounts", `{}`)
	}
	s.refuse(t, http.MethodPost, "/v5/ad_accounts", `{}`, 400, 400, "at most 50")
}
