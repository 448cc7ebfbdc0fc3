package rule_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

// Every rule that the page for users shows is one: a rule of the type under whose heading it stands.
func TestTheRulesOfTheDocumentationAreRules(t *testing.T) {
	const page = "../docs/rules.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[parterre.AudienceType]int{}
	for section := range strings.SplitSeq(string(text), "\n## ") {
		heading, body, _ := strings.Cut(section, "\n")
		kind := parterre.AudienceType(heading)
		for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(body, -1) {
			if !slices.Contains(parterre.AudienceTypes, kind) {
				t.Errorf("%s: a rule stands under %q:\n%s", page, heading, block[1])
				continue
			}
			shown[kind]++
			if _, err := rule.Decode("rule", kind, []byte(block[1])); err != nil {
				t.Errorf("%s: %v:\n%s", page, err, block[1])
			}
		}
	}
	for _, kind := range parterre.AudienceTypes {
		if shown[kind] == 0 {
			t.Errorf("%s shows no rule of type %s", page, kind)
		}
	}
}
