package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

// showExplanation shows how an audience came to be. With --json it is what the service answered.
func (s *session) showExplanation(w io.Writer, e client.Explanation) error {
	lines := [][2]string{
		{"id", e.ID}, {"name", e.Name}, {"type", e.AudienceType}, {"size", terminal.Thousands(e.Size)}, {"status", e.Status},
	}
	if a := e.ActAlike; a != nil {
		lines = append(lines, explained(a)...)
	} else if !s.json {
		lines = append(lines, [2]string{"explained", "only an ACTALIKE audience that was evaluated has more to tell"})
	}
	return s.show(w, e, lines)
}

func explained(a *client.ActAlike) [][2]string {
	lines := [][2]string{
		{"seed", terminal.Thousands(int64(a.SeedSize)) + " people"},
		{"asked for", fmt.Sprintf("%d%% of the %s people in %s", a.Percentage, terminal.Thousands(int64(a.CountryPersons)), a.Country)},
		{"computed", moment(a.ComputedAt)},
	}
	if a.Reason != "" {
		lines = append(lines, [2]string{"reason", a.Reason})
	}
	if a.Method != "" {
		lines = append(lines, [2]string{"method", a.Method})
	}
	if a.FactorsVersion > 0 {
		lines = append(lines, [2]string{"factors", fmt.Sprintf("version %d, made %s", a.FactorsVersion, moment(a.FactorsMadeAt))})
	}
	if h := a.HeldOut; h != nil {
		lines = append(lines, [2]string{"held out", fmt.Sprintf("of %s hidden seeds %.1f%% were found, %.1f times what chance finds",
			terminal.Thousands(int64(h.Hidden)), 100*h.Recall, h.Lift)})
	}
	for i, item := range a.Items {
		name := ""
		if i == 0 {
			name = "weighs most"
		}
		lines = append(lines, [2]string{name, strconv.FormatFloat(item.Weight, 'g', 3, 64) + "  " + item.Item})
	}
	return lines
}

func audiencesRecompute(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "recompute ID", Short: "Have a look-alike computed anew; for the operator", Args: Args(cobra.ExactArgs(1)),
		ValidArgsFunction: s.audienceIDs,
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, args []string) error {
			e, err := c.Recompute(ctx, args[0])
			if err != nil {
				return err
			}
			return s.showExplanation(out, e)
		}),
	}
}
