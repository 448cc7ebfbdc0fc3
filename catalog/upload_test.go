package catalog_test

import (
	"reflect"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

func TestUploads(t *testing.T) {
	c := newCatalog()
	u := parterre.CustomerListUpload{AdAccount: 7, List: 20, Remove: true, Parts: 3, State: parterre.UploadNotStarted}
	other := parterre.CustomerListUpload{AdAccount: 7, List: 21, Created: 5, Updated: 6}
	update(t, c, func(tx *catalog.Tx) error {
		if err := tx.CreateUpload(&u); err != nil {
			return err
		}
		return tx.CreateUpload(&other)
	})
	if u.ID != 6450001 || u.Created != noon || u.Updated != noon {
		t.Errorf("the new upload is %+v, want the first id, created and updated at noon", u)
	}
	if other.ID != 6450002 || other.Created != 5 || other.Updated != 6 {
		t.Errorf("the second upload is %+v, want the next id and the moments as they were", other)
	}
	u.State, u.Offset, u.Processed, u.Valid, u.Batch = parterre.UploadRunning, 1<<40, 9, 7, 2
	u.AddError(42, "Invalid email", 1)
	u.AddError(41, "Record too long", 1)
	u.AddError(42, "Invalid email", 2)
	if want := []parterre.UploadError{{Code: 42, Message: "Invalid email", Count: 3}, {Code: 41, Message: "Record too long", Count: 1}}; !reflect.DeepEqual(u.Errors, want) {
		t.Errorf("the errors are %+v, want %+v", u.Errors, want)
	}
	update(t, c, func(tx *catalog.Tx) error { return tx.PutUpload(&u) })
	view(t, c, func(tx *catalog.Tx) error {
		got, err := tx.Upload(20, u.ID)
		if err != nil || !reflect.DeepEqual(got, u) {
			t.Errorf("the upload is %+v, %v, want %+v", got, err, u)
		}
		_, absent := tx.Upload(21, u.ID)
		wantError(t, absent, parterre.UploadNotFound, "Customer list upload could not be found.")
		return err
	})
	u.List = 21
	err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutUpload(&u) })
	wantError(t, err, parterre.UploadNotFound, "Customer list upload could not be found.")
}
