package audiences_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/catalog"
	catalogdriver "github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/memcatalog"
	"github.com/parterre/parterre/catalog/sqlcatalog"
	"github.com/parterre/parterre/index"
	indexdriver "github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/index/memindex"
)

// The tests of this package run the service over real stores, which a test can hold up and break.

const (
	account = parterre.ID(549755885175)
	day     = 86_400
	noon    = 1_780_000_000 // when the clock of a world starts, in seconds since 1970
)

var ann = &parterre.Principal{App: "Ann's tool", User: 7}

// world is a service with everything under it.
type world struct {
	testing.TB
	*audiences.Service

	catalog *catalog.Catalog
	index   *index.Index
	rolls   *rolls
	rows    *rows
	clock   atomic.Int64
	alike   audiences.Alike
	open    func() (catalogdriver.Driver, indexdriver.Driver)
}

// stores are where the records and rolls of a world are kept, by name.
var stores = map[string]func(t testing.TB) func() (catalogdriver.Driver, indexdriver.Driver){
	"in memory": func(testing.TB) func() (catalogdriver.Driver, indexdriver.Driver) {
		rows, rolls := memcatalog.New(), memindex.New()
		return func() (catalogdriver.Driver, indexdriver.Driver) { return rows, rolls } // closing them forgets nothing
	},
	"on disk": func(t testing.TB) func() (catalogdriver.Driver, indexdriver.Driver) {
		path, fs := filepath.Join(t.TempDir(), "catalog.db"), vfs.NewMem()
		return func() (catalogdriver.Driver, indexdriver.Driver) {
			rows, err := sqlcatalog.OpenSQLite(context.Background(), path)
			if err != nil {
				t.Fatalf("open the catalogue: %v", err)
			}
			rolls, err := lsmindex.Open(fs, "index", lsmindex.Options{CacheBytes: 1 << 20, MemTableBytes: 1 << 20, PendingBytes: 1 << 14})
			if err != nil {
				t.Fatalf("open the index: %v", err)
			}
			return rows, rolls
		}
	},
}

// overEach runs a test in a new world over each kind of stores.
func overEach(t *testing.T, test func(t *testing.T, w *world)) {
	for _, name := range []string{"in memory", "on disk"} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t, name)) })
	}
}

// newWorld makes a world with an ad account. It ends with the test.
func newWorld(t testing.TB, kind string) *world {
	t.Helper()
	w := &world{TB: t, open: stores[kind](t), rolls: newRolls(), rows: &rows{}}
	w.clock.Store(noon)
	w.start()
	w.Cleanup(func() {
		for _, g := range slices.Concat(w.rolls.gates(), w.rows.gates()) {
			g.breakFor(0)
			g.open()
		}
		w.stop()
	})
	w.must(w.catalog.Update(context.Background(), func(tx *catalog.Tx) error {
		return tx.PutAdAccount(&parterre.AdAccount{ID: account, Name: "Shop", Owner: ann.User, Country: "US", Currency: "USD"})
	}))
	return w
}

func (w *world) now() time.Time { return time.Unix(w.clock.Load(), 0) }

// start opens the stores and starts the service over them.
func (w *world) start() {
	w.Helper()
	ctx := context.Background()
	w.rows.Driver, w.rolls.Driver = w.open()
	w.catalog = catalog.New(w.rows, w.now)
	var err error
	w.index, err = index.New(ctx, w.rolls, index.Options{})
	w.must(err)
	w.Service, err = audiences.New(ctx, audiences.Options{Catalog: w.catalog, Index: w.index, Alike: w.alike, Now: w.now})
	w.must(err)
}

// stop closes the service and the stores.
func (w *world) stop() {
	w.Helper()
	_ = w.Service.Close(context.Background())
	w.must(w.index.Close())
	w.must(w.catalog.Close())
}

