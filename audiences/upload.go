package audiences

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// MaxPart is how large a part of an upload may be, in bytes: what S3 allows.
const MaxPart = 5 << 30

// Parts keeps the parts of uploads until they are read. Package internal/parts is one.
type Parts interface {
	Put(
		ctx context.Context, upload parterre.ID, part int, from io.Reader, most int64, keep func(place func() error) error,
	) (etag string, err error)
	Sizes(upload parterre.ID, n int) ([]int64, error)
	Read(upload parterre.ID, n int, offset int64) (io.ReadCloser, error)
	Drop(upload parterre.ID) error
	Uploads() ([]parterre.ID, error)
}

// CreateUpload begins a change of a customer list by a file that comes in parts. It is durable when it returns.
func (s *Service) CreateUpload(
	ctx context.Context, p *parterre.Principal, account, list parterre.ID, remove bool, parts int,
) (parterre.CustomerListUpload, error) {
	now := s.now().Unix()
	u := parterre.CustomerListUpload{
		AdAccount: account, List: list, Remove: remove, Parts: parts, State: parterre.UploadNotStarted, Created: now, Updated: now,
	}
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if _, err := tx.CustomerList(account, list); err != nil {
			return err
		}
		if err := tx.CreateUpload(&u); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: account, Operation: "customer_list_uploads/create", Subject: u.ID, After: 1})
	})
	return u, err
}

// Upload reads an upload to a customer list of the ad account. One that was not run in time has failed.
func (s *Service) Upload(ctx context.Context, account, list, id parterre.ID) (u parterre.CustomerListUpload, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if _, err := tx.CustomerList(account, list); err != nil {
			return err
		}
		u, err = tx.Upload(list, id)
		return err
	})
	if err == nil && s.expired(&u) {
		expire(&u)
	}
	return u, err
}

func (s *Service) expired(u *parterre.CustomerListUpload) bool {
	return u.State == parterre.UploadNotStarted && s.now().Unix() >= u.Deadline()
}

func expire(u *parterre.CustomerListUpload) {
	u.State, u.Updated = parterre.UploadFailed, u.Deadline()
	u.AddError(uploadExpired, "The upload was not run within a day", 1)
}

// The codes of why an upload failed, and of why a record is not valid. The documentation has 42 in a sample; the others are
// ours.
const (
	uploadMissing  = 1 // a part is not there
	uploadShort    = 2 // a part that is not the last is too small
	uploadExpired  = 3
	uploadNoRecord = 4 // none is valid
	invalidEmail   = 42
	invalidRecord  = 43
	longRecord     = 44
	brokenRecord   = 45 // not text
)

// PutPart keeps a part of an upload that was not run. It is read as it comes.
func (s *Service) PutPart(
	ctx context.Context, account, list, id parterre.ID, part int, from io.Reader,
) (etag string, err error) {
	takes := func() error { return s.takesPart(ctx, account, list, id, part) }
	if err := takes(); err != nil {
		return "", err
	}
	if err := s.placeForUpload(id); err != nil {
		return "", err
	}
	return s.parts.Put(ctx, id, part, from, MaxPart, func(place func() error) error {
		s.uploading.Lock()
		defer s.uploading.Unlock()
		if err := takes(); err != nil { // it may have been run, or have ended, while the part came
			return err
		}
		return place()
	})
}

// MaxUploads is how many uploads may have parts that were not read yet.
const MaxUploads = 1000

// placeForUpload fails when an upload would be the first too many that has parts.
func (s *Service) placeForUpload(id parterre.ID) error {
	open, err := s.parts.Uploads()
	if err == nil && len(open) >= MaxUploads && !slices.Contains(open, id) {
		return parterre.Errorf(parterre.Unavailable, "There are %d uploads with parts that wait to be run or read, which is as many as "+
			"there may be: come back when some are done", len(open))
	}
	return err
}

