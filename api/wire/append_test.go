package wire_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
)

// encoded is a value as the answers that do not write themselves have it.
func encoded(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func FuzzTextIsWrittenAsTheLibraryDoes(f *testing.F) {
	for _, s := range []string{
		"", "plain", `"quoted" \ and <html> & more`, "\x00\x01\x1f\x7f\b\f\n\r\t", "žluťoučký kůň", "\u2028 and \u2029", "\xff\xfe half \xe2\x80",
		"\ufffd is one", "😀",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(wire.AppendText(nil, s)), encoded(t, s); got != want {
			t.Errorf("%q is written %s, want %s", s, got, want)
		}
	})
}

func TestAnIDIsWrittenAsTheLibraryDoes(t *testing.T) {
	for _, id := range []parterre.ID{0, 1, 999_999_999_999_999_999} {
		if got, want := string(wire.AppendID([]byte("x"), id)), "x"+encoded(t, id); got != want {
			t.Errorf("the id %d is written %s, want %s", id, got, want)
		}
	}
}
