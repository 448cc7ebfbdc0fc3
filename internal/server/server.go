// Package server puts the service together: it opens the stores, makes the parts and their APIs, serves them, and takes it
// all down again in the opposite order.
package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/parterre/parterre/api/consent"
	ownapi "github.com/parterre/parterre/api/parterre"
	"github.com/parterre/parterre/api/upload"
	v5 "github.com/parterre/parterre/api/v5"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/conversion"
	"github.com/parterre/parterre/index"
	indexdriver "github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/internal/telemetry"
	"github.com/parterre/parterre/oauth"
	"github.com/parterre/parterre/ratelimit"
	"github.com/parterre/parterre/sandbox"
)

// Memory is the data folder that keeps nothing.
const Memory = "mem"

// Config says how the service is run.
type Config struct {
	Addr  string           // where it listens, host:port; port 0 takes a free one
	Admin string           // where metrics and profiles are read, likewise; nowhere when empty
	Data  string           // the folder of the stores, made when it is not there; Memory keeps everything in memory
	Now   func() time.Time // the clock; time.Now when nil

	Traces *telemetry.Traces // where spans are sent; nowhere when nil
	Log    *slog.Logger      // nothing is logged when nil
	// PublicURL is where callers reach the service, for addresses that it gives out; as each request has it when empty.
	PublicURL string

	// Sandbox opens the sandbox; what is empty is made anew.
	Sandbox sandbox.Credentials

	// RateLimits are what callers may ask; nothing is counted when nil.
	RateLimits *ratelimit.Limits

	// MemoryLimit is how many bytes the process should take at most, which is divided among all that grows with the data; 0
	// divides a gigabyte, and promises nothing. See [MemoryLimit] and [KeepMemory].
	MemoryLimit int64

	// DiskReserve is how much room on the disk writes leave alone, in bytes: with less, they are turned away. Nothing is kept in
	// reserve when it is 0.
	DiskReserve int64

	Alike    audiences.Alike // how look-alikes are kept fresh; the factors are in the data folder unless it says where
	Grace    time.Duration   // how long requests may take to end when the service stops; 10 seconds when 0
	Patience time.Duration   // how long a caller may take between two pieces of a body; a minute when 0

	// APIVersion is the version of the API v5 that is spoken, by its name in v5.Versions; v5.Default when it is empty.
	APIVersion string

	// EventLimits are how old an event may be, and how far ahead of the clock; conversion.Usual when nil.
	EventLimits *conversion.Limits

	// Index goes around the store of the index when it is not nil: to watch what the engine asks of it, or to hold it up.
	Index func(indexdriver.Driver) indexdriver.Driver
}

const defaultGrace = 10 * time.Second

// Server is the service, listening. It answers from Build on, and until Close.
type Server struct {
	// URL is where the service is reached, Token opens everything in the sandbox, AppID and AppSecret are what its app shows,
	// and Catalog is what was decided upon. Index and Service are what is behind the APIs, for who measures them. AdminURL is
	// where metrics are read, empty when they are not.
	URL, Token, AppID, AppSecret string
	AdminURL                     string
	Catalog                      *catalog.Catalog
	Index                        *index.Index
	Service                      *audiences.Service

	log    *slog.Logger
	grace  time.Duration
	undo   unwind
	http   *http.Server
	failed chan error

	telemetry   *telemetry.Telemetry // nil when nobody measures
	gate        *gate
	watchdog    *watchdog
	memoryLimit int64
	requests    sync.WaitGroup // that are being answered
	busy        bool           // something still uses the stores although it was told to stop
}

// unwind undoes things in the opposite order of their doing.
type unwind []func(context.Context) error

func (u unwind) all(ctx context.Context) (err error) {
	for _, undo := range slices.Backward(u) {
		err = errors.Join(err, undo(ctx))
	}
	return err
}

// Build opens everything and begins to serve. When it fails, nothing stays open.
func Build(ctx context.Context, c Config) (s *Server, err error) {
	s = &Server{log: c.Log, grace: c.Grace, failed: make(chan error, 2)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.grace == 0 {
		s.grace = defaultGrace
	}
	if c.Patience == 0 {
		c.Patience = defaultPatience
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.undo.all(context.WithoutCancel(ctx)))
		}
	}()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return s, fmt.Errorf("listen on %s: %w", c.Addr, err)
	}
	s.undo = append(s.undo, func(context.Context) error { return ignoreClosed(listener.Close()) })
	handler, err := s.handler(ctx, c)
	if err == nil {
		err = s.administer(ctx, c.Admin)
	}
	if err != nil {
		return s, err
	}
	s.serve(&bounded{Listener: listener, most: connections(c.MemoryLimit), refused: s.gate.refused[noConnection]}, handler)
	return s, nil
}

