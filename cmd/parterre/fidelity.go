package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	v5 "github.com/parterre/parterre/api/v5"
	"github.com/parterre/parterre/internal/cli"
)

func fidelityCommand() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use: "fidelity [OPERATION]", Short: "Say how near each operation is to the real service",
		Long: "Say of each operation what is in the published contract, what was seen in recorded answers of the real service,\n" +
			"what is inferred, and what differs on purpose.",
		Example: "  parterre fidelity audiences/update",
		Args:    cli.Args(cobra.MaximumNArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			for _, f := range v5.Ledger {
				names = append(names, f.Operation)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ledger := v5.Ledger
			if len(args) == 1 {
				var one []v5.Fidelity
				for _, f := range ledger {
					if f.Operation == args[0] {
						one = append(one, f)
					}
				}
				if ledger = one; one == nil {
					return cli.UsageError(cmd, fmt.Errorf("there is no operation %q; parterre fidelity names them all", args[0]))
				}
			}
			if markdown {
				return writeMarkdown(cmd.OutOrStdout(), ledger)
			}
			return writeLedger(cmd.OutOrStdout(), ledger)
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "write docs/fidelity.md")
	return cmd
}

// writeLedger writes a ledger for a terminal.
func writeLedger(w io.Writer, ledger []v5.Fidelity) error {
	var b strings.Builder
	for i, f := range ledger {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintln(&b, f.Operation)
		eachNote(f, func(n v5.Note) { fmt.Fprintf(&b, "  %-9s %s\n", n.Basis, n.Text) })
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeMarkdown writes a ledger as docs/fidelity.md.
func writeMarkdown(w io.Writer, ledger []v5.Fidelity) error {
	var b strings.Builder
	b.WriteString("# How near each operation is to the real service\n\n" +
		"Made from the table in `api/v5/ledger.go` by `go run ./cmd/parterre fidelity --markdown`; edit that, not this.\n\n" +
		"* **contract**: written in the published description of the API\n" +
		"* **recorded**: seen in answers of the real service\n" +
		"* **inferred**: neither says so; what its users would expect\n" +
		"* **differs**: known to be otherwise at the real service, on purpose\n")
	for _, f := range ledger {
		fmt.Fprintf(&b, "\n## %s\n\n", f.Operation)
		eachNote(f, func(n v5.Note) { fmt.Fprintf(&b, "* **%s**: %s\n", n.Basis, n.Text) })
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// eachNote yields the notes of an operation, the firmest first.
func eachNote(f v5.Fidelity, yield func(v5.Note)) {
	for _, basis := range v5.Bases {
		for _, n := range f.Notes {
			if n.Basis == basis {
				yield(n)
			}
		}
	}
}
