package v5

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
)

// adAccount is the contract's AdAccount.
type adAccount struct {
	ID          parterre.ID     `json:"id"`
	Name        string          `json:"name"`
	Owner       owner           `json:"owner"`
	Country     string          `json:"country"`
	Currency    string          `json:"currency"`
	Permissions []parterre.Role `json:"permissions"`
	Created     int64           `json:"created_time"`
	Updated     int64           `json:"updated_time"`
}

type owner struct {
	ID       parterre.ID `json:"id"`
	Username string      `json:"username"`
}

func accountShape(v audiences.AdAccountView) adAccount {
	return adAccount{
		ID: v.ID, Name: v.Name, Owner: owner{v.Owner, v.Username}, Country: v.Country, Currency: v.Currency,
		Permissions: []parterre.Role{v.Role}, Created: v.Created, Updated: v.Updated,
	}
}

func (a *API) listAdAccounts(r *wire.Request) (any, error) {
	// Every ad account of the sandbox is the principal's own, so the parameter changes nothing, but it must be right.
	if _, err := truth(r.Request, "include_shared_accounts"); err != nil {
		return nil, err
	}
	l, err := a.listing(r, "ad_accounts/list", "Invalid parameters.")
	if err != nil {
		return nil, err
	}
	views, next, err := a.service.AdAccounts(r.Context(), r.Principal, l.page)
	if err != nil {
		return nil, err
	}
	items := make([]adAccount, len(views))
	for i, v := range views {
		items[i] = accountShape(v)
	}
	return a.paged(l, items, next), nil
}

func (a *API) getAdAccount(r *wire.Request) (any, error) {
	v, err := a.service.AdAccount(r.Context(), r.Principal, r.Account)
	if err != nil {
		return nil, err
	}
	return accountShape(v), nil
}
