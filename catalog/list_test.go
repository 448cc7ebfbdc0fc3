package catalog_test

import (
	"reflect"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

func TestCustomerLists(t *testing.T) {
	c := newCatalog()
	l := parterre.CustomerList{AdAccount: 7, Name: "list", ListType: "EMAIL", Batches: 1, Uploaded: 9}
	other := parterre.CustomerList{AdAccount: 8, Created: 5, Updated: 6}
	update(t, c, func(tx *catalog.Tx) error {
		if err := tx.CreateCustomerList(&l); err != nil {
			return err
		}
		return tx.CreateCustomerList(&other)
	})
	if l.ID != 4189730 || l.Created != noon || l.Updated != noon {
		t.Errorf("the new list is %+v, want the first id, created and updated at noon", l)
	}
	if other.ID != 4189731 || other.Created != 5 || other.Updated != 6 {
		t.Errorf("the second list is %+v, want the next id and the moments as they were", other)
	}
	l.Matched, l.Updated = 1, noon+1
	update(t, c, func(tx *catalog.Tx) error { return tx.PutCustomerList(&l) })
	view(t, c, func(tx *catalog.Tx) error {
		got, err := tx.CustomerList(7, l.ID)
		if err != nil || got != l {
			t.Errorf("the list is %+v, %v, want %+v", got, err, l)
		}
		all, next, err := tx.CustomerLists(7, catalog.Page{Limit: 1})
		if want := []parterre.CustomerList{l}; !reflect.DeepEqual(all, want) || next != 0 {
			t.Errorf("the lists are %+v, then %d, want %+v and no more", all, next, want)
		}
		_, absent := tx.CustomerList(8, l.ID)
		wantError(t, absent, parterre.CustomerListNotFound, "Customer list could not be found")
		return err
	})
	l.AdAccount = 8
	err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutCustomerList(&l) })
	wantError(t, err, parterre.CustomerListNotFound, "Customer list could not be found")
}

func TestConversionTags(t *testing.T) {
	c := newCatalog()
	tag := parterre.ConversionTag{AdAccount: 7, Name: "tag", Configs: parterre.TagConfig{AEM: true, MDFrequency: 0.6}}
	update(t, c, func(tx *catalog.Tx) error { return tx.CreateConversionTag(&tag) })
	if tag.ID != 2612511566392 || tag.Created != noon {
		t.Errorf("the new tag is %+v, want the first id, created at noon", tag)
	}
	tag.Name = "renamed"
	update(t, c, func(tx *catalog.Tx) error { return tx.PutConversionTag(&tag) })
	view(t, c, func(tx *catalog.Tx) error {
		got, err := tx.ConversionTag(7, tag.ID)
		if err != nil || got != tag {
			t.Errorf("the tag is %+v, %v, want %+v", got, err, tag)
		}
		all, next, err := tx.ConversionTags(7, catalog.Page{Limit: 1})
		if want := []parterre.ConversionTag{tag}; !reflect.DeepEqual(all, want) || next != 0 {
			t.Errorf("the tags are %+v, then %d, want %+v and no more", all, next, want)
		}
		_, absent := tx.ConversionTag(8, tag.ID)
		wantError(t, absent, parterre.ConversionTagNotFound, "Conversion tag could not be found.")
		return err
	})
	tag.AdAccount = 8
	err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutConversionTag(&tag) })
	wantError(t, err, parterre.ConversionTagNotFound, "Conversion tag could not be found.")
}

func TestJobs(t *testing.T) {
	c := newCatalog()
	jobs := []catalog.Job{
		{Kind: catalog.Materialise, Account: 7, Subject: 100, Version: 3},
		{Kind: catalog.MatchRecords, Account: 7, Subject: 200, Batch: 9},
		{Kind: catalog.DropRoll, Account: 8, Subject: 100, Version: 2},
	}
	update(t, c, func(tx *catalog.Tx) error {
		for i := range jobs {
			id, err := tx.AddJob(jobs[i])
			if err != nil {
				return err
			}
			jobs[i].ID, jobs[i].Created = id, noon
		}
		return nil
	})
	update(t, c, func(tx *catalog.Tx) error {
		if err := tx.DeleteJob(jobs[0].ID); err != nil {
			return err
		}
		if err := tx.DeleteJob(jobs[0].ID); err != nil {
			return err
		}
		return nil
	})
	view(t, c, func(tx *catalog.Tx) error {
		got, next, err := tx.Jobs(catalog.Page{Limit: 2})
		if !reflect.DeepEqual(got, jobs[1:]) || next != 0 {
			t.Errorf("the jobs are %+v, then %d, want %+v and no more", got, next, jobs[1:])
		}
		return err
	})
}
