package wire

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"mime"
	"net/http"
	"strings"

	"github.com/parterre/parterre"
)

// rid is the header that names a request. Of the headers that the live service was seen to send (reference, section 1.9),
// the two names of a request and Cache-Control are sent: what the others tell is about machines that are not here.
const rid = "X-Pinterest-Rid"

// name gives the answer its names: sixteen digits, and 128 bits in hexadecimal.
func name(h http.Header) {
	const digits = 16
	var short [digits]byte
	for i, n := digits-1, rand.Uint64N(1e16); i >= 0; i-- { //nolint:gosec // it is a name, not a secret
		short[i] = byte('0' + n%10)
		n /= 10
	}
	var long [16]byte
	binary.BigEndian.PutUint64(long[:], rand.Uint64())  //nolint:gosec // as above
	binary.BigEndian.PutUint64(long[8:], rand.Uint64()) //nolint:gosec // as above
	var text [2 * len(long)]byte
	hex.Encode(text[:], long[:])
	h[rid] = []string{string(short[:])}
	h["X-Pinterest-Rid-128bit"] = []string{string(text[:])}
}

// bodyKind is a type of body, as a header says it.
type bodyKind string

const (
	jsonBody bodyKind = "application/json"
	formBody bodyKind = "application/x-www-form-urlencoded"
)

// is says whether a body of the named type is of the kind.
func (k bodyKind) is(name string) bool {
	return name == string(k) || k == jsonBody && strings.HasSuffix(name, "+json")
}

// checkEncoding refuses a body that is packed: nothing here unpacks one, and what is packed is not what it says it is. A body
// that nobody reads may be anything.
func checkEncoding(r *http.Request) error {
	all := r.Header["Content-Encoding"]
	if len(all) == 0 {
		return nil
	}
	encoding := strings.Join(all, ", ")
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.ContentLength == 0 ||
		encoding == "" || strings.EqualFold(encoding, "identity") {
		return nil
	}
	return parterre.Errorf(parterre.UnsupportedMediaType,
		"The body must be sent as it is: the header Content-Encoding was %s", parterre.Quote(encoding))
}

// checkType refuses a body that says it is something else. One that does not say what it is is read, and parameters behind
// the type do not matter: all bodies are UTF-8.
func checkType(h http.Header, want bodyKind) error {
	given := h.Get("Content-Type")
	if given == string(want) { // as nearly everybody says it
		return nil
	}
	kind, _, err := mime.ParseMediaType(given)
	if given == "" || (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter)) && want.is(kind) {
		return nil
	}
	what := "JSON"
	if want == formBody {
		what = "a form"
	}
	return parterre.Errorf(parterre.UnsupportedMediaType,
		"The body must be %s, sent with the header Content-Type: %s (was %s)", what, want, parterre.Quote(given))
}
