package index

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parterre/parterre/rule"
)

// TestNobodyWhoTakesAURLIsMissed compares what the lists give with asking every audience.
func TestNobodyWhoTakesAURLIsMissed(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab/é")), 1, 9, -1)
	some := func(t *rapid.T, name string) []string { return rapid.SliceOfN(text, 0, 3).Draw(t, name) }
	rapid.Check(t, func(t *rapid.T) {
		var a asking
		var all []*standing
		for range rapid.IntRange(0, 20).Draw(t, "audiences") {
			if len(all) > 0 && rapid.IntRange(0, 4).Draw(t, "remove") == 0 {
				at := rapid.IntRange(0, len(all)-1).Draw(t, "which")
				a.remove(all[at])
				all = slices.Delete(all, at, at+1)
				continue
			}
			u := rule.URL{Equal: some(t, "="), NotEqual: some(t, "!="), Contains: some(t, "contains"), NotContains: some(t, "not_contains")}
			s := &standing{seq: uint64(len(all)) + 1}
			if len(all) > 0 {
				s.seq = all[len(all)-1].seq + 1
			}
			if rapid.Bool().Draw(t, "asks") {
				s.URL, s.URLs, s.Parts = u.Match, u.Equal, u.Contains
			}
			a.add(s)
			all = append(all, s)
		}
		urls := []string{text.Draw(t, "url")}
		for _, s := range all {
			for _, part := range s.Parts {
				urls = append(urls, text.Draw(t, "before")+part, part+text.Draw(t, "after"))
			}
			urls = append(urls, s.URLs...)
		}
		url := rapid.SampledFrom(urls).Draw(t, "of them")
		after := rapid.Uint64Range(0, 5).Draw(t, "from")
		may := a.of(url, after)
		if !slices.IsSortedFunc(may, func(s, t *standing) int { return int(s.seq) - int(t.seq) }) || len(slices.Compact(slices.Clone(may))) != len(may) {
			t.Fatal("some audiences stand twice, or not in the order of registration")
		}
		for _, s := range may {
			if s.seq <= after || s.URL == nil || !slices.Contains(all, s) {
				t.Fatalf("audience %d of %d is given after %d", s.seq, len(all), after)
			}
		}
		for _, s := range all {
			if s.URL == nil != slices.Contains(a.nothing, s) {
				t.Fatalf("audience %d asks for a URL or does not, and the lists say otherwise", s.seq)
			}
			if s.URL != nil && s.seq > after && s.URL(url) && !slices.Contains(may, s) {
				t.Fatalf("audience %d takes %q, and is not asked", s.seq, url)
			}
		}
	})
}

// TestAPageIsJudgedByFew has thousands of audiences ask for a URL or a part of one.
func TestAPageIsJudgedByFew(t *testing.T) {
	var a asking
	for i := range uint64(8000) {
		u := rule.URL{Equal: []string{fmt.Sprintf("https://shop.example/s%03d/c%02d/p%05d", i%200, i%40, i)}}
		if i%2 == 0 {
			u = rule.URL{Contains: []string{fmt.Sprintf("/s%03d/c%02d/", i%200, i/200)}}
		}
		a.add(&standing{seq: i + 1, Standing: Standing{URL: u.Match, URLs: u.Equal, Parts: u.Contains}})
	}
	if n := len(a.of("https://shop.example/s007/c07/p00007?ref=mail", 0)); n > 20 {
		t.Errorf("%d of 8000 audiences are asked", n)
	}
}
