package client

import (
	"context"
	"fmt"
	"time"
)

const (
	firstLook = 2 * time.Millisecond // after this, and half as long again each time
	lastLook  = time.Second
)

// WaitForAudience waits until the members of an audience's rule are known: its status is no longer [StatusInitializing]. It
// may be [StatusTooSmall]. When the context ends first, the audience is given as it was last seen, with the error.
func (c *Client) WaitForAudience(ctx context.Context, account, id string) (Audience, error) {
	return wait(ctx, "audience "+id,
		func() (Audience, error) { return c.Audience(ctx, account, id) },
		func(a Audience) (string, bool) { return a.Status, a.Status != StatusInitializing })
}

// WaitForCustomerList waits until all the records of a customer list are matched: its status is no longer
// [StatusProcessing] or [StatusUploading]. It may be [StatusTooSmall]. When the context ends first, the list is given as it was last seen, with
// the error.
func (c *Client) WaitForCustomerList(ctx context.Context, account, id string) (CustomerList, error) {
	return wait(ctx, "customer list "+id,
		func() (CustomerList, error) { return c.CustomerList(ctx, account, id) },
		func(l CustomerList) (string, bool) {
			return l.Status, l.Status != StatusProcessing && l.Status != StatusUploading
		})
}

// wait looks at something, less and less often, until its status is final.
func wait[T any](
	ctx context.Context, what string, look func() (T, error), final func(T) (status string, done bool),
) (T, error) {
	var last T
	status := "not seen yet"
	for pause := firstLook; ; pause = min(pause*3/2, lastLook) {
		now, err := look()
		if err != nil {
			return last, fmt.Errorf("wait for %s (%s): %w", what, status, err)
		}
		last = now
		var done bool
		if status, done = final(now); done {
			return now, nil
		}
		if err := sleep(ctx, pause); err != nil {
			return last, fmt.Errorf("wait for %s (%s): %w", what, status, err)
		}
	}
}
