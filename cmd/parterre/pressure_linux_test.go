package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
)

// crowd are clients who send more than the service can take, and what became of it.
type crowd struct {
	s        *service
	mu       sync.Mutex
	statuses map[int]int
	taken    []string // one visitor of each request that was acknowledged
	events   int      // that were acknowledged, each of a visitor of their own
	lookups  atomic.Int64
	full     chan struct{} // is closed when the first of them was turned away
	fill     sync.Once
}

// A heldBody is the body of a request that takes its place at once, and is sent when all places are taken.
type heldBody struct {
	io.Reader
	full <-chan struct{}
}

func (b heldBody) Read(p []byte) (int, error) {
	<-b.full
	return b.Reader.Read(p)
}

const (
	crowdClients = 160
	crowdEvents  = 400 // in a request
)

// push sends requests until the context ends.
func (c *crowd) push(ctx context.Context, h *http.Client, number int) {
	for n := 0; ctx.Err() == nil && n < 60; n++ {
		var body bytes.Buffer
		now := time.Now().Unix()
		name := func(i int) string { return fmt.Sprintf("crowd%d-%d-%d@example.com", number, n, i) }
		for i := range crowdEvents {
			fmt.Fprintf(&body, `%s{"event_name":"checkout","action_source":"web","event_time":%d,"event_id":"%d-%d-%d","event_source_url":`+
				`"https://shop.example/%d/%d","user_data":{"em":[%q]},"custom_data":{"order_id":"%d-%d-%d","value":"1.50","currency":"USD"}}`,
				[]string{",", "["}[btoi(i == 0)], now, number, n, i, number%20, i%50, client.HashEmail(name(i)), number, n, i)
		}
		status := c.send(ctx, h, `{"data":`+body.String()+`]}`, n == 0)
		c.mu.Lock()
		c.statuses[status]++
		if status == http.StatusOK {
			c.taken, c.events = append(c.taken, name(n%crowdEvents)), c.events+crowdEvents
		}
		c.mu.Unlock()
		if status == http.StatusServiceUnavailable {
			c.fill.Do(func() { close(c.full) })
			time.Sleep(50 * time.Millisecond) // less than it was asked for
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// send gives the status, 0 when there was no answer. A body may be held until somebody was turned away.
func (c *crowd) send(ctx context.Context, h *http.Client, body string, hold bool) int {
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, c.s.url+"/v5/ad_accounts/"+account+"/events",
		strings.NewReader(body))
	if err != nil {
		return 0
	}
	if hold {
		r.Body = io.NopCloser(heldBody{r.Body, c.full})
		r.Header.Set("Expect", "100-continue") // so that the body of whoever is turned away is not under way
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := h.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// resident is the memory of a process, in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	orFail(t, err)
	for line := range strings.Lines(string(text)) {
		if rest, is := strings.CutPrefix(line, "VmRSS:"); is {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			orFail(t, err)
			return kib << 10
		}
	}
	t.Fatal("the process does not say how much memory it takes")
	return 0
}

// TestACrowdIsTurnedAwayAndNothingIsLost has many more clients send events than there are places, for some seconds: what does
// not fit is answered 503, look-ups go on, memory stays under the limit, and all that was acknowledged is there after kill -9.
func TestACrowdIsTurnedAwayAndNothingIsLost(t *testing.T) {
	const limit, slack = 192 << 20, 32 << 20 // the garbage collector may be late for a moment
	args := []string{"--addr", "127.0.0.1:0", "--data", t.TempDir(), "--memory-limit", "192MiB", "--rate-limits", "off", "--disk-reserve", "0"}
	s := serve(t, nil, args...)
	audience := visitors(t, s)

	ctx, stop := context.WithTimeout(t.Context(), 8*time.Second)
	defer stop()
	c := &crowd{s: s, statuses: map[int]int{}, full: make(chan struct{})}
	transport := &http.Transport{MaxIdleConnsPerHost: crowdClients, ExpectContinueTimeout: time.Minute}
	defer transport.CloseIdleConnections()
	var working sync.WaitGroup
	for i := range crowdClients {
		working.Go(func() { c.push(ctx, &http.Client{Transport: transport}, i) })
	}
	working.Go(func() {
		for ctx.Err() == nil {
			if _, err := s.Memberships(t.Context(), client.Identifier{Email: "crowd0-0-0@example.com"}); err != nil { //nolint:contextcheck // what was sent is waited for
				t.Errorf("a look-up under pressure: %v", err)
				return
			}
			c.lookups.Add(1)
		}
	})
	most := int64(0)
	for ctx.Err() == nil {
		most = max(most, resident(t, s.cmd.Process.Pid))
		time.Sleep(20 * time.Millisecond)
	}
	working.Wait()
	t.Logf("answers by status %v, %d events acknowledged, %d look-ups, at most %d MiB resident", c.statuses, c.events, c.lookups.Load(), most>>20)
	if most > limit+slack {
		t.Errorf("the process took %d MiB, with a limit of %d MiB", most>>20, limit>>20)
	}
	if c.events == 0 || c.statuses[http.StatusServiceUnavailable] == 0 || c.lookups.Load() == 0 {
		t.Error("nothing was acknowledged, nobody was turned away, or nobody looked up: the test does not test")
	}
	for status, n := range c.statuses {
		if status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Errorf("%d answers have the status %d", n, status)
		}
	}

	s.kill(t)
	s = serve(t, nil, args...)
	a, err := s.Audience(t.Context(), account, audience.ID)
	if err != nil || int(a.Size) < c.events {
		t.Errorf("there are %d visitors, %d were acknowledged: %v", a.Size, c.events, err)
	}
	for i := 0; i < len(c.taken); i += 1 + len(c.taken)/300 {
		m, err := s.Memberships(t.Context(), client.Identifier{Email: c.taken[i]})
		if err != nil || len(m.AudienceIDs) != 1 {
			t.Errorf("%s was acknowledged, and is in %v: %v", c.taken[i], m.AudienceIDs, err)
		}
	}
}
