package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/internal/server"
)

// failing is a store whose disk fails once it is told to.
type failing struct {
	driver.Driver
	now atomic.Bool
}

func (f *failing) Apply(ctx context.Context, w *driver.Writes) (func() error, error) {
	durable, err := f.Driver.Apply(ctx, w)
	if err != nil {
		return nil, err
	}
	return func() error {
		if err := durable(); err != nil || !f.now.Load() {
			return err
		}
		return errors.New("the disk is gone")
	}, nil
}

func TestHealthTellsThatTheDiskHasFailed(t *testing.T) {
	store := &failing{}
	s, err := server.Build(t.Context(), server.Config{
		Addr: "127.0.0.1:0", Data: server.Memory,
		Index: func(d driver.Driver) driver.Driver {
			store.Driver = d
			return store
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	status := func(method, path, body string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	const person = `{"external_id":"u1","country":"US"}`
	if got := status(http.MethodPost, "/parterre/v1/people", person); got != http.StatusOK {
		t.Errorf("an import answers %d, want 200", got)
	}
	if got := status(http.MethodGet, "/healthz", ""); got != http.StatusOK {
		t.Errorf("healthz answers %d before, want 200", got)
	}
	store.now.Store(true)
	if got := status(http.MethodPost, "/parterre/v1/people", strings.Replace(person, "u1", "u2", 1)); got != http.StatusInternalServerError {
		t.Errorf("an import that is not durable answers %d, want 500", got)
	}
	if got := status(http.MethodGet, "/healthz", ""); got != http.StatusServiceUnavailable {
		t.Errorf("healthz answers %d after, want 503", got)
	}
}
