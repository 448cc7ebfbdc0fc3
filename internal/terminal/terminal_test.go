package terminal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/internal/terminal"
)

func TestTable(t *testing.T) {
	got := terminal.Table(
		[]terminal.Column{{Name: "Audience"}, {Name: "type"}, {Name: "size", Right: true}},
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
		if got := terminal.Thousands(n); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		1:                        "1 ms",
		7400 * time.Microsecond:  "7 ms",
		time.Second:              "1.00 s",
		12345 * time.Millisecond: "12.35 s",
	} {
		if got := terminal.Short(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func TestProgressWithoutATerminal(t *testing.T) {
	var b strings.Builder
	p := terminal.NewProgress(&b, "loading", 1000)
	for range 1000 {
		p.Add(1)
	}
	if want := "loading:  25%\nloading:  50%\nloading:  75%\nloading: 100%\n"; b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	terminal.NewProgress(nil, "loading", 10).Add(10) // shows nothing
}
