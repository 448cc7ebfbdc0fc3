package audiences_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
)

// groups makes 1,200 persons in six groups, who save the pins of their group and few others.
func (w *world) groups() {
	w.Helper()
	const persons, pins, engaged = 1200, 120, 12
	w.people(1, persons)
	r := rand.New(rand.NewPCG(1, 1))
	var events []parterre.Event
	for n := 1; n <= persons; n++ {
		for range engaged {
			pin := n%6 + 6*r.IntN(pins/6)
			if r.IntN(5) == 0 {
				pin = r.IntN(pins)
			}
			events = append(events, parterre.Event{
				Who: who(n), At: parterre.Stamp(w.clock.Load()), //nolint:gosec // in our century
				Facet: parterre.Facet{Kind: parterre.Engagement, Pin: parterre.ID(100 + pin), Type: parterre.Save},
			})
		}
	}
	w.must(w.Ingest(w.Context(), events))
}

func (w *world) explain(id parterre.ID) audiences.ActAlike {
	w.Helper()
	_, how, err := w.Explain(w.Context(), id)
	w.must(err)
	if how == nil {
		return audiences.ActAlike{}
	}
	return *how
}

// membership is the one of an audience that serves.
func (w *world) membership(id parterre.ID) index.Membership {
	return index.OfAudience(id, w.see(id).Served, 0)
}

// group is a customer list of members of the group of number 1: persons 1, 7, 13 and so on.
func (w *world) group(members int) parterre.ID {
	w.Helper()
	var all []string
	for i := range members {
		all = append(all, address(1+6*i))
	}
	l, err := w.CreateCustomerList(w.Context(), ann, account, "List", "EMAIL", strings.Join(all, ","))
	w.must(err)
	rule, err := json.Marshal(map[string]parterre.ID{"customer_list_id": l.ID})
	w.must(err)
	return w.create(parterre.CustomerListAudience, rule)
}

// A look-alike is there at once, by naive Bayes; when the population has been learnt from, it is computed anew. The model
// outlives the process, and one that is damaged is made anew.
func TestLookAlikesImproveWhenThePopulationIsLearnt(t *testing.T) {
	w := newWorld(t, "on disk")
	w.alike = audiences.Alike{File: filepath.Join(t.TempDir(), "factors"), Least: 10_000}
	w.restart()
	w.groups()
	seed := w.group(120)
	alike := w.create(parterre.ActAlikeAudience, alikeRule(5, seed))
	w.until("the model is used", func() bool { return w.explain(alike).Method == actalike.Spectral && w.evaluated(alike) })
	w.want(alike, parterre.TooSmall, 60)
	how := w.explain(alike)
	// Of 140 of the group who are no known seed there is room for 60, so of the 60 that are hidden 26 can be expected.
	if how.FactorsVersion != 1 || how.FactorsMade != noon || how.Quality == nil || how.Quality.Recall < .4 || how.Quality.Lift < 7 {
		t.Errorf("the audience is explained by %+v, %+v", how, how.Quality)
	}
	members, err := w.index.Members(t.Context(), w.membership(alike), noon)
	w.must(err)
	own := 0
	for _, p := range members.ToArray() {
		if p%6 == 1 && p > 6*119+1 {
			own++
		}
	}
	if own < 57 {
		t.Errorf("%d of 60 members are of the seed's group", own)
	}
	w.settle()
	w.restart()
	w.update(alike, alikeRule(5, seed))
	w.until("it is evaluated", func() bool { return w.evaluated(alike) })
	if again := w.explain(alike); again.Method != actalike.Spectral || again.FactorsVersion != 1 || *again.Quality != *how.Quality {
		t.Errorf("after a start the audience is explained by %+v", again)
	}

	w.settle()
	body, err := os.ReadFile(w.alike.File)
	w.must(err)
	for name, damage := range map[string]func() []byte{
		"another file":    func() []byte { return []byte("damaged, and longer than its head") },
		"a flipped bit":   func() []byte { b := slices.Clone(body); b[len(b)/2] ^= 1; return b },
		"an older moment": func() []byte { b := slices.Clone(body); b[12] ^= 1; return b },
		"nothing":         func() []byte { return nil },
	} {
		w.must(os.WriteFile(w.alike.File, damage(), 0o600))
		w.restart()
		w.update(alike, alikeRule(5, seed))
		w.until("it is evaluated", func() bool { return w.evaluated(alike) })
		w.until(name+" is made anew", func() bool {
			now, err := os.ReadFile(w.alike.File)
			return err == nil && slices.Equal(now, body)
		})
		w.settle()
	}
}

