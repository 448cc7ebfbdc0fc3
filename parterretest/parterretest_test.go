package parterretest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/parterretest"
)

// A client of one's own is pointed at the service and updates an audience; the clock is the test's.
func TestALiveServiceInsideATest(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := parterretest.Start(t, &parterretest.Options{Now: func() time.Time { return now }})

	var records []string
	for i := range 120 {
		records = append(records, fmt.Sprintf("reader%d@example.com", i))
	}
	list, err := p.Client.CreateCustomerList(t.Context(), p.AdAccount, client.CustomerListCreate{Name: "Readers", Records: records})
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Client.CreateAudience(t.Context(), p.AdAccount, client.AudienceCreate{
		AudienceType: client.TypeCustomerList, Name: "Readers", Rule: map[string]any{"customer_list_id": list.ID},
	})
	if err != nil {
		t.Fatal(err)
	}
	if a, err = p.Client.WaitForAudience(t.Context(), p.AdAccount, a.ID); err != nil || a.Status != client.StatusReady || a.Size != 120 {
		t.Errorf("the audience is %s with %d members, %v; want READY with 120", a.Status, a.Size, err)
	}

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/v5/ad_accounts/"+p.AdAccount+"/audiences/"+a.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Created int64 `json:"created_timestamp"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Created != now.Unix() {
		t.Errorf("it was created at %d, %v; want the clock of the test, %d", answer.Created, err, now.Unix())
	}
}

func TestTwoServicesKnowNothingOfEachOther(t *testing.T) {
	a, b := parterretest.Start(t, nil), parterretest.Start(t, nil)
	if _, err := a.Client.CreateConversionTag(t.Context(), a.AdAccount, client.ConversionTagCreate{Name: "A"}); err != nil {
		t.Fatal(err)
	}
	tags, err := b.Client.ConversionTags(t.Context(), b.AdAccount)
	if err != nil || len(tags) != 0 {
		t.Errorf("the other service has the tags %v, %v", tags, err)
	}
}
