package audiences

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// Sharer is who shares an audience, or asks about its shares: an ad account, or else a business.
type Sharer = parterre.Recipient

// Shares is what somebody wants changed about whom an audience is shared with.
type Shares struct {
	Audience   parterre.ID
	With       []parterre.ID // of ad accounts
	Businesses bool          // or of businesses
	Revoke     bool          // ends the shares instead
	Field      string        // that names the recipients, for errors
}

// recipient is one of those that the audience is to be shared with.
func (c *Shares) recipient(i int) parterre.Recipient {
	if c.Businesses {
		return parterre.Recipient{Business: c.With[i]}
	}
	return parterre.Recipient{AdAccount: c.With[i]}
}

// SharedWith is whom an audience is shared with.
type SharedWith struct {
	catalog.Share
	Name string
}

// Share shares an audience with every recipient, or ends the shares with them; when it fails, nothing has changed. Sharing
// again, and ending what is not there, changes nothing. What changed is durable when it returns.
//
// The rules are those of the reference, section 9.2. The owner of an audience is its ad account, and the business to which
// that belongs. An owner shares with ad accounts and businesses of its own hierarchy. A business that received an audience
// shares it on with ad accounts that it owns itself, as long as the owner shares it with the business.
func (s *Service) Share(ctx context.Context, p *parterre.Principal, by Sharer, change Shares) error {
	s.changing.Lock() // a removal, or a rule with a seed, sees either all of it or nothing
	defer s.changing.Unlock()
	return s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		a, owner, err := sharedBy(tx, by, change)
		if err != nil {
			return err
		}
		var changed []parterre.Recipient
		for i := range change.With {
			with := change.recipient(i)
			ok, err := fits(tx, by, owner, &a, with)
			if err == nil && !ok {
				err = change.wrong(i)
			}
			if err != nil {
				return err
			}
			did, err := s.share(tx, by, owner, &a, with, change.Revoke)
			if err != nil {
				return err
			}
			if did {
				changed = append(changed, with)
			}
		}
		if len(changed) == 0 {
			return nil
		}
		operation := "audiences/share"
		if change.Revoke {
			operation = "audiences/revoke"
		}
		return s.audit(tx, p, catalog.Audit{
			Account: a.AdAccount, Operation: operation, Subject: a.ID, Before: a.Version, After: a.Version, Business: by.Business,
			Recipients: changed,
		})
	})
}

// sharedBy reads an audience that somebody wants to share, and says whether they own it. Only a business may share what it
// does not own, and with ad accounts alone.
func sharedBy(tx *catalog.Tx, by Sharer, change Shares) (a parterre.Audience, owner bool, err error) {
	if a, err = tx.AnyAudience(change.Audience); err != nil {
		return a, false, err
	}
	if owner, err = owns(tx, by, &a); err != nil || owner {
		return a, owner, err
	}
	onward := by.Business != 0 && !change.Businesses
	if onward {
		_, onward, err = tx.ShareWith(a.ID, by)
	}
	if err == nil && !onward {
		err = forbidden()
	}
	return a, false, err
}

// owns says whether an audience is an ad account's own, or belongs to an ad account of a business.
func owns(tx *catalog.Tx, by Sharer, a *parterre.Audience) (bool, error) {
	if by.Business == 0 {
		return a.AdAccount == by.AdAccount, nil
	}
	account, err := tx.AdAccount(a.AdAccount)
	return account.Business == by.Business, err
}

// fits says whether an audience can be shared with a recipient, who need not exist.
func fits(tx *catalog.Tx, by Sharer, owner bool, a *parterre.Audience, with parterre.Recipient) (bool, error) {
	own, err := tx.AdAccount(a.AdAccount)
	if err != nil || with == (parterre.Recipient{}) || with.AdAccount == own.ID || with.Business == own.Business {
		return false, err
	}
	business := with.Business // of the recipient
	if business == 0 {
		account, err := tx.AdAccount(with.AdAccount)
		if err != nil {
			return false, ignoreAbsent(err)
		}
		business = account.Business
	}
	if !owner {
		return business == by.Business, nil
	}
	if business == 0 || own.Business == 0 { // without a business there is no hierarchy
		return false, nil
	}
	root, err := tx.Hierarchy(business)
	if err != nil {
		return false, ignoreAbsent(err)
	}
	ours, err := tx.Hierarchy(own.Business)
	return root == ours, err
}

func ignoreAbsent(err error) error {
	if parterre.CodeOf(err) == parterre.NotFound {
		return nil
	}
	return err
}

// wrong is the error for a recipient that does not fit (reference, section 17, 57).
func (c *Shares) wrong(i int) error {
	begins, what := "Invalid ad account id", "an ad account"
	if c.Businesses {
		begins, what = "Invalid business id", "a business"
	}
	err := parterre.Errorf(parterre.InvalidParameters, "%s: '%s[%d]' must be the id of %s in the hierarchy of the business that "+
		"owns the audience, and of another than the owner; a received audience is shared on with one's own ad accounts alone",
		begins, c.Field, i, what)
	err.Field = c.Field
	return err
}

func forbidden() error {
	return parterre.Errorf(parterre.Forbidden, "You are not permitted to access that resource.")
}