// scansOf is how many times the store was asked for facets while an audience was computed anew.
func (w *world) scansOf(alike, seed parterre.ID) int {
	w.Helper()
	w.settle()
	before := w.rolls.facets.visitors()
	w.update(alike, alikeRule(5, seed))
	w.until("it is evaluated", func() bool { return w.evaluated(alike) })
	return w.rolls.facets.visitors() - before
}

func TestAPopulationInMemoryIsReadAgainWhenItHasMoved(t *testing.T) {
	w := newWorld(t, "in memory")
	w.alike = audiences.Alike{File: filepath.Join(t.TempDir(), "factors"), Least: 10_000}
	w.restart()
	w.groups()
	seed := w.group(120)
	alike := w.create(parterre.ActAlikeAudience, alikeRule(5, seed))
	w.until("the model is used", func() bool { return w.explain(alike).Method == actalike.Spectral && w.evaluated(alike) })
	members := func() []uint32 {
		in, err := w.index.Members(t.Context(), w.membership(alike), noon)
		w.must(err)
		return in.ToArray()
	}
	first := members()
	step := func(what string, read bool) {
		t.Helper()
		if n := w.scansOf(alike, seed); (n > 0) != read {
			t.Errorf("%s, and an audience asks the store for facets %d times", what, n)
		}
	}
	step("nothing has moved", false)
	if !slices.Equal(members(), first) {
		t.Error("the same population gives another audience")
	}
	w.visit("/shoes", 1, 1200)
	step("an advertiser's own events came in", false)
	w.save(500, 1, 100)
	step("less than a hundredth has moved", false)
	w.save(501, 1, 100)
	step("more than a hundredth has moved", true)
	step("it was just read", false)
	w.save(502, 1, 2)
	step("hardly anything has moved", false)
	w.clock.Add(601)
	step("what has moved is ten minutes old", true)
	w.people(1, 150)
	step("more was said of persons", true)
	w.must(w.WipeAccount(t.Context(), ann, account+1))
	step("an ad account was wiped", true)
	step("it was just read", false)
	w.clock.Add(601)
	step("nothing has moved in ten minutes", false)

	w.alike.Every = time.Millisecond
	w.restart()
	step("after a start", true)
	w.until("it is dropped when nobody uses it", func() bool {
		w.clock.Add(601)
		return w.scansOf(alike, seed) > 0
	})
}

func TestAPopulationThatIsTooLargeIsNotKept(t *testing.T) {
	w := newWorld(t, "in memory")
	w.alike = audiences.Alike{Least: 10_000, Memory: 10_000}
	w.restart()
	w.groups()
	seed := w.group(120)
	alike := w.create(parterre.ActAlikeAudience, alikeRule(5, seed))
	w.until("the model is used", func() bool { return w.explain(alike).Method == actalike.Spectral && w.evaluated(alike) })
	for range 2 {
		if w.scansOf(alike, seed) == 0 {
			t.Error("the population is kept")
		}
	}
}

