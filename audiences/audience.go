package audiences

import (
	"context"
	"encoding/json"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/rule"
)

// View is an audience as a caller sees it at one moment.
type View struct {
	parterre.Audience
	Size   int
	Status parterre.Status
}

// NewAudience is what a caller says of an audience to be created. The rule is raw JSON, decoded for the type.
type NewAudience struct {
	Type        parterre.AudienceType
	Name        string
	Description *string
	Rule        json.RawMessage
}

// Change is what a caller wants changed of an audience; nil leaves a part as it is.
type Change struct {
	Name          *string
	Description   *string
	NoDescription bool // takes the description away
	Rule          json.RawMessage
}

// CreateAudience creates an audience and has its rule evaluated in the background. The audience is durable when it returns.
func (s *Service) CreateAudience(ctx context.Context, p *parterre.Principal, account parterre.ID, n NewAudience) (View, error) {
	r, err := rule.Decode("rule", n.Type, n.Rule)
	if err != nil {
		return View{}, err
	}
	now := s.now().Unix()
	a := parterre.Audience{
		AdAccount: account, Name: n.Name, Type: n.Type, Description: n.Description, Rule: r.Sent, CreatedBy: p.App,
		Created: now, Updated: now, Version: 1, RuleVersion: 1,
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	err = s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := checkReferences(tx, account, 0, &r); err != nil {
			return err
		}
		if err := tx.CreateAudience(&a); err != nil {
			return err
		}
		if err := addMaterialise(tx, &a, &r); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: account, Operation: "audiences/create", Subject: a.ID, After: 1})
	})
	if err != nil {
		return View{}, err
	}
	s.register(a.ID, account, a.RuleVersion, &r)
	s.worker.wake()
	return View{Audience: a, Status: parterre.Initializing}, nil
}

// UpdateAudience changes an audience. A rule replaces the old one whole; it is evaluated in the background, and the old
// membership serves until that is done. What changed is durable when it returns.
func (s *Service) UpdateAudience(ctx context.Context, p *parterre.Principal, account, id parterre.ID, c Change) (View, error) {
	a, err := s.update(ctx, p, account, id, c)
	if err != nil {
		return View{}, err
	}
	defer s.serving.RUnlock()
	return s.view(ctx, &a)
}

// update carries an update out. When it succeeds it holds serving for reading, since before anything else could change, so
// that what serves is what the audience says; the caller releases it.
func (s *Service) update(
	ctx context.Context, p *parterre.Principal, account, id parterre.ID, c Change,
) (a parterre.Audience, err error) {
	var r rule.Rule
	s.changing.Lock()
	defer s.changing.Unlock()
	err = s.catalog.Update(ctx, func(tx *catalog.Tx) (err error) {
		if a, err = ownAudience(tx, account, id); err != nil {
			return err
		}
		if c.Name == nil && c.Description == nil && !c.NoDescription && c.Rule == nil {
			return nil
		}
		before := a.Version
		if r, err = s.change(tx, &a, c); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{
			Account: account, Operation: "audiences/update", Subject: id, Before: before, After: a.Version,
		})
	})
	if err != nil {
		return a, err
	}
	if c.Rule != nil {
		s.worker.cancel(id)
		s.register(id, account, a.RuleVersion, &r)
		s.worker.wake()
	}
	s.serving.RLock()
	return a, nil
}

// change applies a change to the audience and writes it, with the jobs that it makes necessary.
func (s *Service) change(tx *catalog.Tx, a *parterre.Audience, c Change) (r rule.Rule, err error) {
	a.Version++
	a.Updated = s.now().Unix()
	if c.Name != nil {
		a.Name = *c.Name
	}
	if c.Description != nil || c.NoDescription {
		a.Description = c.Description
	}
	if c.Rule == nil {
		return r, tx.PutAudience(a)
	}
	if r, err = rule.Decode("rule", a.Type, c.Rule); err != nil {
		return r, err
	}
	if err := checkReferences(tx, a.AdAccount, a.ID, &r); err != nil {
		return r, err
	}
	if a.RuleVersion != a.Served { // a rule that was never served will not be
		if err := addDrop(tx, a, a.RuleVersion); err != nil {
			return r, err
		}
	}
	a.Rule, a.RuleVersion = r.Sent, a.Version
	if err := tx.PutAudience(a); err != nil {
		return r, err
	}
	return r, addMaterialise(tx, a, &r)
}

// RemoveAudience removes an audience, for good. It gives the audience as it was, updated now.
func (s *Service) RemoveAudience(ctx context.Context, p *parterre.Principal, account, id parterre.ID) (View, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	v, err := s.audience(ctx, account, id, ownAudience)
	if err != nil {
		return View{}, err
	}
	before := v.Audience
	v.Version++
	v.Updated = s.now().Unix()
	s.serving.Lock() // nobody finds members of what is no more
	defer s.serving.Unlock()
	err = s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := tx.RemoveAudience(&v.Audience); err != nil {
			return err
		}
		if err := addDrops(tx, &before); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{
			Account: account, Operation: "audiences/remove", Subject: id, Before: v.Version - 1, After: v.Version,
		})
	})
	if err != nil {
		return View{}, err
	}
	s.serving.removeLocked(id)
	s.worker.cancel(id)
	s.worker.wake()
	return v, nil
}

// Audience reads an audience that the ad account owns, or that is shared with it.
func (s *Service) Audience(ctx context.Context, account, id parterre.ID) (View, error) {
	return s.audience(ctx, account, id, (*catalog.Tx).VisibleAudience)
}

func (s *Service) audience(
	ctx context.Context, account, id parterre.ID, read func(tx *catalog.Tx, account, id parterre.ID) (parterre.Audience, error),
) (View, error) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	var a parterre.Audience
	err := s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		a, err = read(tx, account, id)
		return err
	})
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, &a)
}

// Audiences lists the audiences that the ad account owns, and gives the id to continue after, 0 when there is no more.
func (s *Service) Audiences(
	ctx context.Context, account parterre.ID, page catalog.Page,
) (views []View, next parterre.ID, err error) {
	var list []parterre.Audience
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		list, next, err = tx.Audiences(account, page)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range list { // each for itself, so that nothing has to wait until all are counted
		v, err := s.Audience(ctx, account, list[i].ID)
		switch {
		case parterre.CodeOf(err) == parterre.AudienceNotFound: // removed meanwhile
		case err != nil:
			return nil, 0, err
		default:
			views = append(views, v)
		}
	}
	return views, next, nil
}

// view adds size and status to an audience: both are what they are at this moment. The caller holds serving for reading
// since before the audience was read or nobody else could change it.
func (s *Service) view(ctx context.Context, a *parterre.Audience) (v View, err error) {
	v = View{Audience: *a, Status: parterre.Initializing}
	if m, served := s.serving.of[a.ID]; served {
		if v.Size, err = s.sizes.count(ctx, s.index, m, s.now().Unix()); err != nil {
			return View{}, err
		}
	}
	if a.Evaluated() {
		v.Status = parterre.StatusOf(v.Size)
	}
	return v, nil
}
