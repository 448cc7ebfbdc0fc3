package audiences

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// AdAccountView is an ad account as a principal sees it.
type AdAccountView struct {
	parterre.AdAccount
	Role parterre.Role // the principal's
}

// AdAccount reads an ad account on which the principal has a role.
func (s *Service) AdAccount(ctx context.Context, p *parterre.Principal, id parterre.ID) (v AdAccountView, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if v.AdAccount, err = tx.AdAccount(id); err != nil {
			return err
		}
		v.Role, err = tx.Role(p.User, id)
		return err
	})
	return v, err
}

// NewAdAccount is what an operator says of an ad account to be created.
type NewAdAccount struct {
	Name     string
	Business parterre.ID // that owns it, which exists; 0 for none
	Country  string
	Currency string

	// BesideOthers puts it into the business of the owner's first ad account, instead of Business.
	BesideOthers bool
}

// MaxAdAccounts is how many ad accounts a user may own (reference, section 12).
const MaxAdAccounts = 50

// CreateAdAccount creates an ad account, of which the principal becomes the owner. It is durable when it
// returns.
func (s *Service) CreateAdAccount(
	ctx context.Context, p *parterre.Principal, n NewAdAccount,
) (a parterre.AdAccount, err error) {
	now := s.now().Unix()
	a = parterre.AdAccount{
		Name: n.Name, Business: n.Business, Owner: p.User, Country: n.Country, Currency: n.Currency, Created: now, Updated: now,
	}
	err = s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := likeTheOthers(tx, &a, n.BesideOthers); err != nil {
			return err
		}
		if err := tx.CreateAdAccount(&a); err != nil {
			return err
		}
		if err := tx.GrantRole(p.User, a.ID, parterre.Owner); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: a.ID, Operation: "ad_accounts/create", Subject: a.ID, After: 1})
	})
	return a, err
}

// likeTheOthers gives an ad account the user's name, as their other ad accounts have it, and their business when it is to stand
// beside them. It fails when they own too many.
func likeTheOthers(tx *catalog.Tx, a *parterre.AdAccount, beside bool) error {
	all, err := collect(func(p catalog.Page) ([]parterre.AdAccount, parterre.ID, error) { return tx.AccountsOf(a.Owner, p) })
	if err != nil {
		return err
	}
	owned := 0
	for _, other := range all {
		if other.Owner != a.Owner {
			continue
		}
		if owned == 0 {
			a.Username = other.Username
			if beside {
				a.Business = other.Business
			}
		}
		owned++
	}
	if owned >= MaxAdAccounts {
		return parterre.Errorf(parterre.InvalidParameters, "Invalid parameters. A user may own at most %d ad accounts", MaxAdAccounts)
	}
	return nil
}

// CreateBusiness creates a business, of which the principal becomes the owner, and fills in its id. Its parent exists. It is
// durable when it returns.
func (s *Service) CreateBusiness(ctx context.Context, p *parterre.Principal, b *parterre.Business) error {
	b.Created = s.now().Unix()
	return s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := tx.CreateBusiness(b); err != nil {
			return err
		}
		if err := tx.GrantBusinessRole(p.User, b.ID, parterre.Owner); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Operation: "businesses/create", Subject: b.ID, Business: b.ID, After: 1})
	})
}

// AdAccounts lists the ad accounts on which the principal has a role, and gives the id to continue after, 0 when there is
// no more.
func (s *Service) AdAccounts(
	ctx context.Context, p *parterre.Principal, page catalog.Page,
) (views []AdAccountView, next parterre.ID, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) error {
		accounts, after, err := tx.AccountsOf(p.User, page)
		if err != nil {
			return err
		}
		next = after
		for _, a := range accounts {
			role, err := tx.Role(p.User, a.ID)
			if err != nil {
				return err
			}
			views = append(views, AdAccountView{a, role})
		}
		return nil
	})
	return views, next, err
}
