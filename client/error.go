package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Error is a refusal of the service. Find it with [errors.As]:
//
//	if e := (*client.Error)(nil); errors.As(err, &e) && e.Status == http.StatusNotFound { … }
type Error struct {
	Status  int    // of HTTP
	Code    int    // of the API; 0 when the answer had none
	Message string // what the service says is wrong
	Details json.RawMessage
}

func (e *Error) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("HTTP %d: %s", e.Status, e.Message)
	}
	return fmt.Sprintf("HTTP %d, code %d: %s", e.Status, e.Code, e.Message)
}

// ErrUnreached is in the chain of the error for a request that got no answer: nobody listens there, or the connection broke
// off.
var ErrUnreached = errors.New("the service was not reached")

// clipped is how much of an answer that is not the API's own the message repeats, in bytes.
const clipped = 200

// decodeError makes the error of a refusal. An answer that is not the API's, of a proxy perhaps, becomes the message.
func decodeError(status int, body []byte) *Error {
	var answer struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	if err := json.Unmarshal(body, &answer); err == nil && (answer.Code != 0 || answer.Message != "") {
		return &Error{Status: status, Code: answer.Code, Message: answer.Message, Details: answer.Details}
	}
	text := strings.TrimSpace(string(body))
	if text == "" || !utf8.ValidString(text) {
		text = http.StatusText(status)
	}
	if len(text) > clipped {
		text = strings.ToValidUTF8(text[:clipped], "") + "…"
	}
	return &Error{Status: status, Message: text}
}
