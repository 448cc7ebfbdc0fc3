package realvisits_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/parterretest"
)

// visit is a line of the file.
type visit struct {
	EventName    string `json:"event_name"`
	ActionSource string `json:"action_source"`
	EventTime    int64  `json:"event_time"`
	EventID      string `json:"event_id"`
	URL          string `json:"event_source_url"`
	User         struct {
		Address string `json:"client_ip_address"`
		Agent   string `json:"client_user_agent"`
	} `json:"user_data"`
}

// visits reads the file, or skips the test where it is not.
func visits(t *testing.T) []visit {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		packed, err := os.ReadFile(filepath.Join(dir, "shared", "data", "site-visits.ndjson.gz"))
		switch {
		case err == nil:
			return parse(t, packed)
		case !errors.Is(err, fs.ErrNotExist):
			t.Fatal(err)
		case dir == filepath.Dir(dir):
			t.Skip("the real visits (shared/data/site-visits.ndjson.gz, beside the repository) are not here")
		}
	}
}

func parse(t *testing.T, packed []byte) (all []visit) {
	t.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(unpacked); lines.Scan(); {
		var v visit
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// visitors counts, directly from the file, who has a visit that holds: visitors are told apart by address and agent together.
func visitors(all []visit, holds func(v visit) bool) int {
	type who struct{ address, agent string }
	seen := map[who]bool{}
	for _, v := range all {
		if holds(v) {
			seen[who{v.User.Address, v.User.Agent}] = true
		}
	}
	return len(seen)
}

// send brings the visits through events/create, moved by shift seconds.
func send(t *testing.T, p *parterretest.Server, all []visit, shift int64) {
	t.Helper()
	var batch []client.Event
	flush := func() {
		result, err := p.Client.SendEvents(t.Context(), p.AdAccount, batch, false)
		if err != nil || result.Processed != len(batch) {
			t.Fatalf("%d of %d events were processed: %v", result.Processed, len(batch), err)
		}
		batch = nil
	}
	for _, v := range all {
		batch = append(batch, client.Event{
			EventName: v.EventName, ActionSource: v.ActionSource, EventTime: v.EventTime + shift, EventID: v.EventID,
			EventSourceURL: v.URL,
			UserData:       client.UserData{ClientIPAddress: v.User.Address, ClientUserAgent: v.User.Agent},
		})
		if len(batch) == 1000 {
			flush()
		}
	}
	flush()
}

func contains(part string) func(visit) bool {
	return func(v visit) bool { return strings.Contains(v.URL, part) }
}

func TestAudiencesOfRealVisitsHaveTheSizesThatCountingGives(t *testing.T) {
	all := visits(t)
	if len(all) != 2103 || visitors(all, func(visit) bool { return true }) != 987 {
		t.Fatalf("the file has %d visits of %d visitors, want 2,103 of 987", len(all), visitors(all, func(visit) bool { return true }))
	}
	last := all[0].EventTime
	for _, v := range all {
		last = max(last, v.EventTime)
	}
	now := time.Now().Unix()
	shift := now - last
	clock := time.Unix(now, 0)
	p := parterretest.Start(t, &parterretest.Options{Now: func() time.Time { return clock }})
	tag, err := p.Client.CreateConversionTag(t.Context(), p.AdAccount, client.ConversionTagCreate{Name: "The site"})
	if err != nil {
		t.Fatal(err)
	}
	send(t, p, all[:len(all)/2], shift)

	const oneDay = 86_400
	home := "http://www.semicomplete.com/"
	cases := []struct {
		name  string
		rule  map[string]any
		holds func(v visit) bool
		known int // the number that is published with the file; 0 where there is none
	}{
		{"everybody", nil, func(visit) bool { return true }, 987},
		{"xdotool", map[string]any{"url": map[string]any{"contains": "/projects/xdotool"}}, contains("/projects/xdotool"), 264},
		{"blog", map[string]any{"url": map[string]any{"contains": []string{"/blog/"}}}, contains("/blog/"), 333},
		{"articles", map[string]any{"url": map[string]any{"contains": "/articles/"}}, contains("/articles/"), 183},
		{
			"logstash",
			map[string]any{"url": map[string]any{"contains": "/presentations/logstash"}},
			contains("/presentations/logstash"), 104,
		},
		{
			"blog or articles",
			map[string]any{"url": map[string]any{"contains": []string{"/blog/", "/articles/"}}},
			func(v visit) bool { return contains("/blog/")(v) || contains("/articles/")(v) }, 0,
		},
		{
			"not the blog",
			map[string]any{"url": map[string]any{"not_contains": "/blog/"}},
			func(v visit) bool { return !contains("/blog/")(v) }, 0,
		},
		{"the home page", map[string]any{"url": home}, func(v visit) bool { return v.URL == home }, 0},
		{
			"not the home page",
			map[string]any{"url": map[string]any{"!=": home}, "event": "pagevisit"},
			func(v visit) bool { return v.URL != home }, 0,
		},
		{"no checkout", map[string]any{"event": "checkout"}, func(visit) bool { return false }, 0},
		{"the last day", map[string]any{"retention_days": 1}, func(v visit) bool { return last-v.EventTime <= oneDay }, 0},
		{
			"the last two days",
			map[string]any{"retention_days": "2", "event_source": map[string]any{"=": []string{"web"}}},
			func(v visit) bool { return last-v.EventTime <= 2*oneDay }, 0,
		},
		{
			"nobody seen by a tag",
			map[string]any{"ingestion_source": map[string]any{"=": []string{"tag"}}},
			func(visit) bool { return false }, 0,
		},
	}
	ids := make([]string, len(cases))
	for i, c := range cases {
		rule := map[string]any{"visitor_source_id": tag.ID}
		maps.Copy(rule, c.rule)
		a, err := p.Client.CreateAudience(t.Context(), p.AdAccount, client.AudienceCreate{
			AudienceType: "VISITOR", Name: c.name, Rule: rule,
		})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		ids[i] = a.ID
	}
	send(t, p, all[len(all)/2:], shift) // while the first half is being evaluated
	for i, c := range cases {
		a, err := p.Client.WaitForAudience(t.Context(), p.AdAccount, ids[i])
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		counted := visitors(all, c.holds)
		if int(a.Size) != counted || c.known != 0 && counted != c.known {
			t.Errorf("%s: the audience has %d members; counted in the file %d, published %d", c.name, a.Size, counted, c.known)
		}
	}
}
