package v5

import "github.com/parterre/parterre/api/wire"

func (a *API) deleteSandbox(r *wire.Request) (any, error) {
	if err := a.service.WipeAccount(r.Context(), r.Principal, r.Account); err != nil {
		return nil, err
	}
	return "Delete Success", nil
}
