package v5

import (
	"encoding/base64"
	"math/rand/v2"
	"testing"

	"github.com/parterre/parterre"
)

// Bookmarks are not exported; over HTTP there are tests beside this one.

func TestBookmarksComeBack(t *testing.T) {
	b := bookmarks{[]byte("a key")}
	for _, after := range []parterre.ID{1, 9, 10, 2542620639259, 999999999999999999} {
		s := b.write("list", after)
		if s == nil {
			t.Fatalf("there is no bookmark after %d", after)
		}
		if got, ok := b.read("list", *s); !ok || got != after {
			t.Errorf("the bookmark after %d reads as %d, %v", after, got, ok)
		}
		if got, ok := b.read("list|", *s); ok {
			t.Errorf("the bookmark after %d is taken for another list, as %d", after, got)
		}
		if got, ok := (bookmarks{[]byte("another key")}).read("list", *s); ok {
			t.Errorf("the bookmark after %d is taken with another key, as %d", after, got)
		}
	}
	if s := b.write("list", 0); s != nil {
		t.Errorf("the bookmark of the last page is %q", *s)
	}
}

// FuzzBookmark looks for a bookmark that is taken although this list did not give it out.
func FuzzBookmark(f *testing.F) {
	b := bookmarks{[]byte("a key")}
	good := *b.write("audiences/list|OWNED", 2542620639259)
	f.Add("audiences/list|OWNED", good)
	f.Add("audiences/list|RECEIVED", good)
	f.Add("audiences/list|OWNED", good+"\n")
	f.Add("audiences/list|OWNED", good[:20]+"\r\n"+good[20:])
	f.Add("audiences/list|OWNED", good+"=")
	f.Add("", "")
	for _, body := range []string{"", "|", "1", "1|", "0|" + b.digest("l", "0"), "01|" + b.digest("l", "01"), "|" + b.digest("l", "")} {
		f.Add("l", base64.RawURLEncoding.EncodeToString([]byte(body)))
	}
	f.Fuzz(func(t *testing.T, list, bookmark string) {
		after, ok := b.read(list, bookmark)
		if !ok {
			return
		}
		if made := b.write(list, after); made == nil || *made != bookmark {
			t.Errorf("%q is taken as a bookmark of %q after %d, which is another one", bookmark, list, after)
		}
	})
}

// Nothing that differs from a bookmark in a few places is one.
func TestBookmarksAreNotGuessed(t *testing.T) {
	const seed = 7
	r, b := rand.New(rand.NewPCG(seed, 0)), bookmarks{[]byte("a key")} //nolint:gosec // chance need not be secret here
	good := *b.write("list", 2542620639259)
	for range 20_000 {
		changed := []byte(good)
		for range 1 + r.IntN(4) {
			changed[r.IntN(len(changed))] ^= byte(1 << r.IntN(8))
		}
		if after, ok := b.read("list", string(changed)); ok && string(changed) != good {
			t.Fatalf("%q is taken as a bookmark after %d (seed %d)", changed, after, seed)
		}
	}
}
