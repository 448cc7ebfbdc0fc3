package sqlcatalog_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/sqlcatalog"
)

func TestOpen(t *testing.T) {
	t.Run("a path may contain what means something to SQLite or to a URL", func(t *testing.T) {
		names := []string{"a b.db", "100%.db", "x#y.db", "x&_query_only=1.db", "ключ.db"}
		if runtime.GOOS != "windows" { // where no file can have such a name
			names = append(names, "what?.db", ":memory:")
		}
		for _, name := range names {
			folder := t.TempDir()
			t.Chdir(folder)
			for _, path := range []string{filepath.Join(folder, name), name} {
				s := open(t, path)
				put(t, s, 1)
				if err := s.Close(); err != nil {
					t.Fatalf("close %s: %v", path, err)
				}
				if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
					t.Errorf("the catalogue at %s is elsewhere: %v", path, err)
				}
			}
		}
	})
	t.Run("a path without a file is refused", func(t *testing.T) {
		folder := t.TempDir()
		for _, path := range []string{"", filepath.Join(folder, "missing", "catalog.db"), folder} {
			if s, err := sqlcatalog.OpenSQLite(t.Context(), path); err == nil {
				s.Close()
				t.Errorf("opening %q succeeded", path)
			}
		}
	})
	t.Run("a file that is no database is refused and left as it is", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "catalog.db")
		text := strings.Repeat("something that somebody else wrote\n", 200)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := sqlcatalog.OpenSQLite(t.Context(), path); err == nil {
			s.Close()
			t.Error("opening it succeeded")
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("the file has changed (%v)", err)
		}
	})
	t.Run("a context that has ended opens nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s, err := sqlcatalog.OpenSQLite(ctx, filepath.Join(t.TempDir(), "catalog.db"))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("opened %v with error %v, want context.Canceled", s, err)
		}
	})
	t.Run("a catalogue that is open is refused a second time", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "catalog.db")
		first := open(t, path)
		_, err := sqlcatalog.OpenSQLite(t.Context(), path)
		if !errors.Is(err, sqlcatalog.ErrInUse) {
			t.Errorf("opening it twice: %v, want ErrInUse", err)
		}
		put(t, first, 1)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		wantUpTo(t, open(t, path), 1)
	})
}

func TestNewerVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	put(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	change(t, path, "INSERT INTO migrations (version_id, is_applied) VALUES (99, 1)")
	_, err := sqlcatalog.OpenSQLite(t.Context(), path)
	if !errors.Is(err, sqlcatalog.ErrNewer) || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("opening it: %v, want ErrNewer and the version 99", err)
	}
	change(t, path, "DELETE FROM migrations WHERE version_id = 99")
	wantUpTo(t, open(t, path), 1) // refusing it changed nothing, and let go of the lock
}

// change changes a catalogue behind its back.
func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	for _, want := range []struct{ pragma, writing, reading, tidying string }{
		{"journal_mode", "wal", "wal", "wal"},
		{"synchronous", "2", "2", "2"}, // FULL: what was answered is on disk
		{"secure_delete", "1", "0", "0"},
		{"foreign_keys", "1", "0", "0"},
		{"query_only", "0", "1", "0"},
		{"temp_store", "2", "2", "0"}, // nothing spills to files that nobody wipes
		{"busy_timeout", "5000", "5000", "0"},
	} {
		writing, reading, tidying, err := s.Settings(t.Context(), want.pragma)
		if err != nil {
			t.Fatal(err)
		}
		if writing != want.writing || reading != want.reading || tidying != want.tidying {
			t.Errorf("%s is %s, %s and %s, want %s, %s and %s", want.pragma, writing, reading, tidying,
				want.writing, want.reading, want.tidying)
		}
	}
}

func TestUnknownTable(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	err := s.View(t.Context(), func(r driver.Reader) error {
		_, err := r.Row(t.Context(), "migrations; --", 1)
		return err
	})
	if err == nil || errors.Is(err, driver.ErrNotFound) {
		t.Errorf("reading a table outside the contract: %v", err)
	}
}

// A transaction ends with its first failure. SQLite may have rolled it back, and then a later statement would take effect
// alone.
func TestNothingFollowsAFailure(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	put(t, s, 1)
	err := s.Update(t.Context(), func(tx driver.Tx) error {
		taken := driver.Row{ID: 2, Key: "key 1"}
		_ = tx.Put(t.Context(), driver.Audiences, taken)
		_, next := tx.Next(t.Context(), driver.Jobs, 1)
		_, read := tx.Row(t.Context(), driver.Jobs, 1)
		for _, err := range []error{
			tx.Put(t.Context(), driver.Jobs, driver.Row{ID: 2}), tx.Delete(t.Context(), driver.Jobs, 1), next, read,
		} {
			if !errors.Is(err, driver.ErrExists) {
				t.Errorf("after a key that is taken: %v, want the same failure again", err)
			}
		}
		return nil
	})
	if !errors.Is(err, driver.ErrExists) {
		t.Errorf("the update ended with %v, want ErrExists", err)
	}
	wantUpTo(t, s, 1)
}

// secret is what must not stay in a file.
const secret = "what an advertiser knows of somebody"

// A batch of uploaded records must be gone from every file once it is deleted.
func TestDeletedBatchIsGone(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "catalog.db")
	s := open(t, path)
	batch := driver.Row{ID: 1, Owner: 1, Body: []byte(strings.Repeat(secret, 10_000))}
	update(t, s, func(tx driver.Tx) error { return tx.Put(t.Context(), driver.ListBatches, batch) })
	if !holds(t, folder) {
		t.Error("no file holds the batch, so this test shows nothing")
	}
	remove := func(tx driver.Tx) error { return tx.Delete(t.Context(), driver.ListBatches, 1) }
	update(t, s, remove)
	if holds(t, folder) {
		t.Error("a file holds the deleted batch")
	}

	// Somebody who still reads the state before does not hold up the update, and the next one tidies up.
	update(t, s, func(tx driver.Tx) error { return tx.Put(t.Context(), driver.ListBatches, batch) })
	var crashed string
	err := s.View(t.Context(), func(r driver.Reader) error {
		_, err := r.Row(t.Context(), driver.ListBatches, 1)
		update(t, s, remove)
		crashed = copyOf(t, path, func(log []byte) []byte { return log })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !holds(t, filepath.Dir(crashed)) {
		t.Error("no file of the copy holds the batch, so this test shows nothing")
	}
	open(t, crashed)
	if holds(t, filepath.Dir(crashed)) {
		t.Error("after a crash a file holds the batch that had been deleted")
	}
	put(t, s, 1)
	if holds(t, folder) {
		t.Error("a file holds the batch that was deleted during a view")
	}
}

// holds says whether a file of the folder contains the secret.
func holds(t *testing.T, folder string) bool {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), secret) {
			return true
		}
	}
	return false
}

// update runs an update that must succeed.
func update(t testing.TB, d driver.Driver, f func(driver.Tx) error) {
	t.Helper()
	if err := d.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// put makes the numbered update: three rows, in as many tables, that belong together.
func put(t testing.TB, d driver.Driver, number parterre.ID) {
	t.Helper()
	update(t, d, func(tx driver.Tx) error { return numbered(t.Context(), tx, number) })
}
