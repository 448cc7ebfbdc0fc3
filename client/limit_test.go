package client_test

import (
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/parterretest"
)

// limited is the way to a service that counts. Its clock stands, and goes on when the service says that a limit is used up: to
// the moment that the answer names.
type limited struct {
	seconds atomic.Int64
	refused []http.Header
}

func (l *limited) now() time.Time { return time.Unix(l.seconds.Load(), 0) }

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		l.refused = append(l.refused, resp.Header)
		reset, _ := strconv.ParseInt(resp.Header.Get("x-ratelimit-reset"), 10, 64)
		l.seconds.Add(reset)
	}
	return resp, err
}

func startLimited(t *testing.T, tier string) (*limited, *client.Client) {
	t.Helper()
	l := &limited{}
	l.seconds.Store(1_780_000_000)
	s := parterretest.Start(t, &parterretest.Options{Now: l.now, RateLimits: tier})
	c, err := client.New(s.URL, s.Token, &client.Options{HTTP: &http.Client{Transport: l}})
	if err != nil {
		t.Fatal(err)
	}
	return l, c
}

// The safety net of 100 requests a second stops the hundred and first, which goes through when the second is over.
func TestTheServicesRateLimitIsWaitedFor(t *testing.T) {
	l, c := startLimited(t, "standard")
	for i := range 101 {
		if _, err := c.AdAccount(t.Context(), account); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	if len(l.refused) != 1 {
		t.Fatalf("%d requests were refused, want 1", len(l.refused))
	}
	const want = `100, 100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="ads_read_app_id_user_id"`
	if got := l.refused[0].Get("x-ratelimit-limit"); got != want {
		t.Errorf("the limit is %s, want %s", got, want)
	}
}

// A limit of a day is not waited for: the caller learns of it at once.
func TestALimitOfADayIsTold(t *testing.T) {
	l, c := startLimited(t, "trial")
	for i := range 300 {
		if _, err := c.CreateConversionTag(t.Context(), account, client.ConversionTagCreate{Name: "n"}); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	_, err := c.CreateConversionTag(t.Context(), account, client.ConversionTagCreate{Name: "n"})
	if e := (*client.Error)(nil); !errors.As(err, &e) || e.Status != http.StatusTooManyRequests || e.Code != 8 {
		t.Errorf("got %v, want 429 with code 8", err)
	}
	if len(l.refused) != 1 {
		t.Errorf("%d requests were refused: it was sent again", len(l.refused))
	}
}
