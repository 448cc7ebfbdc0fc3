package parterre_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre"
)

// Digests as other tools make them: printf ann@example.com | sha256sum.
const (
	annMD5    = "257c57037d384ae37ea27a07e8a01665"
	annSHA1   = "85e20fa15f500fa17c1b6975c6647445094c26d9"
	annSHA256 = "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476"

	maid = "cdda802e-fb9c-47ad-9866-0794d394c912"
)

// maidDigests are those of maid in lower case, then in upper case: SHA-256, SHA-1, MD5.
var maidDigests = []string{
	"f23b554b2a8fb732a8b973733832e70f018da7bc294dfea289735a07d5dd2c9f",
	"15fb40d48e4b3f662dc2159118d0bfae59bb5f30",
	"76770dbc2bcc93480130991dde661812",
	"1a5bdc12111f28846621cf8681a60d749972c6eb2ff5e92e88e73ae1aa9003f5",
	"3960d9d102f4142793c040442ecca67604ceade5",
	"b9a7f4f3d41630ddd59fd76f40e46594",
}

func digest(t *testing.T, hexadecimal string) parterre.Identifier {
	t.Helper()
	id, ok := parterre.ByDigest(hexadecimal)
	if !ok {
		t.Fatalf("%s is no digest", hexadecimal)
	}
	return id
}

func TestADigestIsKnownByItsLength(t *testing.T) {
	for _, s := range []string{annMD5, annSHA1, annSHA256} {
		id := digest(t, s)
		if id.Kind != parterre.Digest || len(id.Value) != len(s)/2 {
			t.Errorf("%s is %+v", s, id)
		}
		if upper := digest(t, strings.ToUpper(s)); upper != id {
			t.Errorf("%s is another one in upper case", s)
		}
	}
	for _, s := range []string{
		"", digestOfNothing, strings.ToUpper(digestOfNothing), "ann@example.com", annMD5[1:], annSHA256 + "0", "x" + annMD5[1:], " " + annMD5[1:], annSHA256[:63] + "g",
	} {
		if id, ok := parterre.ByDigest(s); ok {
			t.Errorf("%q is %+v", s, id)
		}
	}
}

// digestOfNothing is what a client sends that hashes an address which it does not have.
const digestOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestAnAddressIsItsDigestInLowerCaseWithoutSpace(t *testing.T) {
	for _, s := range []string{"ann@example.com", "Ann@Example.COM", "  ann@example.com\r\n"} {
		if got := parterre.ByEmail(s)[0]; got != digest(t, annSHA256) {
			t.Errorf("%q is %x", s, got.Value)
		}
		want := []parterre.Identifier{digest(t, annSHA256), digest(t, annSHA1), digest(t, annMD5)}
		if got := parterre.ByEmail(s); !slices.Equal(got, want) {
			t.Errorf("all of %q are %x", s, got)
		}
	}
	if parterre.ByEmail("ann@example.com")[0] == parterre.ByEmail("ann@example.org")[0] {
		t.Error("two addresses are one")
	}
}

func TestAMobileAdvertisingIDIsItsDigestInLowerCaseAndKnownInBoth(t *testing.T) {
	var want []parterre.Identifier
	for _, s := range maidDigests {
		want = append(want, digest(t, s))
	}
	for _, s := range []string{maid, strings.ToUpper(maid), "\t" + maid + " "} {
		if got := parterre.ByMAID(s)[0]; got != want[0] {
			t.Errorf("%q is %x", s, got.Value)
		}
		if got := parterre.ByMAID(s); !slices.Equal(got, want) {
			t.Errorf("all of %q are %x", s, got)
		}
	}
}

func TestIdentifiersOfDifferentKindsAreDifferent(t *testing.T) {
	ids := []parterre.Identifier{
		parterre.ByExternalID("ann"), parterre.ByClickID("ann"), parterre.ByAdvertiserID(1, "ann"),
		parterre.ByAdvertiserID(11, "ann"), parterre.ByAdvertiserID(1, "1/ann"), parterre.ByEmail("ann")[0],
		parterre.ByAgent("192.0.2.1", "ann"),
		parterre.ByAgent("192.0.2.1", "bob"), parterre.ByAgent("192.0.2.2", "ann"), parterre.ByAgent("192.0.2.1a", "nn"),
	}
	seen := map[parterre.Identifier]bool{}
	for i, id := range ids {
		if seen[id] {
			t.Errorf("number %d is like another one: %+v", i, id)
		}
		seen[id] = true
	}
	if again := parterre.ByAgent("192.0.2.1", "ann"); !seen[again] {
		t.Errorf("an address and an agent have another identifier: %+v", again)
	}
}

func TestWhatAHouseholdSharesIsWeak(t *testing.T) {
	for _, c := range []struct {
		id     parterre.Identifier
		strong bool
	}{
		{parterre.ByExternalID("ann"), true},
		{parterre.ByEmail("ann@example.com")[0], true},
		{parterre.ByMAID(maid)[0], true},
		{parterre.ByAdvertiserID(1, "ann"), true},
		{parterre.ByClickID("ann"), false},
		{parterre.ByAgent("192.0.2.1", "ann"), false},
	} {
		if c.id.Strong() != c.strong {
			t.Errorf("%+v is strong: %t", c.id, c.id.Strong())
		}
	}
}
