package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/cli"
	"github.com/parterre/parterre/internal/demo"
	"github.com/parterre/parterre/internal/server"
)

func demoCommand() *cobra.Command {
	var o demo.Options
	var addr string
	var stay bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show what the service does, with a made-up shop",
		Long: "Start the service with its stores in a temporary folder, load a made-up shop through the public API, create an\n" +
			"audience of each type, update them, and print what happened with the curl line of each update.",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out, o.Progress = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return runDemo(cmd.Context(), addr, stay, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&stay, "serve", false, "stay up afterwards, so that the curl lines can be tried")
	flags.StringVar(&addr, "addr", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	flags.Uint64Var(&o.Seed, "seed", 1, "the same seed makes the same shop")
	return cmd
}

// runDemo plays the demonstration against a service of its own, whose data go when it ends.
func runDemo(ctx context.Context, addr string, stay bool, o demo.Options) (err error) {
	folder, err := os.MkdirTemp("", "parterre-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	s, err := server.Build(ctx, server.Config{Addr: addr, Data: folder})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	c, err := client.New(s.URL, s.Token, nil)
	if err != nil {
		return err
	}
	o.BaseURL, o.Token, o.Account, o.Now = s.URL, s.Token, sandboxAccount, time.Now()
	if err := demo.Run(ctx, c, o); err != nil {
		return err
	}
	if !stay {
		_, err = fmt.Fprintln(o.Out, "\nThe service has ended. To try these lines, run the demo with --serve.")
		return err
	}
	_, _ = fmt.Fprintf(o.Out, "\nServing on %s until Ctrl-C.\n", s.URL)
	return s.Wait(ctx)
}

// sandboxAccount is the ad account of the sandbox.
const sandboxAccount = "549755885175"
