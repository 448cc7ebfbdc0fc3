package ratelimit_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/ratelimit"
)

// A limit that is used up opens with the next window, not later and not earlier.
func TestAWindowStandsOnTheClock(t *testing.T) {
	now := int64(1_780_000_011) // 51 seconds after a full minute
	l := ratelimit.New(limits(t, "standard", "ads_write=2/60s"), func() time.Time { return time.Unix(now, 999_999_999) })
	caller := ratelimit.Caller{App: 1, User: 2}
	for _, step := range []struct {
		after                   int64 // the step before, in seconds
		refused                 bool
		limit, remaining, reset int
	}{
		{0, false, 2, 1, 9},
		{3, false, 2, 0, 6},
		{0, true, 2, 0, 6},
		{5, true, 2, 0, 1},
		{1, false, 2, 1, 60},
		{59, false, 2, 0, 1},
		{0, true, 2, 0, 1},
		{1, false, 2, 1, 60},
		{600, false, 2, 1, 60},
	} {
		now += step.after
		c := l.Count(ratelimit.AdsWrite, caller)
		if c.Refused != step.refused || c.Limit != step.limit || c.Remaining != step.remaining || c.Reset != step.reset {
			t.Errorf("at %d: %+v, want %+v", now, c, step)
		}
	}
}

func TestOfSeveralLimitsTheTightestIsTold(t *testing.T) {
	now := int64(30)
	l := ratelimit.New(limits(t, "standard", "safety_net=3/1s", "ads_read=4/60s"), func() time.Time { return time.Unix(now, 0) })
	caller := ratelimit.Caller{App: 1, User: 2}
	for i, want := range []ratelimit.Count{
		{Limit: 3, Remaining: 2, Reset: 1},
		{Limit: 3, Remaining: 1, Reset: 1},
		{Limit: 3, Remaining: 0, Reset: 1},
		{Limit: 3, Remaining: 0, Reset: 1, Refused: true}, // and not counted: of the minute's four there is one left
		{Limit: 4, Remaining: 0, Reset: 29},               // in the next second
		{Limit: 4, Remaining: 0, Reset: 29, Refused: true},
	} {
		if i == 4 {
			now++
		}
		got := l.Count(ratelimit.AdsRead, caller)
		got.Policies = ""
		if got != want {
			t.Errorf("request %d: %+v, want %+v", i, got, want)
		}
	}
}

func TestCallersAreToldApart(t *testing.T) {
	changes := []string{"ads_read=1/60s", "ads_conversions=1/60s", "ads_conversions_test=2/60s"}
	first := ratelimit.Caller{App: 1, User: 2, Account: 3}
	for _, tt := range []struct {
		name          string
		tier          string
		first, second ratelimit.Category
		caller        ratelimit.Caller
		refused       bool
	}{
		{"the same user", "standard", ratelimit.AdsRead, ratelimit.AdsRead, first, true},
		{"the same user for another ad account", "standard", ratelimit.AdsRead, ratelimit.AdsRead, ratelimit.Caller{App: 1, User: 2, Account: 4}, true},
		{"another user", "standard", ratelimit.AdsRead, ratelimit.AdsRead, ratelimit.Caller{App: 1, User: 3, Account: 3}, false},
		{"another app", "standard", ratelimit.AdsRead, ratelimit.AdsRead, ratelimit.Caller{App: 2, User: 2, Account: 3}, false},
		{"another category", "standard", ratelimit.AdsRead, ratelimit.AdsWrite, first, false},
		{"another user in the tier that counts apps", "trial", ratelimit.AdsRead, ratelimit.AdsRead, ratelimit.Caller{App: 1, User: 3}, true},
		{"events of another user for the ad account", "standard", ratelimit.AdsConversions, ratelimit.AdsConversions, ratelimit.Caller{App: 1, User: 9, Account: 3}, true},
		{"events for another ad account", "standard", ratelimit.AdsConversions, ratelimit.AdsConversions, ratelimit.Caller{App: 1, User: 2, Account: 4}, false},
		{"events of another app", "standard", ratelimit.AdsConversions, ratelimit.AdsConversions, ratelimit.Caller{App: 2, User: 2, Account: 3}, false},
		{"events without a right", "standard", ratelimit.AdsConversions, ratelimit.AdsConversions, ratelimit.Caller{App: 1, User: 9}, false},
		{"a user whose number is that of the ad account, without a right", "standard", ratelimit.AdsConversions, ratelimit.AdsConversions, ratelimit.Caller{App: 1, User: 3}, false},
		{"a test after events", "standard", ratelimit.AdsConversions, ratelimit.AdsConversionsTest, first, true},
		{"events after a test", "standard", ratelimit.AdsConversionsTest, ratelimit.AdsConversions, first, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := ratelimit.New(limits(t, tt.tier, changes...), at(0))
			if c := l.Count(tt.first, first); c.Refused {
				t.Fatalf("the first request is refused: %+v", c)
			}
			if c := l.Count(tt.second, tt.caller); c.Refused != tt.refused {
				t.Errorf("the second is %+v, want it refused: %v", c, tt.refused)
			}
		})
	}
}

