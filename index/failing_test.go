package index_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/memindex"
	"github.com/parterre/parterre/roll"
)

// errStore is what a store fails with that was told to.
var errStore = errors.New("the disk is on fire")

// failing is a store that can be told to fail, by the name of the method or "durable", from the next call on or after so
// many that succeed. It knows what was written to it.
type failing struct {
	driver.Driver
	mu struct {
		sync.Mutex
		broken string
		after  int // so many calls still succeed
		ids    map[parterre.Identifier]bool
		people map[parterre.PersonID]bool
		rolls  map[driver.RollID]bool
	}
}

func newFailing(d driver.Driver) *failing {
	f := &failing{Driver: d}
	f.mu.ids, f.mu.people = map[parterre.Identifier]bool{}, map[parterre.PersonID]bool{}
	f.mu.rolls = map[driver.RollID]bool{}
	return f
}

// breaks makes the method fail, after some calls that succeed. The empty method mends everything.
func (f *failing) breaks(method string, after int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.broken, f.mu.after = method, after
}

func (f *failing) check(method string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.broken != method {
		return nil
	}
	if f.mu.after--; f.mu.after >= 0 {
		return nil
	}
	return errStore
}

func (f *failing) Tops(ctx context.Context) (driver.Tops, error) {
	if err := f.check("Tops"); err != nil {
		return driver.Tops{}, err
	}
	return f.Driver.Tops(ctx)
}

func (f *failing) Persons(ctx context.Context, ids []parterre.Identifier) ([]parterre.PersonID, error) {
	if err := f.check("Persons"); err != nil {
		return nil, err
	}
	return f.Driver.Persons(ctx, ids)
}

func (f *failing) People(ctx context.Context, persons []parterre.PersonID) ([][]byte, error) {
	if err := f.check("People"); err != nil {
		return nil, err
	}
	return f.Driver.People(ctx, persons)
}

func (f *failing) Facets(ctx context.Context, keys []driver.FacetKey) ([]driver.FacetID, error) {
	if err := f.check("Facets"); err != nil {
		return nil, err
	}
	return f.Driver.Facets(ctx, keys)
}

// ScanFacets fails between two facets, if it may go on for some.
func (f *failing) ScanFacets(ctx context.Context, account parterre.ID, yield func(driver.FacetID, []byte) error) error {
	if err := f.check("ScanFacets"); err != nil {
		return err
	}
	return f.Driver.ScanFacets(ctx, account, func(id driver.FacetID, body []byte) error {
		if err := f.check("ScanFacets"); err != nil {
			return err
		}
		return yield(id, body)
	})
}

func (f *failing) Chunks(ctx context.Context, id driver.RollID, yield func(uint16, roll.Chunk) error) error {
	if err := f.check("Chunks"); err != nil {
		return err
	}
	return f.Driver.Chunks(ctx, id, yield)
}

func (f *failing) Pages(ctx context.Context, keys []driver.PageKey) ([]driver.PageID, error) {
	if err := f.check("Pages"); err != nil {
		return nil, err
	}
	return f.Driver.Pages(ctx, keys)
}

func (f *failing) ScanPages(
	ctx context.Context, account parterre.ID, after driver.PageID, yield func(driver.PageID, []byte) error,
) error {
	if err := f.check("ScanPages"); err != nil {
		return err
	}
	return f.Driver.ScanPages(ctx, account, after, yield)
}

func (f *failing) Facet(ctx context.Context, id driver.FacetID) (parterre.ID, []byte, error) {
	if err := f.check("Facet"); err != nil {
		return 0, nil, err
	}
	return f.Driver.Facet(ctx, id)
}

func (f *failing) URL(ctx context.Context, account parterre.ID, id driver.PageID) (string, bool, error) {
	if err := f.check("URL"); err != nil {
		return "", false, err
	}
	return f.Driver.URL(ctx, account, id)
}

func (f *failing) Unite(ctx context.Context, u driver.Union, into *roll.Crowd) error {
	if err := f.check("Unite"); err != nil {
		return err
	}
	return f.Driver.Unite(ctx, u, into)
}

func (f *failing) Last(ctx context.Context, blocks driver.Blocks, want *history.Want, into *roll.Crowd) error {
	if err := f.check("Last"); err != nil {
		return err
	}
	return f.Driver.Last(ctx, blocks, want, into)
}

