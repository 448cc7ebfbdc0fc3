package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/parterre/parterre/api/consent"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/telemetry"
)

// watch is who sees the work of the service, nil when nobody does.
func (s *Server) watch() audiences.Watch {
	if s.telemetry == nil {
		return nil
	}
	return s.telemetry
}

// trace begins to send spans, unless there is nowhere to send them.
func (s *Server) trace(ctx context.Context, to *telemetry.Traces) error {
	if to == nil {
		return nil
	}
	if err := s.telemetry.Trace(ctx, to); err != nil {
		return err
	}
	s.undo = append(s.undo, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, s.grace)
		defer cancel()
		if err := s.telemetry.StopTraces(ctx); err != nil {
			s.log.Warn("the last spans were not sent", slog.String("error", err.Error()))
		}
		return nil
	})
	return nil
}

// measured has the requests to a handler measured, unless nobody measures.
func (s *Server) measured(routes []wire.Route, h http.Handler) http.Handler {
	if s.telemetry == nil {
		return h
	}
	known := append([]wire.Route{
		{Operation: "healthz", Method: http.MethodGet, Path: "/healthz"},
		{Operation: "consent", Method: http.MethodGet, Path: consent.Path},
		{Operation: "consent", Method: http.MethodPost, Path: consent.Path},
	}, routes...)
	return s.telemetry.Requests(known, h)
}

// administer begins to serve metrics and profiles at an address of their own; nothing when it is empty. Whoever reaches it
// may read them: it asks for no token.
func (s *Server) administer(ctx context.Context, addr string) error {
	if addr == "" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	s.AdminURL = "http://" + listener.Addr().String()
	s.telemetry.Ask(s.Index.Stats, s.Service.Progress, s.pressure)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.telemetry.Handler())
	mux.Handle("GET /healthz", health(s.Service.Healthy, s.watchdog.note, http.NotFoundHandler()))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	admin := &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.undo = append(s.undo, func(ctx context.Context) error {
		defer s.telemetry.Close() // nobody asks the stores any more
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := admin.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return admin.Close()
	})
	go func() {
		if err := admin.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve metrics: %w", err)
		}
	}()
	return nil
}
