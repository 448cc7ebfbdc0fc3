package catalog_test

import (
	"reflect"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

func on(account parterre.ID) parterre.Recipient  { return parterre.Recipient{AdAccount: account} }
func at(business parterre.ID) parterre.Recipient { return parterre.Recipient{Business: business} }

// An audience, an ad account and a business may have the same number.
func TestSharesAreListedByBothSides(t *testing.T) {
	c := newCatalog()
	const audience = 5
	want := []catalog.Share{
		{Audience: audience, Account: 9, With: on(5), At: noon},
		{Audience: audience, Account: 9, With: at(5), At: 3},
		{Audience: audience, Account: 9, With: on(6), By: 5, At: noon},
		{Audience: 6, Account: 9, With: on(5), At: noon},
	}
	update(t, c, func(tx *catalog.Tx) error {
		for _, s := range want {
			if s.At == noon {
				s.At = 0
			}
			if err := tx.PutShare(s); err != nil {
				return err
			}
		}
		return tx.PutShare(want[0]) // in place, where it was
	})
	lists := func(tx *catalog.Tx) map[string]func(parterre.ID, catalog.Page) ([]catalog.Share, parterre.ID, error) {
		return map[string]func(parterre.ID, catalog.Page) ([]catalog.Share, parterre.ID, error){
			"with ad accounts": tx.SharesWithAccounts, "with businesses": tx.SharesWithBusinesses,
			"received by the ad account": tx.ReceivedByAccount, "received by the business": tx.ReceivedByBusiness,
		}
	}
	are := func(id parterre.ID, all map[string][]catalog.Share) {
		t.Helper()
		view(t, c, func(tx *catalog.Tx) error {
			for name, list := range lists(tx) {
				got, next, err := list(id, catalog.Page{Limit: 9})
				if err != nil || next != 0 || len(got)+len(all[name]) > 0 && !reflect.DeepEqual(got, all[name]) {
					t.Errorf("%s %d: %+v, %d, %v, want %+v", name, id, got, next, err, all[name])
				}
			}
			return nil
		})
	}
	are(5, map[string][]catalog.Share{
		"with ad accounts": {want[0], want[2]}, "with businesses": {want[1]},
		"received by the ad account": {want[0], want[3]}, "received by the business": {want[1]},
	})
	update(t, c, func(tx *catalog.Tx) error {
		if err := tx.DeleteShare(audience, on(5)); err != nil {
			return err
		}
		return tx.DeleteShare(audience, on(99))
	})
	are(5, map[string][]catalog.Share{
		"with ad accounts": {want[2]}, "with businesses": {want[1]},
		"received by the ad account": {want[3]}, "received by the business": {want[1]},
	})
}

func TestSharesEndWithTheAudience(t *testing.T) {
	c := newCatalog()
	update(t, c, func(tx *catalog.Tx) error {
		a := parterre.Audience{AdAccount: 1, Rule: []byte("{}")}
		if err := tx.CreateAudience(&a); err != nil {
			return err
		}
		for _, with := range []parterre.Recipient{on(2), at(3)} {
			if err := tx.PutShare(catalog.Share{Audience: a.ID, Account: 1, With: with}); err != nil {
				return err
			}
		}
		if got, err := tx.VisibleAudience(2, a.ID); err != nil || got.ID != a.ID {
			t.Errorf("the recipient sees %+v, %v", got, err)
		}
		if err := tx.RemoveAudience(&a); err != nil {
			return err
		}
		for _, with := range []parterre.Recipient{on(2), at(3)} {
			if s, there, err := tx.ShareWith(a.ID, with); there || err != nil {
				t.Errorf("the share %+v is there, %v", s, err)
			}
		}
		_, err := tx.VisibleAudience(2, a.ID)
		wantError(t, err, parterre.AudienceNotFound, "Audience could not be found.")
		return nil
	})
}

func TestHierarchies(t *testing.T) {
	c := newCatalog()
	var ids []parterre.ID
	update(t, c, func(tx *catalog.Tx) error {
		first := parterre.Business{ID: 729090764583391195, Name: "chosen"} // the id that would be given out first
		if err := tx.PutBusiness(&first); err != nil {
			return err
		}
		ids = append(ids, first.ID)
		for _, parent := range []int{0, 1, -1} {
			b := parterre.Business{Name: "b"}
			if parent >= 0 {
				b.Parent = ids[parent]
			}
			if err := tx.CreateBusiness(&b); err != nil {
				return err
			}
			ids = append(ids, b.ID)
		}
		return nil
	})
	view(t, c, func(tx *catalog.Tx) error {
		for id, want := range map[parterre.ID]parterre.ID{ids[0]: ids[0], ids[1]: ids[0], ids[2]: ids[0], ids[3]: ids[3], 0: 0} {
			if root, err := tx.Hierarchy(id); err != nil || root != want {
				t.Errorf("the root of %d is %d, %v, want %d", id, root, err, want)
			}
		}
		_, err := tx.Hierarchy(1)
		wantError(t, err, parterre.NotFound, "Business not found.")
		return nil
	})
	err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.CreateBusiness(&parterre.Business{Parent: 1}) })
	wantError(t, err, parterre.NotFound, "Business not found.")
}

