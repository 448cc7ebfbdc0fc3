package audiences_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/catalog"
)

// Between the transaction that swaps a membership in and the moment at which the service knows, whoever looks has to wait, or
// sees the audience READY with the size of its own rule: not with that of the rule before.
func TestWhatIsReadyHasTheSizeOfItsRule(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 300)
		w.visit("/shoes", 1, 150)
		w.visit("/hats", 1, 250)
		tag := w.tag()
		id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
		w.becomes(id, parterre.Ready, 150)
		w.settle()

		w.rolls.scan.close()
		w.update(id, visitorRule(tag, "/hats"))
		w.until("the evaluation has begun", func() bool { return w.rolls.scan.visitors() > 0 })
		w.rows.updated.close()
		w.rolls.scan.open()
		w.until("the swap is made", func() bool { return w.rows.updated.visitors() > 0 })
		seen := make(chan []audiences.View, 1)
		go func() {
			v, err := w.Audience(t.Context(), account, id)
			list, _, listing := w.Audiences(t.Context(), account, catalog.Page{Limit: 10})
			if err := errors.Join(err, listing); err != nil {
				t.Error(err)
			}
			seen <- append(list, v)
		}()
		look := func(views []audiences.View) {
			if len(views) != 2 {
				t.Errorf("there are %d views, want 2", len(views))
			}
			for _, v := range views {
				if v.Status != parterre.Ready || v.Size != 250 {
					t.Errorf("the audience is %s with %d members and the rule %s", v.Status, v.Size, v.Rule)
				}
			}
		}
		select {
		case views := <-seen:
			look(views)
			w.rows.updated.open()
		case <-time.After(50 * time.Millisecond): // it has to wait
			w.rows.updated.open()
			look(<-seen)
		}
		w.settle()
		w.want(id, parterre.Ready, 250)
	})
}

// While audiences are updated, and swapped in, and old rolls are dropped, whoever looks sees the size that belongs to the
// rule that serves, and finds everybody who is in both.
func TestReadersSeeAWholeStateWhileAudiencesChange(t *testing.T) {
	const seed, updates, readers = 5, 60, 3
	overEach(t, func(t *testing.T, w *world) {
		pages := map[string]int{"/a": 110, "/b": 140, "/c": 170, "/d": 200}
		w.people(1, 250)
		tag := w.tag()
		sizes := map[string]int{} // by rule
		var rules []string
		for page, size := range pages {
			w.visit(page, 1, size)
			rule := string(visitorRule(tag, page))
			sizes[rule] = size
			rules = append(rules, rule)
		}
		slices.Sort(rules)
		ids := []parterre.ID{
			w.create(parterre.VisitorAudience, []byte(rules[0])), w.create(parterre.VisitorAudience, []byte(rules[1])),
		}
		for _, id := range ids {
			w.until("the audience is evaluated", func() bool { return w.evaluated(id) })
		}
		done := make(chan struct{})
		var all sync.WaitGroup
		for range readers {
			all.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if err := look(w, ids, sizes); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		r := rand.New(rand.NewPCG(seed, 0))
		for range updates {
			id := ids[r.IntN(len(ids))]
			w.update(id, []byte(rules[r.IntN(len(rules))]))
			if r.IntN(3) == 0 {
				w.until("the audience is evaluated", func() bool { return w.evaluated(id) })
			}
		}
		w.settle()
		close(done)
		all.Wait()
		w.wantRolls(ids...)
	})
}

// look complains of an audience that does not look as one should.
func look(w *world, ids []parterre.ID, sizes map[string]int) error {
	list, _, err := w.Audiences(w.Context(), account, catalog.Page{Limit: 10})
	if err != nil {
		return fmt.Errorf("list the audiences: %w", err)
	}
	for _, id := range ids {
		v, err := w.Audience(w.Context(), account, id)
		if err != nil {
			return fmt.Errorf("read an audience: %w", err)
		}
		list = append(list, v)
	}
	for _, v := range list {
		if want := sizes[string(v.ServedRule)]; v.Size != want {
			return fmt.Errorf("audience %s, version %d, is %s with %d members; the rule %s, which serves, has %d",
				v.ID, v.Version, v.Status, v.Size, v.ServedRule, want)
		}
		if v.Status == parterre.Ready && string(v.Rule) != string(v.ServedRule) {
			return fmt.Errorf("audience %s is READY with the rule %s, and %s serves", v.ID, v.Rule, v.ServedRule)
		}
	}
	in, _, err := w.Memberships(w.Context(), who(1))
	if err != nil {
		return fmt.Errorf("look memberships up: %w", err)
	}
	if !slices.Equal(in, ids) {
		return fmt.Errorf("person 1, who was on every page, is in %v, want %v", in, ids)
	}
	return nil
}

func TestSizeAndStatusFollowTheClock(t *testing.T) {
	w := newWorld(t, "in memory")
	w.people(1, 300)
	w.visit("/shoes", 1, 50)
	w.clock.Add(day)
	w.visit("/shoes", 51, 150)
	rule := fmt.Sprintf(`{"visitor_source_id":"%s","retention_days":2}`, w.tag())
	id := w.create(parterre.VisitorAudience, []byte(rule))
	w.becomes(id, parterre.Ready, 150)
	for _, c := range []struct {
		at     int64
		status parterre.Status
		size   int
	}{
		{noon + 2*day, parterre.Ready, 150},
		{noon + 2*day + 1, parterre.Ready, 100},
		{noon + 3*day, parterre.Ready, 100},
		{noon + 3*day + 1, parterre.TooSmall, 0},
		{noon + 2*day, parterre.Ready, 150}, // a clock that is put back
	} {
		w.clock.Store(c.at)
		w.want(id, c.status, c.size)
	}
	w.clock.Store(noon + 2*day)
	w.visit("/hats", 1, 1)
	w.clock.Add(1)
	w.want(id, parterre.Ready, 101)
}

func TestALargeSizeIsCountedOnceAMinute(t *testing.T) {
	w := newWorld(t, "in memory")
	w.people(1, 300)
	w.visit("/shoes", 1, 150)
	id := w.create(parterre.VisitorAudience, fmt.Appendf(nil, `{"visitor_source_id":"%s","retention_days":2}`, w.tag()))
	w.becomes(id, parterre.Ready, 150)
	w.ManyMembers(151)
	w.visit("/shoes", 151, 151)
	w.want(id, parterre.Ready, 151) // 150 were not many
	w.visit("/shoes", 152, 152)
	w.want(id, parterre.Ready, 151)
	w.clock.Add(59)
	w.want(id, parterre.Ready, 151)
	w.clock.Add(1)
	w.want(id, parterre.Ready, 152)
	w.update(id, fmt.Appendf(nil, `{"visitor_source_id":"%s","retention_days":2,"url":"/none"}`, w.tag()))
	w.becomes(id, parterre.TooSmall, 0)
}
