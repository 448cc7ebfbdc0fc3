package v5

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/catalog"
)

const (
	defaultPageSize = 25
	maxPageSize     = 250
)

// listing is what a request asks of a list.
type listing struct {
	page catalog.Page
	name string // names the list for its bookmarks
}

// listing reads page_size, order and bookmark. Name tells the list from others; complaint is how the operation begins what
// it says about a bookmark that is none.
func (a *API) listing(r *wire.Request, name, complaint string) (l listing, err error) {
	q := r.URL.Query()
	l.page.Limit = defaultPageSize
	if s := q.Get("page_size"); q.Has("page_size") {
		n, err := strconv.Atoi(s)
		if err != nil {
			return l, parterre.Invalid("page_size", "Parameter 'page_size' was not numeric (was %s)", parterre.Clip(s))
		}
		if n < 1 || n > maxPageSize {
			return l, parterre.Invalid("page_size", "Parameter 'page_size' must be from 1 to %d (was %d)", maxPageSize, n)
		}
		l.page.Limit = n
	}
	order, err := word(r, "order", "ASCENDING", "DESCENDING")
	if err != nil {
		return l, err
	}
	l.page.Descending = order == "DESCENDING"
	l.name = strings.Join([]string{name, r.Account.String(), r.Business.String(), r.Principal.User.String(), order}, "|")
	if bookmark := q.Get("bookmark"); bookmark != "" {
		after, ok := a.bookmarks.read(l.name, bookmark)
		if !ok {
			return l, &parterre.Error{
				Code: parterre.InvalidParameters, Field: "bookmark",
				Public: complaint + " 'bookmark' is not one that this list gave out: send one back as it came, with the same order",
			}
		}
		l.page.After = after
	}
	return l, nil
}

// paged is the answer for one page of a list.
func (a *API) paged(l listing, items any, next parterre.ID) page {
	return page{Items: items, Bookmark: a.bookmarks.write(l.name, next)}
}

// word reads a parameter that is one of some words; the first one when it is absent.
func word(r *wire.Request, name string, allowed ...string) (string, error) {
	q := r.URL.Query()
	if !q.Has(name) {
		return allowed[0], nil
	}
	got := q.Get(name)
	for _, w := range allowed {
		if got == w {
			return w, nil
		}
	}
	return "", parterre.Invalid(name, "Parameter '%s' value %s is not one of ['%s']", name, parterre.Quote(got),
		strings.Join(allowed, "', '"))
}

// truth reads a parameter that is true or false, in any case; false when it is absent. Of several names the first that is
// there counts.
func truth(r *http.Request, names ...string) (bool, error) {
	q := r.URL.Query()
	for _, name := range names {
		if !q.Has(name) {
			continue
		}
		switch got := q.Get(name); strings.ToLower(got) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		default:
			return false, parterre.Invalid(name, "Parameter '%s' value %s is not one of ['true', 'false']", name, parterre.Quote(got))
		}
	}
	return false, nil
}
