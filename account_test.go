package parterre

import (
	"slices"
	"testing"
)

func TestRolesGiveRights(t *testing.T) {
	all := []Right{Read, Write, SendEvents}
	for role, want := range map[Role][]Right{
		"OWNER": all, "ADMIN": all, "AUDIENCE_MANAGER": all, "CAMPAIGN_MANAGER": {Read, SendEvents}, "ANALYST": {Read, SendEvents},
		"": nil, "owner": nil, "FINANCE_MANAGER": nil,
	} {
		for _, right := range all {
			if got := role.May(right); got != slices.Contains(want, right) {
				t.Errorf("%q may %s: %v", role, right, got)
			}
		}
		if _, err := ParseRole("role", string(role)); (err == nil) != (want != nil) {
			t.Errorf("the role %q is read with the error %v", role, err)
		}
	}
	if len(Roles) != len(rights) {
		t.Errorf("%d roles can be given, %d have rights", len(Roles), len(rights))
	}
}
