package sqlcatalog

import (
	"context"
	"database/sql"
)

// Settings reads a pragma of the connections that write, that read and that empty the log, for tests.
func (s *Store) Settings(ctx context.Context, pragma string) (writing, reading, tidying string, err error) {
	for db, value := range map[*sql.DB]*string{s.write: &writing, s.read: &reading, s.tidy: &tidying} {
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(value); err != nil {
			return "", "", "", err
		}
	}
	return writing, reading, tidying, nil
}
