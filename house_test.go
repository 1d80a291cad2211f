package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows is the house: which folder may import which others of the project.
// Arrows point downwards only; tests may import what they like.
var arrows = map[string][]string{
	".":                      {"cli"},
	"assistants":             {"patiently", "visible"},
	"cli":                    {"apiclient", "assistants", "changes", "child", "cli/demo", "config", "credentials", "directory", "doctor", "handover", "journal", "nearest", "progress", "redact", "sandbox", "schemas", "seal", "server", "signin", "tools", "visible"},
	"cli/demo":               {"child", "redact", "sandbox", "schemas"},
	"config":                 {"apiclient", "credentials", "nearest", "patiently", "redact", "signin", "visible"},
	"server":                 {"changes", "nearest", "progress", "prompts", "redact", "resources", "schemas", "tools", "visible"},
	"resources":              {"apiclient", "changes", "directory", "docs", "nearest", "schemas", "tools", "visible"},
	"prompts":                {},
	"docs":                   {},
	"tools":                  {"apiclient", "changes", "directory", "handover", "holder", "journal", "nearest", "redact", "schemas", "seal", "visible"},
	"changes":                {"apiclient", "handover", "holder", "journal", "progress", "redact", "schemas", "seal", "visible"},
	"holder":                 {"apiclient", "redact"},
	"directory":              {"apiclient", "nearest", "visible"},
	"apiclient":              {"progress", "redact", "schemas", "visible"},
	"schemas":                {"nearest", "visible"},
	"handover":               {"page", "redact"},
	"signin":                 {"page", "redact", "visible"},
	"journal":                {"patiently", "visible"},
	"seal":                   {},
	"redact":                 {},
	"nearest":                {},
	"visible":                {},
	"progress":               {},
	"sandbox":                {},
	"contract":               {},
	"harness":                {"contract", "sandbox"},
	"bench":                  {"sandbox"},
	"bench/peer":             {},
	"tokens":                 {},
	"credentials":            {"apiclient", "nearest", "patiently", "redact", "signin", "visible"},
	"deploy/extras":          {"cli"},
	"doctor":                 {"apiclient", "assistants", "child", "config", "handover", "holder", "journal", "patiently", "progress", "redact", "schemas", "tools", "visible"},
	"child":                  {},
	"browser/handover":       {"handover", "redact"},
	"browser/signin":         {"sandbox", "signin"},
	"page":                   {},
	"patiently":              {},
	"handover/browser/stage": {"handover", "redact"},
}

const module = "posthog-org-mcp"

func TestImportsPointDownwardsOnly(t *testing.T) {
	for path, file := range sources(t) {
		folder := filepath.ToSlash(filepath.Dir(path))
		allowed, known := arrows[folder]
		if !known {
			t.Errorf("%s: folder %q has no place in the house", path, folder)
			continue
		}
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			inside, ours := strings.CutPrefix(target, module+"/")
			if ours && !slices.Contains(allowed, inside) {
				t.Errorf("%s imports %s; %s may import %q", path, inside, folder, allowed)
			}
		}
	}
}

// The writing half of the client is in the hands of one package. Others get a
// Reader, from which no way leads back.
func TestOnlyTheExecutorHoldsTheClientThatWrites(t *testing.T) {
	seen := 0
	for path, file := range sources(t) {
		folder := filepath.ToSlash(filepath.Dir(path))
		ast.Inspect(file, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := selector.X.(*ast.Ident)
			if !ok || pkg.Name != "apiclient" || (selector.Sel.Name != "New" && selector.Sel.Name != "Client") {
				return true
			}
			seen++
			if folder != "changes" {
				t.Errorf("%s uses apiclient.%s; only changes may", path, selector.Sel.Name)
			}
			return true
		})
	}
	if seen == 0 {
		t.Error("nobody uses apiclient.New: the test looks for the wrong name")
	}
}

// sources parses every Go file that is part of the program, tests left out.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files[path], err = parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