// What is wiped is what the ad account had, and nothing of another.
func TestWipingAnAdAccount(t *testing.T) {
	c := newCatalog()
	accounts(t, c, 1, 2)
	audiences := map[parterre.ID]*parterre.Audience{}
	update(t, c, func(tx *catalog.Tx) error {
		for _, id := range []parterre.ID{1, 2} {
			a, gone := parterre.Audience{AdAccount: id, Rule: []byte("{}")}, parterre.Audience{AdAccount: id, Rule: []byte("{}")}
			l := parterre.CustomerList{AdAccount: id}
			for _, err := range []error{
				tx.CreateAudience(&a), tx.CreateAudience(&gone), tx.RemoveAudience(&gone), tx.CreateCustomerList(&l),
				tx.PutBatch(&catalog.Batch{List: l.ID, Number: 1}), tx.CreateConversionTag(&parterre.ConversionTag{AdAccount: id}),
				tx.PutShare(catalog.Share{Audience: a.ID, Account: id, With: on(3 - id)}),
				tx.GrantRole(7, id, parterre.Owner), tx.AddAudit(catalog.Audit{Account: id}),
			} {
				if err != nil {
					return err
				}
			}
			audiences[id] = &a
		}
		return tx.WipeAccount(1)
	})
	view(t, c, func(tx *catalog.Tx) error {
		p := catalog.Page{Limit: 9}
		count := func(id parterre.ID) (n [8]int) {
			all, _, _ := tx.Audiences(id, p)
			removed, _, _ := tx.RemovedAudiences(id, p)
			versions, _, _ := tx.AudienceVersions(audiences[id].ID, p)
			lists, _, _ := tx.CustomerLists(id, p)
			tags, _, _ := tx.ConversionTags(id, p)
			given, _, _ := tx.SharesWithAccounts(audiences[id].ID, p)
			received, _, _ := tx.ReceivedByAccount(id, p)
			audit, _, _ := tx.AuditOf(id, p)
			return [8]int{len(all), len(removed), len(versions), len(lists), len(tags), len(given), len(received), len(audit)}
		}
		if got, want := count(1), [8]int{7: 1}; got != want {
			t.Errorf("of the wiped one there are %v, want %v", got, want)
		}
		if got, want := count(2), [8]int{1, 1, 1, 1, 1, 0, 0, 1}; got != want { // a share goes with either end
			t.Errorf("of the other one there are %v, want %v", got, want)
		}
		if _, err := tx.Batch(1); parterre.CodeOf(err) != parterre.NotFound {
			t.Errorf("its batch is read: %v", err)
		}
		if _, err := tx.Batch(2); err != nil {
			t.Errorf("the other batch: %v", err)
		}
		if role, err := tx.Role(7, 1); role != parterre.Owner {
			t.Errorf("the role is %q, %v", role, err)
		}
		return nil
	})
}
