package ratelimit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits says what is allowed. The zero Limits, and nil, allow everything and count nothing.
type Limits struct {
	buckets map[Category][]bucket // in the order in which an answer names them
}

// bucket is one limit: so many requests in each window, for each of those whom it tells apart.
type bucket struct {
	key    string // what an override calls it; a bucket that several categories share has one key
	name   string // as answers call it
	limit  int
	window int64 // in seconds
	per    per
}

// per says whom a bucket tells apart.
type per int

const (
	perApp     per = iota
	perUser        // of an app
	perAccount     // of an app
)

const (
	second = 1
	minute = 60
	day    = 24 * 60 * minute
)

// Off is the tier in which nothing is counted.
const Off = "off"

// tiers are the published tiers (reference, section 1.5): names of buckets that were recorded stand as they were, and the
// others are made in their manner. What events may be was recorded without the safety net, which they would not fit under.
var tiers = map[string]func() map[Category][]bucket{
	Off: func() map[Category][]bucket { return nil },
	"standard": func() map[Category][]bucket {
		safetyNet := bucket{"safety_net", "safety_net_app_id_user_id", 100, second, perUser}
		perMinute := func(c Category, limit int) []bucket {
			return []bucket{safetyNet, {string(c), string(c) + "_app_id_user_id", limit, minute, perUser}}
		}
		events := bucket{string(AdsConversions), "ads_conversions_ad_account_id", 120_000, minute, perAccount}
		return map[Category][]bucket{
			AdsRead: perMinute(AdsRead, 1000), AdsWrite: perMinute(AdsWrite, 400), AdsConversions: {events},
			AdsConversionsTest: {tests, events}, OrgRead: perMinute(OrgRead, 1000), OrgWrite: perMinute(OrgWrite, 100),
		}
	},
	"trial": func() map[Category][]bucket {
		whole := bucket{"trial", "trial_app_id", 1000, day, perApp}
		perDay := func(c Category, limit int) []bucket {
			return []bucket{whole, {string(c), string(c) + "_app_id", limit, day, perApp}}
		}
		events := bucket{string(AdsConversions), "ads_conversions_ad_account_id", 1000, day, perAccount}
		return map[Category][]bucket{
			AdsRead: perDay(AdsRead, 1000), AdsWrite: perDay(AdsWrite, 300), AdsConversions: {whole, events},
			AdsConversionsTest: {tests, whole, events}, OrgRead: perDay(OrgRead, 1000), OrgWrite: perDay(OrgWrite, 300),
		}
	},
}

// tests is how often an app may send events that are a test, in every tier.
var tests = bucket{string(AdsConversionsTest), "ads_conversions_test_app_id", 10, second, perApp}

// longestWindow is how long a window may be: longer ones would keep counts of callers who are long gone.
const longestWindow = day

// Parse gives the limits of a tier (standard, trial or off) with some of them changed. A change is written
// NAME=LIMIT/WINDOW, as in ads_write=10/60s: the name of a category, or what else the tier has a limit for. The window is a
// duration of whole seconds, a day at most.
func Parse(tier string, changes ...string) (*Limits, error) {
	of, known := tiers[tier]
	if !known {
		return nil, fmt.Errorf("rate limits %q are not known: one of %s is allowed", tier,
			strings.Join(slices.Sorted(maps.Keys(tiers)), ", "))
	}
	l := &Limits{of()}
	for _, change := range changes {
		if err := l.change(change); err != nil {
			return nil, fmt.Errorf("rate limit %q: %w", change, err)
		}
	}
	return l, nil
}

func (l *Limits) change(change string) error {
	key, amount, _ := strings.Cut(change, "=")
	limit, window, whole := strings.Cut(amount, "/")
	n, err := strconv.Atoi(limit)
	if !whole || err != nil || n < 1 {
		return errors.New("it must be written NAME=LIMIT/WINDOW with a limit of 1 or more, as in ads_write=10/60s")
	}
	d, err := time.ParseDuration(window)
	if err != nil || d < time.Second || d > longestWindow*time.Second || d%time.Second != 0 {
		return errors.New("the window must be a duration of whole seconds from 1s to 24h")
	}
	var keys []string
	found := false
	for _, buckets := range l.buckets {
		for i := range buckets {
			keys = append(keys, buckets[i].key)
			if buckets[i].key == key {
				buckets[i].limit, buckets[i].window, found = n, int64(d/time.Second), true
			}
		}
	}
	if found {
		return nil
	}
	if len(keys) == 0 {
		return errors.New("nothing is counted, so there is no limit to change")
	}
	slices.Sort(keys)
	return fmt.Errorf("the name must be one of %s", strings.Join(slices.Compact(keys), ", "))
}
