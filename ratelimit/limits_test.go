package ratelimit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/ratelimit"
)

// at is a clock that stands.
func at(seconds int64) func() time.Time { return func() time.Time { return time.Unix(seconds, 0) } }

func limits(t testing.TB, tier string, changes ...string) *ratelimit.Limits {
	t.Helper()
	l, err := ratelimit.Parse(tier, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The numbers are the published ones, and the first two texts were recorded.
func TestTheTiersAreThePublishedOnes(t *testing.T) {
	for _, tt := range []struct {
		tier     string
		category ratelimit.Category
		policies string
	}{
		{"standard", ratelimit.AdsRead, `100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="ads_read_app_id_user_id"`},
		{"standard", ratelimit.AdsConversions, `120000;w=60;name="ads_conversions_ad_account_id"`},
		{"standard", ratelimit.AdsWrite, `100;w=1;name="safety_net_app_id_user_id", 400;w=60;name="ads_write_app_id_user_id"`},
		{"standard", ratelimit.OrgRead, `100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="org_read_app_id_user_id"`},
		{"standard", ratelimit.OrgWrite, `100;w=1;name="safety_net_app_id_user_id", 100;w=60;name="org_write_app_id_user_id"`},
		{
			"standard", ratelimit.AdsConversionsTest,
			`10;w=1;name="ads_conversions_test_app_id", 120000;w=60;name="ads_conversions_ad_account_id"`,
		},
		{"trial", ratelimit.AdsRead, `1000;w=86400;name="trial_app_id", 1000;w=86400;name="ads_read_app_id"`},
		{"trial", ratelimit.AdsWrite, `1000;w=86400;name="trial_app_id", 300;w=86400;name="ads_write_app_id"`},
		{"trial", ratelimit.AdsConversions, `1000;w=86400;name="trial_app_id", 1000;w=86400;name="ads_conversions_ad_account_id"`},
		{
			"trial", ratelimit.AdsConversionsTest, `10;w=1;name="ads_conversions_test_app_id", 1000;w=86400;name="trial_app_id", ` +
				`1000;w=86400;name="ads_conversions_ad_account_id"`,
		},
		{"trial", ratelimit.OrgRead, `1000;w=86400;name="trial_app_id", 1000;w=86400;name="org_read_app_id"`},
		{"trial", ratelimit.OrgWrite, `1000;w=86400;name="trial_app_id", 300;w=86400;name="org_write_app_id"`},
		{"off", ratelimit.AdsRead, ""},
		{"standard", ratelimit.Uncounted, ""},
		{"trial", ratelimit.Uncounted, ""},
	} {
		c := ratelimit.New(limits(t, tt.tier), at(0)).Count(tt.category, ratelimit.Caller{App: 1, User: 2, Account: 3})
		if c.Policies != tt.policies || c.Refused {
			t.Errorf("%s, %s: %+v, want %s", tt.tier, tt.category, c, tt.policies)
		}
	}
}

func TestALimitCanBeChanged(t *testing.T) {
	l := ratelimit.New(limits(t, "standard", "ads_write=2/10s", "safety_net=5/2m"), at(123))
	caller := ratelimit.Caller{App: 1, User: 2}
	want := ratelimit.Count{
		Limit: 2, Remaining: 1, Reset: 7,
		Policies: `5;w=120;name="safety_net_app_id_user_id", 2;w=10;name="ads_write_app_id_user_id"`,
	}
	if got := l.Count(ratelimit.AdsWrite, caller); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := l.Count(ratelimit.AdsRead, caller); got.Limit != 5 || got.Remaining != 3 || got.Reset != 117 {
		t.Errorf("%+v, want the changed safety net in every category", got)
	}
	// The last change of a limit holds, and the tier is as it was for whoever asks next.
	if got := ratelimit.New(limits(t, "standard", "org_read=1/1s", "org_read=7/3s"), at(0)).Count(ratelimit.OrgRead, caller); got.Limit != 7 {
		t.Errorf("%+v, want the last change", got)
	}
	if got := ratelimit.New(limits(t, "standard"), at(0)).Count(ratelimit.OrgRead, caller); got.Limit != 100 {
		t.Errorf("%+v, want the published limit", got)
	}
}

func TestLimitsThatAreNoneAreRefused(t *testing.T) {
	for _, tt := range []struct {
		tier, change string
		words        []string
	}{
		{"", "ads_read=1/1s", []string{`""`, "off, standard, trial"}},
		{"Standard", "ads_read=1/1s", []string{`"Standard"`, "off, standard, trial"}},
		{"standard", "", []string{"NAME=LIMIT/WINDOW"}},
		{"standard", "ads_read", []string{"NAME=LIMIT/WINDOW"}},
		{"standard", "ads_read=5", []string{"NAME=LIMIT/WINDOW"}},
		{"standard", "ads_read=/5s", []string{"NAME=LIMIT/WINDOW"}},
		{"gold", "ads_read=1/1s", []string{`"gold"`, "off, standard, trial"}},
		{"standard", "ads_read=0/5s", []string{"1 or more"}},
		{"standard", "ads_read=-1/5s", []string{"1 or more"}},
		{"standard", "ads_read=5/", []string{"whole seconds"}},
		{"standard", "ads_read=5/60", []string{"whole seconds"}},
		{"standard", "ads_read=5/1500ms", []string{"whole seconds"}},
		{"standard", "ads_read=5/0s", []string{"from 1s"}},
		{"standard", "ads_read=5/25h", []string{"to 24h"}},
		{"standard", "catalogs_read=5/1s", []string{"ads_conversions, ads_conversions_test, ads_read, ads_write, org_read, org_write, safety_net"}},
		{"standard", "trial=5/1s", []string{"must be one of"}},
		{"trial", "safety_net=5/1s", []string{"must be one of", "trial"}},
		{"off", "ads_read=5/1s", []string{"nothing is counted"}},
	} {
		_, err := ratelimit.Parse(tt.tier, tt.change)
		if err == nil {
			t.Errorf("%s with %s is taken", tt.tier, tt.change)
			continue
		}
		for _, word := range tt.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s with %s: %v, want it to say %q", tt.tier, tt.change, err, word)
			}
		}
	}
}
