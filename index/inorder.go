package index

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// inOrder reads n things in parts of a size, about as many parts at a time as there are cores. Each part is handed over by
// itself, in the order of the numbers from 0 on. It ends with the first error, when nothing of it runs any more.
func inOrder[T any](
	ctx context.Context, n, size int, read func(ctx context.Context, from, to int) (T, error), take func(T) error,
) error {
	g, ctx := errgroup.WithContext(ctx)
	parts := make(chan chan T, runtime.GOMAXPROCS(0)) // that are read now, each with room for what is read
	g.Go(func() error {
		defer close(parts)
		for from := 0; from < n; from += size {
			part := make(chan T, 1)
			select {
			case parts <- part:
			case <-ctx.Done():
				return ctx.Err()
			}
			g.Go(func() error {
				read, err := read(ctx, from, min(from+size, n))
				if err == nil {
					part <- read
				}
				return err
			})
		}
		return nil
	})
	g.Go(func() error {
		for part := range parts {
			select {
			case read := <-part:
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
