package v5

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/jsonbody"
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
	TimeZone    string          `json:"time_zone,omitempty"` // empty where the version has none
}

type owner struct {
	ID       parterre.ID `json:"id"`
	Username string      `json:"username"`
}

func (a *API) accountShape(v audiences.AdAccountView) adAccount {
	shape := adAccount{
		ID: v.ID, Name: v.Name, Owner: owner{v.Owner, v.Username}, Country: v.Country, Currency: v.Currency,
		Permissions: []parterre.Role{v.Role}, Created: v.Created, Updated: v.Updated,
	}
	if a.version.Has(TimeZone) {
		shape.TimeZone = "UTC" // days are counted so
	}
	return shape
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
		items[i] = a.accountShape(v)
	}
	return a.paged(l, items, next), nil
}

func (a *API) getAdAccount(r *wire.Request) (any, error) {
	v, err := a.service.AdAccount(r.Context(), r.Principal, r.Account)
	if err != nil {
		return nil, err
	}
	return a.accountShape(v), nil
}

// createAdAccount makes an ad account of the user's. Nothing is required: an account without a name gets one, lives in the
// United States and counts in dollars. Its permissions are empty in this answer (as recorded), and OWNER
// from then on.
func (a *API) createAdAccount(r *wire.Request) (any, error) {
	body := jsonbody.Parse("", r.Payload)
	n := audiences.NewAdAccount{Name: "New ad account", Country: "US", Currency: "USD", BesideOthers: true}
	if s := name(body); s != nil {
		n.Name = *s
	}
	for _, one := range []struct {
		field string
		value *string
		parse func(field, s string) (string, error)
	}{
		{"country", &n.Country, parseMarket},
		{"currency", &n.Currency, parterre.ParseCurrency},
	} {
		s := body.String(one.field)
		if s == nil {
			continue
		}
		value, err := one.parse(one.field, *s)
		if err != nil {
			body.FailWith(err)
		}
		*one.value = value
	}
	other := false
	if s := body.String("owner_user_id"); s != nil {
		owner, err := parterre.ParseID("owner_user_id", *s)
		if err != nil {
			body.FailWith(err)
		}
		other = owner != r.Principal.User
	}
	if err := body.Err(); err != nil {
		return nil, err
	}
	if other { // nobody makes an ad account for somebody else
		return nil, parterre.Errorf(parterre.Forbidden, "You are not permitted to access that resource: 'owner_user_id' must be your own")
	}
	made, err := a.service.CreateAdAccount(r.Context(), r.Principal, n)
	if err != nil {
		return nil, err
	}
	shape := a.accountShape(audiences.AdAccountView{AdAccount: made})
	shape.Permissions = []parterre.Role{}
	return shape, nil
}

// parseMarket reads the country of an ad account: the contract (Country) has all of ISO 3166-1 but North Korea.
func parseMarket(field, s string) (string, error) {
	if s == "KP" {
		return "", parterre.Invalid(field, "'%s' value %s is not a country in which an ad account can be", field, parterre.Quote(s))
	}
	return parterre.ParseCountry(field, s)
}
