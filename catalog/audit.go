package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var audits = noun{driver.Audit, 1, parterre.NotFound, "Audit could not be found."}

// Audit tells who changed what.
type Audit struct {
	At        int64       `json:"at"` // seconds since 1970
	App       string      `json:"app"`
	User      parterre.ID `json:"user"`
	Account   parterre.ID `json:"account"`
	Operation string      `json:"operation"`
	Subject   parterre.ID `json:"subject"`
	Before    int         `json:"before,omitempty"` // the version before the change, 0 for none
	After     int         `json:"after,omitempty"`  // and after it

	Business   parterre.ID          `json:"business,omitempty"`   // that shared, when not the ad account did
	Recipients []parterre.Recipient `json:"recipients,omitempty"` // whom the audience is, or is no longer, shared with
}

// AddAudit writes a line of the audit. A moment that is 0 becomes now.
func (t *Tx) AddAudit(a Audit) error {
	id, err := t.next(audits)
	if err != nil {
		return err
	}
	t.seconds(&a.At)
	return t.save(t.put, audits, driver.Row{ID: id, Owner: a.Account}, a)
}

// AuditOf lists what was changed in an ad account, oldest first unless the page says otherwise, and gives the id to
// continue after, 0 when there is no more.
func (t *Tx) AuditOf(account parterre.ID, p Page) ([]Audit, parterre.ID, error) {
	return list[Audit](t, audits, account, p)
}
