package audiences_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parterre/parterre"
)

func TestAJobIsTriedUntilTheStoreWorks(t *testing.T) {
	const times = 9
	for name, broken := range map[string]func(w *world) *gate{
		"when the facets cannot be read":       func(w *world) *gate { return &w.rolls.scan },
		"when a roll cannot be dropped":        func(w *world) *gate { return &w.rolls.drops },
		"when the catalogue cannot be read":    func(w *world) *gate { return &w.rows.views },
		"when the catalogue cannot be changed": func(w *world) *gate { return &w.rows.updates },
		"when nobody can say whether it was":   func(w *world) *gate { return &w.rows.updated },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "in memory")
				w.people(1, 150)
				w.visit("/shoes", 1, 120)
				tag := w.tag()
				w.rolls.drops.close() // so that there is a job before, while everything is answered
				other := w.create(parterre.VisitorAudience, visitorRule(tag, "/hats"))
				synctest.Wait()
				w.update(other, visitorRule(tag, "/shoes"))
				w.rolls.scan.close()
				id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
				synctest.Wait()

				g := broken(w)
				g.breakFor(times)
				w.rolls.scan.open()
				w.rolls.drops.open()
				time.Sleep(time.Hour)
				synctest.Wait()
				w.want(id, parterre.Ready, 120)
				w.want(other, parterre.Ready, 120)
				w.wantIn(1, other, id)
				if n := g.failures(); n != times {
					t.Errorf("%d tries failed, want %d; the test does not test", n, times)
				}
				if jobs := w.jobs(); len(jobs) > 0 {
					t.Errorf("the jobs %+v are left", jobs)
				}
			})
		})
	}
}

func TestThePausesBetweenTriesGrowToHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "in memory")
		w.people(1, 150)
		w.visit("/shoes", 1, 120)
		tag := w.tag()
		w.rolls.scan.breakFor(12)
		begun := time.Now()
		id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
		var pauses []time.Duration
		for w.see(id).Status == parterre.Initializing {
			synctest.Wait()
			before, last := w.rolls.scan.visitors(), time.Now()
			for w.rolls.scan.visitors() == before && w.see(id).Status == parterre.Initializing {
				time.Sleep(10 * time.Millisecond)
				synctest.Wait()
			}
			pauses = append(pauses, time.Since(last).Round(50*time.Millisecond))
		}
		want := []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second}
		for s := 2 * time.Second; s < 30*time.Second; s *= 2 {
			want = append(want, s)
		}
		for len(want) < 12 {
			want = append(want, 30*time.Second)
		}
		if !slices.Equal(pauses, want) {
			t.Errorf("the pauses were %v, want %v", pauses, want)
		}
		w.want(id, parterre.Ready, 120)
		t.Logf("READY after %v", time.Since(begun))
	})
}

func TestAListBecomesReadyWhenItsRecordsAreMatchedInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "in memory")
		w.rolls.lists.breakFor(3) // nobody of the list is known before it is matched
		list := w.list(1, 200)
		_, err := w.UpdateCustomerList(t.Context(), ann, account, list, true, records(1, 50))
		w.must(err)
		id := w.create(parterre.CustomerListAudience, listRule(list))
		_, err = w.UpdateCustomerList(t.Context(), ann, account, list, false, records(50, 50))
		w.must(err)
		synctest.Wait()
		w.want(id, parterre.Initializing, 0)
		l, err := w.CustomerList(t.Context(), account, list)
		w.must(err)
		if l.Status != parterre.Processing || l.Batches != 3 {
			t.Errorf("the list is %s with %d batches", l.Status, l.Batches)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		w.want(id, parterre.Ready, 151)
		w.wantIn(49)
		w.wantIn(50, id)
		if n := w.index.Population(); n != 200 {
			t.Errorf("there are %d persons, want 200", n)
		}
		if l, err = w.CustomerList(t.Context(), account, list); err != nil || l.Status != parterre.Ready {
			t.Errorf("the list is %s, %v", l.Status, err)
		}
	})
}

