package ratelimit_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/ratelimit"
)

// asked is a request that was let through.
type asked struct {
	at     int64
	caller ratelimit.Caller
}

// The limiter is held to a list of everything that was let through.
func TestTheLimiterAgreesWithAListOfRequests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		window := int64(rapid.IntRange(1, 20).Draw(t, "window"))
		limits, err := ratelimit.Parse("standard", fmt.Sprintf("ads_write=%d/%ds", limit, window))
		if err != nil {
			t.Fatal(err)
		}
		now := int64(1_780_000_000)
		l := ratelimit.New(limits, func() time.Time { return time.Unix(now, 0) })
		var all []asked
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			now += int64(rapid.IntRange(0, 5).Draw(t, "pause"))
			who := ratelimit.Caller{
				App: parterre.ID(rapid.IntRange(1, 2).Draw(t, "app")), User: parterre.ID(rapid.IntRange(1, 2).Draw(t, "user")),
			}
			used := 0
			for _, a := range all {
				if a.caller == who && a.at/window == now/window {
					used++
				}
			}
			got := l.Count(ratelimit.AdsWrite, who)
			if refused := used >= limit; got.Refused != refused {
				t.Fatalf("%d of %d are used, and refused is %v", used, limit, got.Refused)
			}
			if reset := int(window - now%window); got.Limit == limit && got.Reset != reset {
				t.Fatalf("it resets in %d s, want %d", got.Reset, reset)
			}
			if got.Refused {
				if got.Remaining != 0 {
					t.Fatalf("%d remain beyond the limit", got.Remaining)
				}
				continue
			}
			if got.Remaining != limit-used-1 {
				t.Fatalf("%d remain, want %d", got.Remaining, limit-used-1)
			}
			all = append(all, asked{now, who})
		}
	})
}

func TestThePublishedNumbers(t *testing.T) {
	for _, tt := range []struct {
		tier     string
		category ratelimit.Category
		policies string
	}{
		{"standard", ratelimit.AdsRead, `100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="ads_read_app_id_user_id"`},
		{"standard", ratelimit.AdsWrite, `100;w=1;name="safety_net_app_id_user_id", 400;w=60;name="ads_write_app_id_user_id"`},
		{"standard", ratelimit.OrgRead, `100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="org_read_app_id_user_id"`},
		{"standard", ratelimit.OrgWrite, `100;w=1;name="safety_net_app_id_user_id", 100;w=60;name="org_write_app_id_user_id"`},
		{"standard", ratelimit.AdsConversions, `120000;w=60;name="ads_conversions_ad_account_id"`},
		{"trial", ratelimit.AdsRead, `1000;w=86400;name="trial_app_id", 1000;w=86400;name="ads_read_app_id"`},
		{"trial", ratelimit.AdsWrite, `1000;w=86400;name="trial_app_id", 300;w=86400;name="ads_write_app_id"`},
		{"off", ratelimit.AdsRead, ""},
		{"standard", ratelimit.Uncounted, ""},
	} {
		limits, err := ratelimit.Parse(tt.tier)
		if err != nil {
			t.Fatal(err)
		}
		if got := ratelimit.New(limits, time.Now).Count(tt.category, ratelimit.Caller{App: 1}).Policies; got != tt.policies {
			t.Errorf("%s, %s: the policies are %s, want %s", tt.tier, tt.category, got, tt.policies)
		}
	}
}

func TestEventsCountForTheAdAccount(t *testing.T) {
	limits, err := ratelimit.Parse("standard", "ads_conversions=1/1m")
	if err != nil {
		t.Fatal(err)
	}
	l := ratelimit.New(limits, func() time.Time { return time.Unix(0, 0) })
	for _, tt := range []struct {
		caller  ratelimit.Caller
		refused bool
	}{
		{ratelimit.Caller{App: 1, User: 1, Account: 7}, false},
		{ratelimit.Caller{App: 1, User: 2, Account: 7}, true}, // another user, the same ad account
		{ratelimit.Caller{App: 1, User: 1, Account: 8}, false},
		{ratelimit.Caller{App: 2, User: 1, Account: 7}, false},
		{ratelimit.Caller{App: 1, User: 3}, false}, // no right there: on their own
		{ratelimit.Caller{App: 1, User: 3}, true},
	} {
		if got := l.Count(ratelimit.AdsConversions, tt.caller); got.Refused != tt.refused {
			t.Errorf("%+v: refused is %v", tt.caller, got.Refused)
		}
	}
}

func TestALimitHoldsWhileManyAsk(t *testing.T) {
	limits, err := ratelimit.Parse("standard", "ads_read=50/1m")
	if err != nil {
		t.Fatal(err)
	}
	l := ratelimit.New(limits, func() time.Time { return time.Unix(0, 0) })
	var through atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if !l.Count(ratelimit.AdsRead, ratelimit.Caller{App: 1}).Refused {
					through.Add(1)
				}
			}
		})
	}
	all.Wait()
	if through.Load() != 50 {
		t.Errorf("%d came through, want 50", through.Load())
	}
}

func TestWrongLimitsAreTold(t *testing.T) {
	for change, word := range map[string]string{
		"ads_write": "NAME=LIMIT/WINDOW", "ads_write=0/1s": "1 or more", "ads_write=5/90h": "24h", "ads_write=5/1500ms": "whole seconds",
		"nothing=5/1s": "ads_read",
	} {
		if _, err := ratelimit.Parse("standard", change); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", change, err)
		}
	}
	if _, err := ratelimit.Parse("gold"); err == nil || !strings.Contains(err.Error(), "trial") {
		t.Errorf("an unknown tier: %v", err)
	}
	if _, err := ratelimit.Parse("off", "ads_write=5/1s"); err == nil {
		t.Error("a limit of nothing was taken")
	}
}
