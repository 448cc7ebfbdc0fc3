package main_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
)

const (
	account = "549755885175"
	token   = "a-token-for-the-test"
)

// binary is the built command, for all tests of this package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parterre-test-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "parterre")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput()
	if err != nil {
		return "", &buildError{string(out), err}
	}
	return name, nil
})

type buildError struct {
	out string
	err error
}

func (e *buildError) Error() string { return e.err.Error() + "\n" + e.out }

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// command makes a command of the binary with nothing in its environment but what is given.
func command(ctx context.Context, t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	name, err := binary()
	if err != nil {
		t.Fatalf("build the binary: %v", err)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}, env...)
	cmd.Dir = t.TempDir()
	return cmd
}

// service is a running binary.
type service struct {
	*client.Client
	url    string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	rest   chan string // what it printed after the address
}

var listens = regexp.MustCompile(`Parterre listens on (http://\S+)`)

// serve starts the binary and returns when it listens.
func serve(t *testing.T, env []string, args ...string) *service {
	t.Helper()
	s := &service{rest: make(chan string, 1)}
	s.cmd = command(context.WithoutCancel(t.Context()), t, append(env, "PARTERRE_TOKEN="+token), append([]string{"serve"}, args...)...)
	s.cmd.Stderr = &s.stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if m := listens.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
			break
		}
	}
	if s.url == "" {
		_ = s.cmd.Wait()
		t.Fatalf("the service does not say where it listens:\n%s", s.stderr.String())
	}
	go func() {
		var rest strings.Builder
		for lines.Scan() {
			rest.WriteString(lines.Text() + "\n")
		}
		s.rest <- rest.String()
	}()
	if s.Client, err = client.New(s.url, token, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// kill ends the service as a power cut would.
func (s *service) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.rest
	_ = s.cmd.Wait()
}

// stop ends the service with a signal, and gives its exit code.
func (s *service) stop(t *testing.T) int {
	t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	<-s.rest
	_ = s.cmd.Wait()
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	return s.cmd.ProcessState.ExitCode()
}

func orFail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
