package main_test

import (
	"os"
	"strings"
	"testing"
)

// docs/fidelity.md is what the command writes.
func TestTheLedgerInTheDocsIsFresh(t *testing.T) {
	want, err := command(t.Context(), t, nil, "fidelity", "--markdown").Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/fidelity.md")
	if err != nil || string(got) != string(want) {
		t.Errorf("docs/fidelity.md is not fresh (%v): go run ./cmd/parterre fidelity --markdown >docs/fidelity.md", err)
	}
}

func TestTheLedgerOfOneOperation(t *testing.T) {
	out, err := command(t.Context(), t, nil, "fidelity", "audiences/update").Output()
	if err != nil || !strings.HasPrefix(string(out), "audiences/update\n  contract ") || strings.Contains(string(out), "audiences/get") {
		t.Errorf("%v:\n%s", err, out)
	}
	if out, err := command(t.Context(), t, nil, "fidelity", "nonsense").CombinedOutput(); err == nil || !strings.Contains(string(out), "nonsense") {
		t.Errorf("an unknown operation gives %s", out)
	}
}
