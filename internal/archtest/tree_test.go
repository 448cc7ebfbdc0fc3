package archtest_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// module is the path of our module.
const module = "github.com/parterre/parterre"

// tree is the repository: every text file by its path, and the Go files by package.
type tree struct {
	texts    map[string]string
	packages []pkg // sorted by path
}

// pkg is the Go files of one folder, those for other systems included.
type pkg struct {
	path  string // inside the module, "." for the root
	files []source
}

// source is a Go file.
type source struct {
	path   string
	test   bool // the name ends in _test.go
	lines  int
	set    *token.FileSet // knows the positions in syntax
	syntax *ast.File
}

// production gives the files that are not tests.
func (p pkg) production() []source {
	return slices.DeleteFunc(slices.Clone(p.files), func(f source) bool { return f.test })
}

// forTests says whether the package is there for tests alone, as its name tells: indextest, parterretest.
func (p pkg) forTests() bool { return strings.HasSuffix(path.Base(p.path), "test") }

// rule looks at a tree and says what is wrong with it, one line for each fault.
type rule func(tree) []string

// house reads the repository itself.
func house(t *testing.T) tree {
	t.Helper()
	root := os.DirFS("../..")
	if _, err := fs.Stat(root, "go.mod"); err != nil {
		t.Fatalf("this package is not where it was: %v", err)
	}
	return read(t, root)
}

// holds fails the test for each fault of the repository.
func holds(t *testing.T, r rule) {
	t.Helper()
	for _, fault := range r(house(t)) {
		t.Error(fault)
	}
}

// refuses fails the test unless the rule finds just the one fault that the files, by path, have.
func refuses(t *testing.T, r rule, files map[string]string, want string) {
	t.Helper()
	if faults := r(read(t, folder(files))); len(faults) != 1 || !strings.Contains(faults[0], want) {
		t.Errorf("a tree that breaks the rule: found %q, want one fault with %q", faults, want)
	}
}

// accepts fails the test when the rule finds a fault in the files.
func accepts(t *testing.T, r rule, files map[string]string) {
	t.Helper()
	if faults := r(read(t, folder(files))); len(faults) != 0 {
		t.Errorf("a tree that keeps the rule: found %q", faults)
	}
}

// folder makes a file system of texts by path.
func folder(files map[string]string) fs.FS {
	made := fstest.MapFS{}
	for name, text := range files {
		made[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return made
}

// read makes a tree of the files of a repository. What git ignores at the root is left out, and so are files that are not
// text.
func read(t *testing.T, root fs.FS) tree {
	t.Helper()
	made := tree{texts: map[string]string{}}
	sources, set := map[string][]source{}, token.NewFileSet()
	skip := ignored(root)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == ".git" || slices.Contains(skip, name)):
			return fs.SkipDir
		case !d.Type().IsRegular() || name == ".git" || slices.Contains(skip, name): // .git is a file in a worktree of git
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			return err
		}
		made.texts[name] = string(text)
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			return nil
		}
		syntax, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		sources[path.Dir(name)] = append(sources[path.Dir(name)], source{
			path: name, test: strings.HasSuffix(name, "_test.go"), lines: bytes.Count(text, []byte("\n")),
			set: set, syntax: syntax,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range slices.Sorted(maps.Keys(sources)) {
		made.packages = append(made.packages, pkg{folder, sources[folder]})
	}
	return made
}

// ignored gives the files and folders that .gitignore names from the root on.
func ignored(root fs.FS) []string {
	text, err := fs.ReadFile(root, ".gitignore")
	if err != nil {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		if name, rooted := strings.CutPrefix(strings.TrimSpace(line), "/"); rooted {
			names = append(names, strings.TrimSuffix(name, "/"))
		}
	}
	return names
}