// What people did on an advertiser's own site does not change who is in another's look-alike.
func TestWhatIsAnAdvertisersOwnShapesNobodyElsesLookAlike(t *testing.T) {
	const theirs = parterre.ID(549755885176)
	members := func(visits bool) []uint32 {
		w := newWorld(t, "in memory")
		w.alike.Least = 10_000
		w.restart()
		w.must(w.catalog.Update(t.Context(), func(tx *catalog.Tx) error {
			return tx.PutAdAccount(&parterre.AdAccount{ID: theirs, Name: "Theirs", Owner: ann.User, Country: "US", Currency: "USD"})
		}))
		w.groups()
		if visits {
			var events []parterre.Event
			for n := 1; n <= 1200; n += 3 {
				events = append(events, parterre.Event{Who: who(n), At: noon, Facet: parterre.Facet{
					Kind: parterre.Conversion, Account: theirs, Name: "checkout", Source: parterre.Web, URL: "/theirs",
				}}, parterre.Event{Who: who(n), At: noon, Facet: parterre.Facet{
					Kind: parterre.Engagement, Account: theirs, Pin: 100, Ad: 7, Type: parterre.Click,
				}})
			}
			w.must(w.Ingest(t.Context(), events))
		}
		alike := w.create(parterre.ActAlikeAudience, alikeRule(10, w.group(100)))
		w.until("the model is used", func() bool { return w.explain(alike).Method == actalike.Spectral && w.evaluated(alike) })
		in, err := w.index.Members(t.Context(), w.membership(alike), noon)
		w.must(err)
		return in.ToArray()
	}
	without, with := members(false), members(true)
	if len(without) != 120 || !slices.Equal(without, with) {
		t.Errorf("there are %d members without another's events and %d with them, and they differ", len(without), len(with))
	}
}

// A look-alike follows its seed when that has changed by more than a tenth, and not before.
func TestALookAlikeFollowsItsSeed(t *testing.T) {
	w := newWorld(t, "in memory")
	w.people(1, 1000)
	w.visit("/shoes", 1, 100)
	seed := w.create(parterre.VisitorAudience, visitorRule(w.tag(), "/shoes"))
	alike := w.create(parterre.ActAlikeAudience, alikeRule(10, seed))
	w.becomes(alike, parterre.Ready, 100)
	w.visit("/shoes", 101, 110)
	w.RefreshSeeds(t.Context())
	w.settle()
	if v := w.see(alike); v.Version != 1 {
		t.Errorf("with a tenth more the audience is version %d", v.Version)
	}
	w.visit("/shoes", 111, 111)
	w.RefreshSeeds(t.Context())
	w.until("it is computed anew", func() bool { return w.evaluated(alike) && w.see(alike).Version == 2 })
	if how := w.explain(alike); how.Seeds != 111 {
		t.Errorf("it is explained by %+v", how)
	}
	w.wantIn(111, seed)
}

// Learning that a process did not end goes on in the next one, with what it was begun with, and gives what it would have given.
func TestLearningThatWasCutOffGoesOnAtTheNextStart(t *testing.T) {
	w := newWorld(t, "in memory")
	model := filepath.Join(t.TempDir(), "factors")
	w.alike = audiences.Alike{File: model, Least: 10_000}
	w.restart()
	w.groups()
	exists := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	learnt := func() []byte {
		w.until("it has been learnt", func() bool { return exists(model) && !exists(model+".learning") })
		body, err := os.ReadFile(model)
		w.must(err)
		return body
	}
	alike := w.create(parterre.ActAlikeAudience, alikeRule(5, w.group(120)))
	uncut := learnt()
	w.settle()
	w.must(os.Remove(model))

	// Where the factors are to be kept there is a folder, which stops learning at the latest when it has found them.
	obstacle := filepath.Join(model+".learning", "factors", "obstacle")
	w.must(os.MkdirAll(obstacle, 0o700))
	w.restart()
	w.until("it has begun", func() bool { return exists(filepath.Join(model+".learning", "vectors")) })
	w.save(500, 1, 400) // what comes now does not count
	w.stop()
	if exists(model) {
		t.Fatal("it was not cut off")
	}
	w.must(os.RemoveAll(filepath.Dir(obstacle)))
	w.start()
	if !slices.Equal(learnt(), uncut) {
		t.Error("what was learnt in two parts is something else")
	}
	w.update(alike, alikeRule(6, w.group(120)))
	w.until("the model is used", func() bool { return w.evaluated(alike) && w.explain(alike).Method == actalike.Spectral })
}
