package parterre

// UploadState says how far an upload to a customer list has come.
type UploadState string

// The states of an upload.
const (
	UploadNotStarted UploadState = "NOT_STARTED" // parts may be sent
	UploadRunning    UploadState = "RUNNING"     // the parts are all there and being read
	UploadSucceeded  UploadState = "SUCCEEDED"   // every record was read, and one at least was valid
	UploadFailed     UploadState = "FAILED"      // see its Errors
)

// How many parts an upload may have (contract, CustomerListUploadCreateRequest), and how large each is at least but the
// last, in bytes, which only must not be empty (reference, section 6.1).
const (
	MaxUploadParts = 10
	MinUploadPart  = 5 << 20
)

// UploadLife is how long the parts of an upload may be sent, from its creation, in seconds. One that was not run by then
// has failed.
const UploadLife = 24 * 60 * 60

// CustomerListUpload changes a customer list by a file that comes in parts. The parts are one stream of bytes.
type CustomerListUpload struct {
	ID        ID            `json:"id"`
	AdAccount ID            `json:"ad_account"`
	List      ID            `json:"list"`
	Remove    bool          `json:"remove"` // the records leave the list
	Parts     int           `json:"parts"`  // how many were announced
	State     UploadState   `json:"state"`
	Created   int64         `json:"created"`
	Updated   int64         `json:"updated"`
	Batch     int           `json:"batch"`     // the list's number of it, from when it is run; 0 before
	Offset    int64         `json:"offset"`    // how many bytes of the parts were read
	Processed int           `json:"processed"` // records
	Valid     int           `json:"valid"`     // of the processed
	Errors    []UploadError `json:"errors,omitempty"`
}

// UploadError is a reason why records of an upload are not valid, or why the upload failed.
type UploadError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Count   int    `json:"count"`
}

// Deadline is the moment from which on no part is taken and the upload cannot be run, in seconds since 1970.
func (u *CustomerListUpload) Deadline() int64 { return u.Created + UploadLife }

// AddError counts a reason n times more.
func (u *CustomerListUpload) AddError(code int, message string, n int) {
	for i := range u.Errors {
		if u.Errors[i].Code == code && u.Errors[i].Message == message {
			u.Errors[i].Count += n
			return
		}
	}
	u.Errors = append(u.Errors, UploadError{code, message, n})
}
