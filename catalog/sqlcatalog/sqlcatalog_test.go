package sqlcatalog_test

import (
	"path/filepath"
	"testing"

	"github.com/parterre/parterre/catalog/catalogtest"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/sqlcatalog"
)

// open opens a catalogue that must open, and closes it when the test ends. A test that closes it itself is none the worse.
func open(t testing.TB, path string) *sqlcatalog.Store {
	t.Helper()
	s, err := sqlcatalog.OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestLaws(t *testing.T) {
	catalogtest.Run(t, func(t testing.TB) catalogtest.Harness {
		path := filepath.Join(t.TempDir(), "catalog.db")
		return catalogtest.Harness{
			Claims: catalogtest.Durable,
			Open:   func(t testing.TB) driver.Driver { return open(t, path) },
		}
	})
}
