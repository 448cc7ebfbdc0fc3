package archtest_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// pure are the packages to which the clock, the disk and chance come from outside.
var pure = []string{
	".", "roll", "row", "rule", "rule/naive", "actalike",
	"index", "index/driver", "index/lsmindex", "index/memindex",
	"catalog", "catalog/driver", "catalog/memcatalog",
}

// door is a package of the outside world and what of it leads there.
type door struct {
	path  string
	leads func(name string) bool
	why   string
}

var doors = []door{
	{
		"time", isOneOf("Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"),
		"the clock comes from outside",
	},
	{
		"os", func(name string) bool { return !strings.HasPrefix(name, "Err") },
		"the file system and the environment come from outside",
	},
	{"os/exec", always, "there are no other programs below the index"},
	{"github.com/cockroachdb/pebble/v2/vfs", isOneOf("Default"), "the file system comes from outside"},
	{"math/rand", always, "use math/rand/v2 with a seed from outside"},
	{
		"math/rand/v2", isNoneOf("New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "Source", "PCG", "ChaCha8", "Zipf"),
		"the seed comes from outside",
	},
}

func always(string) bool { return true }

func isOneOf(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

func isNoneOf(names ...string) func(string) bool {
	return func(name string) bool { return !slices.Contains(names, name) }
}

// Nothing at or below the index reads the clock, the disk, the environment or unseeded chance.
func TestTheEngineHasOneDoor(t *testing.T) {
	holds(t, engineHasOneDoor)
	for _, c := range []struct{ body, want string }{
		{"import \"time\"\n\nvar now = time.Now\n", "time.Now"},
		{"import clock \"time\"\n\nvar d = clock.Since(clock.Time{})\n", "time.Since"},
		{"import \"os\"\n\nvar b, _ = os.ReadFile(\"x\")\n", "os.ReadFile"},
		{"import \"math/rand/v2\"\n\nvar n = rand.IntN(3)\n", "math/rand/v2.IntN"},
		{"import \"math/rand\"\n\nvar r = rand.New(nil)\n", "math/rand.New"},
		{"import \"github.com/cockroachdb/pebble/v2/vfs\"\n\nvar disk = vfs.Default\n", "vfs.Default"},
		{"import . \"time\"\n\nvar now = Now\n", "dot import of time"},
	} {
		refuses(t, engineHasOneDoor, map[string]string{"index/x.go": "package index\n\n" + c.body}, c.want)
	}
	accepts(t, engineHasOneDoor, map[string]string{
		"index/x.go": "package index\n\nimport (\n\t\"math/rand/v2\"\n\t\"os\"\n\t\"time\"\n)\n\n" +
			"var r, e, d = rand.New(rand.NewPCG(1, 2)), os.ErrNotExist, time.Second\n",
		"index/x_test.go":         "package index_test\n\nimport \"time\"\n\nvar now = time.Now\n",
		"internal/server/real.go": "package server\n\nimport \"time\"\n\nvar now = time.Now\n",
	})
}

func engineHasOneDoor(t tree) (faults []string) {
	for _, p := range t.packages {
		if !slices.Contains(pure, p.path) {
			continue
		}
		for _, f := range p.production() {
			for _, d := range doors {
				faults = append(faults, uses(f, d)...)
			}
		}
	}
	return faults
}

// uses finds where a file goes through a door.
func uses(f source, d door) (faults []string) {
	local := localName(f, d.path)
	switch local {
	case "", "_":
		return nil
	case ".":
		return []string{fmt.Sprintf("%s: dot import of %s: %s", f.path, d.path, d.why)}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		selector, is := n.(*ast.SelectorExpr)
		if !is {
			return true
		}
		if x, is := selector.X.(*ast.Ident); is && x.Name == local && d.leads(selector.Sel.Name) {
			faults = append(faults, fmt.Sprintf("%s: %s.%s: %s", f.path, d.path, selector.Sel.Name, d.why))
		}
		return true
	})
	return faults
}

// localName is what a file calls an imported package; it is empty when the file does not import it.
func localName(f source, imported string) string {
	for i, p := range importsOf(f) {
		switch {
		case p != imported:
		case f.syntax.Imports[i].Name != nil:
			return f.syntax.Imports[i].Name.Name
		case path.Base(p) == "v2":
			return path.Base(path.Dir(p))
		default:
			return path.Base(p)
		}
	}
	return ""
}

// Nothing happens before main: no package has an init function.
func TestNoPackageHasAnInitFunction(t *testing.T) {
	holds(t, noInit)
	refuses(t, noInit, map[string]string{"oauth/token.go": "package oauth\n\nfunc init() {}\n"}, "oauth/token.go")
	accepts(t, noInit, map[string]string{"oauth/token.go": "package oauth\n\ntype x int\n\nfunc (x) init() {}\n"})
}

func noInit(t tree) (faults []string) {
	for _, p := range t.packages {
		for _, f := range p.files {
			for _, d := range f.syntax.Decls {
				if fn, is := d.(*ast.FuncDecl); is && fn.Recv == nil && fn.Name.Name == "init" {
					faults = append(faults, fmt.Sprintf("%s: init function; make it a call in cmd", f.path))
				}
			}
		}
	}
	return faults
}
