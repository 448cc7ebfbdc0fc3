package catalog

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var (
	accounts   = noun{driver.AdAccounts, 549755885176, parterre.NotFound, "AdAccount not found."}
	businesses = noun{driver.Businesses, 729090764583391195, parterre.NotFound, "Business not found."}
	roles      = noun{driver.Roles, 1, parterre.NotFound, "Role could not be found."}
)

// AdAccount reads an ad account, or fails with [parterre.NotFound].
func (t *Tx) AdAccount(id parterre.ID) (parterre.AdAccount, error) {
	return load[parterre.AdAccount](t, accounts, 0, id)
}

// AdAccounts lists the ad accounts, and gives the id to continue after, 0 when there is no more.
func (t *Tx) AdAccounts(p Page) ([]parterre.AdAccount, parterre.ID, error) {
	return list[parterre.AdAccount](t, accounts, 0, p)
}

// PutAdAccount writes an ad account: a new one, whose id the caller chose, or in place of the stored one. It fills in the
// moments of creation and update when they are 0.
func (t *Tx) PutAdAccount(a *parterre.AdAccount) error {
	t.seconds(&a.Created)
	t.seconds(&a.Updated)
	return t.save(t.put, accounts, driver.Row{ID: a.ID}, a)
}

// CreateAdAccount writes a new ad account. It fills in the id, and the moments of creation and update when they are 0.
func (t *Tx) CreateAdAccount(a *parterre.AdAccount) error {
	id, err := t.unused(accounts)
	if err != nil {
		return err
	}
	a.ID = id
	return t.PutAdAccount(a)
}

// Business reads a business, or fails with [parterre.NotFound].
func (t *Tx) Business(id parterre.ID) (parterre.Business, error) {
	return load[parterre.Business](t, businesses, 0, id)
}

// Businesses lists the businesses, and gives the id to continue after, 0 when there is no more.
func (t *Tx) Businesses(p Page) ([]parterre.Business, parterre.ID, error) {
	return list[parterre.Business](t, businesses, 0, p)
}

// PutBusiness writes a business: a new one, whose id the caller chose, or in place of the stored one. It fills in the moment
// of creation when it is 0.
func (t *Tx) PutBusiness(b *parterre.Business) error {
	t.seconds(&b.Created)
	return t.save(t.put, businesses, driver.Row{ID: b.ID}, b)
}

// CreateBusiness writes a new business, below a parent that is there or none. It fills in the id, and the moment of creation
// when it is 0.
func (t *Tx) CreateBusiness(b *parterre.Business) error {
	if b.Parent != 0 {
		if _, err := t.row(businesses, b.Parent); err != nil {
			return err
		}
	}
	id, err := t.unused(businesses)
	if err != nil {
		return err
	}
	b.ID = id
	return t.PutBusiness(b)
}

// Hierarchy gives the root of the hierarchy that a business belongs to, which may be the business itself; 0 for none.
func (t *Tx) Hierarchy(business parterre.ID) (root parterre.ID, err error) {
	for business != 0 {
		b, err := t.Business(business)
		if err != nil {
			return 0, err
		}
		root, business = b.ID, b.Parent
	}
	return root, nil
}

// unused takes an id that no record of the noun has, not even one whose id a caller chose.
func (t *Tx) unused(n noun) (parterre.ID, error) {
	for {
		id, err := t.next(n)
		if err != nil {
			return 0, err
		}
		switch _, err := t.row(n, id); {
		case parterre.CodeOf(err) == n.code:
			return id, nil
		case err != nil:
			return 0, err
		}
	}
}

// role is what a user is on an ad account, or on a business.
type role struct {
	Account  parterre.ID   `json:"account,omitempty"`
	Business parterre.ID   `json:"business,omitempty"`
	Role     parterre.Role `json:"role"`
}

