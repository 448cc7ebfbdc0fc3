// Package parterretest gives a Go test a live Parterre: the service itself, over HTTP on a free port of the loopback, with
// its engine and nothing kept.
//
//	func TestMyClient(t *testing.T) {
//		p := parterretest.Start(t, nil)
//		// p.URL, p.Token, p.AdAccount: point your client there.
//	}
package parterretest

import (
	"cmp"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/ratelimit"
	"github.com/parterre/parterre/sandbox"
)

// Options changes what Start starts.
type Options struct {
	Data  string           // a folder for the data; nothing is kept when empty
	Token string           // the token of the sandbox; a new one is made when empty
	Now   func() time.Time // the service's clock; time.Now when nil
	Log   *slog.Logger     // nothing is logged when nil

	// APIVersion is the version of the API v5 that is spoken: 5.14, 5.23 or live; 5.23 when it is empty.
	APIVersion string

	// RateLimits is the tier of the rate limits, standard or trial; nothing is counted when it is empty.
	RateLimits string
}

// Server is a live service.
type Server struct {
	URL       string // where it is, http://host:port
	Token     string // a bearer token with every scope
	AdAccount string // the ad account of the sandbox
	Business  string // that owns it
	AppID     string // of the sandbox's app, for the OAuth flow
	AppSecret string
	Client    *client.Client
}

// Start starts a service that ends with the test. O may be nil.
func Start(t testing.TB, o *Options) *Server {
	t.Helper()
	if o == nil {
		o = &Options{}
	}
	data := o.Data
	if data == "" {
		data = server.Memory
	}
	limits, err := ratelimit.Parse(cmp.Or(o.RateLimits, ratelimit.Off))
	if err != nil {
		t.Fatalf("start Parterre: %v", err)
	}
	s, err := server.Build(context.Background(), server.Config{
		Addr: "127.0.0.1:0", Data: data, Sandbox: sandbox.Credentials{Token: o.Token}, Now: o.Now, Log: o.Log, RateLimits: limits,
		APIVersion: o.APIVersion, Grace: time.Second,
	})
	if err != nil {
		t.Fatalf("start Parterre: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("stop Parterre: %v", err)
		}
	})
	c, err := client.New(s.URL, s.Token, nil)
	if err != nil {
		t.Fatalf("make a client: %v", err)
	}
	return &Server{
		URL: s.URL, Token: s.Token, AdAccount: sandbox.AdAccount.String(), Business: sandbox.Business.String(),
		AppID: s.AppID, AppSecret: s.AppSecret, Client: c,
	}
}
