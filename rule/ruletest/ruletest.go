// Package ruletest holds evaluators of rules to what rules mean. A corpus of scripts in plain text says who is a member
// when ([Run]), and random histories are replayed on an evaluator and on package rule/naive side by side ([Histories]).
//
// # Scripts
//
// A script is read line by line. A line that begins with # is a comment; a line that begins with a space goes on with
// the line before. These are the commands:
//
//	person ann country=US
//	event ann pagevisit at=2026-03-01T10:00:00Z url=https://shop.example/a source=web ingestion=tag tag=7 account=1
//	  data={"order_id": "X-1", "line_items": [{"product_id": 11}]}
//	engage ann click at=2026-03-01 pin=12 domain=www.example.com url=https://www.example.com/ ad=3 campaign=4
//	  objective=AWARENESS account=1
//	list 643 add ann bob
//	list 643 remove bob
//	audience 10 VISITOR {"visitor_source_id": "7"} at=2026-03-02
//	remove 10
//	members 10 at=2026-03-01T10:00:00Z+180d1s
//
// A new evaluator knows nobody; persons appear when they are first named, but not by being removed from a list. An event comes from the web, by the conversions
// API, of no tag, in ad account 1, unless it says otherwise; an audience belongs to ad account 1. After the command
// audience there may be a line "error:" with a part of the message that refuses the rule. After the command members come
// the names, in lines up to an empty one, or "nobody".
//
// A moment is a date, which means its first second, or a date and a time, and may be moved: +180d, -1s, +1d12h. A rule
// that is set at no moment is set at the latest moment that the script has named so far. In a name, 01..20 stands for
// twenty persons, as in p01..p20, and commas do too, as in ann,bob.
package ruletest

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
	"github.com/parterre/parterre/rule/naive"
)

// Evaluator is what can be held to the meaning of rules. It has a population of its own, which is empty at first, and
// which is open: a person appears when they are first imported, do something, or are put on a list, and not when they are
// taken off one. It is used by one goroutine.
type Evaluator interface {
	// Import says that a person exists and where they live; of several countries the last counts. An empty country says
	// nothing: it leaves what was said before.
	Import(person, country string) error
	// Happen says that a person did something. Events come in any order, and may come more than once.
	Happen(person string, f parterre.Facet, at parterre.Stamp) error
	// ChangeList adds persons to a customer list or removes them, in one batch.
	ChangeList(list parterre.ID, remove bool, persons []string) error
	// Set gives an audience of the ad account a rule, at a moment in seconds since 1970, and returns when it is evaluated.
	Set(audience, account parterre.ID, r rule.Rule, at int64) error
	// Remove removes an audience. It then has no members.
	Remove(audience parterre.ID) error
	// Members are an audience's members at a moment in seconds since 1970, in any order, each once.
	Members(audience parterre.ID, at int64) ([]string, error)
}

//go:embed corpus/*.txt
var corpus embed.FS

// Run runs the whole corpus, every script on an evaluator of its own. Open registers with t what has to be closed.
func Run(t *testing.T, open func(t testing.TB) Evaluator) {
	names, err := fs.Glob(corpus, "corpus/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("the corpus has %d scripts: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(path.Base(name), ".txt"), func(t *testing.T) {
			text, err := corpus.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := runScript(path.Base(name), string(text), open(t)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// runScript runs a script up to the first line that is wrong, or that the evaluator disagrees with.
func runScript(name, text string, e Evaluator) error {
	lines, err := parseScript(name, text)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if err := l.do.apply(e); err != nil {
			return fmt.Errorf("%s:%d: %s: %w", name, l.number, abridge(l.do.String()), err)
		}
	}
	return nil
}

// Naive opens the evaluator that defines what rules mean.
func Naive(testing.TB) Evaluator { return &oracle{} }

// oracle puts package naive behind the interface.
type oracle struct{ world naive.World }

func (o *oracle) Import(person, country string) error {
	o.world.Import(person, country)
	return nil
}

func (o *oracle) Happen(person string, f parterre.Facet, at parterre.Stamp) error {
	o.world.Happen(person, f, at)
	return nil
}

func (o *oracle) ChangeList(list parterre.ID, remove bool, persons []string) error {
	if remove {
		o.world.RemoveFromList(list, persons...)
	} else {
		o.world.AddToList(list, persons...)
	}
	return nil
}

func (o *oracle) Set(audience, account parterre.ID, r rule.Rule, at int64) error {
	o.world.Set(audience, account, r, at)
	return nil
}

func (o *oracle) Remove(audience parterre.ID) error {
	o.world.Remove(audience)
	return nil
}

func (o *oracle) Members(audience parterre.ID, at int64) ([]string, error) {
	return o.world.Members(audience, at), nil
}

var _ Evaluator = (*oracle)(nil)
