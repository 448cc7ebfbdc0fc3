package parterre_test

import (
	"reflect"
	"testing"
	"unicode/utf8"

	ownapi "github.com/parterre/parterre/api/parterre"
)

// What the quick reader of persons reads, the careful one reads as well, and in the same way.
func FuzzPersonsAreReadAlike(f *testing.F) {
	for _, body := range []string{
		`[{"external_id":"a"},{"email":"a@b.c"}]`, ` [ {"maid":"x"} ] `, `[{"external_id":"a","email":"a@b.c"}]`, `[{"external_id":"a"}]]`,
		`[{"external_id":"\u0061"}]`, `[{"external_id":"a"},]`, `[]`, `[{"email":"a"}]`, "[{\"external_id\":\"\x7f\"}]",
		"[\v{\"external_id\":\"a\"}]",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) {
			return // refused before
		}
		quick, ok := ownapi.PlainPersons(string(body))
		if !ok {
			return
		}
		careful, err := ownapi.NamedPersons(body)
		if err != nil || !reflect.DeepEqual(quick, careful) {
			t.Errorf("%q is read as %v, and carefully as %v, %v", body, quick, careful, err)
		}
	})
}
