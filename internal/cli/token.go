package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
)

func tokenCommand(s *session) *cobra.Command {
	return group("token", "Make tokens", tokenIssue(s))
}

func tokenIssue(s *session) *cobra.Command {
	var scopes, accounts []string
	cmd := &cobra.Command{
		Use: "issue", Short: "Make a token of a new user, in the sandbox", Args: Args(cobra.NoArgs),
		Long: "Make a token of a new user, who has a role on the ad accounts and nowhere else: to rehearse what another caller\n" +
			"may do. It is printed once.",
		Example: "  parterre token issue --scope ads:read --on 549755885175",
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) error {
			t, err := c.IssueToken(ctx, client.TokenIssue{Scopes: scopes, AdAccountIDs: accounts})
			if err != nil {
				return err
			}
			if s.json {
				return printJSON(out, t)
			}
			return s.show(out, t, [][2]string{{"token", t.AccessToken}, {"scopes", strings.Join(t.Scopes, " ")}})
		}),
	}
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "what it may do, such as ads:read; may be given again")
	cmd.Flags().StringSliceVar(&accounts, "on", nil, "the ad accounts on which it has a role; none when left out")
	return required(cmd, "scope")
}
