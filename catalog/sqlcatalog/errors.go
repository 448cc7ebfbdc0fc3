package sqlcatalog

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/parterre/parterre/catalog/driver"
)

// ErrInUse is in the chain of the error for a database that somebody else has open.
var ErrInUse = errors.New("the catalogue is open in another process, or a second time in this one")

// ErrNewer is in the chain of the error for a database that a later version of the program has migrated.
var ErrNewer = errors.New("the catalogue was written by a newer version of the program")

// failure is the error of a statement: that of the context when it has ended, [driver.ErrExists] for a key that is taken,
// otherwise the database's own.
func failure(ctx context.Context, err error, doing string) error {
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("%s: %w", doing, ended)
	}
	if code(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return fmt.Errorf("%s: %w", doing, driver.ErrExists)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// code is the extended result code of SQLite, 0 for an error of somebody else.
func code(err error) int {
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// busy says whether a lock that somebody else holds is the reason. The low byte of an extended code is the plain one.
func busy(err error) bool { return code(err)&0xff == sqlite3.SQLITE_BUSY }
