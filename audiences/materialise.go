package audiences

import (
	"context"
	"log/slog"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/rule"
)

// addMaterialise writes the job that evaluates the current rule of an audience. Of a customer list it waits for the batches
// that there are now, not for those that come meanwhile: a list may be fed all the time.
func addMaterialise(tx *catalog.Tx, a *parterre.Audience, r *rule.Rule) error {
	j := catalog.Job{Kind: catalog.Materialise, Account: a.AdAccount, Subject: a.ID, Version: a.RuleVersion}
	if r.List != nil {
		l, err := tx.CustomerList(a.AdAccount, r.List.ID)
		if err != nil {
			return err
		}
		j.Batches = l.Batches
	}
	_, err := tx.AddJob(j)
	return err
}

// addDrop writes the job that drops the roll of an audience under one version of its rule; 0 is no version.
func addDrop(tx *catalog.Tx, a *parterre.Audience, ruleVersion int) error {
	if ruleVersion == 0 {
		return nil
	}
	_, err := tx.AddJob(catalog.Job{Kind: catalog.DropRoll, Account: a.AdAccount, Subject: a.ID, Version: ruleVersion})
	return err
}

// addDrops writes the jobs that drop every roll of an audience.
func addDrops(tx *catalog.Tx, a *parterre.Audience) error {
	if err := addDrop(tx, a, a.Served); err != nil || a.Evaluated() {
		return err
	}
	return addDrop(tx, a, a.RuleVersion)
}

// materialise evaluates the rule of an audience and swaps the membership in, unless the rule was replaced meanwhile.
func (s *Service) materialise(ctx context.Context, j catalog.Job) error {
	begun := s.now()
	a, current, err := s.currentAudience(ctx, j)
	if err != nil {
		return err
	}
	if !current {
		return s.finish(ctx, j)
	}
	r, err := decodeStored(a.Type, a.Rule)
	if err != nil {
		return err
	}
	if a.Evaluated() { // it was swapped in, and the store could not say so
		return s.swap(ctx, j, &r)
	}
	s.register(a.ID, a.AdAccount, a.RuleVersion, &r) // before the past is read, whoever was quicker
	if err := s.evaluate(ctx, &a, &r, j); err != nil {
		return err
	}
	if err := s.swap(ctx, j, &r); err != nil {
		return err
	}
	if r.ActAlike != nil {
		s.improve(ctx, a.ID)
	}
	s.log.Debug("audience evaluated", slog.String("audience", a.ID.String()), slog.Int("version", j.Version),
		slog.Duration("took", s.now().Sub(begun)))
	return nil
}

// evaluate finds who qualifies under the rule of an audience.
func (s *Service) evaluate(ctx context.Context, a *parterre.Audience, r *rule.Rule, j catalog.Job) error {
	if r.List != nil {
		return s.listIsMatched(ctx, a, r.List.ID, j.Batches)
	}
	work := Work{Kind: WorkEvaluate, Of: string(a.Type), Account: a.AdAccount, Subject: a.ID}
	return s.watched(ctx, work, func(ctx context.Context) error {
		var err error
		switch {
		case r.ActAlike != nil:
			err = s.evaluateActAlike(ctx, a, r.ActAlike)
		case r.Visitor == nil || r.Visitor.Prefill:
			err = s.index.Evaluate(ctx, standing(a.ID, a.AdAccount, a.RuleVersion, r))
		}
		if err == nil { // whoever reads READY does not wait until everybody is counted
			_, err = s.sizes.count(ctx, s.index, membershipOf(a.ID, a.RuleVersion, r), s.now().Unix())
		}
		return err
	})
}

// currentAudience reads the audience of a job. Current is false when it was removed, or has another rule by now.
func (s *Service) currentAudience(ctx context.Context, j catalog.Job) (a parterre.Audience, current bool, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		a, err = tx.Audience(j.Account, j.Subject)
		return err
	})
	if parterre.CodeOf(err) == parterre.AudienceNotFound {
		return a, false, nil
	}
	return a, a.RuleVersion == j.Version, err
}

// swap makes the membership of the job's version the one that serves, in the catalogue first.
func (s *Service) swap(ctx context.Context, j catalog.Job, r *rule.Rule) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.serving.Lock() // whoever reads READY finds the membership in place
	defer s.serving.Unlock()
	current := false
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		a, err := tx.Audience(j.Account, j.Subject)
		switch {
		case parterre.CodeOf(err) == parterre.AudienceNotFound:
		case err != nil:
			return err
		case a.RuleVersion == j.Version:
			current = true
			old := a.Served
			a.Served, a.ServedRule = a.RuleVersion, a.Rule
			if err := tx.PutServed(&a); err != nil {
				return err
			}
			if old != a.Served {
				if err := addDrop(tx, &a, old); err != nil {
					return err
				}
			}
		}
		return tx.DeleteJob(j.ID)
	})
	if err == nil && current {
		s.serving.putLocked(j.Subject, membershipOf(j.Subject, j.Version, r))
	}
	return err
}

// finish ends a job that has nothing more to do.
func (s *Service) finish(ctx context.Context, j catalog.Job) error {
	return s.catalog.Update(ctx, func(tx *catalog.Tx) error { return tx.DeleteJob(j.ID) })
}

// dropRoll removes a roll that no longer serves.
func (s *Service) dropRoll(ctx context.Context, j catalog.Job) error {
	s.serving.wait()
	id := index.AudienceRoll(j.Subject, j.Version)
	if err := s.index.Drop(ctx, id); err != nil {
		return err
	}
	s.sizes.forget(id)
	return s.finish(ctx, j)
}

// listIsMatched fails with errLater until so many batches of a list are matched. They are matched in their order.
func (s *Service) listIsMatched(ctx context.Context, a *parterre.Audience, id parterre.ID, batches int) error {
	return s.catalog.View(ctx, func(tx *catalog.Tx) error {
		l, err := tx.CustomerList(a.AdAccount, id)
		if err == nil && l.Matched < batches {
			return errLater
		}
		return err
	})
}
