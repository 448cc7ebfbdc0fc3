//go:build unix

package main_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readmeAddr is the address in the README's commands; the tests take a free one in its place.
const readmeAddr = "127.0.0.1:8080"

// marked finds the blocks of the README that are marked as tested, with what the mark says.
var marked = regexp.MustCompile("(?s)<!-- tested(?:: (\\w+))? -->\n```sh\n(.*?)```")

// readme gives the marked blocks of each kind, in order.
func readme(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string][]string{}
	for _, m := range marked.FindAllStringSubmatch(string(text), -1) {
		blocks[m[1]] = append(blocks[m[1]], m[2])
	}
	return blocks
}

// shell makes a command that runs a script as a reader of the README would, in the folder of the repository.
func shell(ctx context.Context, t *testing.T, script string) *exec.Cmd {
	t.Helper()
	for _, tool := range []string{"bash", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the README's commands need %s: %v", tool, err)
		}
	}
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = "../.."
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

func TestTheReadmesMainCommand(t *testing.T) {
	blocks := readme(t)[""]
	if len(blocks) != 1 {
		t.Fatalf("the README has %d main commands, want 1", len(blocks))
	}
	out, err := shell(t.Context(), t, blocks[0]).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", blocks[0], err, out)
	}
	for _, kind := range []string{"CUSTOMER_LIST", "VISITOR", "ENGAGEMENT", "ACTALIKE", "curl -X PATCH"} {
		if !bytes.Contains(out, []byte(kind)) {
			t.Errorf("the output has no %s:\n%s", kind, out)
		}
	}
}

func TestTheReadmesFirstUpdateByHand(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skipf("the README's commands need curl: %v", err)
	}
	blocks := readme(t)
	if len(blocks["serve"]) != 1 || len(blocks["curl"]) != 2 {
		t.Fatalf("the README has %d blocks that serve and %d that call, want 1 and 2", len(blocks["serve"]), len(blocks["curl"]))
	}
	addr := freeAddr(t)
	begin := func(script string) string { return strings.ReplaceAll(script, readmeAddr, addr) }

	ctx, stop := context.WithCancel(t.Context())
	serving := shell(ctx, t, begin(blocks["serve"][0]))
	var log bytes.Buffer
	serving.Stdout, serving.Stderr = &log, &log
	if err := serving.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		_ = serving.Wait()
		if t.Failed() {
			t.Logf("the service said:\n%s", log.String())
		}
	}()
	waitUntilHealthy(t, "http://"+addr)

	out, err := shell(t.Context(), t, begin(strings.Join(blocks["curl"], "\n"))).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	want := []string{
		`"status":"PROCESSING"`, `"status":"INITIALIZING"`, `"size":150,"status":"READY"`, // created
		`"name":"Loyal readers"`, `"name":"Weekly"`, `"size":150,"status":"INITIALIZING"`, `"size":120,"status":"READY"`, // updated
		`"audience_ids":["2542620639259"]`, `"id":"2542620639259"`, `{"code":1000,`, // looked up and removed
	}
	if len(answers) != len(want) {
		t.Fatalf("%d answers, want %d:\n%s", len(answers), len(want), out)
	}
	for i, part := range want {
		if !strings.Contains(answers[i], part) {
			t.Errorf("answer %d has no %s: %s", i+1, part, answers[i])
		}
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// waitUntilHealthy returns when the service answers; building it may take a while.
func waitUntilHealthy(t *testing.T, url string) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < 5*time.Minute; time.Sleep(50 * time.Millisecond) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/healthz", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatal("the service did not become healthy")
}
