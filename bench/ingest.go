package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/conversion"
)

// ingestFigures are those of one size.
type ingestFigures struct {
	Size          size    `json:"size"`
	Rate          float64 `json:"events_per_second"`
	Ceiling       float64 `json:"ceiling_events_per_second"` // decoding and discarding
	Share         float64 `json:"share_of_ceiling"`
	P50           float64 `json:"request_p50_ms"`
	P99           float64 `json:"request_p99_ms"`
	CPU           float64 `json:"cpu_microseconds_per_event"` // of client and server together
	Memory        float64 `json:"resident_megabytes"`
	BytesPerEvent float64 `json:"bytes_per_event"`
	Freshness     float64 `json:"freshness_p99_ms"`
}

const connections = 8

func ingest(ctx context.Context, b *bench) (any, error) {
	var all []ingestFigures
	var rows [][]any
	for _, part := range b.parts() {
		f, err := b.ingestAt(ctx, b.size.part(part))
		if err != nil {
			return nil, err
		}
		all = append(all, f)
		rows = append(rows, []any{
			f.Size.Events, f.Rate, f.Ceiling, f.Share, f.P50, f.P99, f.CPU, f.Memory, f.BytesPerEvent, f.Freshness,
		})
	}
	b.table("events|events/s|ceiling|share|p50 ms|p99 ms|CPU µs/event|resident MB|bytes/event|fresh p99 ms", rows)
	return all, nil
}

func (b *bench) ingestAt(ctx context.Context, sz size) (f ingestFigures, err error) {
	f.Size = sz
	w := newWorld(sz, b.seed)
	s, err := b.newService(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.end(ctx)) }()
	if f.Ceiling, err = s.ceiling(ctx, b, w); err != nil {
		return f, err
	}
	if err := s.importAll(ctx, b, w.size.Persons, ""); err != nil {
		return f, err
	}
	before, err := diskBytes(s.folder)
	if err != nil {
		return f, err
	}
	if err := b.profileAnew(); err != nil {
		return f, err
	}
	busy := cpuSeconds()
	sent, err := s.sendAll(ctx, b, w, s.URL+"/v5/ad_accounts/"+s.account.String()+"/events", w.chunks())
	if err != nil {
		return f, err
	}
	f.Rate, f.Share = sent.rate, sent.rate/f.Ceiling
	f.P50, f.P99 = ms(quantile(sent.took, 0.5)), ms(quantile(sent.took, 0.99))
	f.CPU = (cpuSeconds() - busy) * 1e6 / float64(sz.Events)
	f.Memory = residentMegabytes()
	if f.Freshness, err = s.freshness(ctx, w); err != nil {
		return f, err
	}
	if err := s.Close(ctx); err != nil { // so that what waits in memory is on the disk
		return f, err
	}
	if err := s.open(ctx); err != nil {
		return f, err
	}
	after, err := diskBytes(s.folder)
	f.BytesPerEvent = float64(after-before) / float64(sz.Events)
	return f, err
}

// sending is what became of sending events.
type sending struct {
	rate float64
	took []time.Duration // of each request
}

// sendAll sends chunks of events over some connections, each request one chunk.
func (s *service) sendAll(ctx context.Context, b *bench, w *world, url string, chunks int) (sent sending, err error) {
	p := b.progress("sending", min(chunks*perChunk, w.size.Events))
	defer p.end()
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	defer transport.CloseIdleConnections()
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	next := counter(chunks)
	begun := time.Now()
	total := 0
	for range connections {
		g.Go(func() error {
			var events []event
			var body []byte
			for n := range next {
				events = w.chunk(n, events)
				body = w.requestBody(body[:0], events)
				began := time.Now()
				if err := post(ctx, transport, url, s.Token, body); err != nil {
					return err
				}
				took := time.Since(began)
				mu.Lock()
				sent.took = append(sent.took, took)
				total += len(events)
				mu.Unlock()
				p.add(len(events))
			}
			return nil
		})
	}
	err = g.Wait()
	sent.rate = float64(total) / time.Since(begun).Seconds()
	return sent, err
}

func post(ctx context.Context, transport http.RoundTripper, url, token string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answer %d: %.300s", resp.StatusCode, answer)
	}
	return err
}

// ceiling is the rate of a server that decodes events, checks them, answers the same, and keeps nothing.
func (s *service) ceiling(ctx context.Context, b *bench, w *world) (float64, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	discard := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(decodeAndDiscard)}
	defer discard.Close()      //nolint:errcheck // it keeps nothing
	go discard.Serve(listener) //nolint:errcheck // the client notices
	sent, err := s.sendAll(ctx, b, w, "http://"+listener.Addr().String(), min(w.chunks(), 1000))
	return sent.rate, err
}

func decodeAndDiscard(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	events, err := conversion.DecodeRequest(body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	for i := range events {
		if events[i].Check(now).Status != conversion.Processed {
			http.Error(rw, "an event is not usable", http.StatusBadRequest)
			return
		}
		if len(events[i].Of(1).Who) == 0 {
			http.Error(rw, "an event names nobody", http.StatusBadRequest)
			return
		}
	}
	_, _ = io.WriteString(rw, `{}`)
}

// freshness is how long it takes at most, in 99 cases of 100, from an event's acknowledgement to its membership.
func (s *service) freshness(ctx context.Context, w *world) (float64, error) {
	account := s.account.String()
	a, err := s.client.CreateAudience(ctx, account, client.AudienceCreate{
		AudienceType: client.TypeVisitor, Name: "fresh", Rule: map[string]any{"visitor_source_id": s.tag.String(), "event": "custom"},
	})
	if err == nil {
		_, err = s.client.WaitForAudience(ctx, account, a.ID)
	}
	if err != nil {
		return 0, err
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	var all []time.Duration
	for i := range 200 {
		e := event{person: i * w.size.Persons / 200, at: now - 60, name: "custom", api: true}
		url := s.URL + "/v5/ad_accounts/" + account + "/events"
		if err := post(ctx, transport, url, s.Token, w.requestBody(nil, []event{e})); err != nil {
			return 0, err
		}
		begun := time.Now()
		for found := false; !found; {
			in, err := s.client.Memberships(ctx, client.Identifier{HashedEmail: hashed(e.person)})
			if err != nil {
				return 0, err
			}
			for _, id := range in.AudienceIDs {
				found = found || id == a.ID
			}
		}
		all = append(all, time.Since(begun))
	}
	return ms(quantile(all, 0.99)), nil
}

// cpuSeconds is how long the process has computed, as far as the runtime knows.
func cpuSeconds() float64 {
	runtime.GC() // what the runtime knows is from the last collection
	samples := []metrics.Sample{{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(samples)
	return samples[0].Value.Float64() - samples[1].Value.Float64()
}

// residentMegabytes is the memory of the process: what the system says where it says it, and otherwise the runtime.
func residentMegabytes() float64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			if pages, err := strconv.Atoi(fields[1]); err == nil {
				return float64(pages) * float64(os.Getpagesize()) / (1 << 20)
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}
