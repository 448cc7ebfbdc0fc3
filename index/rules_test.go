package index_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/memindex"
	"github.com/parterre/parterre/rule"
	"github.com/parterre/parterre/rule/ruletest"
)

// The index, used in the way in which package audiences uses it, means by a rule what package rule/naive says that it means:
// on the corpus of scripts, and on random histories.

func TestRulesOverMemory(t *testing.T) {
	open := func(t testing.TB) ruletest.Evaluator { return newEvaluator(t, memindex.New()) }
	ruletest.Run(t, open)
	ruletest.Histories(t, open, ruletest.HistoryOptions{})
}

func TestRulesWithACacheThatIsAlwaysFull(t *testing.T) {
	open := func(t testing.TB) ruletest.Evaluator {
		e := newEvaluator(t, memindex.New())
		e.ix.SetFacetCacheSize(2)
		return e
	}
	ruletest.Run(t, open)
	ruletest.Histories(t, open, ruletest.HistoryOptions{Histories: 5, Seed: 2001})
}

func TestRulesOverAStoreThatIsClosedAndOpened(t *testing.T) {
	open := func(t testing.TB) ruletest.Evaluator { return newReopening(t, false) }
	ruletest.Run(t, open)
	ruletest.Histories(t, open, ruletest.HistoryOptions{Histories: 5, Seed: 4001})
}

func TestRulesOverAStoreThatCrashes(t *testing.T) {
	open := func(t testing.TB) ruletest.Evaluator { return newReopening(t, true) }
	ruletest.Histories(t, open, ruletest.HistoryOptions{Histories: 5, Seed: 6001})
}

// evaluator evaluates rules over an index as package audiences does. Persons are known by external id.
type evaluator struct {
	ctx       context.Context
	ix        *index.Index
	names     map[parterre.PersonID]string
	accounts  map[parterre.ID]bool // of facets that came
	batches   map[parterre.ID]int  // by list: how many there were
	versions  map[parterre.ID]int  // of rules, by audience; those of removed audiences stay
	audiences map[parterre.ID]audience
	asked     int // how many questions there were
}

// audience is an audience with its rule.
type audience struct {
	rule       rule.Rule
	standing   index.Standing
	membership index.Membership
}

func newEvaluator(t testing.TB, d driver.Driver) *evaluator {
	t.Helper()
	ix, err := index.New(t.Context(), d, index.Options{})
	must(t, err)
	e := &evaluator{
		ctx: t.Context(), ix: ix, names: map[parterre.PersonID]string{}, accounts: map[parterre.ID]bool{0: true},
		batches: map[parterre.ID]int{}, versions: map[parterre.ID]int{}, audiences: map[parterre.ID]audience{},
	}
	t.Cleanup(func() { must(t, e.ix.Close()) })
	return e
}

// Import implements [ruletest.Evaluator].
func (e *evaluator) Import(person, country string) error {
	err := e.ix.Import(e.ctx, []parterre.Person{{Who: who(person), Country: country}})
	return errors.Join(err, e.meet(person))
}

// Happen implements [ruletest.Evaluator].
func (e *evaluator) Happen(person string, f parterre.Facet, at parterre.Stamp) error {
	e.accounts[f.Account] = true
	err := e.ix.Ingest(e.ctx, []parterre.Event{{Who: who(person), Facet: f, At: at}})
	return errors.Join(err, e.meet(person))
}

// ChangeList implements [ruletest.Evaluator].
func (e *evaluator) ChangeList(list parterre.ID, remove bool, persons []string) error {
	records := make([][]parterre.Identifier, len(persons))
	for i, p := range persons {
		records[i] = who(p)
	}
	e.batches[list]++
	if err := e.ix.ChangeList(e.ctx, list, e.batches[list], remove, records); err != nil || remove {
		return err
	}
	return e.meet(persons...)
}

// meet learns the numbers of persons.
func (e *evaluator) meet(persons ...string) error {
	for _, name := range persons {
		p, err := e.ix.Lookup(e.ctx, who(name))
		if err != nil {
			return err
		}
		if known, is := e.names[p]; p == 0 || is && known != name {
			return errors.New(name + " has no number of their own")
		}
		e.names[p] = name
	}
	return nil
}

