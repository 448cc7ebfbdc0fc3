package catalog

import (
	"fmt"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var shares = noun{driver.Shares, 1, parterre.NotFound, "Share could not be found."}

// Share says that an audience was shared.
type Share struct {
	Audience parterre.ID        `json:"audience"`
	Account  parterre.ID        `json:"account"` // that owns the audience
	With     parterre.Recipient `json:"with"`
	By       parterre.ID        `json:"by,omitempty"` // the business that shared what it had received; 0 when the owner did
	At       int64              `json:"at"`           // seconds since 1970
}

// A share has two rows with the same body: one among those of the audience, one among what the recipient received. Both
// lists are in the order in which the shares began. The owners of rows are ids of three kinds of records, so each says in its
// last two bits which list it is.
type shareList int64

const (
	withAccounts shareList = iota
	withBusinesses
	receivedByAccount
	receivedByBusiness
)

func (l shareList) owner(id parterre.ID) parterre.ID { return id<<2 | parterre.ID(l) }

// given is where the row of an audience's share is, and its second name.
func given(audience parterre.ID, with parterre.Recipient) (owner parterre.ID, key string) {
	if with.Business != 0 {
		return withBusinesses.owner(audience), fmt.Sprintf("%d/business/%d", audience, with.Business)
	}
	return withAccounts.owner(audience), fmt.Sprintf("%d/ad_account/%d", audience, with.AdAccount)
}

// received is where the row of a recipient's share is, and its second name.
func received(audience parterre.ID, with parterre.Recipient) (owner parterre.ID, key string) {
	_, key = given(audience, with)
	if with.Business != 0 {
		return receivedByBusiness.owner(with.Business), "received/" + key
	}
	return receivedByAccount.owner(with.AdAccount), "received/" + key
}

// PutShare writes a share, in place of the one of the same audience with the same recipient, whose place in the lists it
// keeps. A moment that is 0 becomes now.
func (t *Tx) PutShare(s Share) error {
	t.seconds(&s.At)
	for _, place := range []func(parterre.ID, parterre.Recipient) (parterre.ID, string){given, received} {
		owner, key := place(s.Audience, s.With)
		row, err := t.byKey(shares, key)
		if parterre.CodeOf(err) == parterre.NotFound {
			row.ID, err = t.next(shares)
		}
		if err != nil {
			return err
		}
		if err := t.save(t.put, shares, driver.Row{ID: row.ID, Owner: owner, Key: key}, s); err != nil {
			return err
		}
	}
	return nil
}

// ShareWith reads the share of an audience with a recipient. It reports false when there is none.
func (t *Tx) ShareWith(audience parterre.ID, with parterre.Recipient) (Share, bool, error) {
	_, key := given(audience, with)
	row, err := t.byKey(shares, key)
	if parterre.CodeOf(err) == parterre.NotFound {
		return Share{}, false, nil
	}
	if err != nil {
		return Share{}, false, err
	}
	s, err := decode[Share](shares, row)
	return s, err == nil, err
}

// DeleteShare ends the share of an audience with a recipient; that there is none is not an error.
func (t *Tx) DeleteShare(audience parterre.ID, with parterre.Recipient) error {
	for _, place := range []func(parterre.ID, parterre.Recipient) (parterre.ID, string){given, received} {
		_, key := place(audience, with)
		row, err := t.byKey(shares, key)
		switch {
		case parterre.CodeOf(err) == parterre.NotFound:
			continue
		case err != nil:
			return err
		}
		if err := t.remove(shares, row.ID); err != nil {
			return err
		}
	}
	return nil
}

// SharesWithAccounts lists with which ad accounts an audience is shared, oldest share first unless the page says otherwise.
// The id to continue after is that of the row; it is 0 when there is no more.
func (t *Tx) SharesWithAccounts(audience parterre.ID, p Page) ([]Share, parterre.ID, error) {
	return list[Share](t, shares, withAccounts.owner(audience), p)
}

// SharesWithBusinesses is SharesWithAccounts for businesses.
func (t *Tx) SharesWithBusinesses(audience parterre.ID, p Page) ([]Share, parterre.ID, error) {
	return list[Share](t, shares, withBusinesses.owner(audience), p)
}

// ReceivedByAccount lists what was shared with an ad account, oldest share first unless the page says otherwise. The id to
// continue after is that of the row; it is 0 when there is no more.
func (t *Tx) ReceivedByAccount(account parterre.ID, p Page) ([]Share, parterre.ID, error) {
	return list[Share](t, shares, receivedByAccount.owner(account), p)
}

// ReceivedByBusiness is ReceivedByAccount for a business.
func (t *Tx) ReceivedByBusiness(business parterre.ID, p Page) ([]Share, parterre.ID, error) {
	return list[Share](t, shares, receivedByBusiness.owner(business), p)
}

// dropShares ends all shares of an audience.
func (t *Tx) dropShares(audience parterre.ID) error {
	return t.dropSharesOf(withAccounts.owner(audience), withBusinesses.owner(audience))
}

// dropSharesOf ends all shares that have a row with one of the owners.
func (t *Tx) dropSharesOf(owners ...parterre.ID) error {
	for _, owner := range owners {
		err := walk(t, shares, owner, func(s Share) error { return t.DeleteShare(s.Audience, s.With) })
		if err != nil {
			return err
		}
	}
	return nil
}

// VisibleAudience reads an audience that the ad account owns, or that is shared with it. It fails with
// [parterre.AudienceNotFound] for any other.
func (t *Tx) VisibleAudience(account, id parterre.ID) (parterre.Audience, error) {
	a, err := t.Audience(account, id)
	if parterre.CodeOf(err) != parterre.AudienceNotFound {
		return a, err
	}
	s, shared, err := t.ShareWith(id, parterre.Recipient{AdAccount: account})
	if err != nil {
		return a, err
	}
	if !shared {
		return a, audiences.missing()
	}
	return t.Audience(s.Account, id)
}

// AnyAudience reads an audience, whichever ad account it belongs to, or fails with [parterre.AudienceNotFound].
func (t *Tx) AnyAudience(id parterre.ID) (parterre.Audience, error) {
	row, err := t.row(audiences, id)
	if err != nil {
		return parterre.Audience{}, err
	}
	return decode[parterre.Audience](audiences, row)
}
