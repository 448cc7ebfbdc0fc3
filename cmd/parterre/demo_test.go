//go:build unix

package main_test

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// demoRow is a row of the demonstration's table: the audience, its type, the update, and the sizes before and after.
var demoRow = regexp.MustCompile(`(?m)^  (\S.*?) {2,}(CUSTOMER_LIST|VISITOR|ENGAGEMENT|ACTALIKE) +(.*?) {2,}([\d,]+) +([\d,]+|gone) `)

func size(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		t.Errorf("%q is not a size", text)
	}
	return n
}

func TestDemo(t *testing.T) {
	temporary := t.TempDir()
	cmd := command(t.Context(), t, []string{"TMPDIR=" + temporary}, "demo", "--serve", "--seed", "7")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	report := readUntil(out, "\nServing on ")

	types := map[string]bool{}
	for _, row := range demoRow.FindAllStringSubmatch(report, -1) {
		name, kind, update, before, after := row[1], row[2], row[3], size(t, row[4]), row[5]
		types[kind] = true
		switch {
		case before < 100:
			t.Errorf("%s has %d members before, too few to be READY", name, before)
		case after == "gone":
			continue
		case size(t, after) < 100:
			t.Errorf("%s has %s members after, too few to be READY", name, after)
		case size(t, after) >= before:
			t.Errorf("%s goes from %d to %s members, and each of the updates asks for fewer", name, before, after)
		case kind == "ACTALIKE" && (before+1)/2 != size(t, after):
			t.Errorf("%s goes from %d to %s members by %s", name, before, after, update)
		}
	}
	if len(types) != 4 || !strings.Contains(report, " gone ") {
		t.Errorf("the table has %d of 4 types:\n%s", len(types), report)
	}
	for _, loaded := range []string{
		`persons +8,000 `, `e-mails on lists +2,500 `, `engagements +20,000 `, `events of the tag +20,000 `, `events of the API +30,000 `,
	} {
		if !regexp.MustCompile(loaded).MatchString(report) {
			t.Errorf("the report lacks %q:\n%s", loaded, report)
		}
	}
	t.Run("as they are printed", func(t *testing.T) { tryLines(t, report) })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("it left %v in the temporary folder: %v", left, err)
	}
}

// readUntil reads until what was read holds the text and the line after it, or to the end.
func readUntil(from io.Reader, text string) string {
	var read strings.Builder
	for buffer := make([]byte, 4096); ; {
		n, err := from.Read(buffer)
		read.Write(buffer[:n])
		if strings.Contains(read.String(), text) || err != nil {
			return read.String()
		}
	}
}

// tryLines runs the commands of the report in a shell, and looks at the status of each answer.
func tryLines(t *testing.T, report string) {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the lines need %s: %v", tool, err)
		}
	}
	_, commands, found := strings.Cut(report, "The updates by hand:\n")
	commands, _, served := strings.Cut(commands, "\nServing on ")
	if !found || !served {
		t.Fatalf("the report has no lines to try:\n%s", report)
	}
	const status = `curl() { command curl -sS -o /dev/null -w '%{http_code}\n' "$@"; }` + "\n"
	out, err := exec.CommandContext(t.Context(), "bash", "-c", status+commands).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The last update is a removal, which the demonstration has made already.
	const want = "200 200 200 200 200 404 200"
	if got := strings.Join(strings.Fields(string(out)), " "); got != want {
		t.Errorf("the answers are %s, want %s", got, want)
	}
}
