package v5

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/parterre/parterre"
)

// bookmarks writes and reads bookmarks: where a page ended, and the list that it is a page of, with a digest that only we
// can make. A caller cannot read anything into one, and cannot use one for another list.
type bookmarks struct{ key []byte }

// write makes the bookmark of a list after an id; nil when there is no more. List names the operation and every parameter
// that changes the order or the items.
func (b bookmarks) write(list string, after parterre.ID) *string {
	if after == 0 {
		return nil
	}
	body := after.String() + "|" + b.digest(list, after.String())
	s := base64.RawURLEncoding.EncodeToString([]byte(body))
	return &s
}

// read gives the id after which the list goes on. It reports false for anything that write did not make for this list.
func (b bookmarks) read(list, bookmark string) (after parterre.ID, ok bool) {
	body, err := base64.RawURLEncoding.DecodeString(bookmark)
	if err != nil {
		return 0, false
	}
	id, _, _ := strings.Cut(string(body), "|")
	if after, err = parterre.ParseID("bookmark", id); err != nil {
		return 0, false
	}
	made := b.write(list, after) // all of it is compared: of one text, base64 has several spellings
	if made == nil || !hmac.Equal([]byte(*made), []byte(bookmark)) {
		return 0, false
	}
	return after, true
}

func (b bookmarks) digest(list, after string) string {
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte(list + "|" + after))
	return hex.EncodeToString(mac.Sum(nil))
}
