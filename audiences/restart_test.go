package audiences_test

import (
	"testing"

	"github.com/parterre/parterre"
)

func TestAnEvaluationThatWasCutOffGoesOnAtTheNextStart(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 200)
		w.visit("/shoes", 1, 150)
		w.rolls.scan.close()
		id := w.create(parterre.VisitorAudience, visitorRule(w.tag(), "/shoes"))
		w.until("the evaluation has begun", func() bool { return w.rolls.scan.visitors() > 0 })
		w.want(id, parterre.Initializing, 0)
		w.visit("/shoes", 151, 160)
		w.wantIn(151)

		w.restart() // the gate is still shut
		w.until("the evaluation has begun again", func() bool { return w.rolls.scan.visitors() > 1 })
		w.want(id, parterre.Initializing, 0)
		w.visit("/shoes", 161, 170)

		w.stop()
		w.rolls.scan.open()
		w.start()
		w.becomes(id, parterre.Ready, 170)
		w.wantIn(151, id)
		w.wantIn(171)
		w.visit("/shoes", 171, 171)
		w.wantIn(171, id)
	})
}

func TestTheOldMembershipServesUntilTheNewOneIsCompleteHoweverOftenTheServiceIsRestarted(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 400)
		w.visit("/shoes", 1, 150)
		w.visit("/hats", 100, 299)
		tag := w.tag()
		id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
		w.becomes(id, parterre.Ready, 150)

		w.rolls.scan.close()
		v := w.update(id, visitorRule(tag, "/hats"))
		if v.Status != parterre.Initializing || v.Size != 150 || string(v.Rule) != string(visitorRule(tag, "/hats")) {
			t.Errorf("the answer to the update is %s with %d members and the rule %s", v.Status, v.Size, v.Rule)
		}
		for range 3 {
			w.until("the evaluation has begun", func() bool { return w.rolls.scan.visitors() > 0 })
			w.want(id, parterre.Initializing, 150)
			w.wantIn(50, id)
			w.wantIn(200)
			w.rolls.scan.close()
			w.restart()
		}
		w.visit("/shoes", 300, 300) // the old rule still takes people in
		w.visit("/hats", 301, 301)
		w.want(id, parterre.Initializing, 151)
		w.wantIn(300, id)
		w.rolls.scan.open()
		w.becomes(id, parterre.Ready, 201)
		w.wantIn(50)
		w.wantIn(200, id)
		w.wantIn(300)
		w.wantIn(301, id)
		w.settle()
		w.restart()
		w.want(id, parterre.Ready, 201)
		w.wantIn(200, id)
	})
}

func TestEverythingIsThereAfterARestart(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		w.people(1, 1000)
		w.visit("/shoes", 1, 150)
		w.save(12, 1, 120)
		tag, list := w.tag(), w.list(1, 110)
		ids := []parterre.ID{
			w.create(parterre.CustomerListAudience, listRule(list)),
			w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes")),
			w.create(parterre.EngagementAudience, []byte(`{"engagement_domain":["shop.example"],"engager_type":1}`)),
		}
		ids = append(ids, w.create(parterre.ActAlikeAudience, alikeRule(10, ids[0])))
		sizes := []int{110, 150, 120, 100}
		for i, id := range ids {
			w.becomes(id, parterre.Ready, sizes[i])
		}
		w.settle()
		for range 2 {
			w.restart()
			for i, id := range ids {
				w.want(id, parterre.Ready, sizes[i])
			}
			w.wantIn(1, ids[0], ids[1], ids[2])
			w.wantIn(115, ids[1], ids[2], ids[3]) // engaged with the pin, as those on the list did
			l, err := w.CustomerList(t.Context(), account, list)
			w.must(err)
			if l.Status != parterre.Ready || l.Uploaded != 110 {
				t.Errorf("the list is %s with %d records", l.Status, l.Uploaded)
			}
		}
		t.Run("and goes on", func(t *testing.T) {
			w.TB = t
			w.visit("/shoes", 900, 900)
			w.save(12, 901, 901)
			w.wantIn(900, ids[1])
			w.wantIn(901, ids[2])
		})
	})
}
