package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/terminal"
)

// eventsBatch is how many events go in one request: as many as the API takes.
const eventsBatch = 1000

func eventsCommand(s *session) *cobra.Command {
	return group("events", "Send conversion events", eventsSend(s))
}

// sendReport is what became of the events of a file.
type sendReport struct {
	Received  int           `json:"received"`
	Processed int           `json:"processed"`
	Failed    []failedEvent `json:"failed"`
	Warned    int           `json:"warned"`
	Warnings  []warning     `json:"warnings"`
}

// failedEvent is an event that was not taken, counted from 1.
type failedEvent struct {
	Event   int    `json:"event"`
	Message string `json:"message"`
}

// warning is what was said of events that were taken: how many, and which was the first, counted from 1.
type warning struct {
	Message string `json:"message"`
	Events  int    `json:"events"`
	First   int    `json:"first"`
}

// warn takes note of a warning.
func (r *sendReport) warn(event int, message string) {
	r.Warned++
	if i := slices.IndexFunc(r.Warnings, func(w warning) bool { return w.Message == message }); i >= 0 {
		r.Warnings[i].Events++
		return
	}
	if len(r.Warnings) < mostTold { // they are few, unless what they say quotes the events
		r.Warnings = append(r.Warnings, warning{message, 1, event})
	}
}

// mostTold is how many failures, and how many warnings, a person is told of.
const mostTold = 20

func eventsSend(s *session) *cobra.Command {
	var file string
	var test bool
	cmd := &cobra.Command{
		Use: "send", Short: "Send conversion events from a file", Args: Args(cobra.NoArgs),
		Long: "Send conversion events as the API takes them. The file has one JSON object a line, a JSON array of them, or the\n" +
			"body of a request, {\"data\": […]}; - is the standard input. 1,000 events go in a request.",
	}
	cmd.RunE = s.run(func(ctx context.Context, c *client.Client, out io.Writer, _ []string) error {
		f, size, err := openSized(file, cmd.InOrStdin())
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		report, err := s.sendEvents(ctx, c, f, test, longWork(cmd, size))
		if err != nil {
			return fmt.Errorf("after %d events: %w", report.Received, err)
		}
		return s.showReport(out, report)
	})
	cmd.Flags().StringVar(&file, "file", "", "the file of events, or -")
	cmd.Flags().BoolVar(&test, "test", false, "have them checked, and nothing stored")
	return required(cmd, "file")
}

func (s *session) sendEvents(
	ctx context.Context, c *client.Client, f io.Reader, test bool, progress *terminal.Progress,
) (report sendReport, err error) {
	defer progress.Close()
	report.Failed, report.Warnings = []failedEvent{}, []warning{}
	var next []json.RawMessage
	flush := func() error {
		if len(next) == 0 {
			return nil
		}
		result, err := c.SendRawEvents(ctx, s.account, next, test)
		if err != nil && len(result.Events) == 0 {
			return err
		}
		for i, e := range result.Events {
			if e.Error != "" {
				report.Failed = append(report.Failed, failedEvent{report.Received + i + 1, e.Error})
			}
			if e.Warning != "" {
				report.warn(report.Received+i+1, e.Warning)
			}
		}
		report.Received += len(next)
		report.Processed += result.Processed
		for _, e := range next {
			progress.Add(len(e) + 1)
		}
		next = next[:0]
		return nil
	}
	for e, err := range rawEvents(f) {
		if err != nil {
			return report, err
		}
		if next = append(next, e); len(next) == eventsBatch {
			if err := flush(); err != nil {
				return report, err
			}
		}
	}
	return report, flush()
}

func (s *session) showReport(w io.Writer, r sendReport) error {
	err := s.show(w, r, [][2]string{
		{"events", terminal.Thousands(int64(r.Received))},
		{"processed", terminal.Thousands(int64(r.Processed))},
		{"failed", terminal.Thousands(int64(len(r.Failed)))},
		{"with a warning", terminal.Thousands(int64(r.Warned))},
	})
	if err != nil {
		return err
	}
	if !s.json {
		if _, err := io.WriteString(w, r.told()); err != nil {
			return err
		}
	}
	if len(r.Failed) > 0 {
		return &partly{fmt.Sprintf("%d of %d events failed", len(r.Failed), r.Received)}
	}
	return nil
}

// told says for people what was wrong with the events.
func (r *sendReport) told() string {
	var b strings.Builder
	for _, f := range r.Failed[:min(len(r.Failed), mostTold)] {
		fmt.Fprintf(&b, "  event %d: %s\n", f.Event, clean(f.Message))
	}
	if more := len(r.Failed) - mostTold; more > 0 {
		fmt.Fprintf(&b, "  … and %d more; --json has them all\n", more)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "  warning for %s, first event %d: %s\n", terminal.Thousands(int64(w.Events)), w.First, clean(w.Message))
	}
	return b.String()
}

// rawEvents yields the events of a file as they stand: objects one after the other, an array of them, or an object that has
// the array as its only member, data.
func rawEvents(r io.Reader) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		in := bufio.NewReader(r)
		d := json.NewDecoder(in)
		for n := 1; ; n++ {
			var v json.RawMessage
			switch err := d.Decode(&v); {
			case err == io.EOF:
				return
			case err != nil:
				yield(nil, fmt.Errorf("the file is not JSON after %d values: %w", n-1, err))
				return
			}
			for _, e := range unwrap(v) {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

func unwrap(v json.RawMessage) []json.RawMessage {
	var all []json.RawMessage
	if bytes.HasPrefix(v, []byte("[")) && json.Unmarshal(v, &all) == nil {
		return all
	}
	var body struct {
		Data []json.RawMessage `json:"data"`
	}
	if json.Unmarshal(v, &body) == nil && body.Data != nil {
		return body.Data
	}
	return []json.RawMessage{v}
}
