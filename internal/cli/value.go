package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/internal/terminal"
)

// clean is a text of the service as it may stand on a terminal: what would move the cursor or change colours is shown as an
// escape.
func clean(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if hidden(c) {
			quoted := strconv.QuoteRune(c)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func hidden(c rune) bool { return !unicode.IsPrint(c) }

// moment writes seconds since 1970 as a local date and time.
func moment(seconds int64) string {
	if seconds == 0 {
		return "never"
	}
	return time.Unix(seconds, 0).Format(time.DateTime)
}

// open opens what a flag names: a file, or the standard input for "-".
func open(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	return os.Open(name)
}

// ruleFlag reads the value of --rule: JSON, @ and the name of a file, or - for the standard input.
func ruleFlag(value string, stdin io.Reader) (json.RawMessage, error) {
	text := []byte(value)
	if name, isFile := strings.CutPrefix(value, "@"); isFile || value == "-" {
		f, err := open(name, stdin)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		if text, err = io.ReadAll(f); err != nil {
			return nil, err
		}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, usageErrorf("--rule must be JSON, @ and the name of a file, or - for the standard input: %w", err)
	}
	return compact.Bytes(), nil
}

// openSized opens what a flag names and tells how many bytes it has; 0 when nobody knows.
func openSized(name string, stdin io.Reader) (io.ReadCloser, int, error) {
	f, err := open(name, stdin)
	if err != nil {
		return nil, 0, err
	}
	if file, is := f.(*os.File); is {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return f, int(info.Size()), nil
		}
	}
	return f, 0, nil
}

// quick is up to how many bytes are sent without a word about it.
const quick = 1 << 20

// longWork shows the progress of sending so many bytes, if that takes a while; nobody knows how much a pipe brings, which has
// size 0.
func longWork(cmd *cobra.Command, size int) *terminal.Progress {
	if size <= quick {
		return terminal.NewProgress(nil, "", 0)
	}
	return terminal.NewProgress(cmd.ErrOrStderr(), "sending", size)
}
