package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parterre/parterre/client"
)

func TestStats(t *testing.T) {
	p := start(t)
	l := one[client.CustomerList](t, p, "lists", "create", "--name", "Newsletter", "--file", file(t, readers(150)), "--wait")
	p.must(t, "audiences", "create", "--type", "CUSTOMER_LIST", "--name", "Readers", "--rule",
		fmt.Sprintf(`{"customer_list_id": "%s"}`, l.ID), "--wait")
	got := one[client.Stats](t, p, "stats")
	if got.Persons != 150 || len(got.AdAccounts) != 1 || got.AdAccounts[0].CustomerLists != 1 {
		t.Errorf("the service holds %+v", got)
	}
	if a := got.AdAccounts[0].Audiences; len(a) != 1 || a[0] != (client.AudienceCount{Type: "CUSTOMER_LIST", Status: "READY", Count: 1}) {
		t.Errorf("the audiences are %+v", a)
	}
	says(t, p.must(t, "stats"), "persons   150", "lag       none", "match_records", "holdings", p.service.AdAccount, "1 CUSTOMER_LIST READY")
	if out, code := p.run(t, "stats", "now"); code != 2 || !strings.Contains(out, "--help") {
		t.Errorf("an argument too many ends with %d: %s", code, out)
	}
}