// Set implements [ruletest.Evaluator].
func (e *evaluator) Set(id, account parterre.ID, r rule.Rule, at int64) error {
	e.versions[id]++
	a := audience{rule: r, membership: index.OfAudience(id, e.versions[id], r.Window())}
	a.standing = index.StandingOf(a.membership.Added, account, &r)
	if r.List != nil {
		a.membership = index.OfList(r.List.ID)
	}
	e.register(a)
	var err error
	switch {
	case r.ActAlike != nil:
		err = e.evaluateActAlike(a, at)
	case r.Engagement != nil, r.Visitor != nil && r.Visitor.Prefill:
		err = e.ix.Evaluate(e.ctx, a.standing)
	}
	if err != nil {
		return err
	}
	if err := e.Remove(id); err != nil { // what the old rule brought
		return err
	}
	e.audiences[id] = a
	return nil
}

func (e *evaluator) register(a audience) {
	if len(a.standing.Accounts) > 0 {
		e.ix.Register(a.standing)
	}
}

func (e *evaluator) evaluateActAlike(a audience, at int64) error {
	r := a.rule.ActAlike
	seeds := roaring.New()
	for _, id := range r.Seeds {
		seed, exists := e.audiences[id]
		if !exists {
			continue
		}
		in, err := e.ix.Members(e.ctx, seed.membership, at)
		if err != nil {
			return err
		}
		seeds.Or(in)
	}
	if seeds.IsEmpty() {
		return nil
	}
	scorer := actalike.NewBayes(e.ix.Population(), seeds)
	err := e.ix.Organic(e.ctx, slices.Sorted(maps.Keys(e.accounts)), func(_ parterre.ID, persons *roaring.Bitmap) error {
		scorer.AddItem(persons)
		return nil
	})
	if err != nil {
		return err
	}
	country, err := e.ix.Members(e.ctx, index.OfCountry(r.Country), at)
	if err != nil {
		return err
	}
	n := actalike.Size(r.Percentage, int(country.GetCardinality()))
	return e.ix.Fill(e.ctx, a.standing.Roll, scorer.Best(country, n))
}

// Remove implements [ruletest.Evaluator].
func (e *evaluator) Remove(id parterre.ID) error {
	a, exists := e.audiences[id]
	if !exists {
		return nil
	}
	delete(e.audiences, id)
	return e.ix.Drop(e.ctx, a.standing.Roll)
}

// Members implements [ruletest.Evaluator].
func (e *evaluator) Members(id parterre.ID, at int64) (names []string, err error) {
	a, exists := e.audiences[id]
	if !exists {
		return nil, nil
	}
	in, err := e.ix.Members(e.ctx, a.membership, at)
	if err != nil {
		return nil, err
	}
	n, _, err := e.ix.Count(e.ctx, a.membership, at)
	if err != nil {
		return nil, err
	}
	if n != int(in.GetCardinality()) { //nolint:gosec // few
		return nil, errors.New("Count and Members disagree about how many there are")
	}
	e.asked++
	for p, name := range e.names {
		if in.Contains(uint32(p)) {
			names = append(names, name)
		}
		if (int(p)+e.asked)%50 != 0 { // to ask about everybody every time would take long
			continue
		}
		is, err := e.ix.Contains(e.ctx, a.membership, p, at)
		if err != nil {
			return nil, err
		}
		if is != in.Contains(uint32(p)) {
			return nil, errors.New("Contains and Members disagree about " + name)
		}
	}
	if n != len(names) {
		return nil, errors.New("a member is somebody whom nobody has named")
	}
	return names, nil
}

// reopening is an evaluator over the embedded store, which loses everything but what is on disk when it is reopened.
type reopening struct {
	*evaluator
	t     testing.TB
	fs    *vfs.MemFS
	crash bool
}

func newReopening(t testing.TB, crash bool) *reopening {
	t.Helper()
	fs := vfs.NewCrashableMem()
	return &reopening{newEvaluator(t, openLSM(t, fs)), t, fs, crash}
}

// Reopen opens the store again, after closing it or after pulling the plug, and registers what stood, as the service does
// when it starts.
func (e *reopening) Reopen() error {
	if e.crash { // what was acknowledged is there, and nothing else
		left := e.fs.CrashClone(vfs.CrashCloneCfg{})
		if err := e.ix.Close(); err != nil {
			return err
		}
		e.fs = left
	} else if err := e.ix.Close(); err != nil {
		return err
	}
	ix, err := index.New(e.ctx, openLSM(e.t, e.fs), index.Options{})
	if err != nil {
		return err
	}
	e.ix = ix
	for _, id := range slices.Sorted(maps.Keys(e.audiences)) {
		e.register(e.audiences[id])
	}
	return nil
}

var _ ruletest.Evaluator = (*reopening)(nil)
