package sqlcatalog

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"github.com/parterre/parterre/catalog/driver"
)

//go:embed migrations
var migrations embed.FS

// readers is how many views can read at the same time; more wait for their turn.
const readers = 4

// patience is how many milliseconds a statement waits for a lock that another program holds, say a backup.
const patience = "5000"

// OpenSQLite opens the catalogue in the file at path, and makes or migrates it as needed. The folder must exist; SQLite puts
// its log and its index of the log beside the file, and a lock file keeps a second process out. It fails with
// [ErrInUse] or [ErrNewer].
func OpenSQLite(ctx context.Context, path string) (*Store, error) {
	s := &Store{tables: statementsOf(driver.Tables), turn: make(chan struct{}, 1)}
	if err := s.open(ctx, path); err != nil {
		return nil, fmt.Errorf("open the catalogue at %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) error {
	if path == "" {
		return errors.New("the path is empty") // to SQLite a file that nobody can find again
	}
	if err := s.take(ctx, path+".lock"); err != nil {
		return err
	}
	writing := url.Values{
		"_busy_timeout": {patience}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"1"},
		"_pragma": {"secure_delete(1)", "temp_store(2)"}, "_txlock": {"immediate"},
	}
	var err error
	if s.write, err = connect(path, 1, writing); err != nil {
		return err
	}
	if err := logged(ctx, s.write); err != nil {
		return err
	}
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	reading := url.Values{"_busy_timeout": {patience}, "_query_only": {"1"}, "_pragma": {"temp_store(2)"}}
	if s.read, err = connect(path, readers, reading); err != nil {
		return err
	}
	if s.tidy, err = connect(path, 1, url.Values{"_busy_timeout": {"0"}, "_synchronous": {"FULL"}}); err != nil {
		return err
	}
	s.wipe(ctx) // a process that crashed has left its log
	return nil
}

// take keeps every other process out for as long as the store is open. The lock is that of an empty database: it works
// wherever SQLite does, and the system lets go of it when the process dies.
func (s *Store) take(ctx context.Context, path string) error {
	var err error
	if s.lock, err = connect(path, 1, url.Values{"_busy_timeout": {"0"}}); err != nil {
		return err
	}
	if _, err = s.lock.ExecContext(ctx, "BEGIN EXCLUSIVE"); busy(err) {
		return fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return err
}

// connect prepares up to n connections to the file at path. They are made when they are needed, and stay.
func connect(path string, n int, settings url.Values) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(source(path, settings))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// source names a file and the settings of a connection to it in the way of SQLite. Whatever a path contains, it stays a
// path.
func source(path string, settings url.Values) string {
	slashed := filepath.ToSlash(path)
	switch {
	case filepath.VolumeName(path) != "":
		slashed = "/" + slashed
	case !filepath.IsAbs(path):
		slashed = "./" + slashed // some names without a folder mean something to SQLite
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: slashed, RawQuery: settings.Encode()}
	return name.String()
}

// logged makes sure that the database writes ahead: without it views and updates would wait for each other. SQLite falls
// back in silence where the file system cannot share memory.
func logged(ctx context.Context, db *sql.DB) error {
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not support a write-ahead log (journal mode %s)", mode)
	}
	return nil
}

// migrate brings the tables to the newest version.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	steps, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	has, knows, err := steps.GetVersions(ctx)
	if err != nil {
		return err
	}
	if has > knows {
		return fmt.Errorf("%w: its tables are of version %d, and this program knows versions up to %d",
			ErrNewer, has, knows)
	}
	_, err = steps.Up(ctx)
	return err
}
