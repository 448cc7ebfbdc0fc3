package parterre

import (
	"strings"
	"unicode/utf8"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/jsonbody"
)

// longestName is how long the name of a business or an ad account may be, in characters (contract, AdAccount.name).
const longestName = 256

// business is a business in an answer.
type business struct {
	ID     parterre.ID  `json:"id"`
	Name   string       `json:"name"`
	Parent *parterre.ID `json:"parent_id"` // null for the root of a hierarchy
}

// createBusiness makes a business, at the root of a new hierarchy or below another one. The caller becomes its owner.
func (a *API) createBusiness(r *wire.Request) (any, error) {
	o := jsonbody.Parse("", r.Payload)
	o.DropNulls()
	o.Only([]string{"name", "parent_id"})
	o.Require("name")
	b := parterre.Business{Name: name(o), Parent: a.businessID(r, o, "parent_id")}
	if err := o.Err(); err != nil {
		return nil, err
	}
	if err := a.service.CreateBusiness(r.Context(), r.Principal, &b); err != nil {
		return nil, err
	}
	return business{ID: b.ID, Name: b.Name, Parent: orNull(b.Parent)}, nil
}

// adAccount is an ad account in an answer.
type adAccount struct {
	ID       parterre.ID  `json:"id"`
	Name     string       `json:"name"`
	Business *parterre.ID `json:"business_id"`
	Country  string       `json:"country"`
	Currency string       `json:"currency"`
}

// createAdAccount makes an ad account that belongs to a business, or to none. The caller becomes its owner.
func (a *API) createAdAccount(r *wire.Request) (any, error) {
	o := jsonbody.Parse("", r.Payload)
	o.DropNulls()
	o.Only([]string{"name", "business_id", "country", "currency"})
	o.Require("name")
	n := audiences.NewAdAccount{
		Name: name(o), Business: a.businessID(r, o, "business_id"), Country: code(o, "country", "US", parterre.ParseCountry),
		Currency: code(o, "currency", "USD", parterre.ParseCurrency),
	}
	if err := o.Err(); err != nil {
		return nil, err
	}
	made, err := a.service.CreateAdAccount(r.Context(), r.Principal, n)
	if err != nil {
		return nil, err
	}
	return adAccount{
		ID: made.ID, Name: made.Name, Business: orNull(made.Business), Country: made.Country, Currency: made.Currency,
	}, nil
}

func orNull(id parterre.ID) *parterre.ID {
	if id == 0 {
		return nil
	}
	return &id
}

func name(o *jsonbody.Object) string {
	s := o.String("name")
	if s == nil {
		return ""
	}
	if n := utf8.RuneCountInString(*s); n > longestName || strings.TrimSpace(*s) == "" {
		o.Fail("name", "must have 1 to %d characters (has %d), not all of them spaces", longestName, n)
	}
	return *s
}

// businessID reads the id of a business that must exist, 0 when the member is absent.
func (a *API) businessID(r *wire.Request, o *jsonbody.Object, member string) parterre.ID {
	s := o.String(member)
	if s == nil {
		return 0
	}
	id, err := parterre.ParseBusinessID(member, *s)
	if err == nil {
		err = a.accounts(r.Context()).businessExists(member, id)
	}
	o.FailWith(err)
	return id
}

// code reads a code that has a meaning.
func code(o *jsonbody.Object, member, absent string, parse func(field, s string) (string, error)) string {
	s := o.String(member)
	if s == nil {
		return absent
	}
	value, err := parse(member, *s)
	o.FailWith(err)
	return value
}