func (f *failing) History(ctx context.Context, p parterre.PersonID, yield func(history.Cell, parterre.Stamp)) error {
	if err := f.check("History"); err != nil {
		return err
	}
	return f.Driver.History(ctx, p, yield)
}

func (f *failing) Rows(
	ctx context.Context, facets []driver.FacetID, want parterre.EventData, yields []driver.YieldRow,
) error {
	if err := f.check("Rows"); err != nil {
		return err
	}
	return f.Driver.Rows(ctx, facets, want, yields)
}

func (f *failing) Chunk(ctx context.Context, id driver.RollID, block uint16) (roll.Chunk, error) {
	if err := f.check("Chunk"); err != nil {
		return roll.Chunk{}, err
	}
	return f.Driver.Chunk(ctx, id, block)
}

func (f *failing) Apply(ctx context.Context, w *driver.Writes) (func() error, error) {
	if err := f.check("Apply"); err != nil {
		return nil, err
	}
	durable, err := f.Driver.Apply(ctx, w)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range w.Bindings {
		f.mu.ids[b.Identifier] = true
	}
	for _, p := range w.People {
		f.mu.people[p.ID] = true
	}
	for _, m := range w.Merges {
		f.mu.rolls[m.Roll] = true
	}
	for _, m := range w.Moves {
		f.mu.rolls[m.Roll] = true
	}
	for _, a := range w.Acts {
		f.mu.rolls[driver.OnPage(a.Page, a.Facet)] = true
	}
	return func() error { return errors.Join(f.check("durable"), durable()) }, nil
}

// state is everything that a store holds.
type state struct {
	Tops   driver.Tops
	Owners map[parterre.Identifier]parterre.PersonID
	People map[parterre.PersonID]string
	Facets map[driver.FacetID]string
	Rolls  map[driver.RollID]stamps
}

func (f *failing) state(t testing.TB) state {
	t.Helper()
	ctx := context.Background()
	tops, err := f.Driver.Tops(ctx)
	must(t, err)
	s := state{
		tops,
		map[parterre.Identifier]parterre.PersonID{},
		map[parterre.PersonID]string{},
		map[driver.FacetID]string{},
		map[driver.RollID]stamps{},
	}
	for id := range f.mu.ids {
		p, err := f.Driver.Persons(ctx, []parterre.Identifier{id})
		must(t, err)
		s.Owners[id] = p[0]
	}
	for p := range f.mu.people {
		body, err := f.Driver.People(ctx, []parterre.PersonID{p})
		must(t, err)
		s.People[p] = string(body[0])
	}
	for id := range f.mu.rolls {
		if r := rollOf(t, f.Driver, id); len(r) > 0 {
			s.Rolls[id] = r
		}
	}
	for account := range parterre.ID(3) {
		must(t, f.Driver.ScanFacets(ctx, account, func(id driver.FacetID, body []byte) error {
			s.Facets[id] = string(body)
			return nil
		}))
	}
	return s
}

// changes are the changes of an index, which the tests make one after the other.
func changes() []struct {
	name string
	make func(context.Context, *index.Index) error
} {
	shoes := ofURL(11, "/shoes")
	shoes.Data = blue.Data
	email := parterre.ByEmail("ann@example.com")
	return []struct {
		name string
		make func(context.Context, *index.Index) error
	}{
		{"import", func(ctx context.Context, ix *index.Index) error {
			return ix.Import(ctx, []parterre.Person{
				{Who: append(who("ann"), email...), Country: "US"}, {Who: who("bob"), Country: "US"}, {Who: who("cid")},
			})
		}},
		{"import of moves", func(ctx context.Context, ix *index.Index) error {
			return ix.Import(ctx, []parterre.Person{{Who: who("ann"), Country: "CA"}, {Who: who("cid"), Country: "US"}})
		}},
		{"ingest", func(ctx context.Context, ix *index.Index) error {
			return ix.Ingest(ctx, []parterre.Event{visit(who("ann"), "/", noon), inBlue(visit(who("dan"), "/shoes", noon))})
		}},
		{"ingest into a standing audience", func(ctx context.Context, ix *index.Index) error {
			ix.Register(shoes)
			return ix.Ingest(ctx, []parterre.Event{
				inBlue(visit(email, "/shoes", noon+1)), visit(who("eve"), "/hats", noon), inBlue(visit(who("eve"), "/shoes", noon)),
			})
		}},
		{"evaluate", func(ctx context.Context, ix *index.Index) error { return ix.Evaluate(ctx, shoes) }},
		{"list", func(ctx context.Context, ix *index.Index) error {
			return ix.ChangeList(ctx, 641, 1, false, [][]parterre.Identifier{email, who("fay")})
		}},
		{"list again", func(ctx context.Context, ix *index.Index) error {
			return ix.ChangeList(ctx, 641, 2, true, [][]parterre.Identifier{who("ann")})
		}},
		{"fill", func(ctx context.Context, ix *index.Index) error {
			return ix.Fill(ctx, index.AudienceRoll(12, 1), []parterre.PersonID{1, 3})
		}},
		{"drop", func(ctx context.Context, ix *index.Index) error { return ix.Drop(ctx, index.AudienceRoll(11, 1)) }},
	}
}