// share begins or ends one share, and says whether that changed anything.
func (s *Service) share(
	tx *catalog.Tx, by Sharer, owner bool, a *parterre.Audience, with parterre.Recipient, revoke bool,
) (changed bool, err error) {
	old, there, err := tx.ShareWith(a.ID, with)
	if err != nil {
		return false, err
	}
	if revoke {
		if !there {
			return false, nil
		}
		return true, unshare(tx, old)
	}
	share := catalog.Share{Audience: a.ID, Account: a.AdAccount, With: with, At: s.now().Unix()}
	if !owner {
		share.By = by.Business
	}
	if there && (!owner || old.By == 0) { // what the owner gives stands by itself
		return false, nil
	}
	if there {
		share.At = old.At
	}
	return true, tx.PutShare(share)
}

// unshare ends a share. What a business shared on ends with the share that it had.
func unshare(tx *catalog.Tx, share catalog.Share) error {
	if err := tx.DeleteShare(share.Audience, share.With); err != nil {
		return err
	}
	if share.With.Business == 0 {
		return nil
	}
	all, err := collect(func(page catalog.Page) ([]catalog.Share, parterre.ID, error) {
		return tx.SharesWithAccounts(share.Audience, page)
	})
	if err != nil {
		return err
	}
	for _, onward := range all {
		if onward.By == share.With.Business {
			if err := tx.DeleteShare(onward.Audience, onward.With); err != nil {
				return err
			}
		}
	}
	return nil
}

// SharedWith lists with which ad accounts, or businesses, an audience is shared, in the order in which the shares began, and
// gives the id to continue after, 0 when there is no more. An ad account must own the audience; a business may also have
// received it, and then sees its own ad accounts alone. It fails with [parterre.SharedAccountsNotFound] for any other.
func (s *Service) SharedWith(
	ctx context.Context, by Sharer, audience parterre.ID, businesses bool, page catalog.Page,
) (with []SharedWith, next parterre.ID, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) error {
		owner, err := mayAsk(tx, by, audience)
		if err != nil {
			return err
		}
		if !businesses {
			with, next, err = withAccounts(tx, by, owner, audience, page)
			return err
		}
		if !owner {
			return nil
		}
		shares, after, err := tx.SharesWithBusinesses(audience, page)
		if err != nil {
			return err
		}
		next = after
		for _, share := range shares {
			b, err := tx.Business(share.With.Business)
			if err != nil {
				return err
			}
			with = append(with, SharedWith{share, b.Name})
		}
		return nil
	})
	return with, next, err
}

// mayAsk says whether somebody owns an audience, and refuses those who may not ask about its shares.
func mayAsk(tx *catalog.Tx, by Sharer, audience parterre.ID) (owner bool, err error) {
	absent := parterre.Errorf(parterre.SharedAccountsNotFound, "Shared accounts not found.")
	a, err := tx.AnyAudience(audience)
	if parterre.CodeOf(err) == parterre.AudienceNotFound {
		return false, absent
	}
	if err != nil {
		return false, err
	}
	if owner, err = owns(tx, by, &a); err != nil || owner {
		return owner, err
	}
	there := false
	if by.Business != 0 {
		_, there, err = tx.ShareWith(audience, by)
	}
	if err == nil && !there {
		err = absent
	}
	return false, err
}

// withAccounts lists the ad accounts that an audience is shared with. Who does not own it sees the ad accounts of their own
// business alone, so it reads on until the page is full.
func withAccounts(
	tx *catalog.Tx, by Sharer, owner bool, audience parterre.ID, page catalog.Page,
) (with []SharedWith, next parterre.ID, err error) {
	limit := page.Limit
	for next = page.After; ; {
		page.After, page.Limit = next, limit-len(with)
		shares, after, err := tx.SharesWithAccounts(audience, page)
		if err != nil {
			return nil, 0, err
		}
		next = after
		for _, share := range shares {
			account, err := tx.AdAccount(share.With.AdAccount)
			if err != nil {
				return nil, 0, err
			}
			if owner || account.Business == by.Business {
				with = append(with, SharedWith{share, account.Name})
			}
		}
		if next == 0 || len(with) == limit {
			return with, next, nil
		}
	}
}

// ReceivedAudiences lists the audiences that were shared with an ad account or a business, in the order in which the shares
// began, and gives the id to continue after, 0 when there is no more.
func (s *Service) ReceivedAudiences(
	ctx context.Context, by parterre.Recipient, page catalog.Page,
) (views []View, next parterre.ID, err error) {
	var shares []catalog.Share
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if by.Business != 0 {
			shares, next, err = tx.ReceivedByBusiness(by.Business, page)
		} else {
			shares, next, err = tx.ReceivedByAccount(by.AdAccount, page)
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for _, share := range shares { // each for itself, as in Audiences
		v, err := s.Audience(ctx, share.Account, share.Audience)
		switch {
		case parterre.CodeOf(err) == parterre.AudienceNotFound: // removed meanwhile
		case err != nil:
			return nil, 0, err
		default:
			views = append(views, v)
		}
	}
	return views, next, nil
}

// ownAudience reads an audience that the ad account may change. One that it received is no secret, but not its own.
func ownAudience(tx *catalog.Tx, account, id parterre.ID) (parterre.Audience, error) {
	a, err := tx.Audience(account, id)
	if parterre.CodeOf(err) != parterre.AudienceNotFound {
		return a, err
	}
	if _, visible := tx.VisibleAudience(account, id); visible == nil {
		return a, forbidden()
	}
	return a, err
}
