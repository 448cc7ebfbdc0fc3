package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

func statsCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: "Show what the service holds, and how far it lags; for the operator", Args: Args(cobra.NoArgs),
		Long: "Show what the service holds in all and for each ad account, where its bytes are, how far its work in the background\n" +
			"lags, and how its caches serve. What happened is counted since the service was started.",
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) error {
			all, err := c.Stats(ctx)
			if err != nil {
				return err
			}
			return s.showStats(out, all)
		}),
	}
}

func (s *session) showStats(w io.Writer, all client.Stats) error {
	if s.json {
		return printJSON(w, all)
	}
	if err := s.show(w, all, statsLines(all)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n%s\n%s", tableOfJobs(all.Lag.Jobs), tableOfCaches(all.Caches), tableOfAccounts(all.AdAccounts))
	return err
}

func statsLines(all client.Stats) [][2]string {
	n := terminal.Thousands
	lines := [][2]string{
		{"persons", n(all.Persons)},
		{"facets", fmt.Sprintf("%s on %s pages", n(all.Facets), n(all.Pages))},
		{"rolls", fmt.Sprintf("%s on the disk; %s audiences stand", size(all.Bytes.Tables["rolls"]), n(all.StandingAudiences))},
		{"taken in", fmt.Sprintf("%s events and %s persons since the start", n(all.SinceStart.EventsIngested), n(all.SinceStart.PersonsImported))},
		{"disk", fmt.Sprintf("%s, of which %s are the log", size(all.Bytes.Disk), size(all.Bytes.Log))},
		{"memory", fmt.Sprintf("%s of blocks, %s that wait to be written out, %s in memtables",
			size(all.Bytes.MemoryBlockCache), size(all.Bytes.MemoryPending), size(all.Bytes.MemoryMemTables))},
	}
	var kinds []string
	for _, kind := range slices.SortedFunc(maps.Keys(all.Bytes.Tables), func(a, b string) int {
		return cmp.Or(cmp.Compare(all.Bytes.Tables[b], all.Bytes.Tables[a]), strings.Compare(a, b))
	}) {
		kinds = append(kinds, kind+" "+size(all.Bytes.Tables[kind]))
	}
	if kinds != nil {
		lines = append(lines, [2]string{"tables", strings.Join(kinds, ", ")})
	}
	lag := "none"
	if all.Lag.OldestJobSeconds > 0 {
		lag = fmt.Sprintf("the oldest job has waited for %s s", n(all.Lag.OldestJobSeconds))
	}
	return append(lines, [2]string{"lag", lag}, [2]string{"store", fmt.Sprintf(
		"%s to rewrite; writes have waited %s times", size(all.Lag.CompactionDebtBytes), n(all.Lag.WriteStalls))})
}

func tableOfJobs(jobs []client.JobStats) string {
	var rows [][]string
	for _, j := range jobs {
		rows = append(rows, []string{
			j.Kind, terminal.Thousands(j.Waiting), terminal.Thousands(j.Running), terminal.Thousands(j.Failed), terminal.Thousands(j.Done),
		})
	}
	return terminal.Table([]terminal.Column{
		{Name: "jobs"},
		{Name: "waiting", Right: true},
		{Name: "running", Right: true},
		{Name: "failed", Right: true},
		{Name: "done", Right: true},
	}, rows)
}

func tableOfCaches(caches []client.CacheStats) string {
	var rows [][]string
	for _, c := range caches {
		rate := "-"
		if asked := c.Hits + c.Misses; asked > 0 {
			rate = fmt.Sprintf("%.1f%%", 100*float64(c.Hits)/float64(asked))
		}
		rows = append(rows, []string{c.Name, terminal.Thousands(c.Entries), terminal.Thousands(c.Hits), terminal.Thousands(c.Misses), rate})
	}
	return terminal.Table([]terminal.Column{
		{Name: "caches"},
		{Name: "entries", Right: true},
		{Name: "hits", Right: true},
		{Name: "misses", Right: true},
		{Name: "hit rate", Right: true},
	}, rows)
}

func tableOfAccounts(accounts []client.AccountStats) string {
	var rows [][]string
	for _, a := range accounts {
		var audiences, uploads []string
		for _, c := range a.Audiences {
			audiences = append(audiences, fmt.Sprintf("%s %s %s", terminal.Thousands(c.Count), c.Type, c.Status))
		}
		for _, c := range a.Uploads {
			uploads = append(uploads, fmt.Sprintf("%s %s", terminal.Thousands(c.Count), c.State))
		}
		rows = append(rows, []string{
			a.ID, clean(a.Name), terminal.Thousands(a.Facets), terminal.Thousands(a.Pages), terminal.Thousands(a.Events),
			terminal.Thousands(a.CustomerLists), cmp.Or(strings.Join(uploads, ", "), "-"), cmp.Or(strings.Join(audiences, ", "), "-"),
		})
	}
	return terminal.Table([]terminal.Column{
		{Name: "ad account"},
		{Name: "name"},
		{Name: "facets", Right: true},
		{Name: "pages", Right: true},
		{Name: "events", Right: true},
		{Name: "lists", Right: true},
		{Name: "uploads"},
		{Name: "audiences"},
	}, rows)
}

// size writes bytes for somebody who reads them.
func size(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	v := float64(n)
	for v >= 1000 && len(units) > 1 {
		v, units = v/1000, units[1:]
	}
	if units[0] == "bytes" {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[0])
}
