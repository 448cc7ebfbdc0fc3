package oauth

import (
	"slices"
	"strings"

	"github.com/parterre/parterre"
)

// ParseScopes reads scopes that are separated by commas or spaces, in the order in which they stand, each once. Parterre's
// own scopes cannot be asked for.
func ParseScopes(s string) ([]parterre.Scope, error) {
	var scopes []parterre.Scope
	for word := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == ',' || c == ' ' || c == '+' }) {
		scope := parterre.Scope(word)
		if !slices.Contains(parterre.Scopes, scope) || scope == parterre.ScopeOperator {
			return nil, parterre.Invalid("scope", "Parameter 'scope' holds the unknown scope %s", parterre.Quote(word))
		}
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	if len(scopes) == 0 {
		return nil, parterre.Invalid("scope", "Parameter 'scope' is required: scopes such as ads:read, separated by commas or spaces")
	}
	return scopes, nil
}

// ScopeText writes scopes as answers have them.
func ScopeText(scopes []parterre.Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}
