package ruletest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// HistoryOptions say how many random histories there are. A field that is zero has a default.
type HistoryOptions struct {
	Histories  int    // how many; 20
	Operations int    // in each; 300
	Seed       uint64 // of the first; 1. The others have the seeds that follow it
}

// seedVariable is an environment variable. Set to a seed, it makes [Histories] replay the history of that seed alone.
const seedVariable = "PARTERRE_SEED"

// Histories replays random histories on an evaluator and on package naive, and compares the members of audiences at
// random moments, those where somebody's membership ends among them. A history is a function of its seed alone, which a
// failure names, together with a short script that fails as well; such a script belongs into the corpus.
//
// An evaluator that has a method Reopen() error is closed and opened again by it, a few times within a history.
func Histories(t *testing.T, open func(t testing.TB) Evaluator, opts HistoryOptions) {
	if opts.Histories == 0 {
		opts.Histories = 20
	}
	if opts.Operations == 0 {
		opts.Operations = 300
	}
	if opts.Seed == 0 {
		opts.Seed = 1
	}
	if s := os.Getenv(seedVariable); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s=%s is not a seed: %v", seedVariable, s, err)
		}
		opts.Seed, opts.Histories = seed, 1
	}
	for i := range opts.Histories {
		seed := opts.Seed + uint64(i)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			ops := history(seed, opts.Operations)
			failed, err := replay(ops, open(t))
			if err == nil {
				return
			}
			short := shrink(ops[:failed+1], mostReplays, func(ops []operation) (fails bool) {
				t.Run("shorter", func(t *testing.T) {
					_, err := replay(ops, open(t))
					fails = err != nil
				})
				return fails
			})
			t.Fatalf("seed %d, operation %d: %v\n\nTo replay it: %s=%d. A shorter script that fails:\n\n%s",
				seed, failed+1, err, seedVariable, seed, script(short))
		})
	}
}

// replay carries the operations out on the evaluator and on the naive one, and compares what they answer. It returns the
// operation that failed, by its place.
func replay(ops []operation, e Evaluator) (failed int, err error) {
	naive := Naive(nil)
	for i, op := range ops {
		if question, ok := op.(asked); ok {
			if question.want, err = naive.Members(question.audience, question.at); err != nil {
				return i, err
			}
			op = question
		} else if err := op.apply(naive); err != nil {
			return i, fmt.Errorf("%s: the naive evaluator: %w", op, err)
		}
		if err := op.apply(e); err != nil {
			return i, fmt.Errorf("%s: %w", abridge(op.String()), err)
		}
	}
	return 0, nil
}

// script writes operations as a script of the corpus, with the answers of the naive evaluator.
func script(ops []operation) string {
	var b strings.Builder
	naive := Naive(nil)
	for _, op := range ops {
		if question, ok := op.(asked); ok {
			question.want, _ = naive.Members(question.audience, question.at)
			op = question
		} else if op.apply(naive) != nil {
			b.WriteString("# the naive evaluator refuses this:\n")
		}
		b.WriteString(op.String() + "\n")
	}
	return b.String()
}

// mostReplays bounds the search for a shorter history.
const mostReplays = 300

// shrink leaves operations out, and then persons, for as long as what is left fails. It tries at most that many times.
func shrink(ops []operation, tries int, fails func([]operation) bool) []operation {
	try := func(shorter []operation) bool {
		if tries == 0 {
			return false
		}
		tries--
		if !fails(shorter) {
			return false
		}
		ops = shorter
		return true
	}
	for size := len(ops) / 2; size > 0; size /= 2 {
		for i := 0; i+size <= len(ops); {
			if !try(without(ops, i, size)) {
				i += size
			}
		}
	}
	for i := 0; i < len(ops); {
		first, second := halves(ops[i])
		if first == nil || !try(with(ops, i, first)) && !try(with(ops, i, second)) {
			i++
		}
	}
	return ops
}

func without(ops []operation, i, n int) []operation {
	return append(append([]operation(nil), ops[:i]...), ops[i+n:]...)
}

func with(ops []operation, i int, op operation) []operation {
	changed := append([]operation(nil), ops...)
	changed[i] = op
	return changed
}

// halves splits an operation that concerns several persons, and gives nil for any other.
func halves(op operation) (first, second operation) {
	split := func(persons []string, with func([]string) operation) (first, second operation) {
		if n := len(persons) / 2; n > 0 {
			return with(persons[:n]), with(persons[n:])
		}
		return nil, nil
	}
	switch o := op.(type) {
	case imported:
		return split(o.persons, func(p []string) operation { o.persons = p; return o })
	case happened:
		return split(o.persons, func(p []string) operation { o.persons = p; return o })
	case listed:
		return split(o.persons, func(p []string) operation { o.persons = p; return o })
	}
	return nil, nil
}

// reopened closes the evaluator and opens it again, if it can be.
type reopened struct{}

func (reopened) apply(e Evaluator) error {
	if r, ok := e.(interface{ Reopen() error }); ok {
		return r.Reopen()
	}
	return nil
}

func (reopened) String() string { return "# (opened again)" }
