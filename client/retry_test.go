package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parterre/parterre/client"
)

// script is a service that answers one request after the other as it is written, and keeps what it was sent.
type script struct {
	answers []answer
	bodies  []string
	closed  int
}

type answer struct {
	status int
	reset  string
	body   string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	if len(s.answers) == 0 {
		return nil, errors.New("a request too many")
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	s.bodies = append(s.bodies, string(body))
	resp := &http.Response{StatusCode: a.status, Header: http.Header{}, Body: &closer{strings.NewReader(a.body), s}}
	if a.reset != "" {
		resp.Header.Set("X-Ratelimit-Reset", a.reset)
	}
	return resp, nil
}

type closer struct {
	io.Reader
	s *script
}

func (c *closer) Close() error { c.s.closed++; return nil }

func repeated(a answer, n int) (all []answer) {
	for range n {
		all = append(all, a)
	}
	return all
}

func TestRetries(t *testing.T) {
	ok := answer{status: 200, body: `{"id":"12","received":1}`}
	update := func(ctx context.Context, c *client.Client) error {
		_, err := c.UpdateAudience(ctx, account, "12", client.AudienceUpdate{Name: new("n")})
		return err
	}
	stream := func(body func() io.Reader) func(ctx context.Context, c *client.Client) error {
		return func(ctx context.Context, c *client.Client) error {
			_, err := c.ImportPeople(ctx, body())
			return err
		}
	}
	for _, tt := range []struct {
		name    string
		answers []answer
		do      func(ctx context.Context, c *client.Client) error
		sent    int
		after   time.Duration
		status  int // of the error; 0 for none
	}{
		{"a rate limit is waited for", []answer{{status: 429, reset: "7"}, ok}, update, 2, 7 * time.Second, 0},
		{"a rate limit may be reset at once", []answer{{status: 429, reset: "0"}, ok}, update, 2, 0, 0},
		{"a rate limit that says nothing is one second", []answer{{status: 429}, ok}, update, 2, time.Second, 0},
		{"a rate limit that is reset tomorrow is an error", []answer{{status: 429, reset: "86400"}}, update, 1, 0, 429},
		{
			"an unavailable service is asked again, later each time", append(repeated(answer{status: 503}, 3), ok), update, 4,
			700 * time.Millisecond, 0,
		},
		{"it is given up in the end", repeated(answer{status: 503}, 9), update, 5, 1500 * time.Millisecond, 503},
		{"a fault of the service is not asked again", []answer{{status: 500}}, update, 1, 0, 500},
		{
			"a body of bytes is sent again",
			[]answer{{status: 503}, ok},
			stream(func() io.Reader { return strings.NewReader("{}\n") }), 2, 100 * time.Millisecond, 0,
		},
		{
			"a stream is sent once",
			[]answer{{status: 503}, ok},
			stream(func() io.Reader { return io.MultiReader(strings.NewReader("{}\n")) }), 1, 0, 503,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: tt.answers}
				c := connect(t, "http://service.example", &client.Options{HTTP: &http.Client{Transport: s}})
				start := time.Now()
				err := tt.do(t.Context(), c)
				if e := (*client.Error)(nil); errors.As(err, &e) != (tt.status != 0) || e != nil && e.Status != tt.status {
					t.Errorf("got error %v, want status %d", err, tt.status)
				}
				if len(s.bodies) != tt.sent {
					t.Errorf("got %d requests, want %d", len(s.bodies), tt.sent)
				}
				for _, b := range s.bodies {
					if b != s.bodies[0] || b == "" {
						t.Errorf("the bodies differ: %q", s.bodies)
					}
				}
				if s.closed != tt.sent {
					t.Errorf("%d of %d answers were closed", s.closed, tt.sent)
				}
				if got := time.Since(start); got != tt.after {
					t.Errorf("it took %v, want %v", got, tt.after)
				}
			})
		})
	}
}

func TestContextEndsTheWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: repeated(answer{status: 429, reset: "60"}, 2)}
		c := connect(t, "http://service.example", &client.Options{HTTP: &http.Client{Transport: s}})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Audience(ctx, account, "12")
		if e := (*client.Error)(nil); !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the refusal and the deadline", err)
		}
		if got := time.Since(start); got != 0 {
			t.Errorf("it waited %v for a deadline that was sure to be missed", got)
		}

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = c.Audience(ctx, account, "12")
		if got := time.Since(start); !errors.Is(err, context.Canceled) || got != time.Second {
			t.Errorf("got %v after %v, want context.Canceled after 1 s", err, got)
		}
	})
}

func TestWaiting(t *testing.T) {
	initializing := answer{status: 200, body: `{"id":"12","status":"INITIALIZING","size":3}`}
	t.Run("waiting ends with the first other status", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: append(repeated(initializing, 40), answer{status: 200, body: `{"status":"TOO_SMALL"}`})}
			c := connect(t, "http://service.example", &client.Options{HTTP: &http.Client{Transport: s}})
			start := time.Now()
			a, err := c.WaitForAudience(t.Context(), account, "12")
			if err != nil || a.Status != client.StatusTooSmall {
				t.Errorf("got %+v, %v", a, err)
			}
			if got := time.Since(start); got < 20*time.Second || got > 40*time.Second {
				t.Errorf("40 looks took %v, want them to come to one a second", got)
			}
		})
	})
	t.Run("a context that ends leaves what was seen last", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: repeated(initializing, 100)}
			c := connect(t, "http://service.example", &client.Options{HTTP: &http.Client{Transport: s}})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			a, err := c.WaitForAudience(ctx, account, "12")
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "audience 12 (INITIALIZING)") {
				t.Errorf("got %v, want the deadline, the audience and its status", err)
			}
			if a.Size != 3 {
				t.Errorf("got %+v, want the audience as it was last seen", a)
			}
		})
	})
	t.Run("a refusal ends the waiting", func(t *testing.T) {
		c, _ := serve(t, http.StatusNotFound, `{"code":1001,"message":"m"}`)
		_, err := c.WaitForCustomerList(t.Context(), account, "7")
		if e := (*client.Error)(nil); !errors.As(err, &e) || e.Code != 1001 {
			t.Errorf("got %v, want code 1001", err)
		}
	})
}