// takesPart fails unless the part may be put now.
func (s *Service) takesPart(ctx context.Context, account, list, id parterre.ID, part int) error {
	u, err := s.Upload(ctx, account, list, id)
	switch {
	case err != nil:
		return err
	case u.State != parterre.UploadNotStarted:
		return parterre.Errorf(parterre.InvalidParameters, "Invalid parameters. The upload is %s, and takes no more parts", u.State)
	case part < 1 || part > u.Parts:
		return parterre.Invalid("part_number", "The upload has parts 1 to %d (was %d)", u.Parts, part)
	}
	return nil
}

// RunUpload has the parts of an upload read in the background. It can be run once. When a part is missing or too small, the
// upload has failed. What was decided is durable when it returns.
func (s *Service) RunUpload(
	ctx context.Context, p *parterre.Principal, account, list, id parterre.ID,
) (u parterre.CustomerListUpload, err error) {
	if u, err = s.Upload(ctx, account, list, id); err != nil {
		return u, err
	}
	s.uploading.Lock() // no part changes from here on
	defer s.uploading.Unlock()
	sizes, err := s.parts.Sizes(id, u.Parts)
	if err != nil {
		return u, err
	}
	err = s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		l, err := tx.CustomerList(account, list)
		if err != nil {
			return err
		}
		if u, err = tx.Upload(list, id); err != nil {
			return err
		}
		if u.State != parterre.UploadNotStarted || s.expired(&u) {
			return parterre.Errorf(parterre.InvalidParameters, "Invalid parameters. An upload is run once, within a day of its creation")
		}
		u.Updated = s.now().Unix()
		if !complete(&u, sizes) {
			u.State = parterre.UploadFailed
			return tx.PutUpload(&u)
		}
		l.Batches++
		l.Uploads++
		l.Updated = u.Updated
		u.State, u.Batch = parterre.UploadRunning, l.Batches
		if err := errors.Join(tx.PutCustomerList(&l), tx.PutUpload(&u)); err != nil {
			return err
		}
		if _, err := tx.AddJob(catalog.Job{Kind: catalog.ReadUpload, Account: account, Subject: list, Batch: id}); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: account, Operation: "customer_list_uploads/run", Subject: id, After: 2})
	})
	if err != nil {
		return u, err
	}
	if u.State == parterre.UploadFailed {
		s.dropParts(id)
	}
	s.worker.wake()
	return u, nil
}

// complete says whether all parts are there and large enough, and otherwise why not.
func complete(u *parterre.CustomerListUpload, sizes []int64) bool {
	for i, size := range sizes {
		switch {
		case size < 0:
			u.AddError(uploadMissing, fmt.Sprintf("Part %d is missing", i+1), 1)
		case i < len(sizes)-1 && size < parterre.MinUploadPart:
			u.AddError(uploadShort, fmt.Sprintf("Part %d has %d bytes, and every part but the last needs %d", i+1, size,
				parterre.MinUploadPart), 1)
		}
	}
	return len(u.Errors) == 0
}

// readUpload is the job that reads an upload: some records at a time, each with what was read so far in one transaction, so
// that after a crash it goes on where it was. Taking the same records in again changes nothing.
func (s *Service) readUpload(ctx context.Context, j catalog.Job) error {
	var u parterre.CustomerListUpload
	err := s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		u, err = tx.Upload(j.Subject, j.Batch)
		return err
	})
	if parterre.CodeOf(err) == parterre.UploadNotFound { // wiped meanwhile
		s.dropParts(j.Batch)
		return s.finish(ctx, j)
	}
	if err != nil {
		return err
	}
	if u.State != parterre.UploadRunning { // it has ended, and the store could not say so
		s.dropParts(u.ID)
		return s.finish(ctx, j)
	}
	err = s.readParts(ctx, &u, j)
	if errors.Is(err, fs.ErrNotExist) { // somebody removed a part: trying again would not bring it back
		s.log.Error("a part of an upload is gone", slog.String("upload", u.ID.String()), slog.String("error", err.Error()))
		lost := recordBatch{last: true, invalid: []parterre.UploadError{{Code: uploadMissing, Message: "A part was lost", Count: 1}}}
		_, err = s.noteRead(ctx, &u, lost, j)
	}
	return err
}

