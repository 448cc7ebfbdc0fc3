package parterre_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/parterre/parterre"
)

func TestAnIDIsAtMostEighteenDigits(t *testing.T) {
	for text, want := range map[string]parterre.ID{
		"1": 1, "549755885175": 549755885175, "999999999999999999": 999_999_999_999_999_999,
		"0": 0, "007": 0, "000000000000000000": 0, // well-formed, but no record is written that way
	} {
		if got, err := parterre.ParseID("audience_id", text); err != nil || got != want {
			t.Errorf("%s is read as %d: %v", text, got, err)
		}
	}
}

func TestTheIDOfABusinessIsAtMostTwentyDigits(t *testing.T) {
	for text, want := range map[string]parterre.ID{
		"729090764583391194": 729090764583391194, "7": 7, "07": 0,
		"1000000000000000000": 0, "99999999999999999999": 0, // nobody is given one that long
	} {
		if got, err := parterre.ParseBusinessID("business_id", text); err != nil || got != want {
			t.Errorf("%s is read as %d: %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "111111111111111111111"} {
		if _, err := parterre.ParseBusinessID("business_id", text); parterre.CodeOf(err) != parterre.InvalidRequest {
			t.Errorf("%q is read: %v", text, err)
		}
	}
}

func TestARefusedIDNamesTheParameterAndWhatIsAllowed(t *testing.T) {
	for text, want := range map[string]string{
		"":                    `'audience_id' must match the pattern: ^\d+$ (was empty)`,
		"12x":                 `'audience_id' value '12x' must match the pattern: ^\d+$`,
		"-1":                  `'audience_id' value '-1' must match the pattern: ^\d+$`,
		"+1":                  `'audience_id' value '+1' must match the pattern: ^\d+$`,
		"1\t":                 `'audience_id' value '1\t' must match the pattern: ^\d+$`,
		"1\n":                 `'audience_id' value '1\n' must match the pattern: ^\d+$`,
		"1.0":                 `'audience_id' value '1.0' must match the pattern: ^\d+$`,
		"٣":                   `'audience_id' value '٣' must match the pattern: ^\d+$`,
		"1000000000000000000": `'audience_id' value '1000000000000000000' is too long: at most 18 digits are allowed`,
		"0000000000000000000": `'audience_id' value '0000000000000000000' is too long: at most 18 digits are allowed`,
	} {
		got, err := parterre.ParseID("audience_id", text)
		var e *parterre.Error
		if got != 0 || !errors.As(err, &e) || e.Code != parterre.InvalidRequest || e.Field != "audience_id" || e.Public != want {
			t.Errorf("%q: %d, %+v", text, got, err)
		}
	}
}

func TestAnIDIsAStringInJSON(t *testing.T) {
	type record struct {
		ID parterre.ID `json:"id"`
	}
	b, err := json.Marshal(record{549755885175})
	if err != nil || string(b) != `{"id":"549755885175"}` {
		t.Errorf("written: %s, %v", b, err)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil || r.ID != 549755885175 {
		t.Errorf("read again: %d, %v", r.ID, err)
	}
	for _, text := range []string{`{"id":549755885175}`, `{"id":"5x"}`, `{"id":["5"]}`, `{"id":"1234567890123456789"}`} {
		r = record{7}
		if err := json.Unmarshal([]byte(text), &r); err == nil || r.ID != 7 {
			t.Errorf("%s is read as %d", text, r.ID)
		} else if parterre.CodeOf(err) != parterre.InvalidRequest {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"", "0", "01", "643", "999999999999999999", "1000000000000000000", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := parterre.ParseID("id", s)
		switch {
		case err != nil && parterre.CodeOf(err) != parterre.InvalidRequest:
			t.Errorf("%q: a refusal that blames us: %v", s, err)
		case err == nil && id.String() != s && !(id == 0 && strings.HasPrefix(s, "0")):
			t.Errorf("%q is read as %s", s, id)
		}
	})
}
