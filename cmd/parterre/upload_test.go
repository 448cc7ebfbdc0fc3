package main_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
)

// An upload that is being read when the service is killed, again and again, is read to its end, and every record counts once.
func TestAnUploadOutlivesAKill(t *testing.T) {
	const records = 200_000
	data := filepath.Join(t.TempDir(), "data")
	s := serve(t, nil, "--addr", "127.0.0.1:0", "--data", data)
	list, err := s.CreateCustomerList(t.Context(), account, client.CustomerListCreate{Name: "L", Records: []string{"a@example.com"}})
	orFail(t, err)
	up, parts, err := s.CreateUpload(t.Context(), account, list.ID, client.OperationAdd, 1)
	orFail(t, err)
	var file strings.Builder
	for n := range records {
		fmt.Fprintf(&file, "reader%d@example.com\n", n)
	}
	orFail(t, s.PutPart(t.Context(), parts[0], strings.NewReader(file.String()), int64(file.Len())))
	_, err = s.RunUpload(t.Context(), account, list.ID, up.ID)
	orFail(t, err)
	kills := 0
	for range 4 {
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		if now, err := s.Upload(t.Context(), account, list.ID, up.ID); err == nil && now.State == client.UploadRunning {
			kills++
		}
		s.kill(t)
		s = serve(t, nil, "--addr", "127.0.0.1:0", "--data", data)
	}
	end, err := s.WaitForUpload(t.Context(), account, list.ID, up.ID)
	orFail(t, err)
	if end.State != client.UploadSucceeded || end.Records.Processed != records || end.Records.Valid != records {
		t.Errorf("after %d kills it ended as %+v, %+v", kills, end, end.Records)
	}
	list, err = s.WaitForCustomerList(t.Context(), account, list.ID)
	orFail(t, err)
	if list.UploadedRecords != records+1 || list.Batches != 2 || list.Status != client.StatusReady {
		t.Errorf("after %d kills the list is %+v", kills, list)
	}
	a, err := s.CreateAudience(t.Context(), account, client.AudienceCreate{
		AudienceType: client.TypeCustomerList, Name: "A", Rule: map[string]string{"customer_list_id": list.ID},
	})
	orFail(t, err)
	if a, err = s.WaitForAudience(t.Context(), account, a.ID); err != nil || a.Size != records+1 {
		t.Errorf("the audience has %d: %v", a.Size, err)
	}
	if kills == 0 {
		t.Error("it was never killed while it was read")
	}
}
