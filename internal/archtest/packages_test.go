package archtest_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// Each package has one comment, on one file, that says what it is for.
func TestEachPackageHasOneComment(t *testing.T) {
	holds(t, onePackageComment)
	refuses(t, onePackageComment, map[string]string{"roll/roll.go": "package roll\n"}, "roll has no package comment")
	refuses(t, onePackageComment, map[string]string{
		"roll/roll.go":  "// Package roll is one thing.\npackage roll\n",
		"roll/merge.go": "// Package roll is another.\npackage roll\n",
	}, "roll has 2 package comments")
	refuses(t, onePackageComment, map[string]string{
		"roll/roll.go": "// Helpers for rolls.\npackage roll\n",
	}, "should begin \"Package roll \"")
}

func onePackageComment(t tree) (faults []string) {
	for _, p := range t.packages {
		var comments []string
		files := p.production()
		for _, f := range files {
			if f.syntax.Doc != nil {
				comments = append(comments, f.syntax.Doc.Text())
			}
		}
		switch {
		case len(files) == 0:
			faults = append(faults, fmt.Sprintf("%s has tests alone, and so no package comment", p.path))
		case len(comments) == 0:
			faults = append(faults, fmt.Sprintf("%s has no package comment", p.path))
		case len(comments) > 1:
			faults = append(faults, fmt.Sprintf("%s has %d package comments", p.path, len(comments)))
		default:
			name := files[0].syntax.Name.Name
			if begin := "Package " + name + " "; name != "main" && !strings.HasPrefix(comments[0], begin) {
				faults = append(faults, fmt.Sprintf("%s: the package comment should begin %q", p.path, begin))
			}
		}
	}
	return faults
}

// A package is named by its idea: names that say nothing fill up with everything.
func TestNoPackageIsABag(t *testing.T) {
	holds(t, noBags)
	refuses(t, noBags, map[string]string{"internal/utils/x.go": "package utils\n"}, "internal/utils")
}

func noBags(t tree) (faults []string) {
	bags := []string{"util", "utils", "common", "shared", "helper", "helpers", "misc", "base", "lib", "types", "models"}
	for _, p := range t.packages {
		if slices.Contains(bags, path.Base(p.path)) {
			faults = append(faults, fmt.Sprintf("%s: name the package by its idea", p.path))
		}
	}
	return faults
}

// What is allowed in lines; the first number is a question, which go test -v shows, and the second a refusal.
const (
	longFile, tooLongFile         = 600, 1000
	largePackage, tooLargePackage = 3000, 5000
	longFunction                  = 60
)

// No file and no package is larger than a reader can hold.
func TestNothingIsTooLarge(t *testing.T) {
	holds(t, nothingTooLarge)
	for _, remark := range largeThings(house(t)) {
		t.Log(remark)
	}
	refuses(t, nothingTooLarge, map[string]string{
		"rule/rule.go": "package rule\n" + strings.Repeat("\n", tooLongFile),
	}, "rule/rule.go has 1001 lines")
	refuses(t, nothingTooLarge, map[string]string{
		"rule/a.go": "package rule\n" + strings.Repeat("\n", 900), "rule/b.go": "package rule\n" + strings.Repeat("\n", 900),
		"rule/c.go": "package rule\n" + strings.Repeat("\n", 900), "rule/d.go": "package rule\n" + strings.Repeat("\n", 900),
		"rule/e.go": "package rule\n" + strings.Repeat("\n", 900), "rule/f.go": "package rule\n" + strings.Repeat("\n", 900),
	}, "rule has 5406 lines")
}

func nothingTooLarge(t tree) (faults []string) {
	for _, p := range t.packages {
		for _, f := range p.files {
			if f.lines > tooLongFile {
				faults = append(faults, fmt.Sprintf("%s has %d lines; %d are allowed", f.path, f.lines, tooLongFile))
			}
		}
		if n := linesOf(p); n > tooLargePackage {
			faults = append(faults, fmt.Sprintf("%s has %d lines; %d are allowed", p.path, n, tooLargePackage))
		}
	}
	return faults
}

// largeThings are allowed, but somebody should ask.
func largeThings(t tree) (remarks []string) {
	for _, p := range t.packages {
		if n := linesOf(p); n > largePackage {
			remarks = append(remarks, fmt.Sprintf("%s has %d lines: should it be two packages?", p.path, n))
		}
		for _, f := range p.files {
			if f.lines > longFile {
				remarks = append(remarks, fmt.Sprintf("%s has %d lines: should it be two files?", f.path, f.lines))
			}
		}
		for _, f := range p.production() {
			for _, d := range f.syntax.Decls {
				fn, is := d.(*ast.FuncDecl)
				if !is || fn.Body == nil {
					continue
				}
				if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; n > longFunction {
					remarks = append(remarks, fmt.Sprintf("%s: %s has %d lines", f.path, fn.Name.Name, n))
				}
			}
		}
	}
	return remarks
}

// linesOf counts the lines of a package's production code.
func linesOf(p pkg) (n int) {
	for _, f := range p.production() {
		n += f.lines
	}
	return n
}
