package telemetry

import (
	"context"
	"time"

	"github.com/parterre/parterre/catalog/driver"
)

// Catalog measures the transactions of a store of rows.
func (t *Telemetry) Catalog(d driver.Driver) driver.Driver { return &rows{Driver: d, t: t} }

type rows struct {
	driver.Driver
	t *Telemetry
}

func (r *rows) View(ctx context.Context, f func(driver.Reader) error) error {
	begun := time.Now()
	ctx, span := r.t.span(ctx, "catalogue view")
	err := r.Driver.View(ctx, f)
	end(span, nil) // that something is not there is no fault
	r.t.viewTime.Observe(time.Since(begun).Seconds())
	return err
}

func (r *rows) Update(ctx context.Context, f func(driver.Tx) error) error {
	begun := time.Now()
	ctx, span := r.t.span(ctx, "catalogue update")
	err := r.Driver.Update(ctx, f)
	end(span, nil)
	r.t.updateTime.Observe(time.Since(begun).Seconds())
	return err
}
