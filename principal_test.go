package parterre_test

import (
	"testing"

	"github.com/parterre/parterre"
)

func TestAScopeDoesNotImplyAnother(t *testing.T) {
	p := parterre.Principal{Scopes: []parterre.Scope{parterre.ScopeAdsWrite}}
	if !p.Has(parterre.ScopeAdsWrite) || p.Has(parterre.ScopeAdsRead) || p.Has(parterre.ScopeOperator) || p.Has("") {
		t.Errorf("%q has other scopes than it was granted", p.Scopes)
	}
	seen := map[parterre.Scope]bool{}
	for _, s := range parterre.Scopes {
		if seen[s] {
			t.Errorf("the scope %s stands twice", s)
		}
		seen[s] = true
	}
}
