// Package cli is the command line for people who use a running service: audiences, customer lists, conversion tags, events
// and tokens, and what the service holds, over package client. Tables are for people and --json is for programs, one object a line.
package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

// The exit codes of the command.
const (
	ExitOK          = 0
	ExitFailed      = 1 // something went wrong here: a file, the output
	ExitUsage       = 2 // the command was called in a wrong way
	ExitRefused     = 3 // the service refused the request, or a part of it
	ExitUnavailable = 4 // the service was not reached, or could not answer
)

// Commands are the commands that speak to a running service.
func Commands(getenv func(string) string) []*cobra.Command {
	s := &session{getenv: getenv}
	all := []*cobra.Command{
		audiencesCommand(s), listsCommand(s), tagsCommand(s), eventsCommand(s), tokenCommand(s), statsCommand(s),
	}
	for _, c := range all {
		s.flags(c)
		c.PersistentPreRunE = complete
	}
	return all
}

// session is what the commands share: where the service is, who asks, for which ad account, and how answers are shown.
type session struct {
	getenv              func(string) string
	url, token, account string
	json                bool
}

func (s *session) flags(c *cobra.Command) {
	flags := c.PersistentFlags()
	flags.StringVar(&s.url, "url", cmp.Or(s.getenv("PARTERRE_URL"), "http://127.0.0.1:8080"),
		"where the service is (PARTERRE_URL)")
	flags.StringVar(&s.token, "token", "", "the token that goes with each request (PARTERRE_TOKEN)")
	flags.StringVar(&s.account, "account", cmp.Or(s.getenv("PARTERRE_ACCOUNT"), "549755885175"),
		"the ad account (PARTERRE_ACCOUNT)")
	flags.BoolVar(&s.json, "json", false, "print JSON, one object a line")
}

func (s *session) client() (*client.Client, error) {
	token := cmp.Or(s.token, s.getenv("PARTERRE_TOKEN")) // which is no default of the flag: --help shows defaults
	if token == "" {
		return nil, usageErrorf("no token: set PARTERRE_TOKEN or --token to the one that the service printed at start")
	}
	c, err := client.New(s.url, token, &client.Options{UserAgent: "parterre-cli"})
	if err != nil {
		return nil, &usageError{err}
	}
	return c, nil
}

// show prints one thing: as JSON, or as lines of a name and a value.
func (s *session) show(w io.Writer, v any, lines [][2]string) error {
	if s.json {
		return printJSON(w, v)
	}
	width := 0
	for _, l := range lines {
		width = max(width, len(l[0]))
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(w, "  %-*s  %s\n", width, l[0], clean(l[1])); err != nil {
			return err
		}
	}
	return nil
}

// list is how the things of a list are shown in a table.
type list[T any] struct {
	columns []terminal.Column
	row     func(T) []string
	none    string // what is said when there are none
}

// show prints the things of a sequence, at most so many unless limit is 0. As JSON they are printed as they come.
func (l list[T]) show(s *session, w io.Writer, all func(func(T, error) bool), limit int) error {
	if limit < 0 {
		return usageErrorf("--limit must be 0 or more (was %d)", limit)
	}
	var rows [][]string
	n := 0
	for v, err := range all {
		if err != nil {
			return err
		}
		if s.json {
			if err := printJSON(w, v); err != nil {
				return err
			}
		} else {
			row := l.row(v)
			for i := range row {
				row[i] = clean(row[i])
			}
			rows = append(rows, row)
		}
		if n++; n == limit {
			break
		}
	}
	if s.json {
		return nil
	}
	text := terminal.Table(l.columns, rows)
	if n == 0 {
		text = "  " + l.none + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// usageError is that of a command which was called in a wrong way.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func usageErrorf(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// UsageError marks an error of cobra's as one about how the command was called.
func UsageError(_ *cobra.Command, err error) error { return &usageError{err} }

// Args makes an error of a check of arguments one about how the command was called.
func Args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if err := check(c, given); err != nil {
			return &usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
		}
		return nil
	}
}

// complete sees to the flags that a command needs. cobra does as well, but later, and as if it were no error of usage.
func complete(c *cobra.Command, _ []string) error {
	if err := c.ValidateRequiredFlags(); err != nil {
		return &usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	}
	return nil
}

// group makes a command that only holds others: called by itself, or with a name that is none of theirs, it says which
// there are.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: Args(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error {
		return c.Help()
	}}
	c.AddCommand(commands...)
	return c
}

// partly is the error of a command of whose work a part was refused; what was is on the output.
type partly struct{ text string }

func (e *partly) Error() string { return e.text }

// ExitCode is the exit code for what a command ended with.
func ExitCode(err error) int {
	var usage *usageError
	var part *partly
	var refused *client.Error
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &usage):
		return ExitUsage
	case errors.As(err, &part):
		return ExitRefused
	case errors.As(err, &refused):
		if refused.Status >= http.StatusInternalServerError || refused.Status == http.StatusTooManyRequests {
			return ExitUnavailable
		}
		return ExitRefused
	case errors.Is(err, client.ErrUnreached):
		return ExitUnavailable
	}
	return ExitFailed
}

// run makes what a command does out of what it does with a client.
func (s *session) run(do func(ctx context.Context, c *client.Client, out io.Writer, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := s.client()
		if err != nil {
			return err
		}
		return do(cmd.Context(), c, cmd.OutOrStdout(), args)
	}
}
