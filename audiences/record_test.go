package audiences_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/catalog"
)

func (w *world) audits() (lines []catalog.Audit) {
	w.Helper()
	w.must(w.catalog.View(context.Background(), func(tx *catalog.Tx) (err error) {
		lines, _, err = tx.AuditOf(account, catalog.Page{Limit: 100})
		return err
	}))
	return lines
}

func (w *world) versions(id parterre.ID) (all []parterre.Audience) {
	w.Helper()
	w.must(w.catalog.View(context.Background(), func(tx *catalog.Tx) (err error) {
		all, _, err = tx.AudienceVersions(id, catalog.Page{Limit: 100})
		return err
	}))
	return all
}

func TestEveryChangeIsInTheAuditAndNothingElse(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		bob := &parterre.Principal{App: "Bob's tool", User: 8}
		tag, list := w.tag(), w.list(1, 150)
		id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
		w.clock.Add(60)
		_, err := w.UpdateAudience(t.Context(), bob, account, id, audiences.Change{Name: new("Shoes")})
		w.must(err)
		w.update(id, visitorRule(tag, "/hats"))
		_, err = w.UpdateAudience(t.Context(), bob, account, id, audiences.Change{}) // which changes nothing
		w.must(err)
		_, err = w.UpdateAudience(t.Context(), bob, account, id, audiences.Change{Rule: []byte(`{"visitor_source_id":["1"]}`)})
		if parterre.CodeOf(err) != parterre.InvalidRequest {
			t.Errorf("a rule with a tag that does not exist: %v", err)
		}
		_, err = w.UpdateCustomerList(t.Context(), bob, account, list, true, records(1, 2))
		w.must(err)
		w.settle() // what the service does by itself is nobody's doing
		w.clock.Add(60)
		_, err = w.RemoveAudience(t.Context(), bob, account, id)
		w.must(err)
		w.settle()

		line := func(at int64, p *parterre.Principal, what string, subject parterre.ID, before, after int) catalog.Audit {
			return catalog.Audit{
				At: noon + at, App: p.App, User: p.User, Account: account, Operation: what, Subject: subject,
				Before: before, After: after,
			}
		}
		want := []catalog.Audit{
			line(0, ann, "conversion_tags/create", tag, 0, 1),
			line(0, ann, "customer_lists/create", list, 0, 1),
			line(0, ann, "audiences/create", id, 0, 1),
			line(60, bob, "audiences/update", id, 1, 2),
			line(60, ann, "audiences/update", id, 2, 3),
			line(60, bob, "customer_lists/update", list, 1, 2),
			line(120, bob, "audiences/remove", id, 3, 4),
		}
		if diff := cmp.Diff(want, w.audits()); diff != "" {
			t.Errorf("the audit (-want +got):\n%s", diff)
		}
	})
}

func TestEveryUpdateIsAVersion(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		tag := w.tag()
		id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
		w.becomes(id, parterre.TooSmall, 0)
		w.clock.Add(60)
		_, err := w.UpdateAudience(t.Context(), ann, account, id, audiences.Change{Name: new("Shoes"), Description: new("")})
		w.must(err)
		w.clock.Add(60)
		w.update(id, visitorRule(tag, "/hats"))
		w.settle()

		type version struct {
			Number, RuleVersion int
			Name, Rule          string
			Updated             int64
		}
		var got []version
		for _, a := range w.versions(id) {
			got = append(got, version{a.Version, a.RuleVersion, a.Name, string(a.Rule), a.Updated})
		}
		want := []version{
			{1, 1, "Audience", string(visitorRule(tag, "/shoes")), noon},
			{2, 1, "Shoes", string(visitorRule(tag, "/shoes")), noon + 60},
			{3, 3, "Shoes", string(visitorRule(tag, "/hats")), noon + 120},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the versions (-want +got):\n%s", diff)
		}
		if v := w.see(id); v.Version != 3 || v.Served != 3 || v.Updated != noon+120 || v.Created != noon {
			t.Errorf("the audience is %+v", v)
		}
		t.Run("also when the audience was removed", func(t *testing.T) {
			w.TB = t
			w.remove(id)
			if n := len(w.versions(id)); n != 3 {
				t.Errorf("there are %d versions, want 3", n)
			}
			var gone []parterre.Audience
			w.must(w.catalog.View(t.Context(), func(tx *catalog.Tx) (err error) {
				gone, _, err = tx.RemovedAudiences(account, catalog.Page{Limit: 10})
				return err
			}))
			if len(gone) != 1 || gone[0].ID != id || gone[0].Version != 4 {
				t.Errorf("the removed audiences are %+v", gone)
			}
		})
	})
}

// A refused change leaves nothing behind: no record, no job, no line of the audit.
func TestARefusedChangeLeavesNothingBehind(t *testing.T) {
	overEach(t, func(t *testing.T, w *world) {
		tag := w.tag()
		id := w.create(parterre.VisitorAudience, visitorRule(tag, "/shoes"))
		w.settle()
		before, versions, audits := w.see(id), w.versions(id), w.audits()
		create := func(t parterre.AudienceType, rule string) error {
			_, err := w.CreateAudience(w.Context(), ann, account, audiences.NewAudience{Type: t, Name: "A", Rule: []byte(rule)})
			return err
		}
		update := func(id parterre.ID, rule string) error {
			_, err := w.UpdateAudience(w.Context(), ann, account, id, audiences.Change{Name: new("B"), Rule: []byte(rule)})
			return err
		}
		_, removing := w.RemoveAudience(t.Context(), ann, account, id+1)
		_, elsewhere := w.RemoveAudience(t.Context(), ann, account+1, id)
		_, listing := w.CreateCustomerList(t.Context(), ann, account, "List", "EMAIL", " , ")
		for name, err := range map[string]error{
			"a tag that does not exist":                    create(parterre.VisitorAudience, `{"visitor_source_id":["1"]}`),
			"a list that does not exist":                   create(parterre.CustomerListAudience, `{"customer_list_id":"1"}`),
			"a seed that does not exist":                   create(parterre.ActAlikeAudience, `{"seed_id":["1"],"country":"US","percentage":1}`),
			"a rule of another type":                       update(id, `{"customer_list_id":"1"}`),
			"an audience that is not there, to be updated": update(id+1, string(visitorRule(tag, "/"))),
			"an audience that is not there, to be removed": removing,
			"an audience of another ad account":            elsewhere,
			"a list without records":                       listing,
		} {
			if code := parterre.CodeOf(err); err == nil || code == parterre.Internal {
				t.Errorf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(before, w.see(id)); diff != "" {
			t.Errorf("the audience (-before +after):\n%s", diff)
		}
		if len(w.versions(id)) != len(versions) || !cmp.Equal(w.audits(), audits) || len(w.jobs()) != 0 {
			t.Errorf("there are now %d versions, the jobs %v and the audit %v", len(w.versions(id)), w.jobs(), w.audits())
		}
	})
}
