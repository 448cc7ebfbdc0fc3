package archtest_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// may says which of our packages the production code of a package may import. A package without a row is an error, so a
// new package is placed here before it is written. Arrows point inward: the vocabulary in the middle, then rules and rolls,
// the two stores, the use cases, the wire, the command.
var may = map[string][]string{
	".": nil,

	"roll":          {"."},
	"row":           {"."},
	"history":       {"."},
	"rule":          {".", "internal/jsonbody"},
	"rule/naive":    {".", "rule"},
	"rule/ruletest": {".", "rule", "rule/naive"},
	"conversion":    {".", "rule", "internal/jsonbody"},
	"actalike":      {"."},

	"index":           {".", "history", "roll", "row", "rule", "index/driver"},
	"index/driver":    {".", "history", "roll", "row"},
	"index/indextest": {".", "history", "roll", "row", "index/driver"},
	"index/lsmindex":  {".", "history", "roll", "row", "index/driver"},
	"index/memindex":  {".", "history", "roll", "row", "index/driver"},

	"catalog":             {".", "catalog/driver"},
	"catalog/driver":      {"."},
	"catalog/catalogtest": {".", "catalog/driver", "catalog/memcatalog"},
	"catalog/memcatalog":  {".", "catalog/driver"},
	"catalog/sqlcatalog":  {".", "catalog/driver"},

	"audiences": {".", "rule", "roll", "index", "index/driver", "catalog", "actalike"},
	"oauth":     {".", "catalog"},
	"ratelimit": {"."},
	"sandbox":   {".", "catalog", "oauth"},

	"api/consent":  {".", "oauth"},
	"api/upload":   {".", "audiences", "api/wire"},
	"api/wire":     {".", "catalog", "oauth", "ratelimit"},                                                                           // catalog has the app
	"api/v5":       {".", "audiences", "catalog", "conversion", "oauth", "ratelimit", "api/upload", "api/wire", "internal/jsonbody"}, // catalog has the page
	"api/parterre": {".", "audiences", "conversion", "oauth", "api/wire", "internal/jsonbody"},

	"client":       nil, // it has types of its own, as a client in another language would
	"parterretest": {"ratelimit", "internal/server", "sandbox", "client"},
	"cmd/parterre": {".", "ratelimit", "sandbox", "api/v5", "conversion", "internal/cli", "internal/server", "internal/telemetry", "internal/demo", "client"},

	"bench":               {".", "rule", "index", "index/driver", "conversion", "actalike", "client", "sandbox", "internal/server"},
	"internal/archtest":   nil,
	"internal/cli":        {"client", "internal/terminal"},
	"internal/demo":       {"client", "internal/terminal"},
	"internal/jsonbody":   {"."},
	"internal/parts":      {"."},
	"internal/realvisits": nil,
	"internal/telemetry":  {".", "catalog", "catalog/driver", "index", "audiences", "api/wire"},
	"internal/terminal":   nil,
	"internal/server": {
		".", "index", "index/driver", "index/lsmindex", "catalog", "catalog/driver", "catalog/memcatalog", "catalog/sqlcatalog",
		"conversion", "audiences", "sandbox", "oauth", "ratelimit", "internal/parts", "api/consent", "api/upload", "api/wire",
		"api/v5", "api/parterre", "internal/telemetry",
	},
}

// A package imports only what the table allows.
func TestImportsFollowTheTable(t *testing.T) {
	holds(t, importsFollowTable)
	refuses(t, importsFollowTable, map[string]string{
		"roll/roll.go": "package roll\n\nimport _ \"github.com/parterre/parterre/index\"\n",
	}, "roll must not import index")
	refuses(t, importsFollowTable, map[string]string{
		"newcomer/newcomer.go": "package newcomer\n",
	}, "newcomer has no row")
	accepts(t, importsFollowTable, map[string]string{
		"roll/roll.go":      "package roll\n\nimport _ \"github.com/parterre/parterre\"\n",
		"roll/roll_test.go": "package roll_test\n\nimport _ \"github.com/parterre/parterre/index\"\n",
	})
}

