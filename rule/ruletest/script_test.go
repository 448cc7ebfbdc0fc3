package ruletest // the parser and the printer of scripts are not exported

import (
	"io/fs"
	"reflect"
	"strings"
	"testing"
)

func TestAScriptThatIsWrongFailsWithItsLine(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"an unknown command", "# first\ndance ann", `x.txt:2: unknown command "dance"`},
		{"a person missing", "event", "x.txt:1: the person is missing"},
		{"a moment missing", "event ann checkout", `x.txt:1: "" is not a moment`},
		{"a moment that is none", "event ann checkout at=yesterday", `"yesterday" is not a moment`},
		{"a shift that is none", "event ann checkout at=2026-03-01+5x", `"5x" is not a number of hours, minutes and seconds`},
		{"a shift of half a second", "members 10 at=2026-03-01+0.5s\nnobody", `"0.5s" is not a number of hours`},
		{"days that are none", "members 10 at=2026-03-01+d\nnobody", `"" is not a number of days`},
		{"an event before all time", "event ann checkout at=1970-01-01", "no event can happen at 1970-01-01T00:00:00Z"},
		{"an event after all time", "event ann checkout at=2200-01-01", "no event can happen at 2200-01-01T00:00:00Z"},
		{"an unknown option", "event ann checkout at=2026-03-01 colour=red", `unknown options: ["colour"]`},
		{"an option twice", "event ann checkout at=2026-03-01 tag=7 tag=8", "the option tag stands twice"},
		{"an empty option", "event ann checkout at=2026-03-01 url=", "the option url is empty"},
		{"a word too many", "event ann checkout twice at=2026-03-01", `too many words: ["twice"]`},
		{"a source that is none", "event ann checkout at=2026-03-01 source=tv", "'tv' is not one of ['web', 'mobile'"},
		{"an engagement that is none", "engage ann look at=2026-03-01", "'look' is not one of ['click'"},
		{"an objective that is none", "engage ann save at=2026-03-01 objective=FAME", "'FAME' is not one of ['AWARENESS'"},
		{"an id that is none", "engage ann save at=2026-03-01 pin=p", "'pin' value 'p' must match the pattern"},
		{"data that are no object", "event ann checkout at=2026-03-01 data=[1]", "read the event's data"},
		{"data that are not plain", `event ann checkout at=2026-03-01 data={"value": [1]}`, "[1] is not a string, a number"},
		{
			"data under two names", `event ann search at=2026-03-01 data={"search_string": "a", "search_query": "b"}`,
			"stands twice",
		},
		{"line items that are none", `event ann checkout at=2026-03-01 data={"line_items": 5}`, "read the line items"},
		{"a list that does something else", "list 643 put ann", `a list can add or remove, not "put"`},
		{"a list of nobody", "list 643 add", "the person is missing"},
		{"a type that is none", "audience 10 PERSONA {}", "cannot be created over the API"},
		{"an audience without a rule", "audience 10 VISITOR", "the rule is missing"},
		{"an error that says nothing", "audience 10 VISITOR {}\nerror:", "the error: says nothing"},
		{"a question without an answer", "remove 10\n\nmembers 10 at=2026-03-01\n\nann", "x.txt:3: the names are missing"},
		{"names that are not sorted", "members 10 at=2026-03-01\nbob ann", "the names are not sorted"},
		{"a range that goes down", "person p05..p01", `"p05..p01" is not a range of names`},
		{"a range between different names", "person p01..q05", `"p01..q05" is not a range of names`},
		{"a range of other widths", "person p9..p10", `"p9..p10" is not a range of names`},
		{"an empty name", "person ann,,bob", `"ann,,bob" has an empty name`},
		{"nothing but an option", "at=2026-03-01", "no command"},
		{
			"members that are missing", "list 643 add ann bob\naudience 10 CUSTOMER_LIST {\"customer_list_id\": \"643\"}\n" +
				"members 10 at=2026-03-01\nann cid",
			"x.txt:3: members 10 at=2026-03-01T00:00:00Z: the members are wrong\n  got:     ann bob\n  want:    ann cid\n" +
				"  missing: cid\n  extra:   bob",
		},
		{
			"a rule that is refused", "audience 10 VISITOR {}",
			"x.txt:1: audience 10 VISITOR {} at=1970-01-01T00:00:00Z: the rule is refused",
		},
		{
			"a rule that should be refused", "audience 10 VISITOR {\"visitor_source_id\": \"7\"}\nerror: no",
			`the rule is accepted, but it should be refused with "no"`,
		},
		{
			"a rule that is refused with another message", "audience 10 VISITOR {}\nerror: no",
			"refused with another message: Invalid request: 'rule.visitor_source_id' is a required property",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := runScript("x.txt", c.script, Naive(t))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "x.txt:") {
				t.Errorf("got %v\nwant an error of a line of x.txt, with %q", err, c.want)
			}
		})
	}
}

func TestAMemberWhoIsNamedTwiceIsWrong(t *testing.T) {
	err := runScript("x.txt", "members 10 at=2026-03-01\nann", stutterer{Naive(t)})
	if err == nil || !strings.Contains(err.Error(), "extra:   ann") {
		t.Errorf("got %v", err)
	}
}

type stutterer struct{ Evaluator }

func TestTheCorpusIsReadAgainAsItIsPrinted(t *testing.T) {
	names, err := fs.Glob(corpus, "corpus/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := corpus.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		once := mustParse(t, string(text))
		if twice := mustParse(t, printed(once)); !reflect.DeepEqual(once, twice) {
			t.Errorf("%s: printed, the script means something else:\n%s", name, printed(once))
		}
	}
}

func TestAHistoryIsReadAgainAsItIsPrinted(t *testing.T) {
	const seed = 5
	text := script(history(seed, 200))
	if again := printed(mustParse(t, text)); again != withoutComments(text) {
		t.Errorf("seed %d: printed, the history means something else:\n%s\n\n%s", seed, text, again)
	}
}

func mustParse(t *testing.T, text string) []operation {
	t.Helper()
	lines, err := parseScript("x.txt", text)
	if err != nil {
		t.Fatal(err)
	}
	ops := make([]operation, len(lines))
	for i, l := range lines {
		ops[i] = l.do
	}
	return ops
}

func printed(ops []operation) string {
	var b strings.Builder
	for _, op := range ops {
		b.WriteString(op.String() + "\n")
	}
	return b.String()
}

func withoutComments(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
