package wire

import (
	"net/http"

	"github.com/parterre/parterre"
)

//go:generate go test -run ^TestThePageOfErrorsIsMadeFromTheCatalogue$ -update .

// kind is what a code becomes on the wire. The renderer reads status and number from here, and the page of errors is made
// of all of it.
type kind struct {
	code    parterre.Code
	status  int // of HTTP
	number  int // in the body; one number a meaning
	source  source
	when    string // completes "this is answered when …"
	example string // a message, as it is sent
}

// source says where we know from that the API answers so (reference, section 0).
type source string

const (
	published source = "published" // the status and the number stand together in the published documentation
	recorded  source = "recorded"  // they were seen on the live service
	inferred  source = "inferred"  // one of the two is published, or neither: the rest is the family's habit
)

// internalMessage is all that a caller learns of a fault of ours.
const internalMessage = "Something went wrong on our end. Sorry about that."

// kinds is the catalogue of errors, in the order of status and number. The numbers are those of the reference, section 1.4;
// where it has none for a meaning, the number is 1 for a request that is not as it must be, and the HTTP status otherwise.
var kinds = []kind{
	{
		parterre.InvalidRequest, http.StatusBadRequest, 1, published,
		"a parameter, the body or a rule is wrong; the message names what, and says what is allowed",
		"Invalid request: 'rule.percentage' must be a whole number from 1 to 10 (was 11)",
	},
	{
		parterre.InvalidParameters, http.StatusBadRequest, 400, published,
		"the operation refuses what it was asked as a whole: a bookmark that this list did not give out, ad accounts and " +
			"businesses that do not belong together, an upload that was run before",
		"Invalid ad account audience parameters. 'bookmark' is not one that this list gave out: send one back as it came, " +
			"with the same order",
	},
	{
		parterre.InvalidRecords, http.StatusBadRequest, 2740, inferred, "the records of a customer list are malformed, or too many",
		"Invalid request: 'records' holds more than 50000 records",
	},
	{
		parterre.NoValidRecords, http.StatusBadRequest, 2741, inferred, "the records of a customer list hold nothing that is valid",
		"Invalid request: 'records' holds no valid record",
	},
	{
		parterre.Unauthenticated, http.StatusUnauthorized, 2, recorded,
		"there is no token, or one that is unknown or has ended; the body says `\"status\":\"failure\"` as well",
		"Authentication failed.",
	},
	{
		parterre.MissingScope, http.StatusUnauthorized, 3, published, "the token lacks the scope of the operation",
		missingScope + " Needed: ads:write",
	},
	{
		parterre.Forbidden, http.StatusForbidden, 29, published,
		"the token's user has no right on the ad account or the business, which is also the answer where there is none",
		"You are not permitted to access that resource.",
	},
	{
		parterre.AudienceForbidden, http.StatusForbidden, 403, published,
		"a request names an audience that the ad account neither owns nor received",
		"You don't have access to the requested audience list or product group.",
	},
	{
		parterre.AdAccountNotFound, http.StatusNotFound, 2, inferred,
		"there is no such ad account, and the caller may know that; everybody else is told 403 with code 29",
		"AdAccount not found.",
	},
	{
		parterre.ConversionTagNotFound, http.StatusNotFound, 404, inferred, "the ad account has no such conversion tag",
		"Conversion tag could not be found.",
	},
	{
		parterre.UploadNotFound, http.StatusNotFound, 404, inferred, "the customer list has no such upload",
		"Customer list upload could not be found.",
	},
	{
		parterre.SharedAccountsNotFound, http.StatusNotFound, 404, published,
		"who an audience is shared with is asked, and it is unknown or somebody else's", "Shared accounts not found.",
	},
	{
		parterre.RouteNotFound, http.StatusNotFound, 404, inferred, "there is no operation at the path",
		"There is no operation at '/v5/nothing'",
	},
	{
		parterre.NotFound, http.StatusNotFound, 404, inferred, "something else that the request names does not exist",
		"There is no such record.",
	},
	{
		parterre.AudienceNotFound, http.StatusNotFound, 1000, published, "the ad account has no such audience, or it was removed",
		"Audience could not be found.",
	},
	{
		parterre.CustomerListNotFound, http.StatusNotFound, 1001, published, "the ad account has no such customer list",
		"Customer list could not be found",
	},
	{
		parterre.MethodNotAllowed, http.StatusMethodNotAllowed, 5, published,
		"the path has operations, but none with this method; the header `Allow` lists those it has",
		"Method not allowed: '/v5/ad_accounts' takes GET, HEAD",
	},
	{
		parterre.TooLarge, http.StatusRequestEntityTooLarge, 413, inferred, "the body is over the size limit",
		"The request body is too large: at most 1048576 bytes are allowed",
	},
	{
		parterre.UnsupportedMediaType, http.StatusUnsupportedMediaType, 415, inferred,
		"the body is of a type, or in an encoding, that the operation does not read",
		"The body must be JSON, sent with the header Content-Type: application/json (was 'application/x-www-form-urlencoded')",
	},
	{
		parterre.InvalidEvents, http.StatusUnprocessableEntity, 953, recorded,
		"some conversion events of the request failed; `details` holds the result of each",
		"The action could not be processed properly due to some or all data provided being invalid.",
	},
	{
		parterre.RateLimited, http.StatusTooManyRequests, 8, published,
		"a rate limit is used up; the header `x-ratelimit-reset` says in how many seconds it is not",
		rateLimited,
	},
	{
		parterre.Internal, http.StatusInternalServerError, 12, recorded, "Parterre failed; the log has the cause, under the " +
			"`x-pinterest-rid` of the answer",
		internalMessage,
	},
	{
		parterre.Unavailable, http.StatusServiceUnavailable, 503, inferred,
		"the request was called off, the service is stopping, or it has more to do than it can, which the message says; the same " +
			"request may be sent again after the seconds that the header `Retry-After` says",
		"The request was called off before it was done; it may be sent again",
	},
	{
		parterre.NoRoom, http.StatusServiceUnavailable, 507, inferred,
		"the disk is full, or nearly so; nothing of the request was kept, and look-ups go on",
		"The disk is full: nothing of it was kept",
	},
}

// The messages that the service itself writes, so that the catalogue cannot say another one.
const (
	missingScope = "Your token does not have sufficient permissions to perform this operation. Please ensure your token is " +
		"authorized with the correct set of scopes."
	rateLimited = "This request exceeded a rate limit. This can happen if the client exceeds one\nof the published rate limits " +
		"within a short time window."
)

// kindOf gives the kind of a code. A code without one is a fault of ours, and told as such.
func kindOf(code parterre.Code) kind {
	for _, k := range kinds {
		if k.code == code {
			return k
		}
	}
	return kindOf(parterre.Internal)
}
