package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

var audienceTypes = []string{client.TypeCustomerList, client.TypeVisitor, client.TypeEngagement, client.TypeActAlike}

func audiencesCommand(s *session) *cobra.Command {
	return group("audiences", "List, create, read, update and remove audiences",
		audiencesList(s), audiencesGet(s), audiencesCreate(s), audiencesUpdate(s), audiencesRemove(s), audiencesRecompute(s))
}

func audiencesList(s *session) *cobra.Command {
	var o client.ListOptions
	var limit int
	cmd := &cobra.Command{
		Use: "list", Short: "List the audiences of the ad account", Args: Args(cobra.NoArgs),
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) error {
			return list[client.Audience]{
				columns: []terminal.Column{
					{Name: "id"}, {Name: "name"}, {Name: "type"}, {Name: "size", Right: true}, {Name: "status"}, {Name: "updated"},
				},
				row: func(a client.Audience) []string {
					return []string{
						a.ID, a.Name, a.AudienceType, terminal.Thousands(a.Size), a.Status, moment(a.UpdatedTimestamp),
					}
				},
				none: "There are no audiences.",
			}.show(s, out, c.Audiences(ctx, s.account, o), limit)
		}),
	}
	listFlags(cmd, &o, &limit)
	cmd.Flags().StringVar(&o.Ownership, "ownership", "", "OWNED, which is the default, or RECEIVED")
	words(cmd, "ownership", "OWNED", "RECEIVED")
	return cmd
}

// listFlags are those of every list.
func listFlags(cmd *cobra.Command, o *client.ListOptions, limit *int) {
	cmd.Flags().StringVar(&o.Order, "order", "", "ASCENDING by id, which is the default, or DESCENDING")
	cmd.Flags().IntVar(limit, "limit", 0, "print at most so many, 0 for all")
	words(cmd, "order", client.Ascending, client.Descending)
}

// words lets a shell complete the value of a flag.
func words(cmd *cobra.Command, flag string, allowed ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag is not one of the command's
	}
}

func (s *session) showAudience(w io.Writer, a client.Audience) error {
	return s.show(w, a, [][2]string{
		{"id", a.ID},
		{"name", a.Name},
		{"type", a.AudienceType},
		{"description", a.Description},
		{"rule", string(a.Rule)},
		{"size", terminal.Thousands(a.Size)},
		{"status", a.Status},
		{"created", moment(a.CreatedTimestamp)},
		{"updated", moment(a.UpdatedTimestamp)},
	})
}

func audiencesGet(s *session) *cobra.Command {
	var explain bool
	cmd := &cobra.Command{
		Use: "get ID", Short: "Read an audience", Args: Args(cobra.ExactArgs(1)), ValidArgsFunction: s.audienceIDs,
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, args []string) error {
			if explain {
				e, err := c.Explain(ctx, args[0])
				if err != nil {
					return err
				}
				return s.showExplanation(out, e)
			}
			a, err := c.Audience(ctx, s.account, args[0])
			if err != nil {
				return err
			}
			return s.showAudience(out, a)
		}),
	}
	cmd.Flags().BoolVar(&explain, "explain", false, "say how a look-alike came to be, and how far to trust it; for the operator")
	return cmd
}

func audiencesCreate(s *session) *cobra.Command {
	var n client.AudienceCreate
	var rule string
	var wait bool
	cmd := &cobra.Command{
		Use: "create", Short: "Create an audience", Args: Args(cobra.NoArgs),
		Example: `  parterre audiences create --type VISITOR --name "Cart leavers" \
    --rule '{"visitor_source_id":"2612511566392","event":"addtocart","retention_days":14}' --wait`,
	}
	cmd.RunE = s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) (err error) {
		if n.Rule, err = ruleFlag(rule, cmd.InOrStdin()); err != nil {
			return err
		}
		a, err := c.CreateAudience(ctx, s.account, n)
		if err == nil && wait {
			a, err = c.WaitForAudience(ctx, s.account, a.ID)
		}
		if err != nil {
			return err
		}
		return s.showAudience(out, a)
	})
	flags := cmd.Flags()
	flags.StringVar(&n.AudienceType, "type", "", strings.Join(audienceTypes, ", "))
	flags.StringVar(&n.Name, "name", "", "what it is called")
	flags.StringVar(&n.Description, "description", "", "more about it")
	flags.StringVar(&rule, "rule", "", "the rule: JSON, @FILE, or - for the standard input")
	flags.BoolVar(&wait, "wait", false, "wait until its members are known")
	words(cmd, "type", audienceTypes...)
	return required(cmd, "type", "name", "rule")
}

// required marks flags as such.
func required(cmd *cobra.Command, names ...string) *cobra.Command {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag is not one of the command's
		}
	}
	return cmd
}

func audiencesUpdate(s *session) *cobra.Command {
	var name, description, rule string
	var wait bool
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change the name, the description or the rule of an audience", Args: Args(cobra.ExactArgs(1)),
		ValidArgsFunction: s.audienceIDs,
		Long: "Change an audience. What no flag names stays as it is. A rule replaces the old one whole; the old members serve\n" +
			"until the new ones are known.",
	}
	flags := cmd.Flags()
	cmd.RunE = s.run(func(ctx context.Context, c *client.Client, out io.Writer, args []string) (err error) {
		var u client.AudienceUpdate
		if flags.Changed("name") {
			u.Name = &name
		}
		if flags.Changed("description") {
			u.Description = &description
		}
		if flags.Changed("rule") {
			if u.Rule, err = ruleFlag(rule, cmd.InOrStdin()); err != nil {
				return err
			}
		}
		if u == (client.AudienceUpdate{}) && !flags.Changed("rule") {
			return usageErrorf("nothing to change: give --name, --description or --rule")
		}
		a, err := c.UpdateAudience(ctx, s.account, args[0], u)
		if err == nil && wait {
			a, err = c.WaitForAudience(ctx, s.account, a.ID)
		}
		if err != nil {
			return err
		}
		return s.showAudience(out, a)
	})
	flags.StringVar(&name, "name", "", "what it is called from now on")
	flags.StringVar(&description, "description", "", "what is said of it from now on")
	flags.StringVar(&rule, "rule", "", "the new rule: JSON, @FILE, or - for the standard input")
	flags.BoolVar(&wait, "wait", false, "wait until its members are known")
	return cmd
}

func audiencesRemove(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "remove ID…", Short: "Remove audiences for good", Args: Args(cobra.MinimumNArgs(1)), ValidArgsFunction: s.audienceIDs,
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, args []string) error {
			for _, id := range args {
				a, err := c.RemoveAudience(ctx, s.account, id)
				if err != nil {
					return err
				}
				if err := s.show(out, a, [][2]string{{"removed", a.ID + "  " + a.Name}}); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

// audienceIDs lets a shell complete the id of an audience, with its name beside it.
func (s *session) audienceIDs(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const most = 250
	c, err := s.client()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var ids []cobra.Completion
	for a, err := range c.Audiences(cmd.Context(), s.account, client.ListOptions{Order: client.Descending, PageSize: most}) {
		if err != nil || len(ids) == most {
			break
		}
		ids = append(ids, cobra.CompletionWithDesc(a.ID, clean(a.Name)))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
