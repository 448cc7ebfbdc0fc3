package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parterre/parterre/internal/terminal"
)

// loadedTable says what was loaded and how fast.
func loadedTable(loaded []loadedRow) string {
	var rows [][]string
	for _, l := range loaded {
		rate := float64(l.count) / max(l.took.Seconds(), 1e-3)
		rows = append(rows, []string{l.what, terminal.Thousands(int64(l.count)), terminal.Short(l.took), terminal.Thousands(int64(rate))})
	}
	return terminal.Table([]terminal.Column{{Name: "Loaded"}, {Name: "count", Right: true}, {Name: "time", Right: true}, {Name: "a second", Right: true}}, rows)
}

// report says what became of the audiences.
func (s *story) report() string {
	var rows [][]string
	fastest, slowest := s.audiences[0].madeReady, time.Duration(0)
	for _, a := range s.audiences {
		fastest, slowest = min(fastest, a.madeReady), max(slowest, a.madeReady)
		row := []string{a.after.Name, a.before.AudienceType, a.change, terminal.Thousands(a.before.Size), "gone", "-"}
		if a.changedReady > 0 {
			row[4], row[5] = terminal.Thousands(a.after.Size), terminal.Short(a.changedReady)
		}
		rows = append(rows, row)
	}
	columns := []terminal.Column{
		{Name: "Audience"}, {Name: "type"}, {Name: "update"}, {Name: "before", Right: true}, {Name: "after", Right: true}, {Name: "READY in", Right: true},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Created %d audiences; each was READY %s to %s after the request.\nThen updated (sizes in people):\n\n",
		len(s.audiences), terminal.Short(fastest), terminal.Short(slowest))
	b.WriteString(terminal.Table(columns, rows) + "\n")
	for _, ch := range s.changes {
		if ch.update.Name != nil {
			fmt.Fprintf(&b, "%q became %q in %s, with no new evaluation.\n", ch.of.before.Name, *ch.update.Name, terminal.Short(ch.took))
		}
	}
	if s.gone != nil {
		fmt.Fprintf(&b, "%q is gone: a look at it answers %d, code %d (%s)\n",
			s.audiences[carts].before.Name, s.gone.Status, s.gone.Code, s.gone.Message)
	}
	return b.String()
}

// commands are the updates, and a look-up of memberships with its answer, as somebody would send them by hand.
func (s *story) commands(base, token string) string {
	base = strings.TrimRight(base, "/")
	auth := "-H " + quote("Authorization: Bearer "+token)
	var b strings.Builder
	b.WriteString("The updates by hand:\n")
	for _, ch := range s.changes {
		body, err := json.Marshal(ch.update)
		if err != nil {
			continue // it was sent, so it can be written
		}
		address := base + "/v5/ad_accounts/" + s.account + "/audiences/" + ch.of.before.ID
		fmt.Fprintf(&b, "\n# %s\n%s\n", ch.title, commandLine(
			"curl -X PATCH "+quote(address), auth, "-H 'Content-Type: application/json'", "-d "+quote(foldJSON(string(body)))))
	}
	fmt.Fprintf(&b, "\n# The audiences that %s is in: %s\n%s\n", s.somebody, s.names(s.memberships.AudienceIDs),
		commandLine("curl", auth, quote(base+"/parterre/v1/memberships?external_id="+s.somebody)))
	if answer, err := json.Marshal(s.memberships); err == nil {
		fmt.Fprintf(&b, "# answers %s\n", answer)
	}
	return b.String()
}

// names are the names of audiences.
func (s *story) names(ids []string) string {
	var names []string
	for _, a := range s.audiences {
		if slices.Contains(ids, a.after.ID) {
			names = append(names, a.after.Name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
