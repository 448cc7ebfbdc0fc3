package parterre

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/internal/jsonbody"
)

// in are the audiences of one person.
type in struct {
	audiences []parterre.ID
	at        int64 // seconds since 1970
}

// AppendJSON implements [wire.Appender].
func (i in) AppendJSON(dst []byte) []byte {
	dst = appendIDs(append(dst, `{"audience_ids":`...), i.audiences)
	return append(strconv.AppendInt(append(dst, `,"as_of":`...), i.at, 10), '}')
}

func appendIDs(dst []byte, ids []parterre.ID) []byte {
	dst = append(dst, '[')
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = wire.AppendID(dst, id)
	}
	return append(dst, ']')
}

// memberships answers who is in what: the question of serving time.
func (a *API) memberships(r *wire.Request) (any, error) {
	who, err := personOf(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	ids, at, err := a.service.Memberships(r.Context(), who)
	return in{ids, at}, err
}

// personOf reads the one parameter of a query that names a person. The query is well-formed.
func personOf(query string) (who []parterre.Identifier, err error) {
	var complaints jsonbody.Object
	named := 0
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name, err = url.QueryUnescape(name); err != nil || !slices.Contains(whoMembers, name) {
			continue // another parameter is nobody's business
		}
		if value, err = url.QueryUnescape(value); err != nil {
			continue
		}
		named++
		who = append(who, identifier(&complaints, name, value)...)
	}
	if err := complaints.Err(); err != nil {
		return nil, err
	}
	if named != 1 {
		return nil, parterre.Invalid("external_id", "Invalid request: just one parameter has to name the person: "+
			"'%s' are allowed (were %d)", strings.Join(whoMembers, "', '"), named)
	}
	return who, nil
}
