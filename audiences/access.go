package audiences

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// Authorise says whether the principal has a right on the ad account, and fails with [parterre.Forbidden] when not. An ad
// account that does not exist is like one of somebody else.
func (s *Service) Authorise(ctx context.Context, p *parterre.Principal, account parterre.ID, do parterre.Right) error {
	return s.authorise(ctx, do, func(tx *catalog.Tx) (parterre.Role, error) { return tx.Role(p.User, account) })
}

// AuthoriseBusiness is Authorise on a business.
func (s *Service) AuthoriseBusiness(ctx context.Context, p *parterre.Principal, business parterre.ID, do parterre.Right) error {
	return s.authorise(ctx, do, func(tx *catalog.Tx) (parterre.Role, error) { return tx.BusinessRole(p.User, business) })
}

func (s *Service) authorise(ctx context.Context, do parterre.Right, role func(*catalog.Tx) (parterre.Role, error)) error {
	return s.catalog.View(ctx, func(tx *catalog.Tx) error {
		r, err := role(tx)
		if err == nil && !r.May(do) {
			return forbidden()
		}
		return err
	})
}
