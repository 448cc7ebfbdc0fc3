package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/client"
)

// lookupFigures are those of looking persons up.
type lookupFigures struct {
	Size       size          `json:"size"`
	Audiences  int           `json:"audiences"`
	P50        float64       `json:"in_process_p50_us"`
	P99        float64       `json:"in_process_p99_us"`
	P999       float64       `json:"in_process_p999_us"`
	Again      againFigures  `json:"again"`
	Mean       float64       `json:"mean_audiences"`
	OverHTTP   []httpFigures `json:"over_http"`
	Background float64       `json:"events_per_second_meanwhile"`
}

// againFigures are those of looking the same persons up a second time: the first is often the first about what is stored beside them,
// since the service was started.
type againFigures struct {
	P50  float64 `json:"in_process_p50_us"`
	P99  float64 `json:"in_process_p99_us"`
	P999 float64 `json:"in_process_p999_us"`
}

// httpFigures are those of looking up over HTTP, so many persons in a request, beside a handler that reads a body of the same size
// and answers with as many bytes.
type httpFigures struct {
	Batch    int     `json:"persons_per_request"`
	Rate     float64 `json:"requests_per_second"`
	Empty    float64 `json:"empty_requests_per_second"`
	Share    float64 `json:"share_of_empty"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	EmptyP99 float64 `json:"empty_p99_ms"`

	Again httpAgain `json:"again"`
}

// httpAgain are those of asking the same a second time.
type httpAgain struct {
	Rate  float64 `json:"requests_per_second"`
	Share float64 `json:"share_of_empty"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
}

const (
	inProcess      = 50_000
	overHTTP       = 40_000 // requests for one person
	batchesOfMany  = 400    // requests for many
	many           = 1000
	backgroundRate = 75_000 // events a second: half of the budget
)

func lookups(ctx context.Context, b *bench) (_ any, err error) {
	w := newWorld(b.size, b.seed)
	s, err := b.loaded(ctx, w)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.end(ctx)) }()
	f := lookupFigures{Size: b.size, Audiences: b.audiences}
	if err := s.makeAudiences(ctx, b, w, b.audiences); err != nil {
		return nil, err
	}
	if err := b.profileAnew(); err != nil {
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
	for _, batch := range []int{1, many} {
		one, err := s.besideEmpty(ctx, b, batch)
		if err != nil {
			return nil, err
		}
		f.OverHTTP = append(f.OverHTTP, one)
	}
	stop()
	meanwhile.Wait()
	f.Background = float64(taken) / time.Since(begun).Seconds()
	b.table("in process|audiences|p50 µs|p99 µs|p99.9 µs|mean in|events/s meanwhile", [][]any{
		{"just started", f.Audiences, f.P50, f.P99, f.P999, f.Mean, f.Background},
		{"again", f.Audiences, f.Again.P50, f.Again.P99, f.Again.P999, f.Mean, f.Background},
	})
	var rows [][]any
	for _, h := range f.OverHTTP {
		rows = append(rows, []any{h.Batch, "first", h.Rate, h.Empty, h.Share, h.P50, h.P99, h.EmptyP99})
		rows = append(rows, []any{h.Batch, "again", h.Again.Rate, h.Empty, h.Again.Share, h.Again.P50, h.Again.P99, h.EmptyP99})
	}
	b.table("persons a request||requests/s|empty/s|share|p50 ms|p99 ms|empty p99 ms", rows)
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

// keepSending sends events over HTTP at half the rate of the budget, or as fast as they are taken when that is less, until the
// context ends. It says how many were acknowledged. The bodies are made before.
func (s *service) keepSending(ctx context.Context, w *world) (taken int) {
	bodies := make([][]byte, min(w.chunks(), 200))
	for n := range bodies {
		bodies[n] = w.requestBody(nil, w.chunk(n, nil))
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	tick := time.NewTicker(time.Second * perChunk / backgroundRate)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return taken
		case <-tick.C:
		}
		url := s.URL + "/v5/ad_accounts/" + s.account.String() + "/events"
		if post(ctx, transport, url, s.Token, bodies[n%len(bodies)]) != nil {
			return taken
		}
		taken += perChunk
	}
}

func (s *service) lookInProcess(ctx context.Context, b *bench, f *lookupFigures) error {
	first, found, err := s.lookAll(ctx, b)
	if err != nil {
		return err
	}
	f.P50, f.P99, f.P999 = us(quantile(first, 0.5)), us(quantile(first, 0.99)), us(quantile(first, 0.999))
	f.Mean = float64(found) / inProcess
	again, _, err := s.lookAll(ctx, b)
	if err != nil {
		return err
	}
	f.Again = againFigures{us(quantile(again, 0.5)), us(quantile(again, 0.99)), us(quantile(again, 0.999))}
	return nil
}