func (w *world) restart() {
	w.Helper()
	w.stop()
	w.start()
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// name is the name of the n-th person.
func name(n int) string { return fmt.Sprintf("p%d", n) }

func address(n int) string { return name(n) + "@example.com" }

func who(n int) []parterre.Identifier {
	return append([]parterre.Identifier{parterre.ByExternalID(name(n))}, parterre.ByEmail(address(n))...)
}

// people has the persons from first to last come into being, in the US.
func (w *world) people(first, last int) {
	w.Helper()
	var all []parterre.Person
	for n := first; n <= last; n++ {
		all = append(all, parterre.Person{Who: who(n), Country: "US"})
	}
	w.must(w.Import(w.Context(), all))
}

// said is what visits say, so that an audience of them has a roll of its own.
var said = parterre.EventData{Fields: []parterre.Datum{parterre.FieldDatum("currency", "USD")}}

// visit has the persons from first to last visit a page now.
func (w *world) visit(page string, first, last int) {
	w.Helper()
	var events []parterre.Event
	for n := first; n <= last; n++ {
		events = append(events, parterre.Event{
			Who: who(n), At: parterre.Stamp(w.clock.Load()), //nolint:gosec // in our century
			Facet: parterre.Facet{Kind: parterre.Conversion, Account: account, Name: "page_visit", Source: parterre.Web, URL: page, Data: said},
		})
	}
	w.must(w.Ingest(w.Context(), events))
}

// save has the persons from first to last save a pin.
func (w *world) save(pin parterre.ID, first, last int) {
	w.Helper()
	var events []parterre.Event
	for n := first; n <= last; n++ {
		events = append(events, parterre.Event{
			Who: who(n), At: parterre.Stamp(w.clock.Load()), //nolint:gosec // in our century
			Facet: parterre.Facet{Kind: parterre.Engagement, Pin: pin, Type: parterre.Save, Domain: "shop.example"},
		})
	}
	w.must(w.Ingest(w.Context(), events))
}

// records writes the addresses of the persons from first to last as the records of a list.
func records(first, last int) string {
	var all []string
	for n := first; n <= last; n++ {
		all = append(all, address(n))
	}
	return strings.Join(all, ",")
}

func (w *world) tag() parterre.ID {
	w.Helper()
	tag, err := w.CreateConversionTag(w.Context(), ann, account, "Tag", parterre.TagConfig{})
	w.must(err)
	return tag.ID
}

func (w *world) list(first, last int) parterre.ID {
	w.Helper()
	l, err := w.CreateCustomerList(w.Context(), ann, account, "List", "EMAIL", records(first, last))
	w.must(err)
	return l.ID
}

func visitorRule(tag parterre.ID, page string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"visitor_source_id":["%s"],"event":"pagevisit","url":%q,"event_data":{"currency":"USD"}}`, tag, page))
}

func listRule(list parterre.ID) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"customer_list_id":"%s"}`, list))
}

func alikeRule(percentage int, seeds ...parterre.ID) json.RawMessage {
	text, _ := json.Marshal(seeds) // ids can be written
	return json.RawMessage(fmt.Sprintf(`{"seed_id":%s,"country":"US","percentage":%d}`, text, percentage))
}

func (w *world) create(t parterre.AudienceType, rule json.RawMessage) parterre.ID {
	w.Helper()
	v, err := w.CreateAudience(w.Context(), ann, account, audiences.NewAudience{Type: t, Name: "Audience", Rule: rule})
	w.must(err)
	return v.ID
}

func (w *world) update(id parterre.ID, rule json.RawMessage) audiences.View {
	w.Helper()
	v, err := w.UpdateAudience(w.Context(), ann, account, id, audiences.Change{Rule: rule})
	w.must(err)
	return v
}

func (w *world) remove(id parterre.ID) {
	w.Helper()
	_, err := w.RemoveAudience(w.Context(), ann, account, id)
	w.must(err)
}

func (w *world) see(id parterre.ID) audiences.View {
	w.Helper()
	v, err := w.Audience(w.Context(), account, id)
	w.must(err)
	return v
}

// evaluated says whether the rule of an audience is the one that serves.
func (w *world) evaluated(id parterre.ID) bool {
	w.Helper()
	v := w.see(id)
	return v.Evaluated()
}

// want compares an audience with how it should look now.
func (w *world) want(id parterre.ID, status parterre.Status, size int) {
	w.Helper()
	if v := w.see(id); v.Status != status || v.Size != size {
		w.Errorf("audience %s is %s with %d members, want %s with %d", id, v.Status, v.Size, status, size)
	}
}

// becomes waits until an audience is evaluated, and compares it with how it should look.
func (w *world) becomes(id parterre.ID, status parterre.Status, size int) {
	w.Helper()
	w.until("the audience is evaluated", func() bool { return w.evaluated(id) })
	w.want(id, status, size)
}

// until waits for something to become true. What takes this long will not happen any more.
func (w *world) until(what string, is func() bool) {
	w.Helper()
	for begun := time.Now(); !is(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			w.Fatalf("it never came to this: %s", what)
		}
	}
}

// settle waits until no job is left.
func (w *world) settle() {
	w.Helper()
	w.until("no job is left", func() bool { return len(w.jobs()) == 0 })
}

func (w *world) jobs() (jobs []catalog.Job) {
	w.Helper()
	w.must(w.catalog.View(context.Background(), func(tx *catalog.Tx) (err error) {
		jobs, _, err = tx.Jobs(catalog.Page{Limit: 1000})
		return err
	}))
	return jobs
}

// in says which audiences the n-th person is in.
func (w *world) in(n int) []parterre.ID {
	w.Helper()
	ids, _, err := w.Memberships(w.Context(), who(n))
	w.must(err)
	return ids
}

// wantIn compares the audiences of the n-th person with those that are meant.
func (w *world) wantIn(n int, want ...parterre.ID) {
	w.Helper()
	if got := w.in(n); !slices.Equal(got, want) && len(got)+len(want) > 0 {
		w.Errorf("person %d is in %v, want %v", n, got, want)
	}
}
