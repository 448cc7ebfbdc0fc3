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
	err := r.Driver.View(ctx, f)
	r.t.viewTime.Observe(time.Since(begun).Seconds())
	return err
}

func (r *rows) Update(ctx context.Context, f func(driver.Tx) error) error {
	begun := time.Now()
	err := r.Driver.Update(ctx, f)
	r.t.updateTime.Observe(time.Since(begun).Seconds())
	return err
}
