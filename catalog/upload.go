package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var uploads = noun{driver.Uploads, 6450001, parterre.UploadNotFound, "Customer list upload could not be found."}

// Upload reads an upload to the customer list, or fails with [parterre.UploadNotFound].
func (t *Tx) Upload(list, id parterre.ID) (parterre.CustomerListUpload, error) {
	return load[parterre.CustomerListUpload](t, uploads, list, id)
}

// UploadByID reads an upload to whichever list, or fails with [parterre.UploadNotFound].
func (t *Tx) UploadByID(id parterre.ID) (parterre.CustomerListUpload, error) {
	row, err := t.row(uploads, id)
	if err != nil {
		return parterre.CustomerListUpload{}, err
	}
	return decode[parterre.CustomerListUpload](uploads, row)
}

// CreateUpload writes a new upload. It fills in the id, and the moments of creation and update when they are 0.
func (t *Tx) CreateUpload(u *parterre.CustomerListUpload) error {
	id, err := t.next(uploads)
	if err != nil {
		return err
	}
	u.ID = id
	t.seconds(&u.Created)
	t.seconds(&u.Updated)
	return t.save(t.put, uploads, driver.Row{ID: id, Owner: u.List}, u)
}

// PutUpload writes an upload in place of the stored one. It fails with [parterre.UploadNotFound] when there is none to the
// customer list.
func (t *Tx) PutUpload(u *parterre.CustomerListUpload) error {
	return t.save(t.replace, uploads, driver.Row{ID: u.ID, Owner: u.List}, u)
}

// Uploads lists the uploads to a customer list, and gives the id to continue after, 0 when there is no more.
func (t *Tx) Uploads(of parterre.ID, p Page) ([]parterre.CustomerListUpload, parterre.ID, error) {
	return list[parterre.CustomerListUpload](t, uploads, of, p)
}
