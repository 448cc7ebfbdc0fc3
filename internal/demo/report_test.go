package demo_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/parterre/parterre/internal/demo"
)

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
