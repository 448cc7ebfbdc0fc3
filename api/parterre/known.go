package parterre

import (
	"context"

	"github.com/parterre/parterre"
)

// known remembers, during one request, which ad accounts, businesses and conversion tags exist.
type known struct {
	ctx context.Context
	api *API
	is  map[[2]parterre.ID]bool
}

func (a *API) accounts(ctx context.Context) *known {
	return &known{ctx: ctx, api: a, is: map[[2]parterre.ID]bool{}}
}

// exists refuses an ad account that does not exist; field is what names it.
func (k *known) exists(field string, account parterre.ID) error {
	is, err := k.ask([2]parterre.ID{account}, func() (bool, error) { return k.api.service.AccountExists(k.ctx, account) })
	if err == nil && !is {
		return parterre.Invalid(field, "'%s' %s does not exist: it must be the id of an ad account", field, account)
	}
	return err
}

// businessExists refuses a business that does not exist; field is what names it.
func (k *known) businessExists(field string, business parterre.ID) error {
	is, err := k.ask([2]parterre.ID{0, business}, func() (bool, error) { return k.api.service.BusinessExists(k.ctx, business) })
	if err == nil && !is {
		return parterre.Invalid(field, "'%s' %s does not exist: it must be the id of a business", field, business)
	}
	return err
}

// tagTakes refuses a conversion tag that does not exist, or that was paused or archived.
func (k *known) tagTakes(account, tag parterre.ID) error {
	is, err := k.ask([2]parterre.ID{account, tag}, func() (bool, error) {
		return k.api.service.TagTakes(k.ctx, account, tag)
	})
	if err == nil && !is {
		return parterre.Invalid("conversion_tag_id", "'conversion_tag_id' %s does not exist, or is not ACTIVE: it must be the id of "+
			"an ACTIVE conversion tag of the ad account", tag)
	}
	return err
}

func (k *known) ask(what [2]parterre.ID, find func() (bool, error)) (bool, error) {
	if is, asked := k.is[what]; asked {
		return is, nil
	}
	is, err := find()
	if err == nil {
		k.is[what] = is
	}
	return is, err
}
