package conversion_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/conversion"
)

func TestEventsWithinOtherLimits(t *testing.T) {
	l := conversion.Limits{Age: 3 * 24 * time.Hour, Ahead: 90 * time.Minute}
	for _, tt := range []struct {
		at   int64
		want string // of the error; empty for none
	}{
		{noon, ""},
		{noon - 3*86_400, ""},
		{noon - 3*86_400 - 1, "in the past. Current timestamp: 1780000000, Given event_timestamp: 1779740799; event_time may be at most 3 days old"},
		{noon + 5400, ""},
		{noon + 5401, "in the future. Current timestamp: 1780000000, Given event_timestamp: 1780005401; event_time may be at most 1h30m0s ahead"},
	} {
		e := conversion.Event{
			Name: "checkout", ActionSource: "web", ID: "e", Time: tt.at,
			User: conversion.User{Emails: []string{strings.Repeat("0f", 32)}},
		}
		if r := e.CheckWithin(l, noon); (r.Error == "") != (tt.want == "") || !strings.Contains(r.Error, tt.want) {
			t.Errorf("at %d the error is %q, want %q", tt.at, r.Error, tt.want)
		}
	}
}

func TestLimitsThatCannotBeKept(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for l, ok := range map[conversion.Limits]bool{
		conversion.Usual: true, {}: true, {10 * year, year}: true,
		{10*year + 1, 0}: false, {0, year + 1}: false, {-1, 0}: false, {0, -1}: false,
	} {
		if err := l.Check(); (err == nil) != ok {
			t.Errorf("%+v: %v", l, err)
		}
	}
}
