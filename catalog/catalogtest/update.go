package catalogtest

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"github.com/parterre/parterre/catalog/driver"
)

var updateLaws = []law{
	{"a transaction sees its own changes", 0, on(seesItself)},
	{"an update that fails leaves nothing behind", 0, on(failsWhole)},
	{"an update that panics leaves nothing behind, and the store goes on", 0, on(panics)},
	{"a view gives back the error of its function", 0, on(viewFails)},
	{"a view sees no part of an update without the rest", 0, on(viewConsistent)},
	{"a view stays as it began", 0, on(viewStays)},
	{"updates take effect one after another", 0, on(serialised)},
	{"a context that has ended ends the call, and nothing changes", 0, on(endedBefore)},
	{"a context that ends while an update waits for its turn ends the wait", 0, on(endedWaiting)},
	{"a context that ends during an update leaves all of it or nothing", 0, on(endedDuring)},
}

func seesItself(t *testing.T, d driver.Driver) {
	ctx := t.Context()
	put(t, d, driver.Audiences, row(1, 5, "one"), row(2, 5, ""))
	update(t, d, func(tx driver.Tx) error {
		if err := tx.Put(ctx, driver.Audiences, row(3, 5, "three")); err != nil {
			return err
		}
		if err := tx.Put(ctx, driver.Audiences, row(1, 6, "uno")); err != nil {
			return err
		}
		if err := tx.Delete(ctx, driver.Audiences, 2); err != nil {
			return err
		}
		if got, err := tx.Row(ctx, driver.Audiences, 3); err != nil || !same(got, row(3, 5, "three")) {
			t.Errorf("the new row is %s, %v", show(got), err)
		}
		if got, err := tx.ByKey(ctx, driver.Audiences, "uno"); err != nil || !same(got, row(1, 6, "uno")) {
			t.Errorf("the changed row is %s, %v", show(got), err)
		}
		if _, err := tx.ByKey(ctx, driver.Audiences, "one"); !errors.Is(err, driver.ErrNotFound) {
			t.Errorf("the old key gives %v, want ErrNotFound", err)
		}
		if _, err := tx.Row(ctx, driver.Audiences, 2); !errors.Is(err, driver.ErrNotFound) {
			t.Errorf("the deleted row gives %v, want ErrNotFound", err)
		}
		got, err := tx.List(ctx, driver.Audiences, driver.Range{Owner: 5, Limit: 9})
		if ids := idsOf(got); err != nil || len(ids) != 1 || ids[0] != 3 {
			t.Errorf("the list is %v, %v, want 3 alone", ids, err)
		}
		return nil
	})
}

// spoil changes everything that wantUnspoilt looks at.
func spoil(ctx context.Context, tx driver.Tx) error {
	if _, err := tx.Next(ctx, driver.Audiences, 100); err != nil {
		return err
	}
	return errors.Join(
		tx.Put(ctx, driver.Audiences, driver.Row{ID: 1, Owner: 6, Key: "uno", Body: []byte("changed")}),
		tx.Delete(ctx, driver.Audiences, 2),
		tx.Put(ctx, driver.Audiences, row(3, 5, "three")),
		tx.Put(ctx, driver.Jobs, row(1, 0, "")),
	)
}

// unspoilt is a state for spoil to change.
func unspoilt(t testing.TB, d driver.Driver) {
	t.Helper()
	put(t, d, driver.Audiences, row(1, 5, "one"), row(2, 5, "two"))
	wantNext(t, d, driver.Audiences, 100, 100)
}

func wantUnspoilt(t testing.TB, d driver.Driver) {
	t.Helper()
	wantKey(t, d, driver.Audiences, row(1, 5, "one"))
	wantKey(t, d, driver.Audiences, row(2, 5, "two"))
	wantNone(t, d, driver.Audiences, 3)
	wantNoKey(t, d, driver.Audiences, "uno")
	wantNoKey(t, d, driver.Audiences, "three")
	wantNone(t, d, driver.Jobs, 1)
	wantList(t, d, driver.Audiences, driver.Range{Owner: 5, Limit: 9}, 1, 2)
	wantList(t, d, driver.Audiences, driver.Range{Owner: 6, Limit: 9})
}

func failsWhole(t *testing.T, d driver.Driver) {
	unspoilt(t, d)
	err := d.Update(t.Context(), func(tx driver.Tx) error {
		if err := spoil(t.Context(), tx); err != nil {
			t.Errorf("change: %v", err)
		}
		return errWanted
	})
	if !errors.Is(err, errWanted) {
		t.Errorf("the update ended with %v, want the error of its function", err)
	}
	wantUnspoilt(t, d)
	failed := failedNext(t, d, driver.Audiences, 100)
	if again := next(t, d, driver.Audiences, 100); again > failed {
		t.Errorf("the failed update took the id %d, and the next one got %d", failed, again)
	}
}

func panics(t *testing.T, d driver.Driver) {
	unspoilt(t, d)
	func() {
		defer func() {
			if got := recover(); got != errWanted { //nolint:errorlint // the very value
				t.Errorf("the panic became %v", got)
			}
		}()
		err := d.Update(t.Context(), func(tx driver.Tx) error {
			if err := spoil(t.Context(), tx); err != nil {
				t.Errorf("change: %v", err)
			}
			panic(errWanted)
		})
		t.Errorf("the update returned %v", err)
	}()
	wantUnspoilt(t, d)
	put(t, d, driver.Audiences, row(3, 5, ""))
	wantRow(t, d, driver.Audiences, row(3, 5, ""))
}

func viewFails(t *testing.T, d driver.Driver) {
	if err := d.View(t.Context(), func(driver.Reader) error { return errWanted }); !errors.Is(err, errWanted) {
		t.Errorf("the view ended with %v, want the error of its function", err)
	}
	put(t, d, driver.Jobs, row(1, 0, ""))
	wantRow(t, d, driver.Jobs, row(1, 0, ""))
}

