package audiences

import (
	"context"

	"github.com/parterre/parterre"
)

// Authorise says whether the principal has a right on the ad account, and fails with [parterre.Forbidden] when not. An ad
// account that does not exist is like one of somebody else.
func (s *Service) Authorise(ctx context.Context, p *parterre.Principal, account parterre.ID, do parterre.Right) error {
	role, err := s.catalog.Role(ctx, p.User, account)
	return mayDo(role, do, err)
}

// AuthoriseBusiness is Authorise on a business.
func (s *Service) AuthoriseBusiness(ctx context.Context, p *parterre.Principal, business parterre.ID, do parterre.Right) error {
	role, err := s.catalog.BusinessRole(ctx, p.User, business)
	return mayDo(role, do, err)
}

func mayDo(role parterre.Role, do parterre.Right, err error) error {
	if err == nil && !role.May(do) {
		return forbidden()
	}
	return err
}
