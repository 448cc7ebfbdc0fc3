package rule

import (
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
)

// URL is a condition on the URL of an event. The operators that are given must all hold. URLs are compared as they were
// sent, character by character; an event without a URL has the empty one.
type URL struct {
	Equal       []string // "=": the URL is one of these
	NotEqual    []string // "!=": the URL is none of these
	Contains    []string // "contains": the URL contains one of these
	NotContains []string // "not_contains": the URL contains none of these
}

// maxURL is how long a value of a url condition may be, in bytes.
const maxURL = 2048

// urlOperators are the operators of a url condition (reference, section 3.1).
var urlOperators = []string{"=", "!=", "contains", "not_contains"}

// any says whether every URL meets the condition.
func (u *URL) any() bool {
	return len(u.Equal) == 0 && len(u.NotEqual) == 0 && len(u.Contains) == 0 && len(u.NotContains) == 0
}

// Match says whether a URL meets the condition.
func (u *URL) Match(url string) bool {
	has := func(part string) bool { return strings.Contains(url, part) }
	return anyOf(u.Equal, url) &&
		(len(u.Contains) == 0 || slices.ContainsFunc(u.Contains, has)) &&
		!slices.Contains(u.NotEqual, url) && !slices.ContainsFunc(u.NotContains, has)
}

// decodeURL reads the three spellings: a string, a list of strings, and an object of operators. The first two mean "=".
func decodeURL(o *jsonbody.Object) (u URL) {
	raw := o.Raw("url")
	switch kind := jsonbody.Kind(raw); kind {
	case "":
		return u
	case "string", "array":
		u.Equal = wholeURLs(o, "url")
		return u
	case "object":
	default:
		o.Fail("url", "must be a string, a list of strings or an object of operators %s (was of type %s)",
			listOf(urlOperators), kind)
		return u
	}
	ops := o.Object("url")
	ops.DropNulls()
	if ops.Err() == nil && len(ops.Members()) == 0 {
		o.Fail("url", "needs one of the operators %s", listOf(urlOperators))
	}
	for _, m := range ops.Members() {
		values := wholeURLs(ops, m.Name)
		switch m.Name {
		case "=":
			u.Equal = values
		case "!=":
			u.NotEqual = values
		case "contains":
			u.Contains = values
		case "not_contains":
			u.NotContains = values
		default:
			o.Fail("url", "has the unknown operator %s; allowed: %s", parterre.Quote(m.Name), listOf(urlOperators))
		}
	}
	o.Adopt(ops)
	return u
}

// wholeURLs reads one or more strings, none of them empty: everything contains the empty string.
func wholeURLs(o *jsonbody.Object, name string) []string {
	values := o.OneOrMore(name)
	if len(values) > maxValues {
		o.Fail(name, "holds %d values: at most %d are allowed", len(values), maxValues)
	}
	for _, v := range values {
		switch {
		case v == "":
			o.Fail(name, "must not be an empty string")
		case len(v) > maxURL:
			o.Fail(name, "is too long: at most %d bytes are allowed", maxURL)
		}
	}
	return values
}
