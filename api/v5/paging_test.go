package v5_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// page is one page of a list.
type page struct {
	Items []struct {
		ID string `json:"id"`
	} `json:"items"`
	Bookmark *string `json:"bookmark"`
}

func (p page) ids() []string {
	ids := []string{}
	for _, item := range p.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

// walk reads a list page by page, and gives the ids of each.
func (s *service) walk(t *testing.T, target string) (pages [][]string) {
	t.Helper()
	for bookmark := ""; ; {
		next := target
		if bookmark != "" {
			next += "&bookmark=" + url.QueryEscape(bookmark)
		}
		p := as[page](t, s.call(t, http.MethodGet, next, ""))
		pages = append(pages, p.ids())
		if p.Bookmark == nil {
			return pages
		}
		if bookmark = *p.Bookmark; bookmark == "" || len(p.Items) == 0 {
			t.Fatalf("page %d of %s has %d items and the bookmark %q", len(pages), target, len(p.Items), bookmark)
		}
	}
}

func TestPages(t *testing.T) {
	s := start(t)
	rule := fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t"))
	all := map[string][]string{"audiences": {}, "customer_lists": {}}
	for i := range 7 {
		all["audiences"] = append(all["audiences"], s.create(t, "VISITOR", rule).ID)
		all["customer_lists"] = append(all["customer_lists"], s.list(t, i, i+1))
	}
	s.patch(t, all["audiences"][3], remove)
	all["audiences"] = slices.Delete(all["audiences"], 3, 4)
	for what, ids := range all {
		for _, order := range []string{"", "ASCENDING", "DESCENDING"} {
			want := slices.Clone(ids)
			target := inAccount + "/" + what + "?"
			if order != "" {
				target += "order=" + order + "&"
			}
			if order == "DESCENDING" {
				slices.Reverse(want)
			}
			for size := 1; size <= len(ids)+1; size++ {
				t.Run(fmt.Sprintf("%s by %d %s", what, size, order), func(t *testing.T) {
					pages := s.walk(t, fmt.Sprintf("%spage_size=%d", target, size))
					if got := slices.Concat(pages...); !slices.Equal(got, want) {
						t.Errorf("the list has %v, want %v", got, want)
					}
					if n := (len(want) + size - 1) / size; len(pages) != n {
						t.Errorf("there are %d pages, want %d", len(pages), n)
					}
				})
			}
			for _, size := range []string{"", "page_size=25", "page_size=250"} {
				if got := s.walk(t, target+size); len(got) != 1 || !slices.Equal(got[0], want) {
					t.Errorf("%s%s has %v, want %v", target, size, got, want)
				}
			}
		}
	}
	t.Run("an empty list has no items and the bookmark null", func(t *testing.T) {
		const empty = `{"items":[],"bookmark":null}`
		if got := string(s.call(t, http.MethodGet, inAccount+"/audiences?ownership_type=RECEIVED", "").body); got != empty {
			t.Errorf("the page is %s", got)
		}
		if got := string(start(t).call(t, http.MethodGet, inAccount+"/customer_lists", "").body); got != empty {
			t.Errorf("the page is %s", got)
		}
	})
	t.Run("what one's own is is what is listed unless said", func(t *testing.T) {
		plain := s.call(t, http.MethodGet, inAccount+"/audiences", "").body
		owned := s.call(t, http.MethodGet, inAccount+"/audiences?ownership_type=OWNED", "").body
		if string(plain) != string(owned) {
			t.Errorf("owned are\n%s, listed\n%s", owned, plain)
		}
	})
	t.Run("what was created is in the list at once", func(t *testing.T) {
		first, second := s.create(t, "VISITOR", rule).ID, s.create(t, "VISITOR", rule).ID
		got := as[page](t, s.call(t, http.MethodGet, inAccount+"/audiences?order=DESCENDING&page_size=2", "")).ids()
		if !slices.Equal(got, []string{second, first}) {
			t.Errorf("the last two are %v, want %v", got, []string{second, first})
		}
	})
}

// Twenty-five to a page unless said.
func TestTheDefaultPage(t *testing.T) {
	s := start(t)
	rule := fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t"))
	for range 26 {
		s.create(t, "VISITOR", rule)
	}
	first := as[page](t, s.call(t, http.MethodGet, inAccount+"/audiences", ""))
	if len(first.Items) != 25 || first.Bookmark == nil {
		t.Errorf("the first page has %d items, want 25 and a bookmark", len(first.Items))
	}
	t.Run("an item that is removed between two pages is missing, no other", func(t *testing.T) {
		s.patch(t, first.ids()[24], remove)
		second := as[page](t, s.call(t, http.MethodGet, inAccount+"/audiences?bookmark="+*first.Bookmark, ""))
		if len(second.Items) != 1 || second.Bookmark != nil {
			t.Errorf("the second page is %+v", second)
		}
	})
}

// bookmarkOf is the bookmark of a list after its first item.
func (s *service) bookmarkOf(t *testing.T, target string) string {
	t.Helper()
	p := as[page](t, s.call(t, http.MethodGet, target+"&page_size=1", ""))
	if p.Bookmark == nil {
		t.Fatalf("%s has one page only", target)
	}
	return *p.Bookmark
}

// many fills every list with two of each.
func many(t *testing.T, s *service) {
	t.Helper()
	rule := fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t"))
	for i := range 2 {
		s.create(t, "VISITOR", rule)
		s.list(t, i, i+1)
	}
}

func TestBookmarksThatWereTamperedWith(t *testing.T) {
	const text = "Invalid ad account audience parameters."
	s := start(t)
	many(t, s)
	target := inAccount + "/audiences?"
	good := s.bookmarkOf(t, target)
	refuse := func(t *testing.T, bookmark string) {
		t.Helper()
		s.refuse(t, http.MethodGet, target+"bookmark="+url.QueryEscape(bookmark), "", 400, 400, text, "'bookmark'")
	}
	t.Run("in one character", func(t *testing.T) {
		for i := range len(good) {
			for _, c := range []byte("A0z_-+/=|%\n") {
				if good[i] != c {
					refuse(t, good[:i]+string(c)+good[i+1:])
				}
			}
			refuse(t, good[:i]+good[i+1:])                   // one less
			refuse(t, good[:i]+string(good[i]^1)+good[i+1:]) // one bit
		}
	})
	t.Run("by a character more", func(t *testing.T) {
		for i := range len(good) + 1 {
			for _, c := range []string{"A", "\n", "\r", " ", "=", "\x00"} {
				refuse(t, good[:i]+c+good[i:])
			}
		}
	})
	t.Run("in other ways", func(t *testing.T) {
		for _, bookmark := range []string{
			" ", "x", "null", "0", strings.ToLower(good), strings.ToUpper(good), good + good, good + "==", strings.Repeat("A", 50_000),
			"MjU0MjYyMDYzOTI1OXw=", "../../x", `{"id":1}`,
		} {
			refuse(t, bookmark)
		}
	})
	t.Run("while the right one is taken", func(t *testing.T) {
		s.call(t, http.MethodGet, target+"bookmark="+good, "")
		s.call(t, http.MethodGet, target+"order=ASCENDING&ownership_type=OWNED&page_size=250&bookmark="+good, "")
	})
}

func TestBookmarksOfAnotherList(t *testing.T) {
	s := start(t)
	many(t, s)
	s.elsewhere(t)
	const other = "/v5/ad_accounts/549755885176"
	for range 2 {
		s.call(t, http.MethodPost, other+"/customer_lists", `{"name":"n","records":"b@example.com"}`)
	}
	lists := []string{
		inAccount + "/audiences?", inAccount + "/audiences?order=DESCENDING", inAccount + "/customer_lists?",
		inAccount + "/customer_lists?order=DESCENDING", other + "/customer_lists?", "/v5/ad_accounts?",
	}
	for _, from := range lists {
		bookmark := s.bookmarkOf(t, from)
		for _, to := range append(lists, inAccount+"/audiences?ownership_type=RECEIVED", other+"/audiences?") {
			t.Run(from+" for "+to, func(t *testing.T) {
				a := s.send(t, s.Token, http.MethodGet, to+"&bookmark="+bookmark, http.NoBody)
				if from == to {
					if a.status != http.StatusOK {
						t.Errorf("the list's own bookmark is refused: %s", a.body)
					}
					return
				}
				refused(t, a, 400, 400, "'bookmark'")
			})
		}
		t.Run(from+" for another user", func(t *testing.T) {
			friend := s.issue(t, []string{"ads:read"}, []string{account, "549755885176"})
			refused(t, s.send(t, friend, http.MethodGet, from+"&bookmark="+bookmark, http.NoBody), 400, 400, "'bookmark'")
		})
		t.Run(from+" for another service", func(t *testing.T) {
			strange := start(t)
			refused(t, strange.send(t, strange.Token, http.MethodGet, inAccount+"/audiences?bookmark="+bookmark, http.NoBody),
				400, 400)
		})
	}
}
