package ratelimit

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/parterre/parterre"
)

// Caller is who asks.
type Caller struct {
	App, User parterre.ID
	Account   parterre.ID // the ad account that is asked about, when the user has a right there; 0 otherwise
}

// Count is what became of a request, and how the tightest limit that it counted against stands after it. With several
// limits the tightest is the one of which the least remains; of a refusal, it is the one that is used up for longest.
type Count struct {
	Refused   bool
	Limit     int
	Remaining int
	Reset     int    // seconds until the window ends, 1 at least
	Policies  string // all limits of the category, as the header of the API lists them; empty when nothing is counted
}

// Limiter counts requests. Windows stand on the clock: one of a minute begins with each full minute since 1970, which is
// what the recorded resets look like. A refused request is not counted. It may be used concurrently.
type Limiter struct {
	limits   map[Category][]bucket
	policies map[Category]string
	now      func() time.Time

	mu      sync.Mutex
	windows map[int64]*window // by their length in seconds
}

// window is the current window of a length, and what was counted in it. Counts of the window before are dropped whole, so
// nobody is remembered for longer than the longest window.
type window struct {
	number int64 // since 1970
	counts map[counter]int
}

// counter is one count of a window: of a bucket, for one of those whom it tells apart. The names of buckets differ.
type counter struct {
	name     string
	app, who parterre.ID
	per      per
}

// New makes a limiter over a clock.
func New(l *Limits, now func() time.Time) *Limiter {
	r := &Limiter{limits: map[Category][]bucket{}, policies: map[Category]string{}, now: now, windows: map[int64]*window{}}
	if l == nil {
		return r
	}
	for category, buckets := range l.buckets {
		r.limits[category] = buckets
		policies := make([]string, len(buckets))
		for i, b := range buckets {
			policies[i] = fmt.Sprintf("%d;w=%d;name=%q", b.limit, b.window, b.name)
		}
		r.policies[category] = strings.Join(policies, ", ")
	}
	return r
}

// Count counts a request of the category, unless one of its limits is used up.
func (l *Limiter) Count(category Category, caller Caller) Count {
	buckets := l.limits[category]
	if len(buckets) == 0 {
		return Count{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now().Unix() // under the lock: a moment read before it could reopen a window that has ended
	c := Count{Policies: l.policies[category]}
	for _, b := range buckets {
		reset := int(b.window - now%b.window)
		if used := l.window(b, now).counts[b.counter(caller)]; used >= b.limit && reset > c.Reset {
			c.Refused, c.Limit, c.Reset = true, b.limit, reset
		}
	}
	if c.Refused {
		return c
	}
	for i, b := range buckets {
		counts, who := l.window(b, now).counts, b.counter(caller)
		counts[who]++
		if remaining := b.limit - counts[who]; i == 0 || remaining < c.Remaining {
			c.Limit, c.Remaining, c.Reset = b.limit, remaining, int(b.window-now%b.window)
		}
	}
	return c
}

// window gives the window of a bucket at a moment.
func (l *Limiter) window(b bucket, now int64) *window {
	w := l.windows[b.window]
	if number := now / b.window; w == nil || w.number != number {
		w = &window{number, map[counter]int{}}
		l.windows[b.window] = w
	}
	return w
}

// counter is the one of a caller. Without a right on the ad account, a caller counts on their own: nobody can use up what
// others may send for it.
func (b bucket) counter(c Caller) counter {
	switch {
	case b.per == perApp:
		return counter{name: b.name, app: c.App}
	case b.per == perAccount && c.Account != 0:
		return counter{b.name, c.App, c.Account, perAccount}
	default:
		return counter{b.name, c.App, c.User, perUser}
	}
}
