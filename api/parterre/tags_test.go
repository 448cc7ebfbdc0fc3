package parterre_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parterre/parterre/client"
)

// The client reads what conversion tags saw, and changes their status.
func TestTheClientKnowsWhatTagsSaw(t *testing.T) {
	s := start(t)
	c, tag := s.Client, s.tag(t)
	for i, name := range []string{"page_visit", "checkout"} {
		s.accept(t, "events", fmt.Sprintf(`{"ad_account_id":%q,"conversion_tag_id":%q,"event_name":%q,"action_source":"web",`+
			`"event_time":%d,"event_id":"e","user_data":{"em":[%q]}}`, s.AdAccount, tag, name, noon-i, sha256Hex("a@example.com")))
	}
	got, err := c.ConversionTag(t.Context(), s.AdAccount, tag)
	if err != nil || got.LastFiredTimeMS != noon*1000 || got.Status != client.TagActive {
		t.Errorf("the tag is %+v, %v", got, err)
	}
	var visits []client.TagEvent
	for e, err := range c.PageVisitEvents(t.Context(), s.AdAccount, client.ListOptions{PageSize: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		visits = append(visits, e)
	}
	if want := []client.TagEvent{{Type: "PAGE_VISIT", TagID: tag, AdAccountID: s.AdAccount, CreatedTime: noon}}; !slices.Equal(visits, want) {
		t.Errorf("the visits are %+v, want %+v", visits, want)
	}
	eligible, err := c.OcpmEligible(t.Context(), s.AdAccount)
	if want := []client.TagEvent{{Type: "CHECKOUT", TagID: tag, AdAccountID: s.AdAccount, CreatedTime: noon - 1}}; err != nil || !slices.Equal(eligible[tag], want) {
		t.Errorf("eligible is %+v, want %+v: %v", eligible, want, err)
	}
	counts, err := c.EventCounts(t.Context(), s.AdAccount, "2026-05-01", "2026-05-31")
	if want := []client.DayCount{{Date: "2026-05-28", Events: 2}}; err != nil || counts.Events != 2 || !slices.Equal(counts.Days, want) {
		t.Errorf("the counts are %+v, %v", counts, err)
	}
	if today, err := c.EventCounts(t.Context(), s.AdAccount, "", ""); err != nil || today.Events != 2 {
		t.Errorf("today's counts are %+v, %v", today, err)
	}
	if err := c.SetConversionTagStatus(t.Context(), tag, client.TagArchived); err != nil {
		t.Fatal(err)
	}
	if got, err := c.ConversionTag(t.Context(), s.AdAccount, tag); err != nil || got.Status != client.TagArchived {
		t.Errorf("the tag is %+v, %v", got, err)
	}
}
