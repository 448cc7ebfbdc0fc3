package ruletest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parterre/parterre"
)

// parseMoment reads 2026-03-01 or 2026-03-01T10:00:00Z, with a shift behind it or not: +180d, -1s, +1d12h.
func parseMoment(s string) (int64, error) {
	base, shift := s, ""
	if i := strings.LastIndexAny(s, "+-"); i >= len(time.DateOnly) {
		base, shift = s[:i], s[i:]
	}
	t, err := time.Parse(time.RFC3339, base)
	if err != nil {
		t, err = time.Parse(time.DateOnly, base)
	}
	if err != nil {
		return 0, fmt.Errorf("%q is not a moment such as 2026-03-01T10:00:00Z or 2026-03-01+180d1s", s)
	}
	seconds, err := parseShift(shift)
	if err != nil {
		return 0, fmt.Errorf("in the moment %q: %w", s, err)
	}
	return t.Unix() + seconds, nil
}

func parseShift(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	sign, rest := int64(1), s[1:]
	if s[0] == '-' {
		sign = -1
	}
	var seconds int64
	if days, after, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is not a number of days", days)
		}
		seconds, rest = int64(n)*24*60*60, after
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 || d%time.Second != 0 {
			return 0, fmt.Errorf("%q is not a number of hours, minutes and seconds", rest)
		}
		seconds += int64(d / time.Second)
	}
	return sign * seconds, nil
}

// stampOf is the stamp of an event's moment.
func stampOf(seconds int64) (parterre.Stamp, error) {
	if s := parterre.Stamp(seconds); s > 0 && int64(s) == seconds { // the comparison says whether it fits
		return s, nil
	}
	return 0, fmt.Errorf("no event can happen at %s", momentString(seconds))
}

func momentString(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }
