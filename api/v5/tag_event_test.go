package v5_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ofTag is a line about an event that a conversion tag saw.
func ofTag(person int, tag, name string, at int64, more string) string {
	return strings.TrimSuffix(event(person, name, at, more), "}") +
		fmt.Sprintf(`,"ad_account_id":%q,"conversion_tag_id":%q}`, account, tag)
}

// fired reads when a tag fired last; empty when the answer does not say.
func (s *service) fired(t testing.TB, tag string) string {
	t.Helper()
	got := as[map[string]json.RawMessage](t, s.call(t, http.MethodGet, tagsPath+"/"+tag, ""))
	listed := as[struct{ Items []map[string]json.RawMessage }](t, s.call(t, http.MethodGet, tagsPath, ""))
	for _, item := range listed.Items {
		if string(item["id"]) == `"`+tag+`"` && string(item["last_fired_time_ms"]) != string(got["last_fired_time_ms"]) {
			t.Errorf("the list says %s, the tag %s", item["last_fired_time_ms"], got["last_fired_time_ms"])
		}
	}
	return string(got["last_fired_time_ms"])
}

func TestTagsTellWhenTheyFired(t *testing.T) {
	s := startIn(t, t.TempDir())
	tag, other := s.tag(t, "shop"), s.tag(t, "other")
	wants := func(want string) {
		t.Helper()
		if got := s.fired(t, tag); got != want {
			t.Errorf("the tag fired at %q, want %q", got, want)
		}
	}
	wants("")
	s.happen(t, event(1, "checkout", noon, "")) // by no tag
	wants("")
	s.lines(t, "events", ofTag(1, tag, "checkout", noon-50, ""), ofTag(1, tag, "lead", noon-90, ""))
	wants(strconv.Itoa(1000 * (noon - 50)))
	s.lines(t, "events", ofTag(1, tag, "checkout", noon-70, "")) // late
	wants(strconv.Itoa(1000 * (noon - 50)))
	s.lines(t, "events", ofTag(2, tag, "checkout", noon-40, `,"opt_out":true`))
	wants(strconv.Itoa(1000 * (noon - 40)))
	s.lines(t, "events", ofTag(1, tag, "checkout", noon+60, "")) // ahead of the clock: not later than now
	wants(strconv.Itoa(1000 * noon))
	if got := s.fired(t, other); got != "" {
		t.Errorf("the other tag fired at %s", got)
	}
	s.reopen(t)
	s.clock.seconds.Store(noon + 100)
	wants(strconv.Itoa(1000 * (noon + 60)))
}

// tagEvent is a type of event that a tag saw, as the wire writes it.
type tagEvent struct {
	Type      string `json:"conversion_event"`
	Tag       string `json:"conversion_tag_id"`
	AdAccount string `json:"ad_account_id"`
	Created   int64  `json:"created_time"`
}

// equal demands that two values are the same.
func equal[T any](t testing.TB, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it differs (-want +got):\n%s", diff)
	}
}

func TestVisitsOfPages(t *testing.T) {
	s := start(t)
	const path = tagsPath + "/page_visit"
	if got := string(s.call(t, http.MethodGet, path, "").body); got != `{"items":[],"bookmark":null}` {
		t.Errorf("the answer is %s, recorded was another", got)
	}
	var want []tagEvent
	for i := range 8 {
		tag := s.tag(t, strconv.Itoa(i))
		name := "page_visit"
		if i%2 == 1 {
			name = "checkout"
		}
		s.lines(t, "events", ofTag(1, tag, name, noon-int64(i), ""), ofTag(1, tag, name, noon-100, ""))
		if name == "page_visit" {
			want = append(want, tagEvent{"PAGE_VISIT", tag, account, noon - 100})
		}
	}
	s.happen(t, event(1, "page_visit", noon, ""))
	all := func(query string, most int) (got []tagEvent) {
		t.Helper()
		for bookmark := ""; ; {
			p := as[struct {
				Items    []tagEvent
				Bookmark *string
			}](t, s.call(t, http.MethodGet, path+query+bookmark, ""))
			if len(p.Items) > most {
				t.Errorf("a page%s has %d items", query, len(p.Items))
			}
			if got = append(got, p.Items...); p.Bookmark == nil {
				return got
			}
			bookmark = "&bookmark=" + *p.Bookmark
		}
	}
	for _, size := range []int{1, 2, 3, 4, 5, 250} {
		equal(t, all(fmt.Sprintf("?page_size=%d", size), size), want)
		equal(t, all(fmt.Sprintf("?page_size=%d&order=ASCENDING", size), size), want)
		if got := all(fmt.Sprintf("?page_size=%d&order=DESCENDING", size), size); len(got) != 4 || got[0] != want[3] || got[3] != want[0] {
			t.Errorf("pages of %d in descending order are %v", size, got)
		}
	}
	s.refuse(t, http.MethodGet, path+"?page_size=0", "", 400, 1, "page_size")
	s.refuse(t, http.MethodGet, path+"?bookmark=x", "", 400, 400, "bookmark")
	s.refuse(t, http.MethodPost, path, "{}", 405, 5)
}

func TestEventsThatACampaignCanBeOptimisedFor(t *testing.T) {
	s := start(t)
	const path = tagsPath + "/ocpm_eligible"
	eligible := func() map[string][]tagEvent {
		t.Helper()
		return as[map[string][]tagEvent](t, s.call(t, http.MethodGet, path, ""))
	}
	one, two, visited := s.tag(t, "one"), s.tag(t, "two"), s.tag(t, "visited")
	if got := string(s.call(t, http.MethodGet, path, "").body); got != `{}` {
		t.Errorf("the answer is %s, recorded was {}", got)
	}
	s.lines(t, "events", ofTag(1, one, "lead", noon, ""), ofTag(1, one, "checkout", noon-5, ""), ofTag(1, one, "brew_tea", noon, ""),
		ofTag(1, one, "page_visit", noon, ""), ofTag(1, two, "app_install", noon, ""), ofTag(1, visited, "page_visit", noon, ""))
	want := map[string][]tagEvent{
		one: {{"CHECKOUT", one, account, noon - 5}, {"LEAD", one, account, noon}},
		two: {{"APP_INSTALL", two, account, noon}},
	}
	equal(t, eligible(), want)
	for _, status := range []string{"PAUSED", "ARCHIVED"} {
		s.setTag(t, two, status)
		equal(t, eligible(), map[string][]tagEvent{one: want[one]})
	}
	s.setTag(t, two, "ACTIVE")
	equal(t, eligible(), want)
}

// setTag gives a tag a status.
func (s *service) setTag(t testing.TB, tag, status string) {
	t.Helper()
	s.callBeyond(t, http.MethodPatch, "/parterre/v1/conversion_tags/"+tag, fmt.Sprintf(`{"status":%q}`, status))
}

func TestArchivedTags(t *testing.T) {
	s := start(t)
	kept, archived := s.tag(t, "kept"), s.tag(t, "archived")
	a := s.complete(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, archived))
	s.lines(t, "events", ofTag(1, archived, "checkout", noon, ""))
	s.setTag(t, archived, "ARCHIVED")
	ids := func(query string) string {
		t.Helper()
		var ids []string
		for _, item := range as[struct{ Items []struct{ ID, Status string } }](t, s.call(t, http.MethodGet, tagsPath+query, "")).Items {
			ids = append(ids, item.ID+" "+item.Status)
		}
		return strings.Join(ids, ", ")
	}
	for _, query := range []string{"", "?filter_deleted=false"} {
		if got, want := ids(query), archived+" ARCHIVED, "+kept+" ACTIVE"; got != want {
			t.Errorf("the list%s is %s, want %s", query, got, want)
		}
	}
	if got, want := ids("?filter_deleted=true"), kept+" ACTIVE"; got != want {
		t.Errorf("the list without deleted tags is %s, want %s", got, want)
	}
	s.setTag(t, kept, "PAUSED")
	if got, want := ids("?filter_deleted=true"), kept+" PAUSED"; got != want {
		t.Errorf("the list without deleted tags is %s, want %s", got, want)
	}
	for _, tag := range []string{kept, archived} {
		got := string(s.callBeyond(t, http.MethodPost, "/parterre/v1/events", ofTag(2, tag, "checkout", noon, "")).body)
		if !strings.Contains(got, `"accepted":0`) || !strings.Contains(got, "ACTIVE") {
			t.Errorf("an event of a tag that takes none is answered %s", got)
		}
	}
	s.member(t, a.ID, 1, true) // who was there stays
	s.member(t, a.ID, 2, false)
	s.setTag(t, archived, "ACTIVE")
	s.lines(t, "events", ofTag(2, archived, "checkout", noon, ""))
	s.member(t, a.ID, 2, true)

	const own = "/parterre/v1/conversion_tags/"
	for body, words := range map[string][]string{
		`{}`:                             {"'status'", "required"},
		`{"status":"DRAFT"}`:             {"'DRAFT'", "'ACTIVE', 'PAUSED', 'ARCHIVED'"},
		`{"status":"active"}`:            {"'active'"},
		`{"status":null}`:                {"'status'"},
		`{"status":"PAUSED","name":"x"}`: {"'name' was unexpected"},
	} {
		before := s.everything(t)
		s.refuse(t, http.MethodPatch, own+kept, body, 400, 1, words...)
		s.unchanged(t, before)
	}
	s.refuse(t, http.MethodPatch, own+"1", `{"status":"PAUSED"}`, 404, 404, "Conversion tag could not be found.")
	token := s.issue(t, []string{"ads:write"}, []string{account})
	refused(t, s.send(t, token, http.MethodPatch, own+kept, strings.NewReader(`{"status":"PAUSED"}`)), 401, 3)
}

func TestWipedAccountsHaveNoSightings(t *testing.T) {
	s := start(t)
	tag := s.tag(t, "shop")
	s.lines(t, "events", ofTag(1, tag, "page_visit", noon, ""))
	s.wipe(t)
	if got := string(s.call(t, http.MethodGet, tagsPath+"/page_visit", "").body); got != `{"items":[],"bookmark":null}` {
		t.Errorf("the answer is %s", got)
	}
	if got := s.counted(t, ""); got != `{"days":[],"events":0}` {
		t.Errorf("the counts are %s", got)
	}
}

// counted asks how many events there were.
func (s *service) counted(t testing.TB, query string) string {
	t.Helper()
	return string(s.callBeyond(t, http.MethodGet, "/parterre/v1/event_counts?ad_account_id="+account+query, "").body)
}

func TestTheSameEventCountsOnce(t *testing.T) {
	s := start(t)
	tag := s.tag(t, "shop")
	at := func(e string, seconds int64) string { return with(t, e, "event_time", strconv.FormatInt(seconds, 10)) }
	offline := func(e string) string { return with(t, e, "action_source", `"offline"`) }
	e := event(1, "checkout", noon, "")
	wants := func(want string) {
		t.Helper()
		if got := s.counted(t, "&from=2026-05-27&to=2026-05-29"); got != want {
			t.Errorf("the counts are\n%s, want\n%s", got, want)
		}
	}
	on := func(date string, n int) string { return fmt.Sprintf(`{"date":%q,"events":%d}`, date, n) }
	s.happen(t, e, e, event(2, "checkout", noon, ""))
	s.happen(t, with(t, e, "event_source_url", `"https://shop.example/other"`)) // the first one is kept, whatever the second says
	s.lines(t, "events", strings.TrimSuffix(e, "}")+fmt.Sprintf(`,"ad_account_id":%q,"conversion_tag_id":%q}`, account, tag))
	wants(`{"days":[` + on("2026-05-28", 2) + `],"events":2}`)
	s.happen(t, at(e, noon-day)) // a repetition within 48 hours, on another day
	wants(`{"days":[` + on("2026-05-27", 1) + `,` + on("2026-05-28", 2) + `],"events":2}`)
	s.happen(t, with(t, e, "event_name", `"lead"`)) // another name
	wants(`{"days":[` + on("2026-05-27", 1) + `,` + on("2026-05-28", 3) + `],"events":3}`)

	shop := offline(with(t, e, "event_id", `"till"`))
	s.happen(t, shop, at(shop, noon-1), with(t, shop, "user_data", `{"em":["`+sha256Hex(email(9))+`"]}`)) // one id, three events
	wants(`{"days":[` + on("2026-05-27", 1) + `,` + on("2026-05-28", 6) + `],"events":6}`)
	s.happen(t, shop) // the very same is a repetition even so
	s.happen(t, event(5, "checkout", noon, `,"opt_out":true`))
	s.send(t, s.Token, http.MethodPost, eventsPath+"?test=true", strings.NewReader(request(event(6, "checkout", noon, ""))))
	wants(`{"days":[` + on("2026-05-27", 1) + `,` + on("2026-05-28", 6) + `],"events":6}`)
	if got := s.counted(t, ""); got != `{"days":[`+on("2026-05-28", 6)+`],"events":6}` {
		t.Errorf("today's counts are %s", got)
	}

	const own = "/parterre/v1/event_counts?ad_account_id="
	for query, words := range map[string][]string{
		"":                           {"ad_account_id"},
		"1":                          {"'ad_account_id'", "does not exist"},
		account + "&from=yesterday":  {"'from'", "'yesterday'", "2026-05-28"},
		account + "&to=":             {"'to'"},
		account + "&from=2026-05-29": {"'to'"},
		account + "&from=1969-12-31": {"'from'", "1970-01-01"},
		account + "&from=2024-05-28&to=2026-05-28": {"'to'", "542"},
	} {
		s.refuse(t, http.MethodGet, own+query, "", 400, 1, words...)
	}
}
