package index

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
)

func TestWhatIsReadAtOnceIsHandedOverInOrder(t *testing.T) {
	for _, n := range []int{0, 1, 7, 1000} {
		var got []int
		err := inOrder(t.Context(), n, 7, func(_ context.Context, from, to int) (some []int, err error) {
			for i := from; i < to; i++ {
				some = append(some, i)
			}
			return some, nil
		}, func(some []int) error {
			got = append(got, some...)
			return nil
		})
		if err != nil || len(got) != n || !slices.IsSorted(got) {
			t.Errorf("of %d numbers came %v: %v", n, got, err)
		}
	}
}

func TestReadingInOrderEndsWithItsFirstError(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name       string
		read, take error
	}{{"read", broken, nil}, {"take", nil, broken}} {
		var running atomic.Int32
		err := inOrder(t.Context(), 1000, 1, func(ctx context.Context, from, _ int) (int, error) {
			running.Add(1)
			defer running.Add(-1)
			if from == 40 && c.read != nil {
				return 0, c.read
			}
			if from > 40 {
				<-ctx.Done() // it would wait for ever were it not told to end
				return 0, ctx.Err()
			}
			return from, nil
		}, func(i int) error {
			if i == 30 {
				return c.take
			}
			return nil
		})
		if !errors.Is(err, broken) || running.Load() != 0 {
			t.Errorf("%s: the error is %v, and %d goroutines read", c.name, err, running.Load())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	none := func(context.Context, int, int) (int, error) { return 0, nil }
	if err := inOrder(ctx, 1000, 1, none, func(int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("the error of a context that ended is %v", err)
	}
}
