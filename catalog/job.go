package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var jobs = noun{driver.Jobs, 1, parterre.NotFound, "Job could not be found."}

// JobKind says what a job does.
type JobKind string

// The kinds of jobs. They are part of the format on disk.
const (
	Materialise  JobKind = "materialise"   // evaluate the rule of an audience's version
	MatchRecords JobKind = "match_records" // match a batch of a customer list
	ReadUpload   JobKind = "read_upload"   // match the records of an upload to a customer list
	DropRoll     JobKind = "drop_roll"     // delete the roll of an audience's version
	DropList     JobKind = "drop_list"     // delete the rolls of a customer list
	DropAccount  JobKind = "drop_account"  // delete what an ad account's events left in the index
)

// JobKinds are all the kinds.
var JobKinds = []JobKind{Materialise, MatchRecords, ReadUpload, DropRoll, DropList, DropAccount}

// Job is work that the service owes itself. It is written in the transaction that makes it necessary, and deleted when it is
// done, so a crash in between repeats it.
type Job struct {
	ID      parterre.ID `json:"id"`
	Kind    JobKind     `json:"kind"`
	Account parterre.ID `json:"account"`
	Subject parterre.ID `json:"subject"` // the audience, the customer list or the ad account
	Version int         `json:"version,omitempty"`
	Batch   parterre.ID `json:"batch"`             // of MatchRecords; of ReadUpload the upload
	Batches int         `json:"batches,omitempty"` // of Materialise: how many batches of the customer list come first
	Created int64       `json:"created,omitempty"` // seconds since 1970; 0 in data of builds that did not note it
}

// AddJob writes a new job and gives its id; the job's own is not looked at. It fills in the moment of creation when that is 0.
func (t *Tx) AddJob(j Job) (parterre.ID, error) {
	id, err := t.next(jobs)
	if err != nil {
		return 0, err
	}
	j.ID = id
	t.seconds(&j.Created)
	return id, t.save(t.put, jobs, driver.Row{ID: id}, j)
}

// Jobs lists the jobs, oldest first unless the page says otherwise, and gives the id to continue after, 0 when there is no
// more.
func (t *Tx) Jobs(p Page) ([]Job, parterre.ID, error) { return list[Job](t, jobs, 0, p) }

// Job reads a job, or fails with [parterre.NotFound] when it is done.
func (t *Tx) Job(id parterre.ID) (Job, error) { return load[Job](t, jobs, 0, id) }

// DeleteJob removes a job; that there is none is not an error.
func (t *Tx) DeleteJob(id parterre.ID) error { return t.remove(jobs, id) }
