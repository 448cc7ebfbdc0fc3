package parterre_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre/client"
)

func TestBusinessesAndAdAccountsAreMade(t *testing.T) {
	s := start(t)
	answer := func(what, body string) string {
		t.Helper()
		a := s.send(t, http.MethodPost, what, strings.NewReader(body))
		if a.status != http.StatusOK {
			t.Fatalf("%s is answered %d: %s", body, a.status, a.body)
		}
		return string(a.body)
	}
	for _, tt := range []struct{ what, body, want string }{
		{"businesses", `{"name":"Group"}`, `{"id":"729090764583391195","name":"Group","parent_id":null}`},
		{
			"businesses", `{"name":"Shop","parent_id":"729090764583391195"}`,
			`{"id":"729090764583391196","name":"Shop","parent_id":"729090764583391195"}`,
		},
		{
			"ad_accounts", `{"name":"Ads","business_id":"729090764583391196","country":"DE","currency":"EUR"}`,
			`{"id":"549755885176","name":"Ads","business_id":"729090764583391196","country":"DE","currency":"EUR"}`,
		},
		{
			"ad_accounts", `{"name":"Alone","business_id":null}`,
			`{"id":"549755885177","name":"Alone","business_id":null,"country":"US","currency":"USD"}`,
		},
	} {
		if got := answer(tt.what, tt.body); got != tt.want {
			t.Errorf("%s %s is answered\n%s, want\n%s", tt.what, tt.body, got, tt.want)
		}
	}
	got, err := s.Client.AdAccount(t.Context(), "549755885176")
	if err != nil || got.Name != "Ads" || !slices.Equal(got.Permissions, []string{"OWNER"}) {
		t.Errorf("the caller reads %+v, %v", got, err)
	}
	for what, bodies := range map[string]map[string][]string{
		"businesses": {
			``:                             {"body"},
			`{}`:                           {"'name'", "required"},
			`{"name":" "}`:                 {"'name'", "1 to 256"},
			`{"name":"n","parent_id":"1"}`: {"'parent_id'", "1", "does not exist"},
			`{"name":"n","parent_id":"x"}`: {"'parent_id'", `^\d+$`},
			`{"name":"n","parent_id":1}`:   {"'parent_id'", "'string'"},
			`{"name":"n","owner":"me"}`:    {"('owner' was unexpected)"},
		},
		"ad_accounts": {
			`{"business_id":"1"}`:                         {"'name'", "required"},
			`{"name":"n","business_id":"1"}`:              {"'business_id'", "does not exist"},
			`{"name":"n","country":"us"}`:                 {"'country'", "two upper-case letters"},
			`{"name":"n","currency":"EURO"}`:              {"'currency'", "'EURO'"},
			`{"name":"` + strings.Repeat("ü", 257) + `"}`: {"'name'", "1 to 256"},
		},
	} {
		for body, words := range bodies {
			t.Run(fmt.Sprintf("refused is %s %.60s", what, body), func(t *testing.T) {
				refused(t, s.send(t, http.MethodPost, what, strings.NewReader(body)), http.StatusBadRequest, 1, words...)
			})
		}
	}
}

// A program can rehearse sharing from nothing, by the client alone.
func TestTheClientShares(t *testing.T) {
	s := start(t)
	ctx, c := t.Context(), s.Client
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	sub, err := c.CreateBusiness(ctx, client.NewBusiness{Name: "Sub", ParentID: s.Business})
	must(err)
	account, err := c.CreateAdAccountOf(ctx, client.NewAdAccount{Name: "Theirs", BusinessID: sub.ID})
	must(err)
	id := s.visitors(t)
	owner, business := client.Sharer{AdAccount: s.AdAccount}, client.Sharer{Business: sub.ID}
	shared, err := c.ShareWithBusinesses(ctx, owner, id, sub.ID)
	must(err)
	if !slices.Equal(shared.RecipientBusinessIDs, []string{sub.ID}) || len(shared.Permissions) != 1 {
		t.Errorf("the answer is %+v", shared)
	}
	_, err = c.ShareWithAdAccounts(ctx, business, id, account)
	must(err)
	for a, err := range c.Audiences(ctx, account, client.ListOptions{Ownership: "RECEIVED"}) {
		must(err)
		if a.ID != id {
			t.Errorf("received is %+v", a)
		}
	}
	count := func() (n int) {
		for a, err := range c.BusinessAudiences(ctx, sub.ID, client.ListOptions{PageSize: 1, Order: client.Descending}) {
			must(err)
			if a.ID != id {
				t.Errorf("the business received %+v", a)
			}
			n++
		}
		for with, err := range c.SharedAccounts(ctx, owner, id, client.AccountTypeAdAccount, client.ListOptions{PageSize: 1}) {
			must(err)
			if with.AccountID != account || with.AccountName != "Theirs" {
				t.Errorf("it is shared with %+v", with)
			}
			n++
		}
		return n
	}
	if got := count(); got != 2 {
		t.Errorf("there are %d shares, want 2", got)
	}
	_, err = c.RevokeFromAdAccounts(ctx, business, id, account)
	must(err)
	_, err = c.RevokeFromBusinesses(ctx, owner, id, sub.ID)
	must(err)
	if got := count(); got != 0 {
		t.Errorf("there are %d shares, want none", got)
	}
	must(c.DeleteSandbox(ctx, s.AdAccount))
	if _, err := c.Audience(ctx, s.AdAccount, id); err == nil {
		t.Error("the audience is still there")
	}
}
