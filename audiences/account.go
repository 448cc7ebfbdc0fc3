package audiences

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// AdAccountView is an ad account as a principal sees it.
type AdAccountView struct {
	parterre.AdAccount
	Role string // the principal's
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
