// Command bench measures the budgets of the service: how fast it evaluates rules beside a column store, takes events in,
// answers who is in what, and starts. It is a program and not a timed test; docs/performance.md says what came out.
//
//	go run ./bench RULES|INGEST|LOOKUPS|START|ALL --persons 1e6 --events 10e6 --urls 20000 --seed 1 --out FILE.json
//
// A benchmark is a row of the table below and a file of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// benchmark is one thing to measure. Run gives what goes into the JSON, and prints a table for people.
type benchmark struct {
	name string
	what string
	run  func(ctx context.Context, b *bench) (any, error)
}

// benchmarks are run in this order by ALL.
var benchmarks = []benchmark{
	{"RULES", "evaluation of a new rule, seven classes, beside the peer, at three sizes", rules},
	{"INGEST", "conversion events over HTTP, beside decoding and discarding them, at three sizes", ingest},
	{"LOOKUPS", "person to all audiences, while events come in", lookups},
	{"START", "time to the first answer, and memory", start},
}

// ownFlags are the benchmarks that read arguments of their own, behind their name. ALL leaves them out.
var ownFlags = map[string]func(args []string) error{
	"ACTALIKE":      actAlike,
	"ACTALIKE-EVAL": actAlikeEval,
}

// startCommand is what START starts this program with.
const startCommand = "start-one"

// bench is what a benchmark is run with.
type bench struct {
	size      size
	audiences int // of LOOKUPS
	growth    bool
	seed      uint64
	peer      string
	library   string
	profile   string
	folder    string // for the data, emptied by who uses it
	keep      string // where data are kept to be used again, or nothing
	out       io.Writer
	log       io.Writer // for progress
}

// size says how much data there is.
type size struct {
	Persons int `json:"persons"`
	Events  int `json:"events"`
	URLs    int `json:"urls"`
}

// part is a fraction of the size, at least one of each; the URLs stay.
func (s size) part(of int) size { return size{max(s.Persons/of, 1), max(s.Events/of, 1), s.URLs} }

// machine says where the figures come from.
type machine struct {
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil { // cobra has said it
		os.Exit(1)
	}
}

func command() *cobra.Command {
	if len(os.Args) == 4 && os.Args[1] == startCommand {
		return &cobra.Command{
			Use: startCommand, DisableFlagParsing: true, SilenceUsage: true,
			RunE: func(*cobra.Command, []string) error { return startOne(os.Args[2:]) },
		}
	}
	if len(os.Args) > 1 && ownFlags[os.Args[1]] != nil {
		return &cobra.Command{
			Use: "bench " + os.Args[1], DisableFlagParsing: true, SilenceUsage: true,
			RunE: func(*cobra.Command, []string) error { return ownFlags[os.Args[1]](os.Args[2:]) },
		}
	}
	b := &bench{}
	var persons, events, urls, file string
	cmd := &cobra.Command{
		Use: "bench " + usage() + " or one of " + strings.Join(slices.Sorted(maps.Keys(ownFlags)), "|"), Short: "Measure the budgets of the service", SilenceUsage: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			b.out, b.log = cmd.OutOrStdout(), cmd.ErrOrStderr()
			for _, n := range []struct {
				flag, text string
				to         *int
			}{{"persons", persons, &b.size.Persons}, {"events", events, &b.size.Events}, {"urls", urls, &b.size.URLs}} {
				if *n.to, err = whole(n.text); err != nil {
					return fmt.Errorf("--%s %s: a whole number from 1 such as 20000 or 1e6 is needed", n.flag, n.text)
				}
			}
			return b.run(cmd.Context(), args[0], file)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&persons, "persons", "1e6", "how many persons there are")
	flags.StringVar(&events, "events", "10e6", "how many events")
	flags.StringVar(&urls, "urls", "20000", "how many URLs")
	flags.IntVar(&b.audiences, "audiences", 10_000, "how many audiences there are for LOOKUPS")
	flags.Uint64Var(&b.seed, "seed", 1, "what the data are made from")
	flags.BoolVar(&b.growth, "growth", true, "also measure RULES and INGEST at a tenth and a hundredth of the size")
	flags.StringVar(&b.peer, "peer", "", "clickhouse, or nothing for no peer")
	flags.StringVar(&b.library, "libchdb", os.Getenv("CHDB_LIB_PATH"), "where libchdb.so is (CHDB_LIB_PATH)")
	flags.StringVar(&b.folder, "folder", os.TempDir(), "where folders for the data are made and removed again")
	flags.StringVar(&b.keep, "keep", "", "keep the data and those of the peer in this folder, and use them again the next time")
	flags.StringVar(&b.profile, "cpuprofile", "", "write a profile of the processors' time to this file")
	flags.StringVar(&file, "out", "", "write the figures as JSON to this file, too")
	return cmd
}

func usage() string {
	var all []string
	for _, one := range benchmarks {
		all = append(all, one.name)
	}
	return strings.Join(append(all, "ALL"), "|")
}

func whole(text string) (int, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < 1 || f > 4e9 || f != float64(int(f)) {
		return 0, errors.New("not a whole number")
	}
	return int(f), nil
}

// run runs the named benchmark, or all, and writes what they found.
func (b *bench) run(ctx context.Context, name, file string) error {
	found := map[string]any{
		"size": b.size, "seed": b.seed,
		"machine": machine{runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH, runtime.Version()},
	}
	if err := b.profileAnew(); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	known := false
	for _, one := range benchmarks {
		if name != one.name && name != "ALL" {
			continue
		}
		known = true
		fmt.Fprintf(b.out, "\n%s: %s\n\n", one.name, one.what)
		figures, err := one.run(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		found[strings.ToLower(one.name)] = figures
	}
	if !known {
		return fmt.Errorf("there is no benchmark %s: %s are there", name, usage())
	}
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// profileAnew begins the profile, if there is to be one, or begins it again after what is not to be seen in it.
func (b *bench) profileAnew() error {
	if b.profile == "" {
		return nil
	}
	pprof.StopCPUProfile()
	f, err := os.Create(b.profile)
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}
