package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/cli"
	"github.com/parterre/parterre/parterretest"
)

// terminal is where a person types commands, next to a service that runs.
type terminal struct {
	service *parterretest.Server
	env     map[string]string
	stdin   string
}

func start(t *testing.T) *terminal {
	p := parterretest.Start(t, nil)
	return &terminal{service: p, env: map[string]string{"PARTERRE_URL": p.URL, "PARTERRE_TOKEN": p.Token}}
}

// run runs a command, and gives what it prints with the text of its error.
func (p *terminal) run(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	root := &cobra.Command{Use: "parterre", SilenceUsage: true, SilenceErrors: true}
	root.SetFlagErrorFunc(cli.UsageError)
	root.AddCommand(cli.Commands(func(name string) string { return p.env[name] })...)
	root.SetArgs(args)
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetIn(strings.NewReader(p.stdin))
	err := root.ExecuteContext(context.WithoutCancel(t.Context()))
	if err != nil {
		stdout.WriteString(err.Error())
	}
	return stdout.String(), cli.ExitCode(err)
}

// must runs a command that has to succeed.
func (p *terminal) must(t *testing.T, args ...string) string {
	t.Helper()
	out, code := p.run(t, args...)
	if code != cli.ExitOK {
		t.Fatalf("parterre %s: exit code %d: %s", strings.Join(args, " "), code, out)
	}
	return out
}

// one runs a command with --json and reads its one line.
func one[T any](t *testing.T, p *terminal, args ...string) (v T) {
	t.Helper()
	out := p.must(t, append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("parterre %s: want one line of JSON, got %s", strings.Join(args, " "), out)
	}
	return v
}

// file writes a file.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// readers are n records, one a line.
func readers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "reader%d@example.com\n", i)
	}
	return b.String()
}

func says(t *testing.T, out string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(out, w) {
			t.Errorf("the output does not say %q:\n%s", w, out)
		}
	}
}

func TestAnAudienceLives(t *testing.T) {
	p := start(t)
	says(t, p.must(t, "audiences", "list"), "There are no audiences.")
	l := one[client.CustomerList](t, p, "lists", "create", "--name", "Newsletter", "--file", file(t, readers(150)), "--wait")
	if l.Status != client.StatusReady || l.UploadedRecords != 150 {
		t.Errorf("the list is %+v", l)
	}
	rule := fmt.Sprintf(`{"customer_list_id": "%s"}`, l.ID)
	a := one[client.Audience](t, p, "audiences", "create", "--type", "CUSTOMER_LIST", "--name", "Readers", "--rule", rule, "--wait")
	if a.Size != 150 || a.Status != client.StatusReady {
		t.Errorf("the audience is %+v", a)
	}
	says(t, p.must(t, "audiences", "list"), "id ", "Readers", "CUSTOMER_LIST", "150", "READY")
	says(t, p.must(t, "audiences", "update", a.ID, "--name", "Loyal readers", "--description", "weekly"), "Loyal readers", "weekly")

	p.stdin = "reader0@example.com, reader1@example.com"
	says(t, p.must(t, "lists", "remove", l.ID, "--file", "-", "--wait"), "removed   2")
	if a := one[client.Audience](t, p, "audiences", "get", a.ID); a.Size != 148 || a.Name != "Loyal readers" || a.Description != "weekly" {
		t.Errorf("the audience is %+v", a)
	}
	says(t, p.must(t, "audiences", "remove", a.ID), "removed", a.ID)
	if out, code := p.run(t, "audiences", "get", a.ID); code != cli.ExitRefused {
		t.Errorf("a removed audience gives exit code %d: %s", code, out)
	} else {
		says(t, out, "code 1000")
	}
}

func TestARuleComesFromAFileOrTheStandardInput(t *testing.T) {
	p := start(t)
	tag := one[client.ConversionTag](t, p, "tags", "create", "--name", "Shop")
	rule := fmt.Sprintf("{\n  \"visitor_source_id\": \"%s\",\n  \"event\": \"checkout\"\n}\n", tag.ID)
	a := one[client.Audience](t, p, "audiences", "create", "--type", "VISITOR", "--name", "A", "--rule", "@"+file(t, rule))
	p.stdin = rule
	b := one[client.Audience](t, p, "audiences", "update", a.ID, "--rule", "-", "--wait")
	if string(a.Rule) != string(b.Rule) || !strings.Contains(string(a.Rule), tag.ID) {
		t.Errorf("the rules are %s and %s", a.Rule, b.Rule)
	}
	says(t, p.must(t, "tags", "list"), "Shop", "ACTIVE", "never")
	says(t, p.must(t, "tags", "get", tag.ID), "Shop")
}