// handler opens the stores and makes the parts.
func (s *Server) handler(ctx context.Context, c Config) (http.Handler, error) {
	s.memoryLimit, s.gate = c.MemoryLimit, newGate(divide(c.MemoryLimit))
	rows, rolls, files, err := s.open(ctx, c)
	if err != nil {
		return nil, err
	}
	if c.Admin != "" || c.Traces != nil {
		s.telemetry = telemetry.New()
		if err := s.trace(ctx, c.Traces); err != nil {
			return nil, errors.Join(err, rows.Close(), rolls.Close())
		}
		rows = s.telemetry.Catalog(rows)
	}
	s.Catalog = catalog.New(rows, c.Now)
	s.closing(s.Catalog.Close)
	if c.Index != nil {
		rolls = c.Index(rolls)
	}
	ix, err := index.New(ctx, rolls, index.Options{Memory: divide(c.MemoryLimit).caches})
	if err != nil {
		return nil, errors.Join(err, rolls.Close())
	}
	s.Index, s.watchdog.store = ix, rolls
	s.closing(ix.Close)
	s.watchdog.run()
	s.undo = append(s.undo, s.watchdog.stop)
	if err := pair(ctx, s.Catalog, ix); err != nil {
		return nil, err
	}
	tokens := oauth.New(s.Catalog, c.Now)
	if err := tokens.Sweep(ctx); err != nil {
		return nil, err
	}
	box := sandbox.New(s.Catalog, tokens)
	credentials, err := box.Prepare(ctx, c.Sandbox)
	if err != nil {
		return nil, err
	}
	s.Token, s.AppID, s.AppSecret = credentials.Token, credentials.App.String(), credentials.AppSecret
	key, err := bookmarkKey(ctx, s.Catalog)
	if err != nil {
		return nil, err
	}
	service, err := audiences.New(ctx, audiences.Options{
		Catalog: s.Catalog, Index: ix, Parts: files, Alike: alike(c), Watch: s.watch(), Now: c.Now, Log: s.log,
	})
	if err != nil {
		return nil, err
	}
	s.Service = service
	s.undo = append(s.undo, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, s.grace)
		defer cancel()
		return s.inUse(service.Close(ctx))
	})

	version := v5.Default
	if c.APIVersion != "" {
		if version, err = v5.ParseVersion(c.APIVersion); err != nil {
			return nil, err
		}
	}
	events := conversion.Usual
	if c.EventLimits != nil {
		events = *c.EventLimits
	}
	if err := events.Check(); err != nil {
		return nil, err
	}
	links := upload.Links{Key: key, Base: c.PublicURL}
	routes := v5.New(v5.Options{
		Service: service, Tokens: tokens, Links: links, Key: key, Now: c.Now, Version: version, Events: events,
	}).Routes()
	routes = append(routes, upload.Routes(service, links, c.Now)...)
	routes = append(routes, ownapi.New(ownapi.Options{Service: service, Now: c.Now, Issue: box.Issue, Events: events}).Routes()...)
	routes = s.gate.guard(routes)
	api := wire.NewServer(tokens, service, ratelimit.New(c.RateLimits, c.Now), s.log, routes...)
	page := consent.New(tokens, sandbox.User, key, c.PublicURL, s.log)
	return s.measured(routes, within(c.Patience, health(service.Healthy, s.watchdog.note, pages(page, patiently(c.Patience, api))))), nil
}

// pages answers at the path of the consent page, and leaves everything else to api.
func pages(page *consent.Page, api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == consent.Path {
			page.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// alike has the factors kept in the data folder, unless nothing is kept.
func alike(c Config) audiences.Alike {
	if c.Alike.Memory == 0 {
		c.Alike.Memory = divide(c.MemoryLimit).population
	}
	if a := c.Alike; c.Data == Memory || a.File != "" {
		return a
	}
	c.Alike.File = filepath.Join(c.Data, "factors")
	return c.Alike
}

// health answers GET /healthz, and leaves everything else to api as it came: a mux in front of it would redirect.
func health(check func() error, note func() string, api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			answer := "ok\n" + note()
			if check() != nil { // the log has said why
				w.WriteHeader(http.StatusServiceUnavailable)
				answer = "the store of the index failed: look into the log, and start the service again\n"
			}
			_, _ = io.WriteString(w, answer)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// bookmarkKeySetting is where the catalogue keeps the key that signs bookmarks.
const bookmarkKeySetting = "bookmark_key"

// bookmarkKey gives the key that signs bookmarks, and makes it the first time.
func bookmarkKey(ctx context.Context, c *catalog.Catalog) (key []byte, err error) {
	err = c.Update(ctx, func(tx *catalog.Tx) error {
		var there bool
		if key, there, err = tx.Setting(bookmarkKeySetting); err != nil || there {
			return err
		}
		key = make([]byte, 32)
		rand.Read(key)
		return tx.PutSetting(bookmarkKeySetting, key)
	})
	return key, err
}

// serve begins to answer.
func (s *Server) serve(listener net.Listener, handler http.Handler) {
	s.URL = "http://" + listener.Addr().String()
	s.http = &http.Server{
		Handler:           s.counted(handler),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.undo = append(s.undo, s.drain)
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
}

// drain lets requests end, and cuts those off that do not within the deadline. Cut off, they are called off, and get a
// moment to notice it.
func (s *Server) drain(ctx context.Context) error {
	graceful, cancel := context.WithTimeout(ctx, s.grace)
	defer cancel()
	err := s.http.Shutdown(graceful)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.log.Warn("requests that had not ended were cut off", slog.Duration("after", s.grace))
	err = s.http.Close()
	ended := make(chan struct{})
	go func() {
		s.requests.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return err
	case <-time.After(s.grace):
		return errors.Join(err, s.inUse(errors.New("requests did not end although they were called off")))
	}
}

// inUse takes note that something did not end, so that the stores are left open: the process ends, and what was acknowledged
// is in their logs. A nil error is nothing to note.
func (s *Server) inUse(err error) error {
	s.busy = s.busy || err != nil
	return err
}

// closing has a store closed when everything is taken down, unless it is still in use.
func (s *Server) closing(store func() error) {
	s.undo = append(s.undo, func(context.Context) error {
		if s.busy {
			return nil
		}
		return store()
	})
}

// counted counts the requests that are being answered.
func (s *Server) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		defer s.requests.Done()
		h.ServeHTTP(w, r)
	})
}

// Wait returns when the context ends, or when serving has failed.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return fmt.Errorf("serve: %w", err)
	}
}

// Close drains requests, ends the background work and closes the stores. It is called once. That the context has ended does
// not matter: it usually is the reason.
func (s *Server) Close(ctx context.Context) error { return s.undo.all(context.WithoutCancel(ctx)) }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
