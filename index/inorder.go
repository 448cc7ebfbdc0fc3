package index

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// inOrder reads n things, some in a row by one goroutine, and about as many rows at a time as there are cores. What was read is
// handed over one by one, in the order of the numbers from 0 on. It ends with the first error, when nothing of it runs any more.
func inOrder[T any](
	ctx context.Context, n, some int, read func(ctx context.Context, from, to int) (T, error), take func(T) error,
) error {
	g, ctx := errgroup.WithContext(ctx)
	rows := make(chan chan T, runtime.GOMAXPROCS(0)) // of what is read now, each with room for it
	g.Go(func() error {
		defer close(rows)
		for from := 0; from < n; from += some {
			row := make(chan T, 1)
			select {
			case rows <- row:
			case <-ctx.Done():
				return ctx.Err()
			}
			g.Go(func() error {
				read, err := read(ctx, from, min(from+some, n))
				if err == nil {
					row <- read
				}
				return err
			})
		}
		return nil
	})
	g.Go(func() error {
		for row := range rows {
			select {
			case read := <-row:
				if err := take(read); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}
