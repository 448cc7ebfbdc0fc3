package parterre_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parterre/parterre"
)

func TestCodeOfIsThatOfTheFirstErrorInTheChain(t *testing.T) {
	notFound := parterre.Errorf(parterre.AudienceNotFound, "no audience %d", 10)
	for _, c := range []struct {
		err  error
		want parterre.Code
	}{
		{nil, parterre.Internal},
		{io.EOF, parterre.Internal},
		{&parterre.Error{}, parterre.Internal},
		{notFound, parterre.AudienceNotFound},
		{fmt.Errorf("update: %w", notFound), parterre.AudienceNotFound},
		{&parterre.Error{Code: parterre.Forbidden, Err: notFound}, parterre.Forbidden},
		{parterre.Internalf(notFound, "evaluate"), parterre.Internal},
		{errors.Join(io.EOF, notFound), parterre.AudienceNotFound},
		{parterre.Invalid("name", "'name' is empty"), parterre.InvalidRequest},
	} {
		if got := parterre.CodeOf(c.err); got != c.want {
			t.Errorf("%v: %d, not %d", c.err, got, c.want)
		}
	}
}

func TestAPrivateCauseIsNotPublic(t *testing.T) {
	cause := errors.New("disk sda1 is full")
	for _, err := range []*parterre.Error{
		parterre.Internalf(cause, "write %s", "the catalogue"),
		{Code: parterre.Unavailable, Public: "try again later", Err: cause},
	} {
		if strings.Contains(err.Public, "sda1") {
			t.Errorf("the public message is %q", err.Public)
		}
		if !strings.Contains(err.Error(), "sda1") || !errors.Is(err, cause) {
			t.Errorf("the log does not learn the cause: %v", err)
		}
	}
}

func TestAnErrorReadsAsItsPartsThatAreThere(t *testing.T) {
	for _, c := range []struct {
		err  *parterre.Error
		want string
	}{
		{&parterre.Error{Public: "public"}, "public"},
		{&parterre.Error{Err: io.EOF}, "EOF"},
		{&parterre.Error{Public: "public", Err: io.EOF}, "public: EOF"},
		{parterre.Internalf(io.EOF, "read %d of %s", 7, "chunk"), "read 7 of chunk: EOF"},
		{parterre.Errorf(parterre.Forbidden, "no right on %s", "5"), "no right on 5"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

func TestInvalidNamesItsField(t *testing.T) {
	err := parterre.Invalid("rule.url", "'%s' must not be empty", "rule.url")
	if err.Code != parterre.InvalidRequest || err.Field != "rule.url" || err.Public != "'rule.url' must not be empty" {
		t.Errorf("%+v", err)
	}
}

func TestQuoteShowsAValueOnOneLine(t *testing.T) {
	for s, want := range map[string]string{
		"":                "''",
		"shoes":           "'shoes'",
		`say "hi"`:        `'say "hi"'`,
		"it's":            "'it's'",
		`a\b`:             `'a\\b'`,
		"a\nb\r\t\x00":    `'a\nb\r\t\x00'`,
		"\x1b[31mred":     `'\x1b[31mred'`,
		"schön 鳥 🐦":       "'schön 鳥 🐦'",
		"\xff\xfe":        `'\xff\xfe'`,
		"a\u2028b\u202ec": `'a\u2028b\u202ec'`,
	} {
		if got := parterre.Quote(s); got != want {
			t.Errorf("%q is shown as %s, not %s", s, got, want)
		}
	}
}

func TestClipCutsBetweenCharacters(t *testing.T) {
	for _, letter := range []string{"x", "é", "鳥", "🐦", "\xff"} {
		whole := strings.Repeat(letter, 60)
		if got := parterre.Clip(whole); got != whole {
			t.Errorf("60 times %q are cut to %q", letter, got)
		}
		if got := parterre.Clip(whole + letter); got != whole+"…" {
			t.Errorf("61 times %q are cut to %q", letter, got)
		}
	}
	if got := parterre.Quote(strings.Repeat("\x00", 1_000_000)); len(got) > 300 || !utf8.ValidString(got) {
		t.Errorf("a million zeros are shown as %q", got)
	}
}