func importsFollowTable(t tree) (faults []string) {
	for _, p := range t.packages {
		allowed, known := may[p.path]
		if !known {
			faults = append(faults, fmt.Sprintf("%s has no row in the import table", p.path))
			continue
		}
		for _, f := range p.production() {
			for _, imported := range importsOf(f) {
				if ours, is := inModule(imported); is && !slices.Contains(allowed, ours) {
					faults = append(faults, fmt.Sprintf("%s: %s must not import %s", f.path, p.path, ours))
				}
			}
		}
	}
	return faults
}

// The table itself has no arrow to a package without a row, and no cycle.
func TestTheTableHasNoCycle(t *testing.T) {
	const open, closed = 1, 2
	state := map[string]int{}
	var visit func(name string, way []string)
	visit = func(name string, way []string) {
		way = append(way, name)
		if state[name] == open {
			t.Errorf("cycle: %s", strings.Join(way, " imports "))
		}
		if state[name] != 0 {
			return
		}
		state[name] = open
		for _, next := range may[name] {
			if _, known := may[next]; !known {
				t.Errorf("%s may import %s, which has no row", name, next)
				continue
			}
			visit(next, way)
		}
		state[name] = closed
	}
	for name := range may {
		visit(name, nil)
	}
}

// The vocabulary imports the standard library alone.
func TestTheVocabularyNeedsNothing(t *testing.T) {
	holds(t, vocabularyNeedsNothing)
	refuses(t, vocabularyNeedsNothing, map[string]string{
		"id.go": "package parterre\n\nimport _ \"golang.org/x/text/width\"\n",
	}, "id.go: the vocabulary must not import golang.org/x/text/width")
}

func vocabularyNeedsNothing(t tree) (faults []string) {
	for _, p := range t.packages {
		if p.path != "." {
			continue
		}
		for _, f := range p.production() {
			for _, imported := range importsOf(f) {
				if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
					faults = append(faults, fmt.Sprintf("%s: the vocabulary must not import %s", f.path, imported))
				}
			}
		}
	}
	return faults
}

// testOnly are the packages that only tests may import, with all that is below them.
var testOnly = []string{
	"testing", "net/http/httptest", "pgregory.net/rapid", "github.com/google/go-cmp", "github.com/getkin/kin-openapi",
	"github.com/rogpeppe/go-internal",
}

// What only tests need is not in production code, but in packages whose names end in test.
func TestProductionCodeDoesNotTest(t *testing.T) {
	holds(t, productionDoesNotTest)
	refuses(t, productionDoesNotTest, map[string]string{
		"index/index.go": "package index\n\nimport _ \"testing/fstest\"\n",
	}, "index/index.go: production code must not import testing/fstest")
	accepts(t, productionDoesNotTest, map[string]string{
		"index/index_test.go":    "package index_test\n\nimport _ \"testing\"\n",
		"index/indextest/run.go": "package indextest\n\nimport _ \"testing\"\n",
	})
}

func productionDoesNotTest(t tree) (faults []string) {
	for _, p := range t.packages {
		if p.forTests() {
			continue
		}
		for _, f := range p.production() {
			for _, imported := range importsOf(f) {
				if slices.ContainsFunc(testOnly, func(top string) bool { return within(imported, top) }) {
					faults = append(faults, fmt.Sprintf("%s: production code must not import %s", f.path, imported))
				}
			}
		}
	}
	return faults
}

// importsOf gives the paths that a file imports.
func importsOf(f source) []string {
	paths := make([]string, 0, len(f.syntax.Imports))
	for _, spec := range f.syntax.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil { // the parser has seen to it
			paths = append(paths, p)
		}
	}
	return paths
}

// inModule gives the path of one of our packages inside the module.
func inModule(imported string) (inside string, ours bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

// within says whether a path is top or below it.
func within(p, top string) bool { return p == top || strings.HasPrefix(p, top+"/") }
