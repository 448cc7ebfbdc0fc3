package sqlcatalog_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/sqlcatalog"
)

// A test starts its own binary again as a child, which does what these variables say instead of running tests.
const (
	childTask = "PARTERRE_TEST_CHILD"
	childPath = "PARTERRE_TEST_CATALOG"
)

func TestMain(m *testing.M) {
	task := os.Getenv(childTask)
	if task == "" {
		os.Exit(m.Run())
	}
	if err := children[task](os.Getenv(childPath)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// children are the tasks of a child.
var children = map[string]func(path string) error{"write": writeForever, "open": openOnce, "fill": fillDisk}

// child prepares a process that carries out a task on the catalogue at path.
func child(t *testing.T, task, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), childTask+"="+task, childPath+"="+path)
	return c
}

// tables are those that a numbered update writes to.
var tables = []driver.Table{driver.Audiences, driver.AudienceVersions, driver.Jobs}

// bodyOf is long enough that rows fill pages, and tells which update wrote it.
func bodyOf(number parterre.ID) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "body of update %d. ", number), 40)
}

// numbered writes a row with the given id to each table.
func numbered(ctx context.Context, tx driver.Tx, number parterre.ID) error {
	for _, table := range tables {
		r := driver.Row{ID: number, Owner: 1, Key: "key " + number.String(), Body: bodyOf(number)}
		if err := tx.Put(ctx, table, r); err != nil {
			return err
		}
	}
	return nil
}

// wholeUpdates reads which numbered updates there are, and demands that each of them is whole.
func wholeUpdates(t testing.TB, d driver.Driver) map[parterre.ID]bool {
	t.Helper()
	all := map[parterre.ID]bool{}
	err := d.View(t.Context(), func(r driver.Reader) error {
		for _, table := range tables {
			rows, err := r.List(t.Context(), table, driver.Range{Owner: 1, Limit: 1 << 30})
			if err != nil {
				return err
			}
			for _, row := range rows {
				if table == tables[0] {
					all[row.ID] = true
				}
				if found, err := r.ByKey(t.Context(), table, "key "+row.ID.String()); err != nil || found.ID != row.ID {
					t.Errorf("the key of update %d in %s leads to %d, %v", row.ID, table, found.ID, err)
				}
				if !all[row.ID] || !bytes.Equal(row.Body, bodyOf(row.ID)) {
					t.Errorf("update %d is not whole in %s", row.ID, table)
				}
			}
			if len(rows) != len(all) {
				t.Errorf("%s has %d updates and %s %d", tables[0], len(all), table, len(rows))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantUpTo demands the updates from 1 to last, and no others.
func wantUpTo(t testing.TB, d driver.Driver, last int) {
	t.Helper()
	all := wholeUpdates(t, d)
	if len(all) != last {
		t.Errorf("there are %d updates, want %d", len(all), last)
	}
	for n := range last {
		if !all[parterre.ID(n+1)] {
			t.Errorf("update %d is not there", n+1)
		}
	}
}

// A copy of the files, taken while the store is open, has every acknowledged update. When the end of the log is missing, or
// is not what was written, it has the updates up to some number.
func TestCopyOfOpenFiles(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	shorter := 0
	for last := 1; last <= 40; last++ {
		put(t, s, parterre.ID(last))
		if last%4 != 0 {
			continue
		}
		wantUpTo(t, open(t, copyOf(t, path, func(log []byte) []byte { return log })), last)
		for _, damage := range []func([]byte) []byte{
			func(log []byte) []byte { return log[:random.IntN(len(log)+1)] },
			func(log []byte) []byte { log[random.IntN(len(log))] ^= 1 << random.IntN(8); return log },
		} {
			torn := open(t, copyOf(t, path, damage))
			n := len(wholeUpdates(t, torn))
			wantUpTo(t, torn, n)
			if n < last {
				shorter++
			}
		}
	}
	if shorter == 0 {
		t.Error("no damage to the log has cost an update, so this test shows nothing")
	}
}

// copyOf copies a catalogue, with its log changed, and gives the copy's path.
func copyOf(t *testing.T, path string, change func([]byte) []byte) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	for _, end := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + end)
		if err != nil {
			t.Fatal(err)
		}
		if end != "" {
			content = change(content)
		}
		if err := os.WriteFile(to+end, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// writeForever makes one update after another from several goroutines, and says which ones were acknowledged.
func writeForever(path string) error {
	ctx := context.Background()
	s, err := sqlcatalog.OpenSQLite(ctx, path)
	if err != nil {
		return err
	}
	var (
		wg       sync.WaitGroup
		speaking sync.Mutex
	)
	for range 3 {
		wg.Go(func() {
			for {
				var number parterre.ID
				err := s.Update(ctx, func(tx driver.Tx) (err error) {
					if number, err = tx.Next(ctx, tables[0], 1); err != nil {
						return err
					}
					return numbered(ctx, tx, number)
				})
				if err != nil {
					panic(err)
				}
				speaking.Lock()
				fmt.Println(number)
				speaking.Unlock()
			}
		})
	}
	wg.Wait()
	return nil
}

// A process that is killed while it updates leaves every update that it had acknowledged, and no part of one.
func TestKilledProcess(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "catalog.db")
	acknowledged := map[parterre.ID]bool{}
	for range 4 {
		for _, id := range killWriter(t, path, 1+random.IntN(120)) {
			if acknowledged[id] {
				t.Errorf("update %d got the number of another", id)
			}
			acknowledged[id] = true
		}
		s := open(t, path)
		stored := wholeUpdates(t, s)
		for id := range acknowledged {
			if !stored[id] {
				t.Errorf("update %d was acknowledged and is not there", id)
			}
		}
		for id := range stored { // written, but killed before it could say so
			acknowledged[id] = true
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

// killWriter starts a child that writes, kills it after so many acknowledged updates, and gives all those that it
// acknowledged.
func killWriter(t *testing.T, path string, after int) []parterre.ID {
	t.Helper()
	c := child(t, "write", path)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []parterre.ID
	for lines := bufio.NewReader(stdout); ; {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // what comes without an end of line was not said
		}
		if err != nil {
			t.Fatal(err)
		}
		number, err := strconv.ParseInt(line[:len(line)-1], 10, 64)
		if err != nil {
			t.Fatalf("the child says something else than a number: %q", line)
		}
		if ids = append(ids, parterre.ID(number)); len(ids) == after {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Wait(); len(ids) < after {
		t.Fatalf("the child ended by itself: %v\n%s", err, stderr.String())
	}
	if stderr.Len() != 0 {
		t.Errorf("the child complains:\n%s", stderr.String())
	}
	return ids
}

// openOnce opens a catalogue and says what became of it.
func openOnce(path string) error {
	s, err := sqlcatalog.OpenSQLite(context.Background(), path)
	switch {
	case errors.Is(err, sqlcatalog.ErrInUse):
		fmt.Print("in use")
		return nil
	case err != nil:
		return err
	}
	return s.Close()
}

func TestSecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	put(t, s, 1)
	if out, err := child(t, "open", path).CombinedOutput(); err != nil || string(out) != "in use" {
		t.Errorf("while the catalogue is open another process says %q, %v, want that it is in use", out, err)
	}
	put(t, s, 2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// Opening it prints nothing, whether tables have to be made or not.
	for _, path := range []string{path, filepath.Join(t.TempDir(), "new.db")} {
		if out, err := child(t, "open", path).CombinedOutput(); err != nil || len(out) != 0 {
			t.Errorf("when the catalogue is closed another process says %q, %v, want nothing", out, err)
		}
	}
	wantUpTo(t, open(t, path), 2)
}
