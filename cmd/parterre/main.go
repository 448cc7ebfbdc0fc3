// Command parterre is the audience service in one binary: serve runs it, demo shows what it does, and the others speak to a
// service that runs.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "parterre:", err)
		os.Exit(cli.ExitCode(err)) //nolint:gocritic // stop only puts the signals back
	}
}

// run is the whole command, with everything that it takes from outside.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	root := &cobra.Command{
		Use:   "parterre",
		Short: "An audience service that speaks the audience family of the Pinterest API v5",
		Long: "Parterre is an audience service: it speaks the audience family of the Pinterest API v5 on the wire and has a\n" +
			"real engine behind it. It is not affiliated with Pinterest.",
		Args:          cli.Args(cobra.NoArgs), // a command that there is none of
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.Version = version()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(cli.UsageError)
	root.AddCommand(serveCommand(getenv), demoCommand(), fidelityCommand(), versionCommand()) //nolint:contextcheck // cobra hands it on
	root.AddCommand(cli.Commands(getenv)...)                                                  //nolint:contextcheck // cobra hands it on
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}