// Whatever fails underneath, and in whichever change: the change fails as a whole with an error that is ours, what the
// index holds is what it held, and when the store works again the change can be made, as if nothing had been.
func TestAChangeThatFailsLeavesEverythingAsItWas(t *testing.T) {
	for _, method := range []string{"Persons", "People", "Facets", "Pages", "ScanFacets", "ScanPages", "Rows", "Apply"} {
		t.Run("when "+method+" fails", func(t *testing.T) {
			sound, store := newFailing(memindex.New()), newFailing(memindex.New())
			want, ix := newIndex(t, sound), newIndex(t, store)
			failed := 0
			for _, c := range changes() {
				before := store.state(t)
				for after := range 4 {
					store.breaks(method, after)
					err := c.make(t.Context(), ix)
					store.breaks("", 0)
					if err == nil {
						break
					}
					failed++
					if !errors.Is(err, errStore) || parterre.CodeOf(err) != parterre.Internal {
						t.Errorf("%s: the error is %v", c.name, err)
					}
					same(t, c.name+": what is stored after the failure", store.state(t), before)
				}
				must(t, c.make(t.Context(), ix))
				must(t, c.make(t.Context(), want))
				same(t, c.name+": what is stored after a second try", store.state(t), sound.state(t))
			}
			if failed == 0 {
				t.Error("nothing has failed")
			}
		})
	}
}

// Of a change that cannot be made durable nobody knows whether it will last. It is told to have failed; making it again
// comes to the same.
func TestAChangeThatIsNotDurableFailsAndCanBeRepeated(t *testing.T) {
	sound, store := newFailing(memindex.New()), newFailing(memindex.New())
	want, ix := newIndex(t, sound), newIndex(t, store)
	for _, c := range changes() {
		store.breaks("durable", 0)
		if err := c.make(t.Context(), ix); !errors.Is(err, errStore) || parterre.CodeOf(err) != parterre.Internal {
			t.Errorf("%s: the error is %v", c.name, err)
		}
		store.breaks("", 0)
		must(t, c.make(t.Context(), ix))
		must(t, c.make(t.Context(), want))
		same(t, c.name+": what is stored", store.state(t), sound.state(t))
	}
}

func TestADropThatFailsLeavesTheAudienceStanding(t *testing.T) {
	store := newFailing(memindex.New())
	ix := newIndex(t, store)
	ix.Register(fresh(ofURL(10, "/")))
	come(t, ix, "/", "ann")
	store.breaks("Apply", 0)
	if err := ix.Drop(t.Context(), index.AudienceRoll(10, 1)); !errors.Is(err, errStore) {
		t.Errorf("the error is %v", err)
	}
	store.breaks("", 0)
	come(t, ix, "/", "bob")
	wantMembers(t, ix, everybody(10), noon, 1, 2)
}

func TestAnEvaluationThatBreaksOffInTheMiddleCanBeRepeated(t *testing.T) {
	store := newFailing(memindex.New())
	ix := newIndex(t, store)
	var persons []parterre.PersonID
	for block := range uint16(50) {
		persons = append(persons, roll.Person(block, 1))
	}
	id := index.AudienceRoll(10, 1)
	store.breaks("Apply", 2)
	if err := ix.Fill(t.Context(), id, persons); !errors.Is(err, errStore) {
		t.Errorf("the error is %v", err)
	}
	if n := len(rollOf(t, store, id)); n == 0 || n == len(persons) {
		t.Errorf("%d of %d persons were written before the failure; the test is too small", n, len(persons))
	}
	store.breaks("", 0)
	must(t, ix.Fill(t.Context(), id, persons))
	if n := len(rollOf(t, store, id)); n != len(persons) {
		t.Errorf("%d of %d persons are there", n, len(persons))
	}
}

