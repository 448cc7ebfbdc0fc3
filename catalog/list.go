package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var lists = noun{
	driver.CustomerLists, 4189730, parterre.CustomerListNotFound, "Customer list could not be found",
}

// CustomerList reads a customer list of the ad account, or fails with [parterre.CustomerListNotFound].
func (t *Tx) CustomerList(account, id parterre.ID) (parterre.CustomerList, error) {
	return load[parterre.CustomerList](t, lists, account, id)
}

// CustomerLists lists the customer lists of an ad account, and gives the id to continue after, 0 when there is no more.
func (t *Tx) CustomerLists(account parterre.ID, p Page) ([]parterre.CustomerList, parterre.ID, error) {
	return list[parterre.CustomerList](t, lists, account, p)
}

// CreateCustomerList writes a new customer list. It fills in the id, and the moments of creation and update when they are
// 0.
func (t *Tx) CreateCustomerList(l *parterre.CustomerList) error {
	id, err := t.next(lists)
	if err != nil {
		return err
	}
	l.ID = id
	t.seconds(&l.Created)
	t.seconds(&l.Updated)
	return t.save(t.put, lists, driver.Row{ID: id, Owner: l.AdAccount}, l)
}

// PutCustomerList writes a customer list in place of the stored one. It fails with [parterre.CustomerListNotFound] when
// there is none in the ad account.
func (t *Tx) PutCustomerList(l *parterre.CustomerList) error {
	return t.save(t.replace, lists, driver.Row{ID: l.ID, Owner: l.AdAccount}, l)
}
