// Package demo plays an advertiser's day over the public API: it loads the data of a made-up shop, creates an audience of
// each type, updates them, and writes down what happened for somebody who reads along. It knows the service as any other
// client does.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parterre/parterre/client"
)

// Options says what is loaded and where the report goes. Numbers that are 0 have the defaults of [Run].
type Options struct {
	BaseURL string // of the service and
	Token   string // of the caller: for the curl lines of the report

	Account  string    // the ad account
	Out      io.Writer // the report
	Progress io.Writer // a bar when it is a terminal, a few lines when not; nil for neither

	Seed uint64    // the same seed and Now make the same data
	Now  time.Time // everything happened in the 90 days before

	Persons     int // 8,000
	Events      int // conversion events: 50,000
	Engagements int // 20,000
	ListSize    int // e-mail addresses of the customer list: 2,000
}

// The sizes of a demonstration that names none.
const (
	defaultPersons     = 8_000
	defaultEvents      = 50_000
	defaultEngagements = 20_000
	defaultListSize    = 2_000
)

func (o Options) withDefaults() (Options, error) {
	o.Persons = cmp.Or(o.Persons, defaultPersons)
	o.Events = cmp.Or(o.Events, defaultEvents)
	o.Engagements = cmp.Or(o.Engagements, defaultEngagements)
	o.ListSize = cmp.Or(o.ListSize, defaultListSize)
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	switch {
	case o.Persons < 0 || o.Events < 0 || o.Engagements < 0 || o.ListSize < 0:
		return o, errors.New("the sizes of a demonstration must not be negative")
	case o.ListSize > o.Persons:
		return o, fmt.Errorf("a customer list of %d addresses needs as many persons (there are %d)", o.ListSize, o.Persons)
	case o.Out == nil:
		o.Out = io.Discard
	}
	return o, nil
}

// Run loads the data, creates the audiences, updates them and reports. It fails when the service refuses anything, and
// when an audience is not READY in time; what was loaded and created stays.
//
// Sizes much below the defaults leave audiences under the 100 people that make one READY.
func Run(ctx context.Context, c *client.Client, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	p := &printer{w: o.Out}
	p.printf("A day at %s, over the HTTP API of %s\n\n", shopDomain, o.BaseURL)

	l := &loader{c: c, o: o, shop: newShop(o)}
	loaded, err := l.load(ctx)
	if err != nil {
		return err
	}
	p.printf("%s\n", loadedTable(loaded))

	s := &story{c: c, account: o.Account, tag: l.tag, readers: l.readers, regulars: l.regulars}
	if err := s.create(ctx); err != nil {
		return err
	}
	if err := s.update(ctx); err != nil {
		return err
	}
	p.printf("%s\n", s.report())

	if err := s.lookUp(ctx); err != nil {
		return err
	}
	p.printf("%s", s.commands(o.BaseURL, o.Token))
	return p.err
}

// printer writes, and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
