package audiences

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
)

// ListView is a customer list as a caller sees it at one moment.
type ListView struct {
	parterre.CustomerList
	Status parterre.Status
}

// CreateCustomerList creates a customer list from records, which are matched in the background. The list and its records
// are durable when it returns.
func (s *Service) CreateCustomerList(
	ctx context.Context, p *parterre.Principal, account parterre.ID, name, listType, records string,
) (ListView, error) {
	parsed, submitted, err := parseRecords(records)
	if err != nil {
		return ListView{}, err
	}
	now := s.now().Unix()
	l := parterre.CustomerList{
		AdAccount: account, Name: name, ListType: listType, Created: now, Updated: now, Batches: 1, Uploaded: submitted,
	}
	err = s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := tx.CreateCustomerList(&l); err != nil {
			return err
		}
		if err := addBatch(tx, &l, false, parsed); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: account, Operation: "customer_lists/create", Subject: l.ID, After: 1})
	})
	if err != nil {
		return ListView{}, err
	}
	s.worker.wake()
	return s.viewList(ctx, &l)
}

// UpdateCustomerList adds records to a customer list, or removes them from it. They are matched in the background; they
// are durable when it returns.
func (s *Service) UpdateCustomerList(
	ctx context.Context, p *parterre.Principal, account, id parterre.ID, remove bool, records string,
) (ListView, error) {
	if _, err := s.customerList(ctx, account, id); err != nil {
		return ListView{}, err
	}
	parsed, submitted, err := parseRecords(records)
	if err != nil {
		return ListView{}, err
	}
	var l parterre.CustomerList
	err = s.catalog.Update(ctx, func(tx *catalog.Tx) (err error) {
		if l, err = tx.CustomerList(account, id); err != nil {
			return err
		}
		l.Batches++
		l.Updated = s.now().Unix()
		if remove {
			l.Removed += submitted
		} else {
			l.Uploaded += submitted
		}
		if err := tx.PutCustomerList(&l); err != nil {
			return err
		}
		if err := addBatch(tx, &l, remove, parsed); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{
			Account: account, Operation: "customer_lists/update", Subject: id, Before: l.Batches - 1, After: l.Batches,
		})
	})
	if err != nil {
		return ListView{}, err
	}
	s.worker.wake()
	return s.viewList(ctx, &l)
}

// CustomerList reads a customer list of the ad account.
func (s *Service) CustomerList(ctx context.Context, account, id parterre.ID) (ListView, error) {
	l, err := s.customerList(ctx, account, id)
	if err != nil {
		return ListView{}, err
	}
	return s.viewList(ctx, &l)
}

// CustomerLists lists the customer lists of the ad account, and gives the id to continue after, 0 when there is no more.
func (s *Service) CustomerLists(
	ctx context.Context, account parterre.ID, page catalog.Page,
) (views []ListView, next parterre.ID, err error) {
	var all []parterre.CustomerList
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		all, next, err = tx.CustomerLists(account, page)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range all {
		v, err := s.viewList(ctx, &all[i])
		if err != nil {
			return nil, 0, err
		}
		views = append(views, v)
	}
	return views, next, nil
}

func (s *Service) customerList(ctx context.Context, account, id parterre.ID) (l parterre.CustomerList, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		l, err = tx.CustomerList(account, id)
		return err
	})
	return l, err
}

// viewList adds the status to a list.
func (s *Service) viewList(ctx context.Context, l *parterre.CustomerList) (ListView, error) {
	if l.Uploads > 0 {
		return ListView{*l, parterre.Uploading}, nil
	}
	if l.Matched < l.Batches {
		return ListView{*l, parterre.Processing}, nil
	}
	n, err := s.sizes.count(ctx, s.index, index.OfList(l.ID), s.now().Unix())
	return ListView{*l, parterre.StatusOf(n)}, err
}

// addBatch writes the records of a list's latest batch, and the job that matches them.
func addBatch(tx *catalog.Tx, l *parterre.CustomerList, remove bool, records [][]parterre.Identifier) error {
	b := catalog.Batch{List: l.ID, Number: l.Batches, Remove: remove, Records: records}
	if err := tx.PutBatch(&b); err != nil {
		return err
	}
	_, err := tx.AddJob(catalog.Job{Kind: catalog.MatchRecords, Account: l.AdAccount, Subject: l.ID, Batch: b.ID})
	return err
}

// matchRecords finds the persons behind a batch, and forgets the records.
func (s *Service) matchRecords(ctx context.Context, j catalog.Job) error {
	var b catalog.Batch
	err := s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		b, err = tx.Batch(j.Batch)
		return err
	})
	if parterre.CodeOf(err) == parterre.NotFound { // it was matched, and the store could not say so
		return s.finish(ctx, j)
	}
	if err != nil {
		return err
	}
	if err := s.index.ChangeList(ctx, b.List, b.Number, b.Remove, b.Records); err != nil {
		return err
	}
	return s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		l, err := tx.CustomerList(j.Account, j.Subject)
		if parterre.CodeOf(err) == parterre.CustomerListNotFound { // wiped meanwhile, and the job behind this one drops its rolls
			return tx.DeleteJob(j.ID)
		}
		if err != nil {
			return err
		}
		l.Matched++
		l.Updated = s.now().Unix()
		if err := tx.PutCustomerList(&l); err != nil {
			return err
		}
		if err := tx.DeleteBatch(b.ID); err != nil {
			return err
		}
		return tx.DeleteJob(j.ID)
	})
}
