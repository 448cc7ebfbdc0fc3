package demo_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/demo"
)

func play(t *testing.T, url string, o demo.Options) (string, error) {
	t.Helper()
	c, err := client.New(url, "a'token", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	o.BaseURL, o.Token, o.Account, o.Seed, o.Now, o.Out = url, "a'token", "549755885175", seed, now, &out
	err = demo.Run(t.Context(), c, o)
	return out.String(), err
}

func TestRun(t *testing.T) {
	s, url := newService(t, client.StatusReady)
	var progress strings.Builder
	report, err := play(t, url, demo.Options{
		Persons: 600, Events: 3001, Engagements: 1500, ListSize: 200, Progress: &progress,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + report)
	want := map[string]int{
		"people": 600, "e-mails": 250, "lists": 2, "engagements": 1500, "tag events": 1200, "API events": 1801,
	}
	if !maps.Equal(s.counts, want) {
		t.Errorf("the service got %v, want %v", s.counts, want)
	}
	if strings.Count(progress.String(), "\n") != 4 {
		t.Errorf("the progress is\n%s", progress.String())
	}
	for line := range strings.SplitSeq(report, "\n") {
		if utf8.RuneCountInString(line) > 100 {
			t.Errorf("the line is too wide: %s", line)
		}
	}
	for _, pattern := range []string{
		`  persons +600 `,
		`  Newsletter readers +CUSTOMER_LIST +a smaller list +[\d,]+ +[\d,]+ +\d+ ms`,
		`  Closest to our readers +ACTALIKE +5% instead of 10% +[\d,]+ +[\d,]+ +\d+ ms`,
		`  Carts of a month +VISITOR +removed +[\d,]+ +gone +-`,
		`"Carts of a month" is gone: a look at it answers 404, code 1000 \(Audience could not be found\.\)`,
		`# The audiences that u\d+ is in: Newsletter readers, Engaged with our pins`,
		`# answers {"audience_ids":\["2542620639259","2542620639261"\],"as_of":1790000000}`,
	} {
		if !regexp.MustCompile(pattern).MatchString(report) {
			t.Errorf("the report lacks %s", pattern)
		}
	}
	t.Run("the curl lines are the updates that were made", func(t *testing.T) {
		curl := regexp.MustCompile(`(?m)^curl -X PATCH '\S+/v5/ad_accounts/549755885175/audiences/(\d+)'[^{]*-d '([^']*)'$`)
		unfolded := strings.ReplaceAll(report, "\n      ", "")
		var got []string
		for _, m := range curl.FindAllStringSubmatch(unfolded, -1) {
			got = append(got, m[1]+" "+m[2])
		}
		if strings.Join(got, "\n") != strings.Join(s.patches, "\n") || len(got) != 6 {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(s.patches, "\n"))
		}
		if n := strings.Count(report, `'Authorization: Bearer a'\''token'`); n != 7 {
			t.Errorf("%d of 7 lines have the token", n)
		}
	})
}

func TestRunFails(t *testing.T) {
	small := demo.Options{Persons: 100, Events: 10, Engagements: 10, ListSize: 20}
	t.Run("an audience that is too small is named", func(t *testing.T) {
		_, url := newService(t, client.StatusTooSmall)
		_, err := play(t, url, small)
		if err == nil || !strings.Contains(err.Error(), `"Newsletter readers" (2542620639259) is not READY: it is TOO_SMALL`) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a list longer than the population is refused", func(t *testing.T) {
		if _, err := play(t, "http://127.0.0.1:1", demo.Options{Persons: 10, ListSize: 11}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a negative size is refused", func(t *testing.T) {
		if _, err := play(t, "http://127.0.0.1:1", demo.Options{Events: -1}); err == nil {
			t.Error("no error")
		}
	})
}
