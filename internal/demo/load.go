package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

const (
	eventsARequest = 1_000            // as many as the API takes
	connections    = 4                // that send events at a time
	patience       = 30 * time.Second // for a list or an audience
)

// loader brings the data of the shop to the service.
type loader struct {
	c        *client.Client
	o        Options
	shop     *shop
	progress *terminal.Progress

	// What load makes:
	tag      string   // a conversion tag
	readers  uploaded // of the newsletter
	regulars uploaded // the most faithful quarter of them
}

// uploaded is a customer list, and who is on it.
type uploaded struct {
	id      string
	persons []*person
}

// loadedRow is what was loaded of one sort.
type loadedRow struct {
	what  string
	count int
	took  time.Duration
}

// load makes a conversion tag, loads everything, and says what in the order of loading.
func (l *loader) load(ctx context.Context) ([]loadedRow, error) {
	tag, err := l.c.CreateConversionTag(ctx, l.o.Account, client.ConversionTagCreate{Name: shopDomain})
	if err != nil {
		return nil, fmt.Errorf("create a conversion tag: %w", err)
	}
	l.tag = tag.ID

	fromTag := l.o.Events * 2 / 5
	regulars := (l.o.ListSize + 3) / 4
	l.progress = terminal.NewProgress(l.o.Progress, "loading", l.o.Persons+l.o.ListSize+regulars+l.o.Engagements+l.o.Events)
	defer l.progress.Close()
	steps := []struct {
		what  string
		count int
		load  func(ctx context.Context, n int) error
	}{
		{"persons", l.o.Persons, func(ctx context.Context, n int) error {
			return send(ctx, l.c.ImportPeople, counted(l.progress, l.shop.people()), n)
		}},
		{"e-mails on lists", l.o.ListSize + regulars, func(ctx context.Context, _ int) error {
			return l.loadLists(ctx, l.o.ListSize, regulars)
		}},
		{"engagements", l.o.Engagements, func(ctx context.Context, n int) error {
			return send(ctx, l.c.ImportEngagements, counted(l.progress, l.shop.engagements(n)), n)
		}},
		{"events of the tag", fromTag, func(ctx context.Context, n int) error {
			return send(ctx, l.c.ImportEvents, counted(l.progress, l.shop.tagEvents(n, l.tag)), n)
		}},
		{"events of the API", l.o.Events - fromTag, l.sendEvents},
	}
	var loaded []loadedRow
	for _, s := range steps {
		if s.count == 0 {
			continue
		}
		l.progress.Name(s.what)
		start := time.Now()
		if err := s.load(ctx, s.count); err != nil {
			return nil, fmt.Errorf("load %s: %w", s.what, err)
		}
		loaded = append(loaded, loadedRow{s.what, s.count, time.Since(start)})
	}
	return loaded, nil
}

// loadLists uploads the readers of the newsletter and, as a list of their own, the most faithful of them.
func (l *loader) loadLists(ctx context.Context, readers, regulars int) error {
	persons := l.shop.readers(readers)
	for _, list := range []struct {
		name    string
		persons []*person
		to      *uploaded
	}{
		{"Newsletter readers", persons, &l.readers},
		{"Regular customers", persons[:regulars], &l.regulars},
	} {
		made, err := l.c.CreateCustomerList(ctx, l.o.Account, client.CustomerListCreate{
			Name: list.name, Records: records(list.persons),
		})
		if err != nil {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, patience)
		made, err = l.c.WaitForCustomerList(waiting, l.o.Account, made.ID)
		cancel()
		if err != nil {
			return err
		}
		*list.to = uploaded{made.ID, list.persons}
		l.progress.Add(len(list.persons))
	}
	return nil
}

// sendEvents sends n events through the conversions API, several requests at a time.
func (l *loader) sendEvents(ctx context.Context, n int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(connections)
	for batch := range batches(l.shop.apiEvents(n), eventsARequest) {
		if ctx.Err() != nil {
			break // the group has the reason
		}
		group.Go(func() error {
			result, err := l.c.SendEvents(ctx, l.o.Account, batch, false)
			if err != nil {
				return errors.Join(err, firstFailure(result))
			}
			l.progress.Add(len(batch))
			return nil
		})
	}
	return group.Wait()
}

func firstFailure(result client.EventsResult) error {
	for i, e := range result.Events {
		if e.Error != "" {
			return fmt.Errorf("event %d of a request: %s", i+1, e.Error)
		}
	}
	return nil
}

// send imports n values and takes a line that is rejected for an error.
func send[T any](
	ctx context.Context, imports func(context.Context, io.Reader) (client.ImportResult, error), values iter.Seq[T], n int,
) error {
	result, err := imports(ctx, client.NDJSON(values))
	switch {
	case err != nil:
		return err
	case len(result.Rejected) > 0:
		return fmt.Errorf("%d of %d lines were accepted; line %d: %s",
			result.Accepted, n, result.Rejected[0].Line, result.Rejected[0].Message)
	case result.Accepted != n:
		return fmt.Errorf("%d of %d lines were accepted", result.Accepted, n)
	}
	return nil
}

// counted shows the progress of a sequence as it is read.
func counted[T any](p *terminal.Progress, values iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		const step = 250
		n := 0
		for v := range values {
			if !yield(v) {
				return
			}
			if n++; n == step {
				p.Add(n)
				n = 0
			}
		}
		p.Add(n)
	}
}

// batches cuts a sequence into slices of at most n. A slice belongs to whoever gets it.
func batches[T any](values iter.Seq[T], n int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		var batch []T
		for v := range values {
			if batch = append(batch, v); len(batch) == n {
				if !yield(batch) {
					return
				}
				batch = make([]T, 0, n)
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}
