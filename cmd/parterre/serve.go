package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre"
	v5 "github.com/parterre/parterre/api/v5"
	"github.com/parterre/parterre/conversion"
	"github.com/parterre/parterre/internal/cli"
	"github.com/parterre/parterre/internal/server"
	"github.com/parterre/parterre/internal/telemetry"
	"github.com/parterre/parterre/ratelimit"
	"github.com/parterre/parterre/sandbox"
)

func serveCommand(getenv func(string) string) *cobra.Command {
	var c server.Config
	var verbose bool
	var tier string
	var changes []string
	var memory, reserve string
	events := conversion.Usual
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: "Run the service in sandbox mode: one business, one app, ad account 549755885175, and one token with every scope.\n\n" +
			"The token is taken from PARTERRE_TOKEN, the app's credentials from PARTERRE_APP_ID and PARTERRE_APP_SECRET; what is\n" +
			"not set is made and printed at start. PARTERRE_REDIRECT_URI says where the app sends users back to, several\n" +
			"separated by spaces; " + sandbox.DefaultRedirectURI + " when it is not set.",
		Example: "  parterre serve --addr 127.0.0.1:8080 --data ./parterre-data\n" +
			"  PARTERRE_TOKEN=secret parterre serve --data mem",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if c.Sandbox, err = credentials(getenv); err != nil {
				return cli.UsageError(cmd, err)
			}
			if c.Addr == "" || c.Data == "" {
				return errors.New("--addr and --data must not be empty")
			}
			if u, err := url.Parse(c.PublicURL); err != nil || c.PublicURL != "" &&
				(u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
				return cli.UsageError(cmd, fmt.Errorf("--public-url %q must be http:// or https://, a host, and perhaps a path", c.PublicURL))
			}
			limits, err := ratelimit.Parse(tier, changes...)
			if err != nil {
				return cli.UsageError(cmd, err)
			}
			c.RateLimits = limits
			if _, err := v5.ParseVersion(c.APIVersion); err != nil {
				return cli.UsageError(cmd, err)
			}
			if err := events.Check(); err != nil {
				return cli.UsageError(cmd, err)
			}
			c.EventLimits = &events
			if err := bounds(&c, memory, reserve); err != nil {
				return cli.UsageError(cmd, err)
			}
			if c.Traces, err = telemetry.TracesFrom(getenv); err != nil {
				return cli.UsageError(cmd, err)
			}
			if !(c.Alike.Seed > 0) { // also when it is no number
				return cli.UsageError(cmd, fmt.Errorf("--seed-moved is %v: it must be more than 0", c.Alike.Seed))
			}
			c.Log = logger(cmd.ErrOrStderr(), verbose)
			return serve(cmd.Context(), c, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&c.Addr, "addr", cmp.Or(getenv("PARTERRE_ADDR"), "127.0.0.1:8080"),
		"address to listen on (PARTERRE_ADDR)")
	flags.StringVar(&c.Admin, "admin-addr", getenv("PARTERRE_ADMIN_ADDR"),
		"address for metrics and profiles, such as 127.0.0.1:9090; they are not served when empty (PARTERRE_ADMIN_ADDR)")
	flags.StringVar(&c.Data, "data", cmp.Or(getenv("PARTERRE_DATA"), "./parterre-data"),
		"folder for the data, or mem to keep nothing (PARTERRE_DATA)")
	flags.StringVar(&tier, "rate-limits", cmp.Or(getenv("PARTERRE_RATE_LIMITS"), "standard"),
		"the tier of the rate limits: standard, trial or off (PARTERRE_RATE_LIMITS)")
	flags.StringArrayVar(&changes, "rate-limit", nil, "another limit, as in ads_write=10/60s; may be given again")
	flags.StringVar(&c.PublicURL, "public-url", getenv("PARTERRE_PUBLIC_URL"),
		"where callers reach the service, for the addresses that it gives out; as each request has it when empty (PARTERRE_PUBLIC_URL)")
	flags.StringVar(&c.APIVersion, "api-version", cmp.Or(getenv("PARTERRE_API_VERSION"), "5.23"),
		"the version of the API that is spoken: 5.14, 5.23 or live (PARTERRE_API_VERSION)")
	flags.StringVar(&memory, "memory-limit", getenv("PARTERRE_MEMORY_LIMIT"),
		"memory that the process may take, such as 512MiB; half of what there is when empty (PARTERRE_MEMORY_LIMIT)")
	flags.StringVar(&reserve, "disk-reserve", cmp.Or(getenv("PARTERRE_DISK_RESERVE"), "512MiB"),
		"room on the disk that writes leave alone: they are turned away when there is less (PARTERRE_DISK_RESERVE)")
	flags.DurationVar(&events.Age, "event-max-age", events.Age, "how old an event may be that comes in")
	flags.DurationVar(&events.Ahead, "event-max-ahead", events.Ahead, "how far ahead of the clock it may be")
	flags.Float64Var(&c.Alike.Seed, "seed-moved", .1, "the share of its seed that changes until a look-alike is computed anew")
	flags.BoolVar(&verbose, "verbose", false, "log what happens inside, too")
	return cmd
}

