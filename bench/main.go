// Command bench measures Parterre against its budgets. Each benchmark has a name and flags of its own:
//
//	go run ./bench NAME [flags]
package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// benchmarks are all there are, by name. Each parses its own flags.
var benchmarks = map[string]func(args []string) error{
	"ACTALIKE":      actAlike,
	"ACTALIKE-EVAL": actAlikeEval,
}

func main() {
	names := strings.Join(slices.Sorted(maps.Keys(benchmarks)), ", ")
	if len(os.Args) < 2 || benchmarks[os.Args[1]] == nil {
		fmt.Fprintf(os.Stderr, "usage: go run ./bench NAME [flags]\nNAME is one of %s\n", names)
		os.Exit(2)
	}
	if err := benchmarks[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
