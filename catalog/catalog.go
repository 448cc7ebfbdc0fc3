// Package catalog keeps the records of the service: businesses, ad accounts, audiences and their versions, shares, customer lists and their
// pending batches, conversion tags, jobs, tokens, roles, settings, and who changed what. [Catalog] is the one type that
// users hold; the store of rows below it is a [driver.Driver].
//
// Everything happens inside a transaction. [Catalog.View] reads one consistent state; [Catalog.Update] changes several
// records together, and what it wrote is durable when it returns nil. So an update of an audience, its new version, the
// line of the audit and the job that evaluates the rule are written all or not at all.
//
// A record that is not there is an error of the record's own code, with the public text of the API. The context's error
// passes unchanged. Everything else is [parterre.Internal].
package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

// Catalog keeps records in a store of rows. Its methods may be called concurrently, except that Close is called once, after
// every other call has returned.
type Catalog struct {
	rows  driver.Driver
	now   func() time.Time
	fresh fresh
}

// New makes a catalogue over a driver, which it owns from now on. The clock dates what is created.
func New(d driver.Driver, now func() time.Time) *Catalog { return &Catalog{rows: d, now: now} }

// Close releases the driver.
func (c *Catalog) Close() error { return classify(c.rows.Close(), "close the catalogue") }

// Tx is a transaction. It is valid during the call that it was given to, in one goroutine. Records that it gives out are
// the caller's own. A transaction sees its own changes.
type Tx struct {
	ctx  context.Context // of the call that began the transaction, which Tx does not outlive
	rows driver.Reader
	w    driver.Tx // nil in a view
	now  func() time.Time

	stale bool // what is kept in memory is to be forgotten
}

// View calls f with a transaction that only reads, and returns f's error. What f sees is one state, whatever others write
// meanwhile. F must not begin another transaction.
func (c *Catalog) View(ctx context.Context, f func(*Tx) error) error {
	err := c.rows.View(ctx, func(r driver.Reader) error {
		return f(&Tx{ctx: ctx, rows: r, now: c.now})
	})
	return classify(err, "read the catalogue")
}

// Update calls f, once, with a transaction that reads and writes. When f fails nothing has changed, and Update returns f's
// error; when Update returns nil, the changes are visible and durable. Updates take effect one after another, so f must be
// short, and must not begin another transaction.
func (c *Catalog) Update(ctx context.Context, f func(*Tx) error) error {
	tx := &Tx{ctx: ctx, now: c.now}
	err := c.rows.Update(ctx, func(w driver.Tx) error {
		tx.rows, tx.w = w, w
		return f(tx)
	})
	if tx.stale { // also when it failed: the store may not know whether it did
		c.fresh.forget()
	}
	return classify(err, "change the catalogue")
}

// Page selects a part of a list. The order is that of the ids.
type Page struct {
	After      parterre.ID // where the page before ended; 0 to begin
	Descending bool
	Limit      int // how many at the most, above 0
}

// errReadOnly is in the chain of the error for a write in a view.
var errReadOnly = errors.New("a view cannot write")

// classify gives an error its code: one that has a code keeps it, the end of the context passes, and everything else is a
// fault of ours.
func classify(err error, doing string) error {
	switch coded := (*parterre.Error)(nil); {
	case err == nil, errors.As(err, &coded), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return parterre.Internalf(err, "%s", doing)
}

// seconds fills in a moment that the caller left open.
func (t *Tx) seconds(at *int64) {
	if *at == 0 {
		*at = t.now().Unix()
	}
}
