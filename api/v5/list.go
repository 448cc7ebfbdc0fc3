package v5

import (
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/internal/jsonbody"
)

// customerList is the contract's CustomerList.
type customerList struct {
	AdAccount  parterre.ID     `json:"ad_account_id"`
	Created    int64           `json:"created_time"`
	ID         parterre.ID     `json:"id"`
	Name       string          `json:"name"`
	Batches    int             `json:"num_batches"`
	Removed    int             `json:"num_removed_user_records"`
	Uploaded   int             `json:"num_uploaded_user_records"`
	Status     parterre.Status `json:"status"`
	Type       string          `json:"type"`
	Updated    int64           `json:"updated_time"`
	Exceptions struct{}        `json:"exceptions"`
	NCA        *bool           `json:"is_nca,omitempty"` // nil where the version has none; else false
}

func listShape(v audiences.ListView) customerList {
	return customerList{
		AdAccount: v.AdAccount, Created: v.Created, ID: v.ID, Name: v.Name, Batches: v.Batches, Removed: v.Removed,
		Uploaded: v.Uploaded, Status: v.Status, Type: "customerlist", Updated: v.Updated,
	}
}

// listTypes are the values of list_type (contract, UserListType); the default is the first.
var listTypes = []string{"EMAIL", "IDFA", "MAID", "LR_ID", "DLX_ID", "HASHED_PINNER_ID"}

func (a *API) listCustomerLists(r *wire.Request) (any, error) {
	l, err := a.listing(r, "customer_lists/list", "Invalid parameters.")
	if err != nil {
		return nil, err
	}
	views, next, err := a.service.CustomerLists(r.Context(), r.Account, l.page)
	if err != nil {
		return nil, err
	}
	items := make([]customerList, len(views))
	for i, v := range views {
		items[i] = listShape(v)
		if a.version.Has(CustomerSegments) { // on the items of lists alone, as recorded
			items[i].NCA = new(bool)
		}
	}
	return a.paged(l, items, next), nil
}

func (a *API) getCustomerList(r *wire.Request) (any, error) {
	id, err := r.ID("customer_list_id")
	if err != nil {
		return nil, err
	}
	return shapeOf(a.service.CustomerList(r.Context(), r.Account, id))
}

func (a *API) createCustomerList(r *wire.Request) (any, error) {
	body := jsonbody.Parse("", r.Payload)
	body.Private()
	body.Require("name", "records")
	n, records, listType := name(body), body.String("records"), listTypes[0]
	if s := body.String("list_type"); s != nil {
		if listType = *s; !slices.Contains(listTypes, listType) {
			body.Fail("list_type", "%s is not one of ['%s']", parterre.Quote(listType), strings.Join(listTypes, "', '"))
		}
	}
	a.checkExceptions(body)
	if err := body.Err(); err != nil {
		return nil, err
	}
	return shapeOf(a.service.CreateCustomerList(r.Context(), r.Principal, r.Account, *n, listType, *records))
}

// listOperations are the values of operation_type in an update of a customer list; there is no default.
var listOperations = []string{"ADD", "REMOVE"}

func (a *API) updateCustomerList(r *wire.Request) (any, error) {
	id, err := r.ID("customer_list_id")
	if err != nil {
		return nil, err
	}
	body := jsonbody.Parse("", r.Payload)
	body.Private()
	body.Require("operation_type", "records")
	remove, records := operation(body, listOperations) == "REMOVE", body.String("records")
	a.checkExceptions(body)
	if err := body.Err(); err != nil {
		return nil, err
	}
	return shapeOf(a.service.UpdateCustomerList(r.Context(), r.Principal, r.Account, id, remove, *records))
}

// checkExceptions looks at a member that older versions had in requests because answers have it. What it says is ignored.
func (a *API) checkExceptions(body *jsonbody.Object) {
	if a.version.Has(ExceptionsSent) {
		if e := body.Object("exceptions"); e != nil {
			body.Adopt(e)
		}
	}
}

func shapeOf(v audiences.ListView, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return listShape(v), nil
}
