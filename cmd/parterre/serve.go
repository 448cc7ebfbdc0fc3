package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/internal/cli"
	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/ratelimit"
)

func serveCommand(getenv func(string) string) *cobra.Command {
	var c server.Config
	var verbose bool
	var tier string
	var changes []string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: "Run the service in sandbox mode: one business, one app, ad account 549755885175, and one token with every scope,\n" +
			"taken from PARTERRE_TOKEN or made and printed at start.",
		Example: "  parterre serve --addr 127.0.0.1:8080 --data ./parterre-data\n" +
			"  PARTERRE_TOKEN=secret parterre serve --data mem",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Token = strings.TrimSpace(getenv("PARTERRE_TOKEN"))
			if strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
				return errors.New("PARTERRE_TOKEN holds a space or something that is not ASCII, which no request can carry")
			}
			if c.Addr == "" || c.Data == "" {
				return errors.New("--addr and --data must not be empty")
			}
			limits, err := ratelimit.Parse(tier, changes...)
			if err != nil {
				return cli.UsageError(cmd, err)
			}
			c.RateLimits = limits
			c.Log = logger(cmd.ErrOrStderr(), verbose)
			return serve(cmd.Context(), c, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&c.Addr, "addr", cmp.Or(getenv("PARTERRE_ADDR"), "127.0.0.1:8080"),
		"address to listen on (PARTERRE_ADDR)")
	flags.StringVar(&c.Data, "data", cmp.Or(getenv("PARTERRE_DATA"), "./parterre-data"),
		"folder for the data, or mem to keep nothing (PARTERRE_DATA)")
	flags.StringVar(&tier, "rate-limits", cmp.Or(getenv("PARTERRE_RATE_LIMITS"), "standard"),
		"the tier of the rate limits: standard, trial or off (PARTERRE_RATE_LIMITS)")
	flags.StringArrayVar(&changes, "rate-limit", nil, "another limit, as in ads_write=10/60s; may be given again")
	flags.BoolVar(&verbose, "verbose", false, "log what happens inside, too")
	return cmd
}

func logger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// serve runs the service until the context ends.
func serve(ctx context.Context, c server.Config, out io.Writer) error {
	given := c.Token != ""
	s, err := server.Build(ctx, c)
	if err != nil {
		return err
	}
	token := s.Token
	if given {
		token = "the one in PARTERRE_TOKEN"
	}
	fmt.Fprintf(out, "Parterre listens on %s\n\n  ad account  549755885175\n  token       %s\n  data        %s\n\n", s.URL, token, c.Data)
	if host, _, err := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://")); err == nil && !net.ParseIP(host).IsLoopback() {
		c.Log.Warn("this is a sandbox: its token opens everything, and other machines can reach it", slog.String("url", s.URL))
	}
	err = s.Wait(ctx)
	fmt.Fprintln(out, "Stopping.")
	if closing := s.Close(ctx); err == nil {
		err = closing
	}
	return err
}