// counter reads the number in the body of a table's first row; no row counts as 0.
func counter(ctx context.Context, r driver.Reader, table driver.Table) (uint64, error) {
	got, err := r.Row(ctx, table, 1)
	if errors.Is(err, driver.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(got.Body), nil
}

// count writes a number as the body of a table's first row.
func count(ctx context.Context, tx driver.Tx, table driver.Table, n uint64) error {
	return tx.Put(ctx, table, driver.Row{ID: 1, Owner: 1, Body: binary.BigEndian.AppendUint64(nil, n)})
}

// both counts the same in two tables, with a step in between at which the two differ.
func both(ctx context.Context) func(driver.Tx) error {
	return func(tx driver.Tx) error {
		n, err := counter(ctx, tx, driver.Audiences)
		if err != nil {
			return err
		}
		if err := count(ctx, tx, driver.Audiences, n+1); err != nil {
			return err
		}
		return count(ctx, tx, driver.Jobs, n+1)
	}
}

func viewConsistent(t *testing.T, d driver.Driver) {
	const updates = 60
	done := make(chan error, 1)
	go func() {
		var err error
		for range updates {
			err = errors.Join(err, d.Update(t.Context(), both(t.Context())))
		}
		done <- err
	}()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for seen := uint64(0); seen < updates && !t.Failed(); {
				err := d.View(t.Context(), func(r driver.Reader) error {
					a, err := counter(t.Context(), r, driver.Audiences)
					if err != nil {
						return err
					}
					b, err := counter(t.Context(), r, driver.Jobs)
					if err != nil {
						return err
					}
					if a != b || a < seen {
						t.Errorf("a view saw %d and %d, after one saw %d", a, b, seen)
					}
					seen = a
					return nil
				})
				if err != nil {
					t.Errorf("view: %v", err)
				}
			}
		})
	}
	if err := <-done; err != nil {
		t.Errorf("update: %v", err)
	}
	wg.Wait()
}

func viewStays(t *testing.T, d driver.Driver) {
	update(t, d, both(t.Context()))
	begun, done := make(chan struct{}), make(chan error, 1)
	go func() {
		<-begun
		done <- d.Update(t.Context(), both(t.Context())) // may wait until the view has ended
	}()
	view(t, d, func(r driver.Reader) error {
		for i := range 200 {
			n, err := counter(t.Context(), r, driver.Audiences)
			if err != nil {
				return err
			}
			m, err := counter(t.Context(), r, driver.Jobs)
			if err != nil {
				return err
			}
			if n != 1 || m != 1 {
				t.Errorf("the view saw 1 and 1 first, and then %d and %d", n, m)
			}
			if i == 0 {
				close(begun)
			}
		}
		return nil
	})
	if err := <-done; err != nil {
		t.Errorf("update: %v", err)
	}
	view(t, d, func(r driver.Reader) error {
		if n, err := counter(t.Context(), r, driver.Jobs); n != 2 || err != nil {
			t.Errorf("a later view saw %d, %v, want 2", n, err)
		}
		return nil
	})
}

func serialised(t *testing.T, d driver.Driver) {
	const workers, each = 8, 10
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				if err := d.Update(t.Context(), both(t.Context())); err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	view(t, d, func(r driver.Reader) error {
		if n, err := counter(t.Context(), r, driver.Audiences); n != workers*each || err != nil {
			t.Errorf("counted to %d, %v, want %d", n, err, workers*each)
		}
		return nil
	})
}

func endedBefore(t *testing.T, d driver.Driver) {
	unspoilt(t, d)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Update(ended, func(tx driver.Tx) error { return spoil(ended, tx) }); !errors.Is(err, context.Canceled) {
		t.Errorf("the update ended with %v, want context.Canceled", err)
	}
	err := d.View(ended, func(r driver.Reader) error {
		_, err := r.Row(ended, driver.Audiences, 1)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the view ended with %v, want context.Canceled", err)
	}
	wantUnspoilt(t, d)
}

func endedWaiting(t *testing.T, d driver.Driver) {
	count := both(t.Context())
	waiting, cancel := context.WithCancel(t.Context())
	update(t, d, func(tx driver.Tx) error {
		done := make(chan error, 1)
		go func() { done <- d.Update(waiting, both(waiting)) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the update ended with %v, want context.Canceled", err)
		}
		return count(tx)
	})
	view(t, d, func(r driver.Reader) error {
		if n, err := counter(t.Context(), r, driver.Audiences); n != 1 || err != nil {
			t.Errorf("counted to %d, %v, want 1", n, err)
		}
		return nil
	})
}

func endedDuring(t *testing.T, d driver.Driver) {
	for _, goesOn := range []bool{true, false} {
		put(t, d, driver.Audiences, row(1, 5, "one"), row(2, 5, "two"))
		remove(t, d, driver.Audiences, 3)
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Update(ctx, func(tx driver.Tx) error {
			if err := tx.Put(ctx, driver.Audiences, row(3, 5, "three")); err != nil {
				return err
			}
			cancel()
			if goesOn {
				return nil
			}
			return tx.Put(ctx, driver.Jobs, row(1, 0, ""))
		})
		switch {
		case err == nil && goesOn:
			wantRow(t, d, driver.Audiences, row(3, 5, "three"))
		case errors.Is(err, context.Canceled):
			wantUnspoilt(t, d)
		default:
			t.Errorf("the update (going on: %t) ended with %v, want context.Canceled", goesOn, err)
		}
	}
	put(t, d, driver.Audiences, row(3, 5, "")) // the store goes on
	wantRow(t, d, driver.Audiences, row(3, 5, ""))
}
