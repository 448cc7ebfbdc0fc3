package v5_test

import (
	"slices"
	"testing"

	v5 "github.com/parterre/parterre/api/v5"
)

// The ledger tells of each route, once, and of nothing else.
func TestTheLedgerTellsOfEveryRoute(t *testing.T) {
	told := map[string]bool{}
	for _, f := range v5.Ledger {
		if told[f.Operation] {
			t.Errorf("%s is told twice", f.Operation)
		}
		told[f.Operation] = true
		if len(f.Notes) == 0 {
			t.Errorf("nothing is told of %s", f.Operation)
		}
		for _, n := range f.Notes {
			if !slices.Contains(v5.Bases, n.Basis) || n.Text == "" || n.Text[len(n.Text)-1] != '.' {
				t.Errorf("%s: the note %+v has no basis, or is no sentence", f.Operation, n)
			}
		}
	}
	delete(told, v5.Everywhere)
	for _, route := range routes() {
		if !told[route.Operation] {
			t.Errorf("nothing is told of %s", route.Operation)
		}
		delete(told, route.Operation)
	}
	for name := range told {
		t.Errorf("%s is told of, and has no route", name)
	}
}
