package v5

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/internal/jsonbody"
)

// listUpload is the contract's CustomerListUpload.
type listUpload struct {
	ID        parterre.ID          `json:"id"`
	AdAccount parterre.ID          `json:"ad_account_id"`
	List      parterre.ID          `json:"customer_list_id"`
	Created   int64                `json:"creation_time"`
	Updated   int64                `json:"updated_time"`
	State     parterre.UploadState `json:"state"`
	Operation string               `json:"operation"`
	Records   *recordCounts        `json:"record_counts"`
	Errors    []errorCount         `json:"error_counts"`
}

type recordCounts struct {
	Processed int `json:"processed"`
	Valid     int `json:"valid"`
	Invalid   int `json:"invalid"`
}

type errorCount struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
	Count   int    `json:"count"`
}

// uploadShape tells no counts before an upload is run: they are null then.
func uploadShape(u parterre.CustomerListUpload) listUpload {
	shape := listUpload{
		ID: u.ID, AdAccount: u.AdAccount, List: u.List, Created: u.Created, Updated: u.Updated, State: u.State, Operation: "ADD",
	}
	if u.Remove {
		shape.Operation = "REMOVE"
	}
	if u.Batch > 0 {
		shape.Records = &recordCounts{u.Processed, u.Valid, u.Processed - u.Valid}
		shape.Errors = []errorCount{}
	}
	for _, e := range u.Errors {
		shape.Errors = append(shape.Errors, errorCount{e.Code, e.Message, e.Count})
	}
	return shape
}

// filePart is the contract's S3FilePart.
type filePart struct {
	Number int    `json:"part_number"`
	URL    string `json:"presigned_url"`
}

func (a *API) createUpload(r *wire.Request) (any, error) {
	list, err := r.ID("customer_list_id")
	if err != nil {
		return nil, err
	}
	body := jsonbody.Parse("", r.Payload)
	body.Require("operation", "total_parts")
	remove := false
	if s := body.String("operation"); s != nil && *s != "ADD" {
		if remove = *s == "REMOVE"; !remove {
			body.Fail("operation", "%s is not one of ['ADD', 'REMOVE']", parterre.Quote(*s))
		}
	}
	parts := 0
	if n := body.Int("total_parts", 1, parterre.MaxUploadParts); n != nil {
		parts = int(*n)
	}
	if err := body.Err(); err != nil {
		return nil, err
	}
	u, err := a.service.CreateUpload(r.Context(), r.Principal, r.Account, list, remove, parts)
	if err != nil {
		return nil, err
	}
	files := make([]filePart, parts)
	for i := range files {
		files[i] = filePart{i + 1, a.links.To(r.Request, u, i+1)}
	}
	return struct {
		Upload listUpload `json:"customer_list_upload"`
		Data   struct {
			Parts []filePart `json:"file_parts"`
		} `json:"s3_multipart_upload_data"`
	}{uploadShape(u), struct {
		Parts []filePart `json:"file_parts"`
	}{files}}, nil
}

func (a *API) getUpload(r *wire.Request) (any, error) {
	list, id, err := uploadIDs(r)
	if err != nil {
		return nil, err
	}
	u, err := a.service.Upload(r.Context(), r.Account, list, id)
	return uploadShape(u), err
}

func (a *API) runUpload(r *wire.Request) (any, error) {
	list, id, err := uploadIDs(r)
	if err != nil {
		return nil, err
	}
	u, err := a.service.RunUpload(r.Context(), r.Principal, r.Account, list, id)
	return uploadShape(u), err
}

func uploadIDs(r *wire.Request) (list, upload parterre.ID, err error) {
	if list, err = r.ID("customer_list_id"); err != nil {
		return 0, 0, err
	}
	upload, err = r.ID("customer_list_upload_id")
	return list, upload, err
}