func TestABatchThatWasMatchedWithoutAnybodyKnowingDoesNotHoldUpTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "in memory")
		w.rolls.lists.close()
		list := w.list(1, 150)
		synctest.Wait()
		_, err := w.UpdateCustomerList(t.Context(), ann, account, list, true, records(1, 20))
		w.must(err)
		w.rows.updated.breakFor(1)
		w.rolls.lists.open()
		time.Sleep(time.Hour)
		l, err := w.CustomerList(t.Context(), account, list)
		w.must(err)
		if l.Status != parterre.Ready || l.Matched != 2 || len(w.jobs()) != 0 {
			t.Errorf("the list is %s, %d of its batches are matched, and the jobs are %v", l.Status, l.Matched, w.jobs())
		}
	})
}

func TestAnAudienceOfAListWaitsForItsRecords(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.rolls.lists.close()
		list := w.list(1, 130)
		id := w.create(parterre.CustomerListAudience, listRule(list))
		w.until("the records are being matched", func() bool { return w.rolls.lists.visitors() > 0 })
		w.want(id, parterre.Initializing, 0)
		w.wantIn(1)
		w.rolls.lists.open()
		w.becomes(id, parterre.Ready, 130)
		t.Run("and follows it from then on", func(t *testing.T) {
			w.TB = t
			w.rolls.lists.close()
			_, err := w.UpdateCustomerList(t.Context(), ann, account, list, true, records(1, 50))
			w.must(err)
			w.until("the records are being matched", func() bool { return w.rolls.lists.visitors() > 0 })
			w.rolls.lists.open()
			w.settle()
			w.want(id, parterre.TooSmall, 80)
			w.wantIn(1)
			w.wantIn(51, id)
		})
	})
}

func TestALookAlikeWaitsForItsSeeds(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 1000)
		w.save(12, 1, 220)
		w.visit("/shoes", 1, 110)
		tag := w.tag()
		w.rolls.scan.close()
		seed := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
		w.until("the seed is being evaluated", func() bool { return w.rolls.scan.visitors() > 0 })
		alike := w.create(parterre.ActAlikeAudience, alikeRule(10, seed))
		w.want(alike, parterre.Initializing, 0)
		w.rolls.scan.open()
		w.becomes(alike, parterre.Ready, 100)
		w.wantIn(40, seed)
		w.wantIn(111, alike)
		w.wantIn(210, alike)
		w.wantIn(211)

		t.Run("also for the new rule of one that serves", func(t *testing.T) {
			w.TB = t
			w.visit("/hats", 101, 210)
			w.rolls.scan.close()
			w.update(seed, visitorRule(tag, "/hats"))
			w.until("the seed is being evaluated", func() bool { return w.rolls.scan.visitors() > 0 })
			w.update(alike, alikeRule(5, seed))
			w.want(alike, parterre.Initializing, 100)
			w.rolls.scan.open()
			w.becomes(alike, parterre.TooSmall, 50)
			w.wantIn(1, alike)
			w.wantIn(101, seed)
		})
		t.Run("but not for one that was removed", func(t *testing.T) {
			w.TB = t
			w.rolls.scan.close()
			w.update(seed, visitorRule(tag, "/shoes"))
			w.until("the seed is being evaluated", func() bool { return w.rolls.scan.visitors() > 0 })
			w.update(alike, alikeRule(6, seed))
			w.remove(seed)
			w.becomes(alike, parterre.TooSmall, 0)
			w.rolls.scan.open()
		})
	})
}

func TestTwoQuickUpdatesEndInTheLastOne(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 400)
		pages := []string{"/a", "/b", "/c", "/d"}
		for i, page := range pages {
			w.visit(page, 1, 110+10*i)
		}
		tag := w.tag()
		id := w.create(parterre.VisitorAudience, visitorRule(tag, pages[0]))
		for round := range 10 {
			i := round % len(pages)
			w.update(id, visitorRule(tag, pages[(i+2)%len(pages)]))
			w.update(id, visitorRule(tag, pages[(i+1)%len(pages)]))
			w.update(id, visitorRule(tag, pages[i]))
			w.becomes(id, parterre.Ready, 110+10*i)
		}
		w.settle()
		w.want(id, parterre.Ready, 120)
	})
}