func TestALargeFileGoesInBatches(t *testing.T) {
	p := start(t)
	l := one[client.CustomerList](t, p, "lists", "create", "--name", "Large", "--file", file(t, readers(120_001)))
	if l.Batches != 3 || l.UploadedRecords != 120_001 {
		t.Errorf("the list is %+v", l)
	}
	all := p.must(t, "lists", "list", "--json")
	says(t, all, `"name":"Large"`)
	if n := strings.Count(all, "\n"); n != 1 {
		t.Errorf("there are %d lines", n)
	}
}

func TestEventsAreSent(t *testing.T) {
	p := start(t)
	event := func(n int, digest string) string {
		return fmt.Sprintf(`{"event_name":"checkout","action_source":"web","event_time":%d,"event_id":"%d","user_data":{"em":["%s"]}}`,
			time.Now().Unix(), n, digest)
	}
	var lines []string
	for n := range 2500 {
		lines = append(lines, event(n, client.HashEmail(strconv.Itoa(n))))
	}
	for name, text := range map[string]string{
		"a line each": strings.Join(lines, "\n"),
		"an array":    "[" + strings.Join(lines, ",") + "]",
		"a body":      `{"data": [` + strings.Join(lines, ",") + "]}",
	} {
		t.Run(name, func(t *testing.T) {
			type report struct{ Received, Processed int }
			if r := one[report](t, p, "events", "send", "--file", file(t, text)); r != (report{2500, 2500}) {
				t.Errorf("the report is %+v", r)
			}
		})
	}
	t.Run("what failed is told", func(t *testing.T) {
		bad := lines[0] + "\n" + event(1, "plain@example.com")
		out, code := p.run(t, "events", "send", "--file", file(t, bad))
		if code != cli.ExitRefused {
			t.Errorf("the exit code is %d", code)
		}
		says(t, out, "processed       1", "failed          1", "event 2: ", "em")
	})
	t.Run("what is doubtful is told once", func(t *testing.T) {
		odd := strings.ReplaceAll(lines[0]+"\n"+lines[1]+"\n"+lines[2], "checkout", "Add to Cart")
		out := p.must(t, "events", "send", "--file", file(t, lines[3]+"\n"+odd))
		says(t, out, "with a warning  3", "warning for 3, first event 2: ")
		type report struct {
			Warned   int
			Warnings []struct{ Events, First int }
		}
		r := one[report](t, p, "events", "send", "--file", file(t, odd))
		if r.Warned != 3 || len(r.Warnings) != 1 || r.Warnings[0].Events != 3 || r.Warnings[0].First != 1 {
			t.Errorf("the report is %+v", r)
		}
	})
	t.Run("a file that is not JSON", func(t *testing.T) {
		out, code := p.run(t, "events", "send", "--file", file(t, lines[0]+"\nnonsense"))
		if code != cli.ExitFailed {
			t.Errorf("the exit code is %d", code)
		}
		says(t, out, "not JSON after 1 values")
	})
}

func TestATokenIsIssued(t *testing.T) {
	p := start(t)
	token := one[client.Token](t, p, "token", "issue", "--scope", "ads:read", "--on", "549755885175")
	p.env["PARTERRE_TOKEN"] = token.AccessToken
	p.must(t, "audiences", "list")
	if out, code := p.run(t, "tags", "create", "--name", "x"); code != cli.ExitRefused {
		t.Errorf("a token that may read wrote: %d %s", code, out)
	}
}

func TestExitCodes(t *testing.T) {
	p := start(t)
	for name, tt := range map[string]struct {
		args []string
		env  map[string]string
		code int
		word string
	}{
		"an unknown flag":      {args: []string{"audiences", "list", "--nonsense"}, code: cli.ExitUsage, word: "nonsense"},
		"an unknown command":   {args: []string{"audiences", "nonsense"}, code: cli.ExitUsage, word: "nonsense"},
		"an argument is short": {args: []string{"audiences", "get"}, code: cli.ExitUsage, word: "--help"},
		"a flag is short":      {args: []string{"tags", "create"}, code: cli.ExitUsage, word: "see parterre tags create --help"},
		"fewer than none":      {args: []string{"audiences", "list", "--limit", "-1"}, code: cli.ExitUsage, word: "0 or more"},
		"nothing to change":    {args: []string{"audiences", "update", "1"}, code: cli.ExitUsage, word: "--name"},
		"a rule that is none":  {args: []string{"audiences", "update", "1", "--rule", "{"}, code: cli.ExitUsage, word: "--rule"},
		"no token":             {args: []string{"tags", "list"}, env: map[string]string{}, code: cli.ExitUsage, word: "PARTERRE_TOKEN"},
		"a file that is not":   {args: []string{"lists", "add", "1", "--file", "/nowhere"}, code: cli.ExitFailed, word: "/nowhere"},
		"an empty file":        {args: []string{"lists", "add", "1", "--file", os.DevNull}, code: cli.ExitUsage, word: "no records"},
		"an unknown audience":  {args: []string{"audiences", "get", "1"}, code: cli.ExitRefused, word: "1000"},
		"nobody listens": {
			args: []string{"tags", "list"}, env: map[string]string{"PARTERRE_URL": "http://127.0.0.1:1", "PARTERRE_TOKEN": "x"},
			code: cli.ExitUnavailable, word: "refused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := &terminal{service: p.service, env: p.env}
			if tt.env != nil {
				at.env = tt.env
			}
			out, code := at.run(t, tt.args...)
			if code != tt.code {
				t.Errorf("the exit code is %d, want %d: %s", code, tt.code, out)
			}
			says(t, out, tt.word)
		})
	}
}

