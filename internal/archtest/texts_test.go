package archtest_test

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// strays are things that do not belong into a committed file.
var strays = []struct {
	pattern *regexp.Regexp
	in      func(name string) bool
	why     string
}{
	// A slash that follows a letter, a digit or a dot is inside a URL or a relative path.
	{regexp.MustCompile(`(^|[^\w.~/*-])/(work|tmp|root|Users)(/|\b)`), always, "a path of somebody's machine"},
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`), isOurs, "unfinished; finish it or file an issue"},
	{regexp.MustCompile(`^(<{7}|>{7}) `), always, "a merge that was not finished"},
}

// isOurs says whether we wrote the file: not digests, not the documents and inputs that tests read.
func isOurs(name string) bool { return name != "go.sum" && !strings.Contains(name, "testdata/") }

// Files hold nothing of the machine they were written on, and nothing unfinished.
func TestFilesHoldNoStrays(t *testing.T) {
	holds(t, noStrays)
	for _, line := range []string{
		"cd /" + "work/main", "\"/" + "tmp/x\"", "HOME=/" + "root", "// TO" + "DO: later", "<<<<<<" + "< ours",
	} {
		refuses(t, noStrays, map[string]string{"docs/x.md": "fine\n" + line + "\nfine\n"}, "docs/x.md:2")
	}
	accepts(t, noStrays, map[string]string{
		"docs/x.md":           "https://example.com/tmp/x and ./work/x and frame" + "work/tmp and /workers\n",
		"go.sum":              "github.com/x v1 h1:a/XX" + "X/b=\n",
		"api/testdata/x.json": "{\"description\": \"TO" + "DO\"}\n",
	})
}

func noStrays(t tree) (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(t.texts)) {
		n := 0
		for line := range strings.SplitSeq(t.texts[name], "\n") {
			n++
			for _, s := range strays {
				if found := s.pattern.FindString(line); found != "" && s.in(name) {
					faults = append(faults, fmt.Sprintf("%s:%d: %q: %s", name, n, found, s.why))
				}
			}
		}
	}
	return faults
}

// A link between documents of the repository leads to a file, and to a heading of it where it names one.
func TestLinksLeadSomewhere(t *testing.T) {
	holds(t, linksLead)
	files := map[string]string{
		"docs/a.md": "# First part\n\n`[x](nowhere.md)` [b](b.md) ![p](p.svg) [web](https://example.com) [top](#first-part)\n" +
			"```\n[x](nowhere.md)\n```\n[up](../go.mod) [far](b.md#the-second-part-2) [folder](.)\n",
		"docs/b.md": "## The *second* part, `2`\n", "docs/p.svg": "<svg/>\n", "go.mod": "module x\n",
	}
	accepts(t, linksLead, files)
	for _, c := range []struct{ link, want string }{
		{"[x](c.md)", "docs/c.md is not there"},
		{"[x]: c.md", "docs/c.md is not there"},
		{"[x](../../other/x.md)", "leads out of the repository"},
		{"[x](b.md#third-part)", "docs/b.md has no heading third-part"},
		{"[x](#third-part)", "docs/a.md has no heading third-part"},
	} {
		broken := maps.Clone(files)
		broken["docs/a.md"] += c.link + "\n"
		refuses(t, linksLead, broken, c.want)
	}
}

var (
	fence    = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```")
	codeSpan = regexp.MustCompile("`[^`\n]+`")
	link     = regexp.MustCompile(`(?m)\]\(<?([^()\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+(\S+)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	scheme   = regexp.MustCompile(`^[a-z]+:`)
	notSlug  = regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
)

func linksLead(t tree) (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(t.texts)) {
		if path.Ext(name) != ".md" || strings.Contains(name, "testdata/") {
			continue
		}
		prose := codeSpan.ReplaceAllString(fence.ReplaceAllString(t.texts[name], ""), "")
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			target := m[1] + m[2]
			if scheme.MatchString(target) {
				continue
			}
			if fault := t.follow(name, target); fault != "" {
				faults = append(faults, fmt.Sprintf("%s: link to %s: %s", name, target, fault))
			}
		}
	}
	return faults
}

// follow says what is wrong with a link that a document has; it is empty when nothing is.
func (t tree) follow(from, target string) string {
	file, fragment, _ := strings.Cut(target, "#")
	to := from
	if file != "" {
		to = path.Join(path.Dir(from), file)
	}
	if strings.HasPrefix(to, "../") || path.IsAbs(file) {
		return "it leads out of the repository"
	}
	if !t.has(to) {
		return to + " is not there"
	}
	if fragment != "" && path.Ext(to) == ".md" && !slices.Contains(slugs(t.texts[to]), fragment) {
		return to + " has no heading " + fragment
	}
	return ""
}

// has says whether there is a text file, or a folder with one.
func (t tree) has(name string) bool {
	if _, is := t.texts[name]; is || name == "." {
		return true
	}
	for other := range t.texts {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}

// slugs gives the names by which links know a document's headings.
func slugs(text string) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		words := notSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), "")
		names = append(names, strings.ReplaceAll(words, " ", "-"))
	}
	return names
}

// Decisions are numbered 1, 2, 3, … without a gap, and none is taken twice.
func TestDecisionsAreNumbered(t *testing.T) {
	holds(t, decisionsNumbered)
	for _, c := range []struct{ second, want string }{
		{"0003-b.md", "0003-b.md should be number 0002"},
		{"0001-b.md", "0001-b.md should be number 0002"},
		{"b.md", "b.md should be number 0002"},
	} {
		refuses(t, decisionsNumbered, map[string]string{"docs/adr/0001-a.md": "# A\n", "docs/adr/" + c.second: "# B\n"}, c.want)
	}
}

func decisionsNumbered(t tree) (faults []string) {
	n := 0
	for _, name := range slices.Sorted(maps.Keys(t.texts)) {
		base, is := strings.CutPrefix(name, "docs/adr/")
		if !is {
			continue
		}
		n++
		if want := fmt.Sprintf("%04d", n); !strings.HasPrefix(base, want+"-") || path.Ext(base) != ".md" {
			faults = append(faults, fmt.Sprintf("%s should be number %s, and end in .md", name, want))
		}
	}
	return faults
}
