//go:build unix

package sqlcatalog_test

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/sqlcatalog"
)

// fillDisk makes updates until the system refuses to let files grow any more, and prints how many succeeded: before, while
// half of an update's rows would have found room, and after there is room again.
func fillDisk(path string) error {
	ctx := context.Background()
	s, err := sqlcatalog.OpenSQLite(ctx, path)
	if err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ) // then the write fails instead
	before := limit.Cur
	limit.Cur = 1 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	done := 0
	add := func() error {
		return s.Update(ctx, func(tx driver.Tx) error { return numbered(ctx, tx, parterre.ID(done+1)) })
	}
	for err = add(); err == nil; err = add() {
		done++
	}
	fmt.Println(done)
	for range 3 { // it stays refused, and the caller who ignores an error writes nothing either
		again := s.Update(ctx, func(tx driver.Tx) error {
			for id := range 400 {
				_ = numbered(ctx, tx, parterre.ID(10_000+id))
			}
			return nil
		})
		if again == nil {
			return errors.New("an update succeeded without room for it")
		}
	}
	limit.Cur = before
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	for range 10 {
		if err := add(); err != nil {
			return err
		}
		done++
	}
	fmt.Println(done)
	return s.Close()
}

// A disk without room fails the update, and takes nothing away from those before and after.
func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	out, err := child(t, "fill", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	said := strings.Fields(string(out))
	if len(said) != 2 || said[0] == "0" {
		t.Fatalf("the child says %q, want two numbers above 0", said)
	}
	last, err := strconv.Atoi(said[1])
	if err != nil {
		t.Fatal(err)
	}
	wantUpTo(t, open(t, path), last)
}
