package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/sandbox"
)

// service is a live service with a folder of its own, and a client of it.
type service struct {
	*server.Server
	client  *client.Client
	folder  string
	store   driver.Driver // of the index
	account parterre.ID
	tag     parterre.ID
}

func clock() time.Time { return time.Unix(now, 0) }

// newService starts a service in a new folder.
func (b *bench) newService(ctx context.Context) (*service, error) {
	folder, err := os.MkdirTemp(b.folder, "parterre-bench-")
	if err != nil {
		return nil, err
	}
	return b.begin(ctx, b.serviceIn(folder))
}

func (b *bench) serviceIn(folder string) *service {
	return &service{folder: folder, account: sandbox.AdAccount}
}

// begin starts a service over a folder that is empty, and makes its conversion tag. The folder is gone when that fails.
func (b *bench) begin(ctx context.Context, s *service) (*service, error) {
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.folder))
	}
	tag, err := s.client.CreateConversionTag(ctx, s.account.String(), client.ConversionTagCreate{Name: "bench"})
	if err == nil {
		s.tag, err = parterre.ParseID("id", tag.ID)
	}
	if err != nil {
		return nil, errors.Join(err, s.end(ctx))
	}
	return s, nil
}

// open starts the service over the folder, which may be there from before.
func (s *service) open(ctx context.Context) (err error) {
	s.Server, err = server.Build(ctx, server.Config{Addr: "127.0.0.1:0", Data: filepath.Join(s.folder, "data"), Sandbox: sandbox.Credentials{Token: "bench"}, Now: clock, Index: s.around, MemoryLimit: server.MemoryLimit(0)})
	if err != nil {
		return err
	}
	s.client, err = client.New(s.URL, s.Token, nil)
	return err
}

// around keeps the store of the index, and leaves it as it is.
func (s *service) around(d driver.Driver) driver.Driver {
	s.store = d
	return d
}

// settle waits until the store is at rest, as it is a few moments after the last event.
func (s *service) settle(ctx context.Context) error {
	if at, ok := s.store.(interface {
		Settle(ctx context.Context) error
	}); ok {
		return at.Settle(ctx)
	}
	return nil
}

// end stops the service and removes its folder.
func (s *service) end(ctx context.Context) error {
	return errors.Join(s.Close(ctx), os.RemoveAll(s.folder))
}

// load takes all persons and events in, past HTTP.
func (s *service) load(ctx context.Context, b *bench, w *world) error {
	if err := s.importAll(ctx, b, w.size.Persons, ""); err != nil {
		return err
	}
	p := b.progress("events", w.size.Events)
	defer p.end()
	g, ctx := errgroup.WithContext(ctx)
	next := counter(w.chunks())
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			var raw []event
			var events []parterre.Event
			for n := range next {
				raw = w.chunk(n, raw)
				for i := range raw {
					events = append(events, w.of(&raw[i], s.account, s.tag))
				}
				if n%8 == 7 || n == w.chunks()-1 || len(events) >= 8*perChunk {
					if err := s.Service.Ingest(ctx, events); err != nil {
						return err
					}
					p.add(len(events))
					events = events[:0]
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
			p.add(len(events))
			return s.Service.Ingest(ctx, events)
		})
	}
	return g.Wait()
}

// importAll makes all persons known, of a country unless it is empty.
func (s *service) importAll(ctx context.Context, b *bench, persons int, country string) error {
	const batch = 10_000
	p := b.progress("persons", persons)
	defer p.end()
	for from := 0; from < persons; from += batch {
		people := make([]parterre.Person, 0, batch)
		for i := from; i < min(from+batch, persons); i++ {
			people = append(people, parterre.Person{Who: who(i), Country: country})
		}
		if err := s.Index.Import(ctx, people); err != nil {
			return fmt.Errorf("import persons: %w", err)
		}
		p.add(len(people))
	}
	return nil
}

// counter gives the numbers from 0 up to n to whoever asks.
func counter(n int) <-chan int {
	c := make(chan int, n)
	for i := range n {
		c <- i
	}
	close(c)
	return c
}

// diskBytes is how large the files of a folder are.
func diskBytes(folder string) (n int64, err error) {
	err = filepath.Walk(folder, func(_ string, info os.FileInfo, err error) error {
		if errors.Is(err, os.ErrNotExist) { // removed meanwhile
			return nil
		}
		if err == nil && !info.IsDir() {
			n += info.Size()
		}
		return err
	})
	return n, err
}
