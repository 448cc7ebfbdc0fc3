package parterre

import (
	"crypto/md5"    // customer lists may come in MD5,
	"crypto/sha1"   // in SHA-1
	"crypto/sha256" // or in SHA-256 (reference, section 5.6)
	"strings"
)

// IdentifierKind says what sort of thing an identifier is.
type IdentifierKind uint8

// The kinds. Their numbers are part of the format on disk: never reuse one.
const (
	// ExternalID is the name by which the operator of the platform knows a person.
	ExternalID IdentifierKind = 1
	// Digest is the MD5, SHA-1 or SHA-256 digest of an e-mail address or a mobile advertising id. The three differ in
	// length, and an address and an advertising id do not collide, so one kind holds them all.
	Digest IdentifierKind = 2
	// ClickID is the click id that the platform put on a link.
	ClickID IdentifierKind = 3
	// AdvertiserID is the name by which an advertiser knows a person; it means something in one ad account only.
	AdvertiserID IdentifierKind = 4
	// Agent is a network address and a user agent together: weak, because a household shares it.
	Agent IdentifierKind = 5
)

// Identifier points at a person. Value is in canonical form, so that equal identifiers are equal values. Make one with the
// functions below.
type Identifier struct {
	Kind  IdentifierKind
	Value string
}

// Strong says whether the identifier tells a person from everybody else who shares an address and a browser with them.
// Somebody who shows a strong identifier is never taken for a person known by an address and agent alone.
func (id Identifier) Strong() bool {
	return id.Kind == ExternalID || id.Kind == Digest || id.Kind == AdvertiserID
}

// ByExternalID is the identifier of the operator's own name for a person.
func ByExternalID(s string) Identifier { return Identifier{ExternalID, bounded(s)} }

// ByClickID is the identifier of a click id.
func ByClickID(s string) Identifier { return Identifier{ClickID, bounded(s)} }

// ByAdvertiserID is the identifier of an advertiser's own name for a person, usually a digest.
func ByAdvertiserID(account ID, s string) Identifier {
	return Identifier{AdvertiserID, account.String() + "/" + bounded(s)}
}

// ByAgent is the identifier of a network address and a user agent together.
func ByAgent(address, agent string) Identifier {
	sum := sha256.Sum256([]byte(address + "\x00" + agent))
	return Identifier{Agent, string(sum[:16])}
}

// ofNothing are the digests of the empty string, in lower case. Clients that hash an address which they do not have send
// them, and strangers would become one person.
var ofNothing = []string{
	"d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}

// ByDigest reads an MD5, SHA-1 or SHA-256 digest in hexadecimal, in either case. It reports false when s is none, or the
// digest of nothing.
func ByDigest(s string) (Identifier, bool) {
	if !IsDigest(s) {
		return Identifier{}, false
	}
	var raw [sha256.Size]byte
	for i := range len(s) / 2 {
		raw[i] = hexDigits[s[2*i]]<<4 | hexDigits[s[2*i+1]]
	}
	return Identifier{Digest, string(raw[:len(s)/2])}, true
}

// notHex is the value of a byte that is no hexadecimal digit.
const notHex = 0xff

// hexDigits are the values of bytes as hexadecimal digits.
var hexDigits = func() (t [256]byte) {
	for i := range t {
		switch c := byte(i); {
		case '0' <= c && c <= '9':
			t[i] = c - '0'
		case 'a' <= c && c <= 'f':
			t[i] = c - 'a' + 10
		case 'A' <= c && c <= 'F':
			t[i] = c - 'A' + 10
		default:
			t[i] = notHex
		}
	}
	return t
}()

// IsDigest says whether s is a digest that [ByDigest] reads.
func IsDigest(s string) bool {
	switch len(s) {
	case 2 * md5.Size, 2 * sha1.Size, 2 * sha256.Size:
	default:
		return false
	}
	for i := range len(s) {
		if hexDigits[s[i]] == notHex {
			return false
		}
	}
	return !IsDigestOfNothing(s)
}

// IsDigestOfNothing says whether s is the digest of the empty string, in hexadecimal.
func IsDigestOfNothing(s string) bool {
	for _, nothing := range ofNothing {
		if len(s) == len(nothing) && strings.EqualFold(s, nothing) {
			return true
		}
	}
	return false
}

// ByEmail are the identifiers of an e-mail address in lower case without surrounding space: its SHA-256, SHA-1 and MD5
// digests, because others may know it by any of them.
func ByEmail(address string) []Identifier {
	return allDigests(strings.ToLower(strings.TrimSpace(address)))
}

// ByMAID are the identifiers of a mobile advertising id: its SHA-256, SHA-1 and MD5 digests, each of the lower case that
// Android writes and of the upper case that iOS writes.
func ByMAID(maid string) []Identifier {
	maid = strings.TrimSpace(maid)
	return append(allDigests(strings.ToLower(maid)), allDigests(strings.ToUpper(maid))...)
}

// longestValue is how long a value is kept as it is, in bytes.
const longestValue = 256

// bounded keeps a value as it is, or as its digest when it is long.
func bounded(s string) string {
	if len(s) <= longestValue {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + string(sum[:])
}

func allDigests(s string) []Identifier {
	best, weak, weaker := sha256.Sum256([]byte(s)), sha1.Sum([]byte(s)), md5.Sum([]byte(s))
	return []Identifier{{Digest, string(best[:])}, {Digest, string(weak[:])}, {Digest, string(weaker[:])}}
}
