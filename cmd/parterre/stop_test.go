//go:build unix

package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
)

// running is an import of people that is being read.
type running struct {
	body   *io.PipeWriter
	answer chan string // the status and the body, or the error
}

// importing begins an import and returns when the service reads its body: only then it asks for it.
func (s *service) importing(t *testing.T) *running {
	t.Helper()
	body, w := io.Pipe()
	r, reading := &running{w, make(chan string, 1)}, make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(reading) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/parterre/v1/people", body)
	orFail(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Expect", "100-continue")
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			r.answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		r.answer <- fmt.Sprint(resp.StatusCode, string(text), err)
	}()
	<-reading
	return r
}

// write sends the persons from first to last.
func (r *running) write(t *testing.T, first, last int) {
	t.Helper()
	for n := first; n <= last; n++ {
		_, err := fmt.Fprintf(r.body, "{\"external_id\":\"p%d\",\"emails\":[%q]}\n", n, email("p", n))
		orFail(t, err)
	}
}

func TestStoppingTakesNoNewConnectionAndLosesNothingOfARunningRequest(t *testing.T) {
	args := []string{"--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data")}
	s := serve(t, nil, args...)
	r := s.importing(t)
	r.write(t, 0, 1499) // more than is taken in at once
	orFail(t, s.cmd.Process.Signal(syscall.SIGTERM))
	for { // until it takes no new connection
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			break
		}
		connection.Close()
		time.Sleep(time.Millisecond)
	}
	r.write(t, 1500, 1999)
	orFail(t, r.body.Close())
	if answer := <-r.answer; !strings.HasPrefix(answer, "200") || !strings.Contains(answer, `"accepted":2000`) {
		t.Errorf("the running request ended with %s", answer)
	}
	if printed := <-s.rest; !strings.Contains(printed, "Stopping.") {
		t.Errorf("it does not say that it stops: %q", printed)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v:\n%s", err, s.stderr.String())
	}

	s = serve(t, nil, args...) // what it answered is on disk: the list knows the people by their addresses
	var records []string
	for n := range 2000 {
		records = append(records, email("p", n))
	}
	l, err := s.CreateCustomerList(t.Context(), account, client.CustomerListCreate{Name: "L", Records: records})
	orFail(t, err)
	a, err := s.CreateAudience(t.Context(), account, client.AudienceCreate{
		AudienceType: client.TypeCustomerList, Name: "A", Rule: map[string]string{"customer_list_id": l.ID},
	})
	orFail(t, err)
	_, err = s.WaitForAudience(t.Context(), account, a.ID)
	orFail(t, err)
	for _, name := range []string{"p0", "p1499", "p1500", "p1999"} {
		m, err := s.Memberships(t.Context(), client.Identifier{ExternalID: name})
		if err != nil || len(m.AudienceIDs) != 1 {
			t.Errorf("%s is in %v, %v", name, m.AudienceIDs, err)
		}
	}
}

func TestTheSecondSignalEndsTheProcessAtOnce(t *testing.T) {
	s := serve(t, nil, "--addr", "127.0.0.1:0", "--data", "mem")
	r := s.importing(t) // a request that does not end
	defer r.body.Close()
	ended := false
	for !ended { // it lets go of the signals a moment after the first one
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-s.rest:
			ended = true
		case <-time.After(10 * time.Millisecond):
		}
	}
	_ = s.cmd.Wait() // the state says how it ended
	if status, is := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !is || !status.Signaled() {
		t.Errorf("it ended with exit code %d, and not by the signal:\n%s", s.cmd.ProcessState.ExitCode(), s.stderr.String())
	}
}

func TestARefusalGoesToStandardErrorWithAnExitCode(t *testing.T) {
	for args, want := range map[string]int{
		"server": 2, "serve --port 80": 2, "demo --seed many": 2, "serve nonsense": 2, "tags list --url http://127.0.0.1:1 --token x": 4,
		"serve --data mem --addr nonsense": 1,
	} {
		var stderr strings.Builder
		cmd := command(t.Context(), t, nil, strings.Fields(args)...)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		exit := (*exec.ExitError)(nil)
		if !errors.As(err, &exit) || exit.ExitCode() != want || len(out) > 0 || !strings.HasPrefix(stderr.String(), "parterre: ") {
			t.Errorf("%s: %v, %q, %q", args, err, out, &stderr)
		}
	}
}

var printedToken = regexp.MustCompile(`token +(\S+)`)

func TestATokenIsMadeAtEachStartThatBringsNoneAndTheOneOfBeforeEnds(t *testing.T) {
	args := []string{"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data")}
	last := ""
	for range 2 {
		cmd := command(t.Context(), t, nil, args...)
		stdout, err := cmd.StdoutPipe()
		orFail(t, err)
		orFail(t, cmd.Start())
		var url, made string
		for lines := bufio.NewScanner(stdout); made == "" && lines.Scan(); {
			if m := listens.FindStringSubmatch(lines.Text()); m != nil {
				url = m[1]
			}
			if m := printedToken.FindStringSubmatch(lines.Text()); m != nil {
				made = m[1]
			}
		}
		if status := accountWith(t, url, made); status != http.StatusOK || made == last {
			t.Errorf("with the token that was made the answer is %d", status)
		}
		if last != "" {
			if status := accountWith(t, url, last); status != http.StatusUnauthorized {
				t.Errorf("with the token of before the answer is %d", status)
			}
		}
		last = made
		orFail(t, cmd.Process.Signal(syscall.SIGTERM))
		orFail(t, cmd.Wait())
	}
}

// accountWith asks for the ad account with a token, and gives the status of the answer.
func accountWith(t *testing.T, url, token string) int {
	t.Helper()
	c, err := client.New(url, token, nil)
	orFail(t, err)
	_, err = c.AdAccount(t.Context(), account)
	if answer := (*client.Error)(nil); errors.As(err, &answer) {
		return answer.Status
	}
	orFail(t, err)
	return http.StatusOK
}