func TestQuestionsFailWhenTheStoreDoes(t *testing.T) {
	store := newFailing(memindex.New())
	ix := newIndex(t, store)
	for _, c := range changes()[:8] {
		must(t, c.make(t.Context(), ix))
	}
	must(t, ix.Ingest(t.Context(), []parterre.Event{{
		Who: who("ann"), At: noon, Facet: parterre.Facet{Kind: parterre.Engagement, Account: 1, Pin: 12, Type: parterre.Save},
	}}))
	ix.Register(ofURL(13, "/"))
	ix.SetVeryMany(1)
	few, most := ofURL(14, "/"), ofURL(15, "/")
	few.URL = func(url string) bool { return url == "/hats" }
	few.Place = func(f *parterre.Facet) bool { return f.URL == "" }
	most.URL = nil
	ix.Register(few)
	ix.Register(most)
	before := store.state(t)
	list := index.OfList(641)
	for _, q := range []struct {
		name    string
		methods string
		ask     func(context.Context) error
	}{
		{"Lookup", "Persons", func(ctx context.Context) error { _, err := ix.Lookup(ctx, who("a stranger")); return err }},
		{"Contains", "Chunk", func(ctx context.Context) error { _, err := ix.Contains(ctx, list, 1, noon); return err }},
		{"Contains of a derived audience", "History Facet URL", func(ctx context.Context) error {
			again := newIndex(t, store) //nolint:contextcheck // it knows nothing yet
			again.Register(ofURL(13, "/"))
			_, err := again.Contains(ctx, everybody(13), 1, noon)
			return err
		}},
		{"Count of a derived audience", "ScanFacets", func(ctx context.Context) error { _, _, err := ix.Count(ctx, everybody(13), noon); return err }},
		{"Count of most", "Last", func(ctx context.Context) error { _, _, err := ix.Count(ctx, everybody(15), noon); return err }},
		{"Members of most", "Last", func(ctx context.Context) error { _, err := ix.Members(ctx, everybody(15), noon); return err }},
		{"Holdings", "History", func(ctx context.Context) error { _, err := ix.Holdings(ctx, 1); return err }},
		{"Count", "Chunk Chunks", func(ctx context.Context) error { _, _, err := ix.Count(ctx, list, noon); return err }},
		{"Members", "Chunk Chunks", func(ctx context.Context) error { _, err := ix.Members(ctx, list, noon); return err }},
		{"Interests", "People", func(ctx context.Context) error { _, err := ix.Interests(ctx); return err }},
		{"Organic", "ScanFacets Chunks", func(ctx context.Context) error {
			return ix.Organic(ctx, []parterre.ID{1}, func(parterre.ID, *roaring.Bitmap) error { return nil })
		}},
		{"New", "Tops", func(ctx context.Context) error { _, err := index.New(ctx, store, index.Options{}); return err }},
	} {
		for method := range strings.FieldsSeq(q.methods) {
			store.breaks(method, 0)
			if err := q.ask(t.Context()); !errors.Is(err, errStore) || parterre.CodeOf(err) != parterre.Internal {
				t.Errorf("%s, when %s fails: the error is %v", q.name, method, err)
			}
			store.breaks("", 0)
			if err := q.ask(t.Context()); err != nil {
				t.Errorf("%s, when %s works again: %v", q.name, method, err)
			}
		}
	}
	same(t, "what is stored", store.state(t), before)
}

func TestTheEndOfTheContextIsInTheChainOfTheError(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		come(t, ix, "/", "ann")
		ix.Register(ofURL(11, "/"))
		ctx, end := context.WithCancel(t.Context())
		end()
		for name, err := range map[string]error{
			"Ingest":   ix.Ingest(ctx, []parterre.Event{visit(who("bob"), "/", noon)}),
			"Evaluate": ix.Evaluate(ctx, ofURL(10, "/")),
			"Count":    counted(ctx, ix, everybody(11)),
			"Fill":     ix.Fill(ctx, index.AudienceRoll(10, 1), []parterre.PersonID{1}),
		} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: the error is %v", name, fmt.Sprint(err))
			}
		}
		wantMembers(t, ix, everybody(10), noon)
	})
}

func counted(ctx context.Context, ix *index.Index, m index.Membership) error {
	_, _, err := ix.Count(ctx, m, noon)
	return err
}
