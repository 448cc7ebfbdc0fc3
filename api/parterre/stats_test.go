package parterre_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre/client"
)

func TestStatsTellWhatIsThere(t *testing.T) {
	s := start(t)
	audience := s.visitors(t)
	for i := range 6 {
		s.accept(t, "events", event(s.AdAccount, fmt.Sprintf(`"em":[%q]`, sha256Hex(fmt.Sprintf("p%d@example.com", i%3))), ""))
	}
	s.accept(t, "people", `{"external_id":"u1"}`)
	list, err := s.Client.CreateCustomerList(t.Context(), s.AdAccount, client.CustomerListCreate{Name: "L", Records: []string{"x@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client.WaitForCustomerList(t.Context(), s.AdAccount, list.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client.WaitForAudience(t.Context(), s.AdAccount, audience); err != nil {
		t.Fatal(err)
	}
	got, err := s.Client.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.AsOf != noon || got.Persons != 5 || got.StandingAudiences != 1 || got.SinceStart.EventsIngested != 6 || got.SinceStart.PersonsImported != 1 {
		t.Errorf("the service holds %+v", got)
	}
	if got.Bytes.Disk <= 0 || got.Bytes.MemoryPending <= 0 || got.Bytes.Tables["rolls"] < 0 || len(got.Bytes.Tables) == 0 {
		t.Errorf("the bytes are %+v", got.Bytes)
	}
	if !slices.ContainsFunc(got.Lag.Jobs, func(j client.JobStats) bool { return j.Kind == "match_records" && j.Done == 1 }) {
		t.Errorf("the jobs are %+v", got.Lag.Jobs)
	}
	if len(got.AdAccounts) != 1 {
		t.Fatalf("there are %d ad accounts", len(got.AdAccounts))
	}
	a := got.AdAccounts[0]
	if a.ID != s.AdAccount || a.Facets != 1 || a.Pages != 1 || a.CustomerLists != 1 || a.ConversionTags != 1 || len(a.Uploads) != 0 {
		t.Errorf("the ad account has %+v", a)
	}
	if want := []client.AudienceCount{{Type: "VISITOR", Status: "TOO_SMALL", Count: 1}}; !slices.Equal(a.Audiences, want) {
		t.Errorf("the audiences are %+v, want %+v", a.Audiences, want)
	}
}

// An answer tells of a hundred ad accounts, and the client asks for the rest.
func TestStatsTellOfEveryAdAccount(t *testing.T) {
	s := start(t)
	token := ""
	for i := range 120 {
		if i%40 == 0 { // nobody may own more than fifty
			token = s.issue(t, `{"scopes":["parterre:operator"],"ad_account_ids":[]}`)
		}
		body := fmt.Sprintf(`{"name":"Ads %d"}`, i)
		if a := s.sendAs(t, token, http.MethodPost, "ad_accounts", strings.NewReader(body)); a.status != http.StatusOK {
			t.Fatalf("an ad account is answered %d: %s", a.status, a.body)
		}
	}
	got, err := s.Client.Stats(t.Context())
	if err != nil || len(got.AdAccounts) != 121 {
		t.Errorf("there are %d ad accounts, want 121: %v", len(got.AdAccounts), err)
	}
	ids := map[string]bool{}
	for _, a := range got.AdAccounts {
		ids[a.ID] = true
	}
	if len(ids) != len(got.AdAccounts) {
		t.Errorf("of %d ad accounts %d are different", len(got.AdAccounts), len(ids))
	}
	refused(t, s.send(t, http.MethodGet, "stats?after=x", http.NoBody), http.StatusBadRequest, 1, "'after'")
}