// bounds reads what the process may take of memory and leave of the disk, and has the runtime keep to it.
func bounds(c *server.Config, memory, reserve string) (err error) {
	if c.DiskReserve, err = server.ParseBytes("--disk-reserve", reserve); err != nil {
		return err
	}
	if memory != "" {
		if c.MemoryLimit, err = server.ParseBytes("--memory-limit", memory); err != nil {
			return err
		}
		if c.MemoryLimit < server.LeastMemory {
			return fmt.Errorf("--memory-limit %s is too little: the service needs %d MiB at least", memory, server.LeastMemory>>20)
		}
	}
	c.MemoryLimit = server.MemoryLimit(c.MemoryLimit)
	server.KeepMemory(c.MemoryLimit)
	return nil
}

// credentials reads what opens the sandbox.
func credentials(getenv func(string) string) (c sandbox.Credentials, err error) {
	c.Token, c.AppSecret = strings.TrimSpace(getenv("PARTERRE_TOKEN")), strings.TrimSpace(getenv("PARTERRE_APP_SECRET"))
	for name, value := range map[string]string{"PARTERRE_TOKEN": c.Token, "PARTERRE_APP_SECRET": c.AppSecret} {
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return c, fmt.Errorf("%s holds a space or something that is not ASCII, which no request can carry", name)
		}
	}
	if id := strings.TrimSpace(getenv("PARTERRE_APP_ID")); id != "" {
		if c.App, err = parterre.ParseID("PARTERRE_APP_ID", id); err != nil {
			return c, err
		}
		if c.App == 0 { // it would count as not set
			return c, fmt.Errorf("PARTERRE_APP_ID is %s: no id begins with 0", id)
		}
	}
	for uri := range strings.FieldsSeq(getenv("PARTERRE_REDIRECT_URI")) {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Contains(uri, "#") {
			return c, fmt.Errorf("PARTERRE_REDIRECT_URI holds %q: it must begin with http:// or https:// and a host, and have no user "+
				"and no fragment", uri)
		}
		c.RedirectURIs = append(c.RedirectURIs, uri)
	}
	return c, nil
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
	given := c.Sandbox
	s, err := server.Build(ctx, c)
	if err != nil {
		return err
	}
	token, secret := s.Token, s.AppSecret
	if given.Token != "" {
		token = "the one in PARTERRE_TOKEN"
	}
	if given.AppSecret != "" {
		secret = "the one in PARTERRE_APP_SECRET"
	}
	fmt.Fprintf(out, "Parterre listens on %s\n\n  ad account  549755885175\n  token       %s\n  app id      %s\n  app secret  %s\n"+
		"  data        %s\n", s.URL, token, s.AppID, secret, c.Data)
	if s.AdminURL != "" {
		fmt.Fprintf(out, "  metrics     %s/metrics\n", s.AdminURL)
	}
	fmt.Fprintln(out)
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
