package demo_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/internal/demo"
)

func TestTable(t *testing.T) {
	got := demo.Table(
		[]demo.Column{demo.NewColumn("Audience", false), demo.NewColumn("type", false), demo.NewColumn("size", true)},
		[][]string{{"Café", "VISITOR", "1,204"}, {"A longer name", "X", "7"}, {"", "", ""}},
	)
	want := "" +
		"  Audience       type      size\n" +
		"  Café           VISITOR  1,204\n" +
		"  A longer name  X            7\n" +
		"\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := demo.Thousands(n); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		1:                        "1 ms",
		7400 * time.Microsecond:  "7 ms",
		time.Second:              "1.00 s",
		12345 * time.Millisecond: "12.35 s",
	} {
		if got := demo.Short(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	const word = `it's "$HOME" \ & <all>`
	out, err := exec.Command("sh", "-c", "printf %s "+demo.Quote(word)).Output()
	if err != nil {
		t.Skipf("no shell to ask: %v", err)
	}
	if string(out) != word {
		t.Errorf("a shell reads %s, want %s", out, word)
	}
}

func TestCommandLine(t *testing.T) {
	long := strings.Repeat("x", 60)
	got := demo.CommandLine("curl", "-X PATCH", long, long, "-s")
	want := "curl -X PATCH " + long + " \\\n  " + long + " -s"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFoldJSON(t *testing.T) {
	const short = `{"name":"a, b","n":[1,2]}`
	if got := demo.FoldJSON(short); got != short {
		t.Errorf("got %s, want it as it was", got)
	}
	for name, value := range map[string]any{
		"values":                  strings.Split(strings.Repeat("id ", 90), " "),
		"strings with commas":     []string{strings.Repeat(",", 90), strings.Repeat(", ", 70), "c"},
		"escaped quotation marks": []string{strings.Repeat(`",`, 41), `\`, strings.Repeat(`\"`, 31), strings.Repeat(",", 90)},
	} {
		t.Run(name+" stay whole", func(t *testing.T) {
			long, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			got := demo.FoldJSON(string(long))
			if strings.ReplaceAll(got, "\n      ", "") != string(long) || !json.Valid([]byte(got)) || !strings.Contains(got, "\n") {
				t.Errorf("got\n%s\nwhich is not a folded\n%s", got, long)
			}
			for line := range strings.SplitSeq(got, "\n") {
				if name == "values" && len(line) > 100 {
					t.Errorf("the line %q is too long", line)
				}
			}
		})
	}
}

func TestProgressWithoutATerminal(t *testing.T) {
	var b strings.Builder
	p := demo.NewProgress(&b, 1000)
	for range 1000 {
		p.Add(1)
	}
	if want := "loading:  25%\nloading:  50%\nloading:  75%\nloading: 100%\n"; b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	demo.NewProgress(nil, 10).Add(10) // shows nothing
}
