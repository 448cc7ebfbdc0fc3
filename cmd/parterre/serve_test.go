package main_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parterre/parterre/client"
)

func TestVersion(t *testing.T) {
	out, err := command(t.Context(), t, nil, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "parterre 0.") {
		t.Errorf("parterre version: %v, %q", err, out)
	}
}

func TestServeTakesTheEnvironment(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serve(t, []string{"PARTERRE_ADDR=127.0.0.1:0", "PARTERRE_DATA=" + data})
	if _, err := s.AdAccount(t.Context(), account); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(data, "catalog.db")); err != nil {
		t.Error(err)
	}
	resp, err := http.Get(s.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || string(body) != "ok\n" {
		t.Errorf("healthz answers %d %q", resp.StatusCode, body)
	}
}

func TestServeCountsRequestsAsItIsTold(t *testing.T) {
	const safetyNet = `100, 100;w=1;name="safety_net_app_id_user_id", `
	for _, tt := range []struct {
		name string
		env  []string
		args []string
		want string
	}{
		{"standard when nothing is said", nil, nil, safetyNet + `1000;w=60;name="ads_read_app_id_user_id"`},
		{"trial", nil, []string{"--rate-limits", "trial"}, `1000, 1000;w=86400;name="trial_app_id", 1000;w=86400;name="ads_read_app_id"`},
		{"off", nil, []string{"--rate-limits=off"}, ""},
		{"off by the environment", []string{"PARTERRE_RATE_LIMITS=off"}, nil, ""},
		{
			"limits of one's own",
			[]string{"PARTERRE_RATE_LIMITS=off"},
			[]string{"--rate-limits=standard", "--rate-limit=ads_read=5/10s", "--rate-limit", "safety_net=7/1s"},
			`5, 7;w=1;name="safety_net_app_id_user_id", 5;w=10;name="ads_read_app_id_user_id"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.env, append([]string{"--addr", "127.0.0.1:0", "--data", "mem"}, tt.args...)...)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v5/ad_accounts", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if got := resp.Header.Get("x-ratelimit-limit"); resp.StatusCode != http.StatusOK || got != tt.want {
				t.Errorf("the answer is %d with the limits %s, want %s", resp.StatusCode, got, tt.want)
			}
		})
	}
}

func TestServeInMemoryKeepsNothing(t *testing.T) {
	s := serve(t, nil, "--addr", "127.0.0.1:0", "--data", "mem")
	if _, err := s.CreateConversionTag(t.Context(), account, client.ConversionTagCreate{Name: "x"}); err != nil {
		t.Error(err)
	}
	files, err := os.ReadDir(s.cmd.Dir)
	if err != nil || len(files) > 0 {
		t.Errorf("there are files: %v, %v", files, err)
	}
}

func TestServeRefusesWhatItCannotDo(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := serve(t, nil, "--addr", "127.0.0.1:0", "--data", data)
	half := halves(t)
	for _, c := range []struct {
		name string
		env  []string
		args []string
		want string
	}{
		{"a folder that another process uses", nil, []string{"--addr", "127.0.0.1:0", "--data", data}, "another process uses the data folder"},
		{"an address that is taken", nil, []string{"--addr", strings.TrimPrefix(first.url, "http://"), "--data", "mem"}, "address already in use"},
		{"an address that is none", nil, []string{"--addr", "nowhere", "--data", "mem"}, "nowhere"},
		{"an empty address", nil, []string{"--addr=", "--data", "mem"}, "must not be empty"},
		{"an unknown flag", nil, []string{"--colour"}, "unknown flag"},
		{"a tier that is none", nil, []string{"--rate-limits", "gold"}, "off, standard, trial"},
		{"a tier that is none, in the environment", []string{"PARTERRE_RATE_LIMITS=gold"}, nil, "off, standard, trial"},
		{"a limit that is none", nil, []string{"--rate-limit", "ads_write=10"}, "NAME=LIMIT/WINDOW"},
		{"a version that is not spoken", nil, []string{"--api-version", "5.15"}, "5.14, 5.23 and live"},
		{"a version in the environment that is not spoken", []string{"PARTERRE_API_VERSION=5"}, nil, "5.14, 5.23 and live"},
		{"an age that is none", nil, []string{"--event-max-age", "-1h"}, "0 to 87600h"},
		{"a memory that is none", nil, []string{"--memory-limit", "much"}, "such as 512MiB"},
		{"a reserve that is none", nil, []string{"--disk-reserve", "half"}, "--disk-reserve"},
		{"too little memory, in the environment", []string{"PARTERRE_MEMORY_LIMIT=64MiB"}, nil, "128 MiB at least"},
		{"a share that is none", nil, []string{"--seed-moved", "0"}, "more than 0"},
		{"an argument too many", nil, []string{"now"}, "unknown command"},
		{"a token that no request can carry", []string{"PARTERRE_TOKEN=two words"}, []string{"--data", "mem"}, "PARTERRE_TOKEN"},
		{"an app without a number", []string{"PARTERRE_APP_ID=shop"}, []string{"--data", "mem"}, "PARTERRE_APP_ID"},
		{"an app number that is none", []string{"PARTERRE_APP_ID=0"}, []string{"--data", "mem"}, "no id begins with 0"},
		{"an app secret that no request can carry", []string{"PARTERRE_APP_SECRET=two words"}, []string{"--data", "mem"}, "PARTERRE_APP_SECRET"},
		{"a redirect to a script", []string{"PARTERRE_REDIRECT_URI=javascript://x/"}, []string{"--data", "mem"}, "PARTERRE_REDIRECT_URI"},
		{"a redirect without a host", []string{"PARTERRE_REDIRECT_URI=http:///cb"}, []string{"--data", "mem"}, "PARTERRE_REDIRECT_URI"},
		{"a redirect with a fragment", []string{"PARTERRE_REDIRECT_URI=http://localhost/ https://localhost/#"}, []string{"--data", "mem"}, "no fragment"},
		{"a folder that is a file", nil, []string{"--addr", "127.0.0.1:0", "--data", filepath.Join(data, "catalog.db")}, "data folder"},
		{"a catalogue without its index", nil, []string{"--addr", "127.0.0.1:0", "--data", half.catalogue}, "index is missing"},
		{"an index without its catalogue", nil, []string{"--addr", "127.0.0.1:0", "--data", half.index}, "catalog.db is missing"},
		{"two halves that do not belong together", nil, []string{"--addr", "127.0.0.1:0", "--data", half.mixed}, "do not belong together"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && c.want == "address already in use" {
				c.want = "Only one usage"
			}
			out, err := command(t.Context(), t, c.env, append([]string{"serve"}, c.args...)...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "goroutine") {
				t.Errorf("%v, want a sentence with %q:\n%s", err, c.want, out)
			}
		})
	}
	if _, err := first.AdAccount(t.Context(), account); err != nil {
		t.Errorf("the first process does not go on: %v", err)
	}
}

// halved are data folders whose halves were taken apart.
type halved struct{ catalogue, index, mixed string }

// halves makes two folders with data, and takes them apart.
func halves(t *testing.T) halved {
	t.Helper()
	var folders [2]string
	for i := range folders {
		folders[i] = filepath.Join(t.TempDir(), "data")
		s := serve(t, nil, "--addr", "127.0.0.1:0", "--data", folders[i])
		if _, err := s.ImportPeople(t.Context(), strings.NewReader(`{"external_id":"u1"}`)); err != nil {
			t.Fatal(err)
		}
		if code := s.stop(t); code != 0 {
			t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
		}
	}
	put := func(parts ...string) string {
		to := filepath.Join(t.TempDir(), "data")
		for _, part := range parts {
			if err := copyTree(filepath.Join(to, filepath.Base(part)), part); err != nil {
				t.Fatal(err)
			}
		}
		return to
	}
	a, b := filepath.Join(folders[0], "catalog.db"), filepath.Join(folders[1], "index")
	return halved{catalogue: put(a), index: put(b), mixed: put(a, b)}
}

func copyTree(to, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

func TestServeLetsRunningRequestsEnd(t *testing.T) {
	s := serve(t, nil, "--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	body, in := io.Pipe()
	answered := make(chan error, 1)
	go func() {
		result, err := s.ImportPeople(t.Context(), body)
		if err == nil && result.Accepted != 2 {
			err = io.ErrUnexpectedEOF
		}
		answered <- err
	}()
	// More than what lies between the client and the service can hold: then the service is reading.
	blank := strings.Repeat(strings.Repeat(" ", 999)+"\n", 32<<10)
	if _, err := io.WriteString(in, `{"external_id":"u1"}`+"\n"+blank); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Skipf("no signal can be sent here: %v", err)
	}
	if _, err := io.WriteString(in, `{"external_id":"u2"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	if err := <-answered; err != nil {
		t.Errorf("the running request: %v", err)
	}
	<-s.rest
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the service ended with %v:\n%s", err, s.stderr.String())
	}
}
