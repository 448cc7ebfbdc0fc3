package parterre

import (
	"strconv"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
)

// whoMembers are the ways to name a person.
var whoMembers = []string{"external_id", "email", "hashed_email", "maid", "hashed_maid"}

// identifier reads one identifier by the name of its member.
func identifier(o *jsonbody.Object, name, s string) []parterre.Identifier {
	switch name {
	case "external_id":
		return externalID(o, name, s)
	case "email":
		if !looksLikeEmail(s) {
			o.Fail(name, "is not an e-mail address")
		}
		return parterre.ByEmail(s)
	case "maid":
		if strings.TrimSpace(s) == "" {
			o.Fail(name, "must not be empty")
		}
		return parterre.ByMAID(s)
	default:
		return digest(o, name, s)
	}
}

// looksLikeEmail is as strict as customer lists are: there is an @ with something on both sides, and no space.
func looksLikeEmail(s string) bool {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsAny(s, " \t\r\n,")
}

// longestExternalID bounds the operator's names for persons, in bytes.
const longestExternalID = 256

func externalID(o *jsonbody.Object, name, s string) []parterre.Identifier {
	if s == "" || len(s) > longestExternalID {
		o.Fail(name, "must have 1 to %d bytes (has %d)", longestExternalID, len(s))
		return nil
	}
	return []parterre.Identifier{parterre.ByExternalID(s)}
}

// digests reads a list of MD5, SHA-1 or SHA-256 digests.
func digests(o *jsonbody.Object, name string) (ids []parterre.Identifier) {
	for i, s := range o.Strings(name) {
		ids = append(ids, digest(o, name+"["+strconv.Itoa(i)+"]", s)...)
	}
	return ids
}

func digest(o *jsonbody.Object, name, s string) []parterre.Identifier {
	id, ok := parterre.ByDigest(s)
	if !ok {
		o.Fail(name, "is not a digest: MD5, SHA-1 or SHA-256 in hexadecimal is allowed")
		return nil
	}
	return []parterre.Identifier{id}
}
