package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Upload is a change of a customer list by a file that goes in parts. Times are in seconds since 1970.
type Upload struct {
	ID             string        `json:"id"`
	AdAccountID    string        `json:"ad_account_id"`
	CustomerListID string        `json:"customer_list_id"`
	CreationTime   int64         `json:"creation_time"`
	UpdatedTime    int64         `json:"updated_time"`
	State          string        `json:"state"`
	Operation      string        `json:"operation"`
	Records        *RecordCounts `json:"record_counts"` // nil before the upload is run
	Errors         []ErrorCount  `json:"error_counts"`
}

// The states of an upload. A service may have others.
const (
	UploadNotStarted = "NOT_STARTED" // parts may be put
	UploadRunning    = "RUNNING"     // the records are being read
	UploadSucceeded  = "SUCCEEDED"
	UploadFailed     = "FAILED"
)

// RecordCounts says how many records of an upload were read.
type RecordCounts struct {
	Processed int64 `json:"processed"`
	Valid     int64 `json:"valid"`
	Invalid   int64 `json:"invalid"`
}

// ErrorCount says how many records of an upload are not valid for a reason, or why it failed.
type ErrorCount struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
	Count   int64  `json:"count"`
}

// UploadPart is where a part of an upload is put. The address is its own permission.
type UploadPart struct {
	Number       int    `json:"part_number"` // from 1
	PresignedURL string `json:"presigned_url"`
}

// CreateUpload begins an upload of 1 to 10 parts, which adds records to a customer list ([OperationAdd]) or removes some
// ([OperationRemove]). [Client.UploadCustomerList] does all of it.
func (c *Client) CreateUpload(
	ctx context.Context, account, list, operation string, parts int,
) (Upload, []UploadPart, error) {
	in := struct {
		Operation string `json:"operation"`
		Parts     int    `json:"total_parts"`
	}{operation, parts}
	var out struct {
		Upload Upload `json:"customer_list_upload"`
		Data   struct {
			Parts []UploadPart `json:"file_parts"`
		} `json:"s3_multipart_upload_data"`
	}
	err := c.call(ctx, http.MethodPost, inAccount(account, "customer_lists", list, "uploads"), in, &out)
	return out.Upload, out.Data.Parts, err
}

// PutPart puts a part of an upload, of so many bytes. No token goes with it.
func (c *Client) PutPart(ctx context.Context, part UploadPart, body io.Reader, size int64) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, part.PresignedURL, body)
	if err != nil {
		return fmt.Errorf("put part %d: %w", part.Number, err)
	}
	req.ContentLength = size
	req.Header.Set("User-Agent", c.agent)
	if _, err := c.exchange(req); err != nil {
		return fmt.Errorf("put part %d: %w", part.Number, err)
	}
	return nil
}

// RunUpload has the parts of an upload read, in the background.
func (c *Client) RunUpload(ctx context.Context, account, list, id string) (Upload, error) {
	var out Upload
	err := c.call(ctx, http.MethodPost, inAccount(account, "customer_lists", list, "uploads", id, "run"), nil, &out)
	return out, err
}

// Upload reads an upload.
func (c *Client) Upload(ctx context.Context, account, list, id string) (Upload, error) {
	var out Upload
	err := c.call(ctx, http.MethodGet, inAccount(account, "customer_lists", list, "uploads", id), nil, &out)
	return out, err
}

// WaitForUpload waits until an upload has succeeded or failed. When the context ends first, the upload is given as it was last
// seen, with the error.
func (c *Client) WaitForUpload(ctx context.Context, account, list, id string) (Upload, error) {
	return wait(ctx, "upload "+id,
		func() (Upload, error) { return c.Upload(ctx, account, list, id) },
		func(u Upload) (string, bool) { return u.State, u.State == UploadSucceeded || u.State == UploadFailed })
}

// partSize is how large the parts are that a file is cut into, unless that would be more than mostParts.
const (
	partSize  = 512 << 20
	mostParts = 10
)

// UploadCustomerList uploads a file of records, has it read and waits for the end. The records are separated by commas or line
// breaks; the file is read as it is sent. Sent is called with the number of bytes of each part that has gone; it may be nil.
// An upload that failed is no error: look at its State and its Errors.
func (c *Client) UploadCustomerList(
	ctx context.Context, account, list, operation string, file io.ReaderAt, size int64, sent func(bytes int64),
) (Upload, error) {
	if size <= 0 {
		return Upload{}, errors.New("the file is empty")
	}
	each := max(partSize, (size+mostParts-1)/mostParts)
	u, parts, err := c.CreateUpload(ctx, account, list, operation, int((size+each-1)/each))
	if err != nil {
		return u, err
	}
	for i, part := range parts {
		from := int64(i) * each
		n := min(each, size-from)
		if err := c.PutPart(ctx, part, io.NewSectionReader(file, from, n), n); err != nil {
			return u, err
		}
		if sent != nil {
			sent(n)
		}
	}
	if u, err = c.RunUpload(ctx, account, list, u.ID); err != nil || u.State == UploadFailed {
		return u, err
	}
	return c.WaitForUpload(ctx, account, list, u.ID)
}
