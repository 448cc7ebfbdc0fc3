// Package sqlcatalog keeps the rows of a catalogue in a relational database: SQLite in one file, without cgo. The
// statements are such that PostgreSQL would take them as they are; what differs is how a database is opened and which
// migrations make its tables.
//
// One connection writes, and a few read, each a consistent state of its own, without waiting for the writer.
package sqlcatalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/parterre/parterre/catalog/driver"
)

// Store is a [driver.Driver] over a relational database.
type Store struct {
	tables map[driver.Table]statements

	write *sql.DB // one connection
	read  *sql.DB
	tidy  *sql.DB // one connection, which does not wait for others
	lock  *sql.DB // one connection, on the lock file

	turn   chan struct{} // full during an update
	traces bool          // the write-ahead log may hold what was deleted for good; guarded by turn
}

// View implements [driver.Driver].
func (s *Store) View(ctx context.Context, f func(driver.Reader) error) error {
	dbtx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return failure(ctx, err, "begin a view")
	}
	defer dbtx.Rollback() //nolint:errcheck // a view has nothing to lose
	return f(&tx{tables: s.tables, db: dbtx})
}

// Update implements [driver.Driver].
func (s *Store) Update(ctx context.Context, f func(driver.Tx) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return fmt.Errorf("wait for other updates: %w", ctx.Err())
	}
	dbtx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return failure(ctx, err, "begin an update")
	}
	defer dbtx.Rollback() //nolint:errcheck // after a commit there is nothing to undo; otherwise the connection is given up
	t := &tx{tables: s.tables, db: dbtx}
	if err := f(t); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	if err := dbtx.Commit(); err != nil {
		return failure(ctx, err, "commit an update")
	}
	s.traces = s.traces || t.wipe
	if s.traces {
		s.wipe(ctx)
	}
	return nil
}

// wipe empties the write-ahead log, which still has the old contents of pages that are overwritten in the database.
// Somebody who reads an older state keeps the log as it is; then a later update tries again, and closing the store at the
// latest. So a failure here is none of the update's, which is durable by now. It is called during an update's turn.
func (s *Store) wipe(ctx context.Context) {
	var busy, frames, moved int
	row := s.tidy.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	s.traces = row.Scan(&busy, &frames, &moved) != nil || busy != 0
}

// Close implements [driver.Driver].
func (s *Store) Close() error {
	var err error
	for _, db := range []*sql.DB{s.read, s.tidy, s.write, s.lock} { // whoever waits for the lock finds the rest closed
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		return fmt.Errorf("close the catalogue's database: %w", err)
	}
	return nil
}

var _ driver.Driver = (*Store)(nil)