// recordsAtOnce is how many records of an upload are taken into the index at once: nothing else gets in meanwhile.
const recordsAtOnce = 5000

// readParts reads an upload from where it is to its end.
func (s *Service) readParts(ctx context.Context, u *parterre.CustomerListUpload, j catalog.Job) error {
	from, err := s.parts.Read(u.ID, u.Parts, u.Offset)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	for r := newRecordReader(from, u.Offset == 0); ; {
		batch, err := r.next(ctx, MaxRecords)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(batch.valid, recordsAtOnce) {
			if err := s.index.ChangeList(ctx, u.List, u.Batch, u.Remove, some); err != nil {
				return err
			}
		}
		gone, err := s.noteRead(ctx, u, batch, j)
		if gone || err != nil {
			return err
		}
		if batch.last {
			s.dropParts(u.ID)
			return nil
		}
	}
}

// noteRead writes how far an upload has come; with the last records, that it has ended. Gone says that the list was wiped.
func (s *Service) noteRead(
	ctx context.Context, u *parterre.CustomerListUpload, b recordBatch, j catalog.Job,
) (gone bool, err error) {
	err = s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		l, err := tx.CustomerList(u.AdAccount, u.List)
		if parterre.CodeOf(err) == parterre.CustomerListNotFound {
			gone = true
			return tx.DeleteJob(j.ID)
		}
		if err != nil {
			return err
		}
		now := s.now().Unix()
		u.Offset += b.bytes
		u.Processed += b.records
		u.Valid += len(b.valid)
		lost := false
		for _, e := range b.invalid {
			u.AddError(e.Code, e.Message, e.Count)
			lost = lost || e.Code == uploadMissing
		}
		u.Updated, l.Updated = now, now
		if u.Remove {
			l.Removed += b.records
		} else {
			l.Uploaded += b.records
		}
		if b.last {
			l.Matched++
			l.Uploads--
			u.State = parterre.UploadSucceeded
			switch {
			case lost:
				u.State = parterre.UploadFailed
			case u.Valid == 0:
				u.State = parterre.UploadFailed
				u.AddError(uploadNoRecord, "No record is valid", 1)
			}
			if err := tx.DeleteJob(j.ID); err != nil {
				return err
			}
		}
		return errors.Join(tx.PutCustomerList(&l), tx.PutUpload(u))
	})
	if gone {
		s.dropParts(u.ID)
	}
	return gone, err
}

// dropParts removes what nobody reads any more. What cannot be removed now is removed later.
func (s *Service) dropParts(upload parterre.ID) {
	if err := s.parts.Drop(upload); err != nil {
		s.log.Error("parts of an upload are left over", slog.String("upload", upload.String()), slog.String("error", err.Error()))
	}
}

// sweep is how often leftovers of uploads are looked for.
const sweep = time.Hour

// sweepUploads removes the parts of uploads that have ended, or will never be run.
func (s *Service) sweepUploads(ctx context.Context) error {
	ids, err := s.parts.Uploads()
	if err != nil {
		return err
	}
	for _, id := range ids {
		needed := false
		err := s.catalog.View(ctx, func(tx *catalog.Tx) error {
			u, err := tx.UploadByID(id)
			if parterre.CodeOf(err) == parterre.UploadNotFound {
				return nil
			}
			needed = u.State == parterre.UploadRunning || u.State == parterre.UploadNotStarted && !s.expired(&u)
			return err
		})
		if err != nil {
			return err
		}
		if !needed {
			s.dropParts(id)
		}
	}
	return nil
}

// sweeping removes leftovers of uploads from time to time, until the context ends.
func (s *Service) sweeping(ctx context.Context) {
	tick := time.NewTicker(sweep)
	defer tick.Stop()
	for {
		if err := s.sweepUploads(ctx); err != nil && !stopped(err) {
			s.log.Error("cannot look for leftovers of uploads", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
