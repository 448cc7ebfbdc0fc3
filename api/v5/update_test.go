package v5_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ofEach creates an audience of each type, complete, and gives them by their type. Persons 0 to 149 are on the list, visited
// and engaged; the population is of a thousand.
func ofEach(t *testing.T, s *service) map[string]audience {
	t.Helper()
	s.people(t, 0, 1000, "US")
	list := s.list(t, 0, 150)
	s.visits(t, 0, 150, noon-10, "https://shop.example/")
	var lines []string
	for p := range 150 {
		lines = append(lines, engaged(p, "save", noon-10, `,"pin_id":"7","ad_account_id":"`+account+`"`))
	}
	s.lines(t, "engagements", lines...)
	all := map[string]audience{
		"CUSTOMER_LIST": s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, list)),
		"VISITOR":       s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "shop"))),
		"ENGAGEMENT":    s.complete(t, "ENGAGEMENT", `{"engager_type":1}`),
	}
	all["ACTALIKE"] = s.complete(t, "ACTALIKE",
		fmt.Sprintf(`{"seed_id":[%q],"country":"US","percentage":10}`, all["CUSTOMER_LIST"].ID))
	return all
}

// mustBe demands that an audience is as wanted; what a read says and a write does not is left aside.
func mustBe(t testing.TB, got, want audience) {
	t.Helper()
	got.CreatedBy, want.CreatedBy = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the audience is not as wanted (-want +got):\n%s", diff)
	}
}

func TestUpdateWithoutARule(t *testing.T) {
	s := start(t)
	for category, before := range ofEach(t, s) {
		t.Run("a new name for "+category+" changes the name alone", func(t *testing.T) {
			s.clock.seconds.Add(5)
			want := before
			want.Name, want.Updated = "renamed", noon+5
			mustBe(t, s.patch(t, before.ID, `{"name":"renamed"}`), want)
			mustBe(t, s.get(t, before.ID), want)
			s.settle(t)
			mustBe(t, s.get(t, before.ID), want)
			before = want
		})
		t.Run("a new name and description of "+category+" change both", func(t *testing.T) {
			s.clock.seconds.Add(5)
			want := before
			want.Name, want.Description, want.Updated = "again", new("what it is for"), before.Updated+5
			mustBe(t, s.patch(t, before.ID, `{"name":"again","description":"what it is for"}`), want)
			mustBe(t, s.get(t, before.ID), want)
			before = want
		})
		t.Run("an empty object changes nothing of "+category, func(t *testing.T) {
			s.clock.seconds.Add(5)
			mustBe(t, s.patch(t, before.ID, `{}`), before)
			mustBe(t, s.get(t, before.ID), before)
		})
		s.clock.seconds.Store(noon)
	}
}

