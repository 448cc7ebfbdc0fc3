package audiences_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/internal/parts"
)

// uploads makes a world with a folder of parts, a list of one person, and an upload to it whose part is put.
func uploads(t *testing.T) (w *world, folder *parts.Folder, list parterre.ID, u parterre.CustomerListUpload) {
	t.Helper()
	w = newWorld(t, "in memory")
	folder, err := parts.Open(t.TempDir())
	w.must(err)
	w.must(w.Service.Close(context.Background()))
	w.Service, err = audiences.New(t.Context(), audiences.Options{Catalog: w.catalog, Index: w.index, Parts: folder, Now: w.now})
	w.must(err)
	list = w.list(1, 1)
	w.settle()
	u, err = w.CreateUpload(t.Context(), ann, account, list, false, 1)
	w.must(err)
	_, err = w.PutPart(t.Context(), account, list, u.ID, 1, strings.NewReader(records(1, 200)))
	w.must(err)
	return w, folder, list, u
}

// whole reads a list as it is stored.
func (w *world) whole(list parterre.ID) (l parterre.CustomerList) {
	w.Helper()
	w.must(w.catalog.View(w.Context(), func(tx *catalog.Tx) (err error) {
		l, err = tx.CustomerList(account, list)
		return err
	}))
	return l
}

func TestAnUploadThatEndedWithoutAnybodyKnowingCountsOnce(t *testing.T) {
	w, _, list, u := uploads(t)
	w.rolls.lists.close()
	_, err := w.RunUpload(t.Context(), ann, account, list, u.ID)
	w.must(err)
	w.until("the upload is being read", func() bool { return w.rolls.lists.visitors() > 0 })
	w.rows.updated.breakFor(1)
	w.rolls.lists.open()
	w.until("the last update was made without anybody knowing", func() bool { return w.rows.updated.failures() == 1 })
	_, err = w.UpdateCustomerList(t.Context(), ann, account, list, false, records(201, 201)) // comes after the upload's job
	w.must(err)
	w.until("the update is matched", func() bool { return w.whole(list).Uploaded == 202 && w.index.Population() == 201 })
	w.settle()
	if l := w.whole(list); l.Matched != 3 || l.Batches != 3 || l.Uploads != 0 {
		t.Errorf("the list is %+v", l)
	}
}

func TestAnUploadWhosePartsAreGoneFailsAndHoldsNothingUp(t *testing.T) {
	w, folder, list, u := uploads(t)
	w.rolls.lists.close()
	_, err := w.RunUpload(t.Context(), ann, account, list, u.ID)
	w.must(err)
	w.until("the upload is being read", func() bool { return w.rolls.lists.visitors() > 0 })
	w.must(folder.Drop(u.ID))
	w.rolls.lists.breakFor(1) // so that it has to be read again
	w.rolls.lists.open()
	w.settle()
	u, err = w.Upload(t.Context(), account, list, u.ID)
	w.must(err)
	if l := w.whole(list); u.State != parterre.UploadFailed || len(u.Errors) != 1 || l.Matched != 2 || l.Uploads != 0 {
		t.Errorf("the upload is %+v, the list %+v", u, l)
	}
}

// A part that comes while the upload is run comes too late.
func TestAPartIsRefusedWhenTheUploadWasRunWhileItCame(t *testing.T) {
	w, folder, list, u := uploads(t)
	body, more := io.Pipe()
	put := make(chan error)
	go func() {
		_, err := w.PutPart(t.Context(), account, list, u.ID, 1, body)
		put <- err
	}()
	_, err := more.Write([]byte("late@"))
	w.must(err)
	w.rolls.lists.close()
	_, err = w.RunUpload(t.Context(), ann, account, list, u.ID)
	w.must(err)
	before, err := folder.Sizes(u.ID, 1)
	w.must(err)
	_, err = more.Write([]byte("example.com"))
	w.must(errors.Join(err, more.Close()))
	if err := <-put; parterre.CodeOf(err) != parterre.InvalidParameters {
		t.Errorf("the part is answered %v", err)
	}
	if after, err := folder.Sizes(u.ID, 1); err != nil || after[0] != before[0] {
		t.Errorf("the part has %v bytes, had %v: %v", after, before, err)
	}
	w.rolls.lists.open()
	w.settle()
	if u, err = w.Upload(t.Context(), account, list, u.ID); err != nil || u.State != parterre.UploadSucceeded || u.Processed != 200 {
		t.Errorf("the upload is %+v: %v", u, err)
	}
}
