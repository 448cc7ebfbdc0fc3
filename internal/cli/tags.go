package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

func tagsCommand(s *session) *cobra.Command {
	return group("tags", "List, create and read conversion tags", tagsList(s), tagsGet(s), tagsCreate(s))
}

func tagsList(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the conversion tags of the ad account", Args: Args(cobra.NoArgs),
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) error {
			all, err := c.ConversionTags(ctx, s.account)
			if err != nil {
				return err
			}
			each := func(yield func(client.ConversionTag, error) bool) {
				for _, t := range all {
					if !yield(t, nil) {
						return
					}
				}
			}
			return list[client.ConversionTag]{
				columns: []terminal.Column{{Name: "id"}, {Name: "name"}, {Name: "status"}, {Name: "last fired"}},
				row: func(t client.ConversionTag) []string {
					return []string{t.ID, t.Name, t.Status, moment(t.LastFiredTimeMS / 1000)}
				},
				none: "There are no conversion tags.",
			}.show(s, out, each, 0)
		}),
	}
}

func (s *session) showTag(w io.Writer, t client.ConversionTag) error {
	return s.show(w, t, [][2]string{
		{"id", t.ID}, {"name", t.Name}, {"status", t.Status}, {"last fired", moment(t.LastFiredTimeMS / 1000)},
	})
}

func tagsGet(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "get ID", Short: "Read a conversion tag", Args: Args(cobra.ExactArgs(1)),
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, args []string) error {
			t, err := c.ConversionTag(ctx, s.account, args[0])
			if err != nil {
				return err
			}
			return s.showTag(out, t)
		}),
	}
}

func tagsCreate(s *session) *cobra.Command {
	var n client.ConversionTagCreate
	cmd := &cobra.Command{
		Use: "create", Short: "Create a conversion tag", Args: Args(cobra.NoArgs),
		RunE: s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) error {
			t, err := c.CreateConversionTag(ctx, s.account, n)
			if err != nil {
				return err
			}
			return s.showTag(out, t)
		}),
	}
	cmd.Flags().StringVar(&n.Name, "name", "", "what it is called")
	return required(cmd, "name")
}
