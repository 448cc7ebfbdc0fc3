package v5

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/jsonbody"
)

// maxRecipients is how many recipients one request may name. The API publishes no number.
const maxRecipients = 1000

// The names of the recipients in a body and in its answer.
const (
	accountRecipients  = "recipient_account_ids"
	businessRecipients = "recipient_business_ids"
)

// reader is what a recipient is to an audience: all that an answer says of permissions (reference, section 17, 58).
const reader = "RESOURCE_PINNER_LIST_READER"

// shareOperations are the values of operation_type in a share; there is no default.
var shareOperations = []string{"SHARE", "REVOKE"}

// accountsShared is the contract's SharedAudienceResponse.
type accountsShared struct {
	Audience    string   `json:"audience_id"`
	Permissions []string `json:"permissions"`
	Recipients  []string `json:"recipient_account_ids"`
}

// businessesShared is the contract's BusinessSharedAudienceResponse.
type businessesShared struct {
	Audience    string   `json:"audience_id"`
	Permissions []string `json:"permissions"`
	Recipients  []string `json:"recipient_business_ids"`
}

func (a *API) shareWithAccounts(r *wire.Request) (any, error) {
	return a.share(r, accountRecipients)
}

func (a *API) shareWithBusinesses(r *wire.Request) (any, error) {
	shared, err := a.share(r, businessRecipients)
	return businessesShared(shared), err
}

// share carries out any of the four updates: who shares is in the path, with whom in the member of the body.
func (a *API) share(r *wire.Request, member string) (shared accountsShared, err error) {
	body := jsonbody.Parse("", r.Payload)
	body.Require("audience_id", "operation_type", member)
	change := audiences.Shares{
		Businesses: member == businessRecipients, Revoke: operation(body, shareOperations) == "REVOKE", Field: member,
	}
	id := body.String("audience_id")
	if id != nil {
		if change.Audience, err = parterre.ParseID("audience_id", *id); err != nil {
			body.FailWith(err)
		}
	}
	recipients := body.Strings(member)
	if len(recipients) > maxRecipients {
		body.Fail(member, "holds %d ids: at most %d are allowed", len(recipients), maxRecipients)
	}
	change.With = recipientIDs(body, member, recipients)
	if err := body.Err(); err != nil {
		return shared, err
	}
	if err := a.service.Share(r.Context(), r.Principal, sharer(r), change); err != nil {
		return shared, err
	}
	shared = accountsShared{Audience: *id, Permissions: []string{}, Recipients: recipients}
	if !change.Revoke {
		shared.Permissions = []string{reader}
	}
	return shared, nil
}

// recipientIDs reads the ids of recipients; ids of businesses may be longer than others.
func recipientIDs(body *jsonbody.Object, member string, recipients []string) (ids []parterre.ID) {
	parse := parterre.ParseID
	if member == businessRecipients {
		parse = parterre.ParseBusinessID
	}
	for _, s := range recipients {
		id, err := parse(member, s)
		if err != nil {
			body.FailWith(err)
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// sharer is the ad account or the business of the path.
func sharer(r *wire.Request) audiences.Sharer {
	return audiences.Sharer{AdAccount: r.Account, Business: r.Business}
}

// sharedAccount is the contract's SharedAudienceAccount.
type sharedAccount struct {
	ID   parterre.ID `json:"account_id"`
	Name string      `json:"account_name"`
	Type string      `json:"account_type"`
	At   int64       `json:"shared_on_timestamp"`
}

func (a *API) listSharedAccounts(r *wire.Request) (any, error) {
	complaint := "Invalid ad account audiences shared accounts parameters."
	if r.Business != 0 {
		complaint = "Invalid business audiences shared accounts parameters."
	}
	q := r.URL.Query()
	if !q.Has("audience_id") {
		return nil, parterre.Invalid("audience_id", "Parameter 'audience_id' is required.")
	}
	id, err := parterre.ParseID("audience_id", q.Get("audience_id"))
	if err != nil {
		return nil, err
	}
	kind, err := word(r, "account_type", "AD_ACCOUNT", "BUSINESS_ACCOUNT")
	if err != nil {
		return nil, err
	}
	l, err := a.listing(r, "shared/accounts|"+id.String()+"|"+kind, complaint)
	if err != nil {
		return nil, err
	}
	with, next, err := a.service.SharedWith(r.Context(), sharer(r), id, kind == "BUSINESS_ACCOUNT", l.page)
	if err != nil {
		return nil, err
	}
	items := make([]sharedAccount, len(with))
	for i, s := range with {
		items[i] = sharedAccount{ID: s.With.AdAccount + s.With.Business, Name: s.Name, Type: kind, At: s.At} // one of the two is 0
	}
	return a.paged(l, items, next), nil
}

func (a *API) listReceivedAudiences(r *wire.Request) (any, error) {
	l, err := a.listing(r, "businesses/audiences", "Invalid parameters.")
	if err != nil {
		return nil, err
	}
	return a.pagedAudiences(l)(a.service.ReceivedAudiences(r.Context(), sharer(r), l.page))
}
