package parterre_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre/client"
)

// alike makes 400 persons of which the first 150 saved pin 7, a seed of the first so many, and an audience of those like it.
func (s service) alike(t testing.TB, seeds int, country string) (list client.CustomerList, audience string) {
	t.Helper()
	people, saves, records := make([]string, 400), make([]string, 150), make([]string, seeds)
	for i := range people {
		people[i] = fmt.Sprintf(`{"external_id":"%d","emails":["p%d@example.com"],"country":"US"}`, i, i)
	}
	for i := range saves {
		saves[i] = fmt.Sprintf(`{"person":{"external_id":"%d"},"engagement_type":"save","pin_id":"7","engaged_at":%d}`, i, noon-5)
	}
	for i := range records {
		records[i] = fmt.Sprintf("p%d@example.com", i)
	}
	s.accept(t, "people", people...)
	s.accept(t, "engagements", saves...)
	list, err := s.Client.CreateCustomerList(t.Context(), s.AdAccount, client.CustomerListCreate{Name: "n", Records: records})
	if err != nil {
		t.Fatal(err)
	}
	seed := s.audience(t, client.TypeCustomerList, fmt.Sprintf(`{"customer_list_id":%q}`, list.ID))
	return list, s.audience(t, client.TypeActAlike, fmt.Sprintf(`{"seed_id":[%q],"country":%q,"percentage":10}`, seed, country))
}

func TestAnAudienceIsExplained(t *testing.T) {
	s := start(t)
	_, id := s.alike(t, 120, "US")
	e, err := s.Client.Explain(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	how := e.ActAlike
	if how == nil || e.ID != id || e.Size != 40 || how.SeedSize != 120 || how.CountryPersons != 400 || how.Percentage != 10 ||
		how.Method != "naive_bayes" || how.FactorsVersion != 0 || how.ComputedAt != noon {
		t.Fatalf("the explanation is %+v, %+v", e, how)
	}
	// Sixty of the seed are hidden; of the 340 others, the ninety who saved the pin come first, by number.
	if q := how.HeldOut; q == nil || q.Hidden != 60 || q.Recall != 40./60 || q.Lift < 5.66 || q.Lift > 5.67 {
		t.Errorf("the quality is %+v", how.HeldOut)
	}
	if len(how.Items) != 1 || how.Items[0].Item != "pin:7" || how.Items[0].Weight <= 0 {
		t.Errorf("the items are %+v", how.Items)
	}
	if !strings.Contains(how.Reason, "400") || !strings.Contains(how.Reason, "40 members") {
		t.Errorf("the reason is %q", how.Reason)
	}
	t.Run("one of another type has nothing to tell", func(t *testing.T) {
		if e, err := s.Client.Explain(t.Context(), s.visitors(t)); err != nil || e.ActAlike != nil {
			t.Errorf("the explanation is %+v, %v", e, err)
		}
	})
	t.Run("one that does not exist is refused", func(t *testing.T) {
		refused(t, s.send(t, http.MethodGet, "audiences/999", http.NoBody), http.StatusNotFound, 1000)
		refused(t, s.send(t, http.MethodPost, "audiences/999/recompute", http.NoBody), http.StatusNotFound, 1000)
	})
	t.Run("only one of type ACTALIKE is recomputed", func(t *testing.T) {
		a := s.send(t, http.MethodPost, "audiences/"+s.visitors(t)+"/recompute", http.NoBody)
		refused(t, a, http.StatusBadRequest, 1, "audience_id", "VISITOR", "ACTALIKE")
	})
}

func TestWhyALookAlikeIsTooSmall(t *testing.T) {
	for name, c := range map[string]struct {
		seeds   int
		country string
		words   []string
	}{
		"a small seed":              {99, "US", []string{"99 members", "at least 100"}},
		"a country without persons": {120, "FR", []string{"nobody", "FR"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			_, id := s.alike(t, c.seeds, c.country)
			e, err := s.Client.Explain(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if e.Status != client.StatusTooSmall || e.Size != 0 || e.ActAlike == nil || e.ActAlike.Method != "" {
				t.Fatalf("the explanation is %+v, %+v", e, e.ActAlike)
			}
			for _, word := range c.words {
				if !strings.Contains(e.ActAlike.Reason, word) {
					t.Errorf("the reason does not say %q: %s", word, e.ActAlike.Reason)
				}
			}
		})
	}
}

func TestALookAlikeIsRecomputedByHand(t *testing.T) {
	s := start(t)
	list, id := s.alike(t, 120, "US")
	s.member(t, id, "external_id=121", true)
	var more []string
	for i := range 20 {
		more = append(more, fmt.Sprintf("p%d@example.com", 120+i))
	}
	_, err := s.Client.UpdateCustomerList(t.Context(), s.AdAccount, list.ID,
		client.CustomerListUpdate{Records: more, Operation: client.OperationAdd})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the list is matched", func() bool {
		l, err := s.Client.CustomerList(t.Context(), s.AdAccount, list.ID)
		return err == nil && l.Status == client.StatusReady && slices.Contains(s.in(t, "email=p130@example.com"), s.seedOf(t, id))
	})
	s.member(t, id, "external_id=121", true) // the old membership serves
	if _, err := s.Client.Recompute(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client.WaitForAudience(t.Context(), s.AdAccount, id); err != nil {
		t.Fatal(err)
	}
	s.member(t, id, "external_id=121", false) // who is a seed now
	s.member(t, id, "external_id=145", true)
}

// seedOf is the audience that was made just before.
func (s service) seedOf(t testing.TB, id string) string {
	t.Helper()
	for a, err := range s.Client.Audiences(t.Context(), s.AdAccount, client.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if a.ID != id {
			return a.ID
		}
	}
	t.Fatal("there is no seed")
	return ""
}
