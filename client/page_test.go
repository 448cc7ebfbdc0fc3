package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/parterre/parterre/client"
)

// pager serves total audiences with ids from 1; the bookmark is the place of the first one of a page.
type pager struct {
	total   int
	queries []url.Values
}

func (p *pager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p.queries = append(p.queries, q)
	size, first := 25, 0
	if s := q.Get("page_size"); s != "" {
		size, _ = strconv.Atoi(s)
	}
	if s := q.Get("bookmark"); s != "" {
		first, _ = strconv.Atoi(s)
	}
	page := struct {
		Items    []client.Audience `json:"items"`
		Bookmark *string           `json:"bookmark"`
	}{}
	for i := first; i < min(first+size, p.total); i++ {
		page.Items = append(page.Items, client.Audience{ID: strconv.Itoa(i + 1), Rule: json.RawMessage(`{}`)})
	}
	if first+size < p.total {
		page.Bookmark = new(strconv.Itoa(first + size))
	}
	_ = json.NewEncoder(w).Encode(page)
}

func TestPages(t *testing.T) {
	for _, tt := range []struct{ total, size, pages int }{{0, 3, 1}, {2, 3, 1}, {3, 3, 1}, {4, 3, 2}, {10, 3, 4}, {60, 0, 3}} {
		t.Run(fmt.Sprintf("%d records, %d a page, are %d pages", tt.total, tt.size, tt.pages), func(t *testing.T) {
			p := &pager{total: tt.total}
			srv := httptest.NewServer(p)
			defer srv.Close()
			list := connect(t, srv.URL, nil).Audiences(t.Context(), account, client.ListOptions{
				PageSize: tt.size, Order: client.Ascending, Ownership: "OWNED",
			})
			for range 2 { // each use begins anew
				p.queries = nil
				var got []string
				for a, err := range list {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, a.ID)
				}
				var want []string
				for i := range tt.total {
					want = append(want, strconv.Itoa(i+1))
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				if len(p.queries) != tt.pages {
					t.Errorf("got %d requests, want %d", len(p.queries), tt.pages)
				}
			}
			for _, q := range p.queries {
				if q.Get("order") != "ASCENDING" || q.Get("ownership_type") != "OWNED" || q.Has("page_size") != (tt.size > 0) {
					t.Errorf("a page was asked for with %v", q)
				}
			}
		})
	}
}

func TestPagesStop(t *testing.T) {
	t.Run("no page is fetched that nobody needs", func(t *testing.T) {
		p := &pager{total: 10}
		srv := httptest.NewServer(p)
		defer srv.Close()
		n := 0
		for _, err := range connect(t, srv.URL, nil).Audiences(t.Context(), account, client.ListOptions{PageSize: 3}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 3 {
				break
			}
		}
		if len(p.queries) != 1 {
			t.Errorf("got %d requests, want 1", len(p.queries))
		}
	})
	t.Run("an error ends the list", func(t *testing.T) {
		c, _ := serve(t, http.StatusBadRequest, `{"code":400,"message":"bookmark"}`)
		n := 0
		for _, err := range c.CustomerLists(t.Context(), account, client.ListOptions{}) {
			if n++; err == nil {
				t.Error("a record without an error")
			}
		}
		if n != 1 {
			t.Errorf("got %d results, want 1", n)
		}
	})
	t.Run("a bookmark that repeats ends the list", func(t *testing.T) {
		c, _ := serve(t, http.StatusOK, `{"items":[{"id":"1"}],"bookmark":"same"}`)
		n := 0
		var last error
		for _, err := range c.AdAccounts(t.Context()) {
			n++
			last = err
		}
		if n != 3 || last == nil {
			t.Errorf("got %d results and error %v, want two records and an error", n, last)
		}
	})
}
