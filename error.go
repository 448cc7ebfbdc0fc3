package parterre

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Code says what kind of thing went wrong. The zero Code is Internal, so an error that nobody classified is never blamed
// on the caller. What each code becomes on the wire is decided in one place, package api/wire.
type Code int

// The codes, one a meaning.
const (
	Internal               Code = iota // a fault of ours, or of the machine
	InvalidRequest                     // a parameter or the body is wrong
	InvalidParameters                  // an operation refuses what it was asked as a whole: a bookmark, a hierarchy, a second run
	InvalidRecords                     // customer list records are malformed or too many
	NoValidRecords                     // customer list records hold nothing usable
	InvalidEvents                      // some conversion events of a request failed; the error carries the results
	TooLarge                           // the body is over the size limit
	UnsupportedMediaType               // the body is of a type or an encoding that the operation does not read
	Unauthenticated                    // no token, or one that we do not know
	MissingScope                       // the token lacks a scope of the operation
	Forbidden                          // the principal has no right on the ad account, the business or the record
	AudienceForbidden                  // a request names an audience that the ad account neither owns nor received
	AdAccountNotFound                  // there is no such ad account, which the caller could know; otherwise it is Forbidden
	AudienceNotFound                   // no such audience in the ad account, or it was removed
	CustomerListNotFound               // no such customer list in the ad account
	UploadNotFound                     // no such upload of the customer list
	ConversionTagNotFound              // no such conversion tag in the ad account
	SharedAccountsNotFound             // the accounts an audience is shared with: it is unknown, or somebody else's
	RouteNotFound                      // no operation at this path
	MethodNotAllowed                   // the path has operations, but none with this method
	RateLimited                        // more requests than a rate limit allows
	NoRoom                             // the disk is full
	Unavailable                        // stopping, or too busy; trying again later may help
	NotFound                           // a record of a store is absent; use cases turn it into one of the above
)

// Error is the one error type that crosses package borders. Public is what the caller may read; Err is for the log and
// never leaves the process.
type Error struct {
	Code    Code
	Field   string // the parameter or the path inside the body that is wrong, empty where there is none
	Public  string
	Details any // more for the caller, beside the message: the results of a request's events
	Err     error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Public
	}
	if e.Public == "" {
		return e.Err.Error()
	}
	return e.Public + ": " + e.Err.Error()
}

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of the code with a public message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Public: fmt.Sprintf(format, args...)}
}

// Invalid makes the error of a wrong request. Field is the parameter, or the path inside the body, that is wrong; the
// message must name it as well and say what is allowed.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: InvalidRequest, Field: field, Public: fmt.Sprintf(format, args...)}
}

// Internalf wraps a fault of ours. The text is for the log.
func Internalf(err error, format string, args ...any) *Error {
	return &Error{Code: Internal, Err: fmt.Errorf(format+": %w", append(args, err)...)}
}

// CodeOf is the code of the first [Error] in err's chain, and Internal for any other error.
func CodeOf(err error) Code {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// quoteMost is how many characters of a caller's value an error message repeats.
const quoteMost = 60

// Quote shows a caller's value in an error message: in single quotes, control characters escaped, cut when long.
func Quote(s string) string {
	q := strconv.Quote(Clip(s))
	return "'" + strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + "'"
}

// Clip cuts a caller's value to what an error message may repeat of it.
func Clip(s string) string {
	if utf8.RuneCountInString(s) <= quoteMost {
		return s
	}
	n := 0
	for i := range s {
		if n == quoteMost {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
