package sqlcatalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

// tx is a transaction of the database, as a [driver.Tx] or, in a view, as a [driver.Reader].
type tx struct {
	tables map[driver.Table]statements
	db     *sql.Tx

	// The first failure of a statement. It ends the transaction, whatever the caller makes of it: the database may have
	// rolled back by itself, and then the next statement would take effect alone.
	failed error

	wipe bool // what was deleted must not stay anywhere
}

// errNoTable is a table outside the contract.
var errNoTable = errors.New("no such table")

// table finds the statements for a table, unless the transaction has failed.
func (t *tx) table(name driver.Table) (statements, error) {
	if t.failed != nil {
		return statements{}, t.failed
	}
	found, ok := t.tables[name]
	if !ok {
		return statements{}, fmt.Errorf("%w: %q", errNoTable, string(name))
	}
	return found, nil
}

// fail remembers the failure of a statement.
func (t *tx) fail(ctx context.Context, err error, doing string, name driver.Table) error {
	t.failed = failure(ctx, err, doing+" "+string(name))
	return t.failed
}

func (t *tx) Row(ctx context.Context, name driver.Table, id parterre.ID) (driver.Row, error) {
	table, err := t.table(name)
	if err != nil {
		return driver.Row{}, err
	}
	return t.one(ctx, name, table.row, int64(id))
}

func (t *tx) ByKey(ctx context.Context, name driver.Table, key string) (driver.Row, error) {
	table, err := t.table(name)
	if err != nil {
		return driver.Row{}, err
	}
	return t.one(ctx, name, table.byKey, []byte(key))
}

// one reads the row that the statement selects.
func (t *tx) one(ctx context.Context, name driver.Table, statement string, arg any) (driver.Row, error) {
	row, err := scan(t.db.QueryRowContext(ctx, statement, arg))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return driver.Row{}, fmt.Errorf("%w in %s", driver.ErrNotFound, name)
	case err != nil:
		return driver.Row{}, t.fail(ctx, err, "read", name)
	}
	return row, nil
}

func (t *tx) List(ctx context.Context, name driver.Table, r driver.Range) ([]driver.Row, error) {
	table, err := t.table(name)
	if err != nil {
		return nil, err
	}
	statement, after := table.ascending, int64(r.After)
	if r.Descending {
		statement = table.descending
		if after == 0 {
			after = math.MaxInt64
		}
	}
	rows, err := t.db.QueryContext(ctx, statement, int64(r.Owner), after, r.Limit)
	if err != nil {
		return nil, t.fail(ctx, err, "list", name)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var all []driver.Row
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, t.fail(ctx, err, "list", name)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return nil, t.fail(ctx, err, "list", name)
	}
	return all, nil
}

func (t *tx) Next(ctx context.Context, name driver.Table, first parterre.ID) (parterre.ID, error) {
	table, err := t.table(name)
	if err != nil {
		return 0, err
	}
	var id int64
	if err := t.db.QueryRowContext(ctx, table.next, int64(first)).Scan(&id); err != nil {
		return 0, t.fail(ctx, err, "number", name)
	}
	return parterre.ID(id), nil
}

func (t *tx) Put(ctx context.Context, name driver.Table, row driver.Row) error {
	table, err := t.table(name)
	if err != nil {
		return err
	}
	var key []byte // NULL for no key: the index of keys leaves it out
	if row.Key != "" {
		key = []byte(row.Key)
	}
	body := row.Body
	if body == nil {
		body = []byte{} // not NULL
	}
	if _, err := t.db.ExecContext(ctx, table.put, int64(row.ID), int64(row.Owner), key, body); err != nil {
		return t.fail(ctx, err, "write", name)
	}
	return nil
}

func (t *tx) Delete(ctx context.Context, name driver.Table, id parterre.ID) error {
	table, err := t.table(name)
	if err != nil {
		return err
	}
	if _, err := t.db.ExecContext(ctx, table.remove, int64(id)); err != nil {
		return t.fail(ctx, err, "delete from", name)
	}
	// Batches hold what advertisers know of people, and are kept no longer than they are needed.
	t.wipe = t.wipe || name == driver.ListBatches
	return nil
}

// scan reads one row of a result.
func scan(result interface{ Scan(...any) error }) (driver.Row, error) {
	var (
		id, owner int64
		key, body []byte
	)
	if err := result.Scan(&id, &owner, &key, &body); err != nil {
		return driver.Row{}, err
	}
	return driver.Row{ID: parterre.ID(id), Owner: parterre.ID(owner), Key: string(key), Body: body}, nil
}