func TestATableShowsNoEscapes(t *testing.T) {
	p := start(t)
	one[client.ConversionTag](t, p, "tags", "create", "--name", "red\x1b[31m")
	out := p.must(t, "tags", "list")
	says(t, out, `red\x1b[31m`)
	if strings.Contains(out, "\x1b") {
		t.Errorf("an escape came through: %q", out)
	}
}

func TestAShellCompletesIDs(t *testing.T) {
	p := start(t)
	l := one[client.CustomerList](t, p, "lists", "create", "--name", "L", "--file", file(t, readers(1)))
	a := one[client.Audience](t, p, "audiences", "create", "--type", "CUSTOMER_LIST", "--name", "Readers",
		"--rule", `{"customer_list_id":"`+l.ID+`"}`)
	says(t, p.must(t, "__complete", "audiences", "get", ""), a.ID+"\tReaders")
	says(t, p.must(t, "__complete", "audiences", "create", "--type", ""), "ACTALIKE")
}

func TestAFileIsUploaded(t *testing.T) {
	p := start(t)
	l := one[client.CustomerList](t, p, "lists", "create", "--name", "L", "--file", file(t, readers(1)))
	out := p.must(t, "lists", "upload", l.ID, "--file", file(t, readers(200)+"not an address\n"))
	says(t, out, "SUCCEEDED", "processed  201", "valid      200", "error 43", "1  Neither")
	says(t, p.must(t, "lists", "upload", l.ID, "--remove", "--file", file(t, readers(10))), "SUCCEEDED")
	if l := one[client.CustomerList](t, p, "lists", "get", l.ID); l.UploadedRecords != 202 || l.RemovedRecords != 10 {
		t.Errorf("the list is %+v", l)
	}
	if out, code := p.run(t, "lists", "upload", l.ID, "--file", file(t, "not an address")); code != cli.ExitRefused {
		t.Errorf("an upload that failed gives exit code %d: %s", code, out)
	}
}

func TestALookAlikeIsExplained(t *testing.T) {
	p := start(t)
	var people, engagements strings.Builder
	for n := range 400 {
		fmt.Fprintf(&people, "{\"external_id\":\"u%d\",\"emails\":[\"reader%d@example.com\"],\"country\":\"US\"}\n", n, n)
		fmt.Fprintf(&engagements, "{\"person\":{\"external_id\":\"u%d\"},\"engagement_type\":\"save\",\"pin_id\":\"%d\",\"engaged_at\":%d}\n",
			n, 1+n/150, time.Now().Unix()-60)
	}
	if _, err := p.service.Client.ImportPeople(t.Context(), strings.NewReader(people.String())); err != nil {
		t.Fatal(err)
	}
	if _, err := p.service.Client.ImportEngagements(t.Context(), strings.NewReader(engagements.String())); err != nil {
		t.Fatal(err)
	}
	l := one[client.CustomerList](t, p, "lists", "create", "--name", "L", "--file", file(t, readers(120)), "--wait")
	seed := one[client.Audience](t, p, "audiences", "create", "--type", "CUSTOMER_LIST", "--name", "Seed",
		"--rule", `{"customer_list_id":"`+l.ID+`"}`, "--wait")
	a := one[client.Audience](t, p, "audiences", "create", "--type", "ACTALIKE", "--name", "Alike", "--wait",
		"--rule", `{"seed_id":["`+seed.ID+`"],"country":"US","percentage":10}`)
	if a.Size != 40 {
		t.Errorf("the audience is %+v", a)
	}
	says(t, p.must(t, "audiences", "get", a.ID, "--explain"), "seed         120 people", "10% of the 400 people in US", "method", "held out",
		"weighs most", "pin:1")
	says(t, p.must(t, "audiences", "recompute", a.ID), "Alike")
	says(t, p.must(t, "audiences", "get", seed.ID, "--explain"), "only an ACTALIKE audience")
	if out, code := p.run(t, "audiences", "recompute", seed.ID); code != cli.ExitRefused {
		t.Errorf("a seed is recomputed: %d %s", code, out)
	}
}
