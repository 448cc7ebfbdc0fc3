package audiences

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
)

// WipeAccount removes everything that belongs to an ad account, for good: audiences, customer lists, conversion tags, shares,
// and its events. The ad account itself and the audit stay, and so do the persons. When it returns nil, nothing of it can be
// seen. When it is cut short, the records are gone whole or not at all, and a job removes the events, at the next start before
// anything else happens. Nobody changes an audience meanwhile, of whichever ad account.
func (s *Service) WipeAccount(ctx context.Context, p *parterre.Principal, account parterre.ID) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	ctx = context.WithoutCancel(ctx) // half of it helps nobody
	job, err := s.wipeRecords(ctx, p, account)
	if err != nil {
		return err
	}
	if s.parts != nil {
		if err := s.sweepUploads(ctx); err != nil { // parts hold addresses in the clear
			return err
		}
	}
	if err := s.dropFacets(ctx, account); err != nil {
		return err
	}
	return s.finish(ctx, job)
}

// wipeRecords removes the records of an ad account. What they left in the index is for jobs to remove; the one that it gives
// is about the events.
func (s *Service) wipeRecords(ctx context.Context, p *parterre.Principal, account parterre.ID) (catalog.Job, error) {
	job := catalog.Job{Kind: catalog.DropAccount, Account: account, Subject: account}
	var audiences []parterre.Audience
	var lists []parterre.CustomerList
	s.serving.Lock() // nobody finds members of what is no more
	defer s.serving.Unlock()
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) (err error) {
		audiences, err = collect(func(page catalog.Page) ([]parterre.Audience, parterre.ID, error) {
			return tx.Audiences(account, page)
		})
		if err != nil {
			return err
		}
		for i := range audiences {
			if err := addDrops(tx, &audiences[i]); err != nil {
				return err
			}
		}
		lists, err = collect(func(page catalog.Page) ([]parterre.CustomerList, parterre.ID, error) {
			return tx.CustomerLists(account, page)
		})
		if err != nil {
			return err
		}
		for _, l := range lists {
			if _, err := tx.AddJob(catalog.Job{Kind: catalog.DropList, Account: account, Subject: l.ID}); err != nil {
				return err
			}
		}
		if job.ID, err = tx.AddJob(job); err != nil {
			return err
		}
		if err := tx.WipeAccount(account); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: account, Operation: "sandbox/delete", Subject: account})
	})
	if err != nil {
		return job, err
	}
	for _, a := range audiences {
		s.serving.removeLocked(a.ID)
		s.worker.cancel(a.ID)
	}
	for _, l := range lists {
		s.worker.cancel(l.ID)
	}
	s.worker.wake()
	return job, nil
}

// dropAccount removes what is left of an ad account's events. Whoever wrote the job may have done that themselves, and events
// that came later are not to be removed.
func (s *Service) dropAccount(ctx context.Context, j catalog.Job) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	err := s.catalog.View(ctx, func(tx *catalog.Tx) error {
		_, err := tx.Job(j.ID)
		return err
	})
	if parterre.CodeOf(err) == parterre.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.dropFacets(ctx, j.Account); err != nil {
		return err
	}
	return s.finish(ctx, j)
}

// dropFacets removes the events of an ad account from the index, and the population from memory that may have some of them.
func (s *Service) dropFacets(ctx context.Context, account parterre.ID) error {
	err := s.index.DropAccount(ctx, account)
	s.engaged.moves.Add(wiped) // one that is being read is not used twice
	s.engaged.drop()
	return err
}

// resumeWipes finishes what the last process had begun to wipe, before an event can come that is not to be removed.
func (s *Service) resumeWipes(ctx context.Context) error {
	var jobs []catalog.Job
	err := s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		jobs, err = collect(tx.Jobs)
		return err
	})
	for _, j := range jobs {
		if err == nil && j.Kind == catalog.DropAccount {
			err = s.dropAccount(ctx, j)
		}
	}
	return err
}

// dropList removes the rolls of a customer list that is no more.
func (s *Service) dropList(ctx context.Context, j catalog.Job) error {
	s.serving.wait()
	m := index.OfList(j.Subject)
	if err := s.index.Drop(ctx, m.Added); err != nil {
		return err
	}
	if err := s.index.Drop(ctx, m.Removed); err != nil {
		return err
	}
	s.sizes.forget(m.Added)
	return s.finish(ctx, j)
}
