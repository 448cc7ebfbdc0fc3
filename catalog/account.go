package catalog

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var (
	accounts = noun{driver.AdAccounts, 1, parterre.NotFound, "AdAccount not found."}
	roles    = noun{driver.Roles, 1, parterre.NotFound, "Role could not be found."}
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

// role is what a user may do on an ad account.
type role struct {
	Account parterre.ID `json:"account"`
	Role    string      `json:"role"`
}

// roleKey is the second name of a role's row: a user has one role on an ad account.
func roleKey(user, account parterre.ID) string { return user.String() + "/" + account.String() }

// GrantRole gives a user a role on an ad account, in place of the one they had; the empty role takes it away. It fails with
// [parterre.NotFound] when there is no such ad account.
func (t *Tx) GrantRole(user, account parterre.ID, name string) error {
	if _, err := t.row(accounts, account); err != nil {
		return err
	}
	key := roleKey(user, account)
	row, err := t.byKey(roles, key)
	switch {
	case parterre.CodeOf(err) == parterre.NotFound:
		if name == "" {
			return nil
		}
		if row.ID, err = t.next(roles); err != nil {
			return err
		}
	case err != nil:
		return err
	case name == "":
		return t.remove(roles, row.ID)
	}
	return t.save(t.put, roles, driver.Row{ID: row.ID, Owner: user, Key: key}, role{account, name})
}

// Role is the role of a user on an ad account, empty when they have none.
func (t *Tx) Role(user, account parterre.ID) (string, error) {
	row, err := t.byKey(roles, roleKey(user, account))
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