// model keeps every request that was let through, and counts them anew for each question.
type model struct{ past []request }

type request struct {
	category ratelimit.Category
	caller   ratelimit.Caller
	at       int64
}

// rule is one limit as the model knows it: which requests it counts, and whom it tells apart.
type rule struct {
	limit  int
	window int64
	counts func(ratelimit.Category) bool
	who    func(ratelimit.Caller) string
}

func (m *model) count(rules []rule, r request) (c ratelimit.Count) {
	tightest := -1
	for _, rule := range rules {
		if !rule.counts(r.category) {
			continue
		}
		used := 0
		for _, p := range m.past {
			if p.at/rule.window == r.at/rule.window && rule.counts(p.category) && rule.who(p.caller) == rule.who(r.caller) {
				used++
			}
		}
		reset := int((r.at/rule.window+1)*rule.window - r.at)
		switch {
		case used == rule.limit && (!c.Refused || reset > c.Reset):
			c.Refused, c.Limit, c.Remaining, c.Reset = true, rule.limit, 0, reset
		case !c.Refused && (tightest < 0 || rule.limit-used-1 < tightest):
			tightest = rule.limit - used - 1
			c.Limit, c.Remaining, c.Reset = rule.limit, tightest, reset
		}
	}
	if !c.Refused {
		m.past = append(m.past, r)
	}
	return c
}

func TestRandomHistoriesAgreeWithAModel(t *testing.T) {
	only := func(all ...ratelimit.Category) func(ratelimit.Category) bool {
		return func(c ratelimit.Category) bool { return slices.Contains(all, c) }
	}
	app := func(c ratelimit.Caller) string { return c.App.String() }
	user := func(c ratelimit.Caller) string { return c.App.String() + " " + c.User.String() }
	account := func(c ratelimit.Caller) string {
		if c.Account == 0 {
			return "user " + user(c)
		}
		return c.App.String() + " " + c.Account.String()
	}
	rules := []rule{ // in the order of the tier
		{2, 1, only(ratelimit.AdsConversionsTest), app},
		{3, 1, only(ratelimit.AdsRead, ratelimit.AdsWrite), user},
		{9, 60, only(ratelimit.AdsRead), user},
		{4, 7, only(ratelimit.AdsWrite), user},
		{6, 60, only(ratelimit.AdsConversions, ratelimit.AdsConversionsTest), account},
	}
	changes := []string{"ads_conversions_test=2/1s", "safety_net=3/1s", "ads_read=9/60s", "ads_write=4/7s", "ads_conversions=6/1m"}
	categories := []ratelimit.Category{
		ratelimit.AdsRead, ratelimit.AdsWrite, ratelimit.AdsConversions, ratelimit.AdsConversionsTest,
	}
	for seed := range uint64(40) {
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			now := int64(1_780_000_000)
			l := ratelimit.New(limits(t, "standard", changes...), func() time.Time { return time.Unix(now, 0) })
			var m model
			refused := 0
			for i := range 500 {
				if rnd.IntN(3) == 0 {
					now += rnd.Int64N(1 << rnd.IntN(6))
				}
				r := request{
					categories[rnd.IntN(len(categories))],
					ratelimit.Caller{App: parterre.ID(1 + rnd.IntN(2)), User: parterre.ID(1 + rnd.IntN(2)), Account: parterre.ID(rnd.IntN(3))},
					now,
				}
				got, want := l.Count(r.category, r.caller), m.count(rules, r)
				got.Policies = ""
				if got != want {
					t.Fatalf("request %d, %+v: %+v, the model says %+v", i, r, got, want)
				}
				if want.Refused {
					refused++
				}
			}
			if refused == 0 || refused > 450 {
				t.Errorf("%d of 500 requests were refused: the history says little", refused)
			}
		})
	}
}

func TestManyAtOnceUseUpTheLimitExactly(t *testing.T) {
	l := ratelimit.New(limits(t, "standard", "safety_net=10000/60s", "ads_write=500/60s"), at(0))
	var through atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if !l.Count(ratelimit.AdsWrite, ratelimit.Caller{App: 1, User: 2}).Refused {
					through.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if got := through.Load(); got != 500 {
		t.Errorf("%d requests went through, 500 are allowed", got)
	}
}

func TestCallersWhoAreGoneAreForgotten(t *testing.T) {
	now := int64(0)
	l := ratelimit.New(limits(t, "standard"), func() time.Time { return time.Unix(now, 0) })
	for minute := range int64(10) {
		for user := range parterre.ID(1000) {
			now = 60*minute + int64(user)/20
			l.Count(ratelimit.AdsRead, ratelimit.Caller{App: 1, User: 10_000*parterre.ID(minute) + user})
		}
	}
	if got := l.Remembered(); got > 1000+20 {
		t.Errorf("%d counts are kept of 1,000 callers in this minute and 20 in this second", got)
	}
}

func BenchmarkCount(b *testing.B) {
	l := ratelimit.New(limits(b, "standard", "safety_net=1000000000/1s", "ads_read=1000000000/60s"), at(0))
	for b.Loop() {
		l.Count(ratelimit.AdsRead, ratelimit.Caller{App: 1, User: 2})
	}
}