// key is the second name of a role's row: a user has one role on an ad account, and one on a business.
func (r role) key(user parterre.ID) string {
	if r.Business != 0 {
		return user.String() + "/business/" + r.Business.String()
	}
	return user.String() + "/" + r.Account.String()
}

// GrantRole gives a user a role on an ad account, in place of the one they had; the empty role takes it away. It fails with
// [parterre.NotFound] when there is no such ad account.
func (t *Tx) GrantRole(user, account parterre.ID, name parterre.Role) error {
	if _, err := t.row(accounts, account); err != nil {
		return err
	}
	return t.grant(user, role{Account: account, Role: name})
}

// GrantBusinessRole is GrantRole on a business. Such a role says nothing about the ad accounts of the business.
func (t *Tx) GrantBusinessRole(user, business parterre.ID, name parterre.Role) error {
	if _, err := t.row(businesses, business); err != nil {
		return err
	}
	return t.grant(user, role{Business: business, Role: name})
}

func (t *Tx) grant(user parterre.ID, r role) error {
	key := r.key(user)
	row, err := t.byKey(roles, key)
	switch {
	case parterre.CodeOf(err) == parterre.NotFound:
		if r.Role == "" {
			return nil
		}
		if row.ID, err = t.next(roles); err != nil {
			return err
		}
	case err != nil:
		return err
	case r.Role == "":
		return t.remove(roles, row.ID)
	}
	return t.save(t.put, roles, driver.Row{ID: row.ID, Owner: user, Key: key}, r)
}

// Role is the role of a user on an ad account, empty when they have none.
func (t *Tx) Role(user, account parterre.ID) (parterre.Role, error) {
	return t.roleAt(role{Account: account}.key(user))
}

// BusinessRole is the role of a user on a business, empty when they have none.
func (t *Tx) BusinessRole(user, business parterre.ID) (parterre.Role, error) {
	return t.roleAt(role{Business: business}.key(user))
}

func (t *Tx) roleAt(key string) (parterre.Role, error) {
	row, err := t.byKey(roles, key)
	if parterre.CodeOf(err) == parterre.NotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	r, err := decode[role](roles, row)
	return r.Role, err
}

// AccountsOf lists the ad accounts on which a user has a role, by the ids of the ad accounts, and gives the id to continue
// after, 0 when there is no more. It reads all roles of the user for each page.
func (t *Tx) AccountsOf(user parterre.ID, p Page) ([]parterre.AdAccount, parterre.ID, error) {
	if p.Limit <= 0 {
		_, _, err := t.page(roles, user, p)
		return nil, 0, err
	}
	var ids []parterre.ID
	err := walk(t, roles, user, func(r role) error {
		switch {
		case r.Account == 0: // it is on a business
		case p.After == 0, !p.Descending && r.Account > p.After, p.Descending && r.Account < p.After:
			ids = append(ids, r.Account)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(ids, func(a, b parterre.ID) int {
		if p.Descending {
			a, b = b, a
		}
		return cmp.Compare(a, b)
	})
	next := parterre.ID(0)
	if len(ids) > p.Limit {
		ids, next = ids[:p.Limit], ids[p.Limit-1]
	}
	page := make([]parterre.AdAccount, len(ids))
	for i, id := range ids {
		if page[i], err = t.AdAccount(id); err != nil {
			return nil, 0, err
		}
	}
	return page, next, nil
}

// lastUserSetting is where the number of the last user that NextUser gave out is kept.
const lastUserSetting = "last_user"

// NextUser gives the number of a new user, above every number given before; the first is first.
func (t *Tx) NextUser(first parterre.ID) (parterre.ID, error) {
	last, there, err := t.Setting(lastUserSetting)
	if err != nil {
		return 0, err
	}
	next := first
	if there {
		n, err := strconv.ParseInt(string(last), 10, 64)
		if err != nil {
			return 0, parterre.Internalf(err, "read the number of the last user")
		}
		next = max(first, parterre.ID(n)+1)
	}
	return next, t.PutSetting(lastUserSetting, []byte(next.String()))
}
