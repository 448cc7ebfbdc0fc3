// Package upload takes the parts of uploads to customer lists, at addresses that carry their own permission: what an object
// store would do (reference, section 6).
package upload

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
)

// Path is where parts are put.
const path = "/uploads/{ad_account}/{customer_list}/{upload}/{part}"

// Links signs the addresses at which parts are put. Whoever knows one can put that part until it ends.
type Links struct {
	Key  []byte // keep it secret
	Base string // scheme and host where this service is reached; as the request has them when empty
}

// To is the address of a part, as seen by the request that asks for it.
func (l Links) To(r *http.Request, u parterre.CustomerListUpload, part int) string {
	base := strings.TrimRight(l.Base, "/")
	if base == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		base = scheme + "://" + r.Host
	}
	expires := strconv.FormatInt(u.Deadline(), 10)
	target := fmt.Sprintf("/uploads/%s/%s/%s/%d", u.AdAccount, u.List, u.ID, part)
	return base + target + "?expires=" + expires + "&signature=" + l.sign(target, expires)
}

func (l Links) sign(target, expires string) string {
	mac := hmac.New(sha256.New, l.Key)
	_, _ = mac.Write([]byte("part of an upload\x00" + target + "\x00" + expires)) // a hash takes everything
	return hex.EncodeToString(mac.Sum(nil))
}

// Routes is the route at which parts are put.
func Routes(s *audiences.Service, l Links, now func() time.Time) []wire.Route {
	return []wire.Route{{Operation: "uploads/put", Method: http.MethodPut, Path: path, Open: true, Handle: func(r *wire.Request) (any, error) {
		if err := l.check(r.Request, now()); err != nil {
			return nil, err
		}
		return put(s, r)
	}}}
}

// check says whether the address is one that was given out, and has not ended.
func (l Links) check(r *http.Request, now time.Time) error {
	q := r.URL.Query()
	if !hmac.Equal([]byte(l.sign(r.URL.Path, q.Get("expires"))), []byte(q.Get("signature"))) {
		return parterre.Errorf(parterre.Forbidden, "The signature is not right: put each part to its presigned_url, to the letter")
	}
	if until, err := strconv.ParseInt(q.Get("expires"), 10, 64); err != nil || now.Unix() >= until {
		return parterre.Errorf(parterre.Forbidden, "The presigned_url has ended: create the upload anew")
	}
	return nil
}

func put(s *audiences.Service, r *wire.Request) (any, error) {
	var ids [3]parterre.ID
	for i, name := range []string{"ad_account", "customer_list", "upload"} {
		id, err := r.ID(name)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	part, err := strconv.Atoi(r.PathValue("part"))
	if err != nil {
		return nil, parterre.Invalid("part", "'part' value %s must be a number", parterre.Quote(r.PathValue("part")))
	}
	if r.ContentLength > audiences.MaxPart {
		return nil, parterre.Errorf(parterre.TooLarge, "The part is too large: at most %d bytes are allowed", audiences.MaxPart)
	}
	etag, err := s.PutPart(r.Context(), ids[0], ids[1], ids[2], part, r.Body)
	if err != nil {
		return nil, err
	}
	return wire.Answer{Header: map[string]string{"ETag": `"` + etag + `"`}, Body: wire.Nothing}, nil
}
