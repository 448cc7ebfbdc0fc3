package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/client"
)

// lookupFigures are those of looking persons up.
type lookupFigures struct {
	Size       size    `json:"size"`
	Audiences  int     `json:"audiences"`
	P50        float64 `json:"in_process_p50_us"`
	P99        float64 `json:"in_process_p99_us"`
	P999       float64 `json:"in_process_p999_us"`
	Mean       float64 `json:"mean_audiences"`
	Rate       float64 `json:"http_per_second"`
	Empty      float64 `json:"http_empty_per_second"`
	Share      float64 `json:"share_of_empty"`
	HTTPP99    float64 `json:"http_p99_ms"`
	Background float64 `json:"events_per_second_meanwhile"`
}

const (
	lookupAudiences = 10_000
	inProcess       = 50_000
	overHTTP        = 40_000
	backgroundRate  = 75_000 // events a second: half of the budget
)

func lookups(ctx context.Context, b *bench) (_ any, err error) {
	w := newWorld(b.size, b.seed)
	s, err := b.newService(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.end(ctx)) }()
	if err := s.load(ctx, b, w); err != nil {
		return nil, err
	}
	f := lookupFigures{Size: b.size, Audiences: lookupAudiences}
	if err := s.makeAudiences(ctx, b, w, lookupAudiences); err != nil {
		return nil, err
	}
	background, stop := context.WithCancel(ctx)
	var taken int
	var meanwhile sync.WaitGroup
	begun := time.Now()
	meanwhile.Go(func() { taken = s.keepSending(background, w) })
	defer stop()
	if err := s.lookInProcess(ctx, b, &f); err != nil {
		return nil, err
	}
	if f.Rate, f.HTTPP99, err = s.lookOverHTTP(ctx, b, s.URL); err != nil {
		return nil, err
	}
	empty, err := emptyServer(ctx)
	if err != nil {
		return nil, err
	}
	defer empty.Close() //nolint:errcheck // it keeps nothing
	if f.Empty, _, err = s.lookOverHTTP(ctx, b, "http://"+empty.Addr); err != nil {
		return nil, err
	}
	stop()
	meanwhile.Wait()
	f.Background = float64(taken) / time.Since(begun).Seconds()
	f.Share = f.Rate / f.Empty
	b.table("audiences|p50 µs|p99 µs|p99.9 µs|mean in|HTTP/s|empty/s|share|HTTP p99 ms|events/s", [][]any{
		{f.Audiences, f.P50, f.P99, f.P999, f.Mean, f.Rate, f.Empty, f.Share, f.HTTPP99, f.Background},
	})
	return f, nil
}

// makeAudiences makes audiences of four kinds: a page, a part of URLs, a product, and an event from a source.
func (s *service) makeAudiences(ctx context.Context, b *bench, w *world, n int) error {
	p := b.progress("audiences", n)
	defer p.end()
	g, ctx := errgroup.WithContext(ctx)
	account := s.account.String()
	next := counter(n)
	for range 4 {
		g.Go(func() error {
			for i := range next {
				a, err := s.client.CreateAudience(ctx, account, client.AudienceCreate{
					AudienceType: client.TypeVisitor, Name: fmt.Sprintf("audience %d", i), Rule: json.RawMessage(s.someRule(w, i)),
				})
				if err == nil {
					_, err = s.client.WaitForAudience(ctx, account, a.ID)
				}
				if err != nil {
					return err
				}
				p.add(1)
			}
			return nil
		})
	}
	return g.Wait()
}

func (s *service) someRule(w *world, i int) string {
	rest := ""
	switch k := i / 4; i % 4 {
	case 0:
		rest = fmt.Sprintf(`"url":%q`, w.urls[k%len(w.urls)])
	case 1:
		rest = fmt.Sprintf(`"url":{"contains":["/s%03d/c%02d/"]}`, k%sections, k/sections%40)
	case 2:
		rest = fmt.Sprintf(`"event":"checkout","event_data":{"line_items":[{"product_id":%q}]}`, productID(k%products))
	case 3:
		rest = fmt.Sprintf(`"event":"search","event_data":{"search_query":%q}`, queryText(1+k%queries))
	}
	return fmt.Sprintf(`{"visitor_source_id":"%s","retention_days":%d,%s}`, s.tag, 30+i%150, rest)
}

// keepSending takes events in at half the rate of the budget, until the context ends.
func (s *service) keepSending(ctx context.Context, w *world) (taken int) {
	tick := time.NewTicker(time.Second * perChunk / backgroundRate)
	defer tick.Stop()
	var raw []event
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return taken
		case <-tick.C:
		}
		raw = w.chunk(n%w.chunks(), raw)
		events := make([]parterre.Event, len(raw))
		for i := range raw {
			events[i] = w.of(&raw[i], s.account, s.tag)
		}
		if s.Service.Ingest(ctx, events) != nil {
			return taken
		}
		taken += len(events)
	}
}

func (s *service) lookInProcess(ctx context.Context, b *bench, f *lookupFigures) error {
	r := rand.New(rand.NewPCG(b.seed, 1))
	p := b.progress("look-ups", inProcess)
	defer p.end()
	all := make([]time.Duration, 0, inProcess)
	found := 0
	for range inProcess {
		sum := emailDigest(r.IntN(b.size.Persons))
		id := []parterre.Identifier{{Kind: parterre.Digest, Value: string(sum[:])}}
		begun := time.Now()
		in, _, err := s.Service.Memberships(ctx, id)
		all = append(all, time.Since(begun))
		if err != nil {
			return err
		}
		found += len(in)
		p.add(1)
	}
	f.P50, f.P99, f.P999 = us(quantile(all, 0.5)), us(quantile(all, 0.99)), us(quantile(all, 0.999))
	f.Mean = float64(found) / inProcess
	return nil
}

// lookOverHTTP asks about one person after another over some connections.
func (s *service) lookOverHTTP(ctx context.Context, b *bench, base string) (rate, p99 float64, err error) {
	p := b.progress("over HTTP", overHTTP)
	defer p.end()
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	defer transport.CloseIdleConnections()
	g, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	var all []time.Duration
	begun := time.Now()
	for c := range connections {
		g.Go(func() error {
			r := rand.New(rand.NewPCG(b.seed, uint64(c)+2))
			for range overHTTP / connections {
				query := url.Values{"hashed_email": {hashed(r.IntN(b.size.Persons))}}
				began := time.Now()
				if err := get(ctx, transport, base+"/parterre/v1/memberships?"+query.Encode(), s.Token); err != nil {
					return err
				}
				took := time.Since(began)
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
				p.add(1)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return 0, 0, err
	}
	return float64(len(all)) / time.Since(begun).Seconds(), ms(quantile(all, 0.99)), nil
}

func get(ctx context.Context, transport http.RoundTripper, url, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
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

// emptyServer answers everything with an empty object.
func emptyServer(ctx context.Context) (*http.Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &http.Server{
		Addr: listener.Addr().String(), ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }),
	}
	go s.Serve(listener) //nolint:errcheck // the client notices
	return s, nil
}
