package parterre_test

import (
	"testing"

	"github.com/parterre/parterre"
)

func TestAHundredMembersAreEnough(t *testing.T) {
	for members, want := range map[int]parterre.Status{
		0: parterre.TooSmall, 1: parterre.TooSmall, 99: parterre.TooSmall, 100: parterre.Ready, 101: parterre.Ready,
	} {
		if got := parterre.StatusOf(members); got != want {
			t.Errorf("%d members are %s, not %s", members, got, want)
		}
	}
}

func TestAnAudienceIsEvaluatedWhenItServesItsCurrentRule(t *testing.T) {
	for _, c := range []struct {
		a    parterre.Audience
		want bool
	}{
		{parterre.Audience{Version: 1, RuleVersion: 1}, false},
		{parterre.Audience{Version: 1, RuleVersion: 1, Served: 1}, true},
		{parterre.Audience{Version: 5, RuleVersion: 3, Served: 1}, false},
		{parterre.Audience{Version: 5, RuleVersion: 3, Served: 3}, true}, // the later updates brought no rule
	} {
		if got := c.a.Evaluated(); got != c.want {
			t.Errorf("version %d with the rule of %d, serving %d: %t", c.a.Version, c.a.RuleVersion, c.a.Served, got)
		}
	}
}
