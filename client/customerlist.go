package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strings"
)

// CustomerList is a set of people that an advertiser uploaded. Times are in seconds since 1970. The records themselves
// cannot be read back.
type CustomerList struct {
	ID              string          `json:"id"`
	AdAccountID     string          `json:"ad_account_id"`
	Name            string          `json:"name"`
	Status          string          `json:"status"`
	Batches         int64           `json:"num_batches"`               // creation counts one, and so does every update
	UploadedRecords int64           `json:"num_uploaded_user_records"` // submitted for adding, repeated ones included
	RemovedRecords  int64           `json:"num_removed_user_records"`  // submitted for removal, absent ones included
	CreatedTime     int64           `json:"created_time"`
	UpdatedTime     int64           `json:"updated_time"`
	Exceptions      json.RawMessage `json:"exceptions"`
}

// CustomerListCreate is what a customer list is made of.
type CustomerListCreate struct {
	Name     string
	ListType string // EMAIL, which is the default, IDFA, MAID and so on: a label
	// Records are e-mail addresses in lower case, as they are or as MD5, SHA-1 or SHA-256 digests in hexadecimal, and
	// digests of mobile advertising ids, in any mixture. None may hold a comma.
	Records []string
}

// CustomerListUpdate adds records to a customer list, or removes some.
type CustomerListUpdate struct {
	Operation string   // [OperationAdd] or [OperationRemove]
	Records   []string // as in [CustomerListCreate]
}

// CreateCustomerList makes a customer list. Its records are matched in the background: see [Client.WaitForCustomerList].
func (c *Client) CreateCustomerList(ctx context.Context, account string, l CustomerListCreate) (CustomerList, error) {
	in := struct {
		Name     string `json:"name"`
		ListType string `json:"list_type,omitempty"`
		Records  string `json:"records"`
	}{l.Name, l.ListType, strings.Join(l.Records, ",")}
	var out CustomerList
	err := c.call(ctx, http.MethodPost, inAccount(account, "customer_lists"), in, &out)
	return out, err
}

// CustomerList reads a customer list.
func (c *Client) CustomerList(ctx context.Context, account, id string) (CustomerList, error) {
	var out CustomerList
	err := c.call(ctx, http.MethodGet, inAccount(account, "customer_lists", id), nil, &out)
	return out, err
}

// UpdateCustomerList adds records to a customer list, or removes some. They are matched in the background.
func (c *Client) UpdateCustomerList(
	ctx context.Context, account, id string, u CustomerListUpdate,
) (CustomerList, error) {
	in := struct {
		Operation string `json:"operation_type"`
		Records   string `json:"records"`
	}{u.Operation, strings.Join(u.Records, ",")}
	var out CustomerList
	err := c.call(ctx, http.MethodPatch, inAccount(account, "customer_lists", id), in, &out)
	return out, err
}

// CustomerLists goes through the customer lists of an ad account. Pages are fetched as they are needed. An error ends the
// sequence; each use of the sequence begins anew.
func (c *Client) CustomerLists(ctx context.Context, account string, o ListOptions) iter.Seq2[CustomerList, error] {
	from := inAccount(account, "customer_lists")
	from.query = o.query()
	return records[CustomerList](ctx, c, from)
}