func TestUpdateOfWhatIsNotUpdated(t *testing.T) {
	s := start(t)
	s.visits(t, 0, 120, noon-10, "https://shop.example/")
	tag := s.tag(t, "shop")
	before := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q,"retention_days":30}`, tag))
	s.clock.seconds.Add(60)
	for name, body := range map[string]string{
		"a type":                         `{"audience_type":"ENGAGEMENT"}`,
		"a type of the wrong shape":      `{"audience_type":5}`,
		"a status":                       `{"status":"ARCHIVED"}`,
		"an id and a size":               `{"id":"5","size":7,"type":"x","created_timestamp":1}`,
		"the ad account again":           `{"ad_account_id":"` + account + `"}`,
		"another ad account":             `{"ad_account_id":"1234"}`,
		"the operation that is the rule": `{"operation_type":"UPDATE"}`,
	} {
		t.Run(name+" changes nothing", func(t *testing.T) {
			mustBe(t, as[audience](t, s.callBeyond(t, http.MethodPatch, pathOf(before.ID), body)), before)
			mustBe(t, s.get(t, before.ID), before)
		})
	}
	t.Run("a type beside a rule does not change how the rule is read", func(t *testing.T) {
		s.refuse(t, http.MethodPatch, pathOf(before.ID), `{"audience_type":"ENGAGEMENT","rule":{"engager_type":1}}`,
			http.StatusBadRequest, 1, "rule.engager_type", "visitor_source_id")
		mustBe(t, s.get(t, before.ID), before)
	})
	t.Run("another ad account beside a name and a rule is ignored", func(t *testing.T) {
		rule := fmt.Sprintf(`{"ad_account_id":"1234","visitor_source_id":%q}`, tag)
		got := s.patch(t, before.ID, `{"ad_account_id":"1234","name":"n","rule":`+rule+`}`)
		if got.AdAccountID != account || got.Name != "n" || string(got.Rule) != rule {
			t.Errorf("the audience is %+v", got)
		}
		s.ready(t, before.ID).is(t, 120, "READY")
	})
}

func TestADescriptionCanBeEmptied(t *testing.T) {
	s := start(t)
	a := as[audience](t, s.call(t, http.MethodPost, inAccount+"/audiences", fmt.Sprintf(
		`{"audience_type":"VISITOR","name":"n","description":"d","rule":{"visitor_source_id":%q}}`, s.tag(t, "t"))))
	if a.Description == nil || *a.Description != "d" {
		t.Fatalf("the description is %v, want d", a.Description)
	}
	s.patch(t, a.ID, `{"description":""}`)
	if got := s.get(t, a.ID).Description; got == nil || *got != "" {
		t.Errorf("the description is %v, want the empty one", got)
	}
	t.Run("and taken away, as an answer without one has it", func(t *testing.T) {
		s.clock.seconds.Add(1)
		got := as[audience](t, s.callBeyond(t, http.MethodPatch, pathOf(a.ID), `{"description":null}`))
		if got.Description != nil || got.Updated != noon+1 || s.get(t, a.ID).Description != nil {
			t.Errorf("the audience is %+v", got)
		}
	})
	t.Run("and be missing from the beginning", func(t *testing.T) {
		got := as[audience](t, s.callBeyond(t, http.MethodPost, inAccount+"/audiences", fmt.Sprintf(
			`{"audience_type":"VISITOR","name":"n","description":null,"rule":%s}`, a.Rule)))
		if got.Description != nil {
			t.Errorf("the description is %q", *got.Description)
		}
	})
}

func TestNamesOfAudiences(t *testing.T) {
	s := startIn(t, t.TempDir())
	rule := fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t"))
	want := map[string]string{}
	for _, sent := range []string{
		`"twice"`, `"twice"`, `" spaces "`, `"null\u0000inside"`, `"<b>&amp;</b>"`, `"Frühling 🌷"`, `"\ud83c\udf37"`, `"line\nbreak"`,
		`"` + strings.Repeat("ü", 256) + `"`,
	} {
		a := as[audience](t, s.call(t, http.MethodPost, inAccount+"/audiences",
			`{"audience_type":"VISITOR","name":`+sent+`,"rule":`+rule+`}`))
		want[a.ID] = a.Name
		var name string
		if name = as[string](t, answer{body: []byte(sent)}); a.Name != name {
			t.Errorf("the name is %q, %q was sent", a.Name, name)
		}
	}
	s.reopen(t)
	for id, name := range want {
		if got := s.get(t, id).Name; got != name {
			t.Errorf("after a new start the name is %q, want %q", got, name)
		}
	}
}

// created_by_company_name is null in the answer to a write and the app's name in the answer to a read, as recorded.
func TestWhoCreatedAnAudience(t *testing.T) {
	s := start(t)
	a := s.create(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
	if a.CreatedBy != nil || s.patch(t, a.ID, `{"name":"n"}`).CreatedBy != nil {
		t.Error("the answer to a write names who created the audience")
	}
	if got := s.get(t, a.ID).CreatedBy; got == nil || *got != "Parterre sandbox" {
		t.Errorf("an audience was created by %v, want the sandbox", got)
	}
	items := as[struct{ Items []audience }](t, s.call(t, http.MethodGet, inAccount+"/audiences", "")).Items
	if got := items[0].CreatedBy; got == nil || *got != "Parterre sandbox" {
		t.Errorf("in the list an audience was created by %v, want the sandbox", got)
	}
}

func TestANewAudience(t *testing.T) {
	s := start(t)
	s.visits(t, 0, 120, noon-10, "https://shop.example/")
	rule := fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t"))
	s.store.hold()
	got := s.create(t, "VISITOR", rule)
	mustBe(t, got, audience{
		AdAccountID: account, ID: got.ID, Name: "of visitor", Category: "VISITOR", Rule: []byte(rule), Status: "INITIALIZING",
		Type: "audience", Created: noon, Updated: noon,
	})
	s.clock.seconds.Add(int64(time.Hour / time.Second))
	mustBe(t, s.get(t, got.ID), got)
	s.store.release()
	got.Size, got.Status = 120, "READY"
	mustBe(t, s.ready(t, got.ID), got)
}
