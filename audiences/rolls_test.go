package audiences_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	indexdriver "github.com/parterre/parterre/index/driver"
)

// wantRolls compares the rolls of audiences that hold anybody with those that serve the audiences given.
func (w *world) wantRolls(serving ...parterre.ID) {
	w.Helper()
	var want []indexdriver.RollID
	for _, id := range serving {
		// Lists have rolls of their own, and engagement audiences are derived.
		if v := w.see(id); v.Type != parterre.CustomerListAudience && v.Type != parterre.EngagementAudience {
			want = append(want, index.AudienceRoll(id, v.Served))
		}
	}
	got, err := w.rolls.left(w.Context())
	w.must(err)
	order := func(a, b indexdriver.RollID) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		w.Errorf("the rolls of audiences are %v, want %v", got, want)
	}
}

func TestASupersededRuleLeavesNoRollBehind(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 200)
		w.visit("/shoes", 1, 150)
		w.visit("/hats", 1, 120)
		tag := w.tag()
		id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
		w.becomes(id, parterre.Ready, 150)

		w.rolls.scan.close() // one that never comes to serve
		w.update(id, visitorRule(tag, "/shoes"))
		w.until("the evaluation has begun", func() bool { return w.rolls.scan.visitors() > 0 })
		w.visit("/shoes", 1, 150) // it stands, so it has a roll by now
		w.update(id, visitorRule(tag, "/hats"))
		w.rolls.scan.open()

		w.becomes(id, parterre.Ready, 120)
		w.settle()
		w.wantRolls(id)
		w.visit("/shoes", 1, 150) // the old rules do not stand any more
		w.visit("/hats", 1, 120)
		w.wantRolls(id)
	})
}

func TestARemovedAudienceLeavesNoRollBehind(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 200)
		w.visit("/shoes", 1, 150)
		tag := w.tag()
		for name, hold := range map[string]bool{"after it was evaluated": false, "while it is being evaluated": true} {
			if hold {
				w.rolls.scan.close()
			}
			id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
			if hold {
				w.until("the evaluation has begun", func() bool { return w.rolls.scan.visitors() > 0 })
				w.visit("/shoes", 1, 150)
			} else {
				w.becomes(id, parterre.Ready, 150)
			}
			w.remove(id)
			if _, err := w.Audience(t.Context(), account, id); parterre.CodeOf(err) != parterre.AudienceNotFound {
				t.Errorf("%s: it is still found: %v", name, err)
			}
			w.wantIn(1)
			w.rolls.scan.open()
			w.settle()
			w.wantRolls()
			w.visit("/shoes", 1, 150)
			w.wantRolls()
		}
	})
}

func TestARollThatCouldNotBeDroppedIsDroppedAtTheNextStart(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 200)
		w.visit("/shoes", 1, 150)
		id := w.create(parterre.VisitorAudience, visitorRule(w.tag(), "/shoes"))
		w.becomes(id, parterre.Ready, 150)
		w.rolls.drops.close()
		w.remove(id)
		w.until("the roll is being dropped", func() bool { return w.rolls.drops.visitors() > 0 })
		w.stop()
		w.rolls.drops.open()
		w.start()
		w.settle()
		w.wantRolls()
	})
}

// Whatever is done to audiences, and however often the service is cut off, what is left in the end are the rolls that serve.
func TestNothingIsLeftBehindByAnyHistory(t *testing.T) {
	for _, kind := range []string{"in memory", "on disk"} {
		for seed := range uint64(4) {
			w := newWorld(t, kind)
			r := rand.New(rand.NewPCG(seed, 0))
			h := history{world: w, r: r, tag: w.tag(), list: w.list(1, 150), types: map[parterre.ID]parterre.AudienceType{}}
			w.people(1, 300)
			for range 60 {
				h.step()
			}
			w.rolls.scan.open()
			w.rolls.scan.breakFor(0)
			w.settle()
			w.wantRolls(h.audiences...)
			for _, id := range h.audiences {
				if v := w.see(id); !v.Evaluated() {
					t.Errorf("audience %s is %s when no job is left", id, v.Status)
				}
			}
			if t.Failed() {
				t.Fatalf("%s, seed %d", kind, seed)
			}
		}
	}
}

// history does something at random to a world.
type history struct {
	*world
	r         *rand.Rand
	tag, list parterre.ID
	audiences []parterre.ID
	types     map[parterre.ID]parterre.AudienceType
	seeds     []parterre.ID // those of them that may be seeds
}

func (h *history) step() {
	h.Helper()
	switch n := h.r.IntN(20); {
	case n < 5 || len(h.audiences) == 0:
		t := parterre.AudienceTypes[h.r.IntN(4)]
		if t == parterre.ActAlikeAudience && len(h.seeds) == 0 {
			return
		}
		id := h.create(t, h.rule(t))
		h.audiences, h.types[id] = append(h.audiences, id), t
		if t != parterre.ActAlikeAudience {
			h.seeds = append(h.seeds, id)
		}
	case n < 10:
		id := h.audiences[h.r.IntN(len(h.audiences))]
		h.update(id, h.rule(h.types[id]))
	case n < 12:
		id := h.audiences[h.r.IntN(len(h.audiences))]
		h.remove(id)
		is := func(other parterre.ID) bool { return other == id }
		h.audiences, h.seeds = slices.DeleteFunc(h.audiences, is), slices.DeleteFunc(h.seeds, is)
	case n < 14:
		h.visit(h.page(), 1, 1+h.r.IntN(300))
	case n < 16:
		h.save(12, 1, 1+h.r.IntN(300))
	case n < 17:
		h.rolls.scan.open()
		h.rolls.scan.close()
	case n < 18:
		h.rolls.scan.open()
	case n < 19:
		h.rolls.scan.breakFor(h.r.IntN(2))
	default:
		h.restart()
	}
}

func (h *history) page() string { return []string{"/shoes", "/hats"}[h.r.IntN(2)] }

func (h *history) rule(t parterre.AudienceType) []byte {
	switch t {
	case parterre.CustomerListAudience:
		return listRule(h.list)
	case parterre.VisitorAudience:
		return visitorRule(h.tag, h.page())
	case parterre.EngagementAudience:
		return []byte(`{"engagement_domain":["shop.example"],"engager_type":2}`)
	default:
		if len(h.seeds) == 0 {
			return nil // no new rule
		}
		return alikeRule(1+h.r.IntN(10), h.seeds[h.r.IntN(len(h.seeds))])
	}
}
