// Package memcatalog keeps the rows of a catalogue in memory, for tests and for services that need not outlive their
// process. It is deliberately plain: what it does is the meaning of package driver, and the other backends are compared
// with it. An update copies each table that it writes to.
package memcatalog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

// Store is a [driver.Driver] that forgets everything when it is closed.
type Store struct {
	turn    chan struct{}         // full during an update
	current atomic.Pointer[state] // what the last update left; never changed in place
}

// New makes an empty store.
func New() *Store {
	s := &Store{turn: make(chan struct{}, 1)}
	s.current.Store(&state{})
	return s
}

// state is everything that is stored.
type state map[driver.Table]*table

// table holds the rows of one table.
type table struct {
	rows map[parterre.ID]driver.Row
	keys map[string]parterre.ID // rows that have a key
	top  parterre.ID            // the highest id that Next has given
}

// View implements [driver.Driver].
func (s *Store) View(ctx context.Context, f func(driver.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f(&tx{state: *s.current.Load()})
}

// Update implements [driver.Driver].
func (s *Store) Update(ctx context.Context, f func(driver.Tx) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &tx{state: maps.Clone(*s.current.Load()), own: map[driver.Table]bool{}}
	if err := f(t); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.current.Store(&t.state)
	return nil
}

// Close implements [driver.Driver].
func (s *Store) Close() error { return nil }

// tx is a transaction: a state that nobody changes in a view, and a copy of it, made table by table, in an update.
type tx struct {
	state
	own    map[driver.Table]bool // tables that are already copied
	failed error                 // of a Put, which fails the transaction
}

// read is the table as it stands; it must not be changed.
func (t *tx) read(name driver.Table) *table {
	if found, ok := t.state[name]; ok {
		return found
	}
	return new(table)
}

// write is the transaction's own copy of the table.
func (t *tx) write(name driver.Table) *table {
	if !t.own[name] {
		old := t.read(name)
		copied := &table{rows: map[parterre.ID]driver.Row{}, keys: map[string]parterre.ID{}, top: old.top}
		maps.Copy(copied.rows, old.rows)
		maps.Copy(copied.keys, old.keys)
		t.state[name], t.own[name] = copied, true
	}
	return t.state[name]
}

func (t *tx) Row(ctx context.Context, name driver.Table, id parterre.ID) (driver.Row, error) {
	if err := ctx.Err(); err != nil {
		return driver.Row{}, err
	}
	row, ok := t.read(name).rows[id]
	if !ok {
		return driver.Row{}, fmt.Errorf("%w: %s %d", driver.ErrNotFound, name, id)
	}
	return copyOf(row), nil
}

func (t *tx) ByKey(ctx context.Context, name driver.Table, key string) (driver.Row, error) {
	id, ok := t.read(name).keys[key]
	if !ok {
		return driver.Row{}, cmp.Or(ctx.Err(), fmt.Errorf("%w: %s by key", driver.ErrNotFound, name))
	}
	return t.Row(ctx, name, id)
}

func (t *tx) List(ctx context.Context, name driver.Table, r driver.Range) ([]driver.Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []driver.Row
	for _, row := range t.read(name).rows {
		follows := r.After == 0 || row.ID > r.After
		if r.Descending {
			follows = r.After == 0 || row.ID < r.After
		}
		if row.Owner == r.Owner && follows {
			all = append(all, row)
		}
	}
	slices.SortFunc(all, func(a, b driver.Row) int {
		if r.Descending {
			a, b = b, a
		}
		return cmp.Compare(a.ID, b.ID)
	})
	all = all[:min(len(all), r.Limit)]
	for i := range all {
		all[i] = copyOf(all[i])
	}
	return all, nil
}

func (t *tx) Next(ctx context.Context, name driver.Table, first parterre.ID) (parterre.ID, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	own := t.write(name)
	own.top = max(own.top+1, first)
	return own.top, nil
}

func (t *tx) Put(ctx context.Context, name driver.Table, row driver.Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own := t.write(name)
	if id, taken := own.keys[row.Key]; taken && id != row.ID {
		t.failed = fmt.Errorf("%w: %s %d and %d", driver.ErrExists, name, id, row.ID)
		return t.failed
	}
	delete(own.keys, own.rows[row.ID].Key)
	if row.Key != "" {
		own.keys[row.Key] = row.ID
	}
	own.rows[row.ID] = copyOf(row)
	return nil
}

func (t *tx) Delete(ctx context.Context, name driver.Table, id parterre.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own := t.write(name)
	delete(own.keys, own.rows[id].Key)
	delete(own.rows, id)
	return nil
}

// copyOf is a row that shares nothing with the given one.
func copyOf(row driver.Row) driver.Row {
	row.Body = bytes.Clone(row.Body)
	return row
}

var _ driver.Driver = (*Store)(nil)
