package client

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// ListOptions says which records a list holds, and in which order.
type ListOptions struct {
	PageSize  int    // records a request, 1 to 250; by default 25
	Order     string // [Ascending] by id, which is the default, or [Descending]
	Ownership string // of audiences alone: OWNED, which is the default, or RECEIVED
}

// The orders of a list.
const (
	Ascending  = "ASCENDING"
	Descending = "DESCENDING"
)

func (o ListOptions) query() url.Values {
	q := url.Values{}
	if o.PageSize != 0 {
		q.Set("page_size", strconv.Itoa(o.PageSize))
	}
	if o.Order != "" {
		q.Set("order", o.Order)
	}
	if o.Ownership != "" {
		q.Set("ownership_type", o.Ownership)
	}
	return q
}

// records goes through a list, page by page, as far as the caller asks for records. After an error there are no more. Each
// use begins at the first page.
func records[T any](ctx context.Context, c *Client, from target) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		to := target{path: from.path, query: maps.Clone(from.query)}
		if to.query == nil {
			to.query = url.Values{}
		}
		var none T
		for {
			var page struct {
				Items    []T    `json:"items"`
				Bookmark string `json:"bookmark"` // null on the last page
			}
			if err := c.call(ctx, http.MethodGet, to, nil, &page); err != nil {
				yield(none, err)
				return
			}
			for _, record := range page.Items {
				if !yield(record, nil) {
					return
				}
			}
			if page.Bookmark == "" {
				return
			}
			if page.Bookmark == to.query.Get("bookmark") {
				yield(none, errors.New("the service gave the same bookmark twice"))
				return
			}
			to.query.Set("bookmark", page.Bookmark)
		}
	}
}