// lookAll looks persons up, always the same, and says how long each took, and in how many audiences they are together.
func (s *service) lookAll(ctx context.Context, b *bench) (all []time.Duration, found int, err error) {
	r := rand.New(rand.NewPCG(b.seed, 1))
	p := b.progress("look-ups", inProcess)
	defer p.end()
	all = make([]time.Duration, 0, inProcess)
	for range inProcess {
		sum := emailDigest(r.IntN(b.size.Persons))
		id := []parterre.Identifier{{Kind: parterre.Digest, Value: string(sum[:])}}
		begun := time.Now()
		in, _, err := s.Service.Memberships(ctx, id)
		all = append(all, time.Since(begun))
		if err != nil {
			return nil, 0, err
		}
		found += len(in)
		p.add(1)
	}
	return all, found, nil
}

// besideEmpty measures look-ups of so many persons a request, the same ones again, and then the empty handler with the same
// requests.
func (s *service) besideEmpty(ctx context.Context, b *bench, batch int) (f httpFigures, err error) {
	f.Batch = batch
	asked := s.lookupRequests(b, batch)
	subject, size, err := s.lookOverHTTP(ctx, b, s.URL, asked)
	if err != nil {
		return f, err
	}
	again, _, err := s.lookOverHTTP(ctx, b, s.URL, asked)
	if err != nil {
		return f, err
	}
	empty, err := emptyServer(ctx, size)
	if err != nil {
		return f, err
	}
	defer empty.Close() //nolint:errcheck // it keeps nothing
	ceiling, _, err := s.lookOverHTTP(ctx, b, "http://"+empty.Addr, asked)
	if err != nil {
		return f, err
	}
	f.Rate, f.Empty, f.Share = subject.rate, ceiling.rate, subject.rate/ceiling.rate
	f.P50, f.P99 = ms(quantile(subject.took, 0.5)), ms(quantile(subject.took, 0.99))
	f.EmptyP99 = ms(quantile(ceiling.took, 0.99))
	f.Again = httpAgain{again.rate, again.rate / ceiling.rate, ms(quantile(again.took, 0.5)), ms(quantile(again.took, 0.99))}
	return f, nil
}

// lookup is a request, made before it is measured: a query, or a body.
type lookup struct {
	query string
	body  []byte
}

// lookupRequests are some requests about persons at random, to be sent over and over.
func (s *service) lookupRequests(b *bench, batch int) []lookup {
	r := rand.New(rand.NewPCG(b.seed, 2))
	all := make([]lookup, 50_000/batch)
	for i := range all {
		if batch == 1 {
			all[i].query = "?hashed_email=" + hashed(r.IntN(b.size.Persons))
			continue
		}
		body := []byte("[")
		for n := range batch {
			if n > 0 {
				body = append(body, ',')
			}
			body = append(append(append(body, `{"hashed_email":"`...), hashed(r.IntN(b.size.Persons))...), `"}`...)
		}
		body = append(body, ']')
		all[i].body = body
	}
	return all
}

// lookOverHTTP sends the requests over some connections, each when the one before it is answered. It gives the size of an answer
// on average.
func (s *service) lookOverHTTP(ctx context.Context, b *bench, base string, asked []lookup) (sent sending, size int, err error) {
	requests := overHTTP
	if asked[0].body != nil {
		requests = batchesOfMany
	}
	p := b.progress("over HTTP", requests)
	defer p.end()
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	defer transport.CloseIdleConnections()
	g, ctx := errgroup.WithContext(ctx)
	took, sizes := make([][]time.Duration, connections), make([]int, connections)
	begun := time.Now()
	for c := range connections {
		g.Go(func() error {
			for i := range requests / connections {
				one := asked[(c+i*connections)%len(asked)]
				began := time.Now()
				n, err := ask(ctx, transport, base+"/parterre/v1/memberships"+one.query, s.Token, one.body)
				if err != nil {
					return err
				}
				took[c], sizes[c] = append(took[c], time.Since(began)), sizes[c]+n
				p.add(1)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return sent, 0, err
	}
	lasted := time.Since(begun).Seconds()
	for c := range connections {
		sent.took = append(sent.took, took[c]...)
		size += sizes[c]
	}
	sent.rate = float64(len(sent.took)) / lasted
	return sent, size / len(sent.took), nil
}

// ask sends a GET, or a POST when there is a body, and gives the size of the answer.
func ask(ctx context.Context, transport http.RoundTripper, url, token string, body []byte) (int, error) {
	method := http.MethodGet
	var in io.Reader
	if body != nil {
		method, in = http.MethodPost, bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, in)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(resp.Body)
		return 0, fmt.Errorf("answer %d: %.300s", resp.StatusCode, answer)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	return int(n), err
}

// emptyServer reads what it gets, and answers everything with so many bytes.
func emptyServer(ctx context.Context, size int) (*http.Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	answer := bytes.Repeat([]byte(" "), size)
	s := &http.Server{
		Addr: listener.Addr().String(), ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = w.Write(answer)
		}),
	}
	go s.Serve(listener) //nolint:errcheck // the client notices
	return s, nil
}
