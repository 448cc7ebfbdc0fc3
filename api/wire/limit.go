package wire

import (
	"net/http"
	"strconv"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/ratelimit"
)

// count counts a request and says in the headers how the limits stand. It fails beyond one of them. Requests with a
// conversion token are not counted (reference, section 1.5).
func (s *Server) count(route *Route, w http.ResponseWriter, r *Request) error {
	if r.Principal.Kind == parterre.ConversionToken {
		return nil
	}
	category := route.Category
	if route.CountAs != nil {
		category = route.CountAs(r.Request)
	}
	c := s.limits.Count(category, ratelimit.Caller{App: r.Principal.AppID, User: r.Principal.User, Account: r.Account})
	if c.Policies == "" {
		return nil
	}
	h := w.Header()
	h.Set("X-Ratelimit-Limit", strconv.Itoa(c.Limit)+", "+c.Policies)
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(c.Remaining))
	h.Set("X-Ratelimit-Reset", strconv.Itoa(c.Reset))
	if c.Refused {
		return parterre.Errorf(parterre.RateLimited, rateLimited)
	}
	return nil
}
