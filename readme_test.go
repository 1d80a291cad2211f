package main_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"posthog-org-mcp/config"
	"posthog-org-mcp/tools"
)

var update = flag.Bool("update", false, "write the README's tables anew")

func TestTheREADMEHasEveryToolAndEverySetting(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme = bytes.ReplaceAll(readme, []byte("\r\n"), []byte("\n"))
	want := string(readme)
	for name, table := range map[string]string{"tools": toolTable(), "settings": settingTable()} {
		before, rest, found := strings.Cut(want, "<!-- "+name+" -->\n")
		_, after, closed := strings.Cut(rest, "<!-- /"+name+" -->")
		if !found || !closed {
			t.Fatalf("the README has no place for the table of %s", name)
		}
		want = before + "<!-- " + name + " -->\n" + table + "<!-- /" + name + " -->" + after
	}
	if want == string(readme) {
		return
	}
	if !*update {
		t.Fatal("the README's tables are out of date; `go test . -update` writes them anew")
	}
	if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func toolTable() string {
	var out strings.Builder
	out.WriteString("| tool | what it does | effect | API operation |\n|---|---|---|---|\n")
	for _, tool := range tools.Catalog() {
		fmt.Fprintf(&out, "| `%s` | %s | %s | `%s` |\n", tool.Name, tool.Title, tool.Effect, tool.Operation)
	}
	return out.String()
}

func settingTable() string {
	var out strings.Builder
	out.WriteString("| flag | variable | default | what it sets |\n|---|---|---|---|\n")
	for _, setting := range config.Settings() {
		fmt.Fprintf(&out, "| %s | `%s` | %s | %s |\n", code("--", setting.Flag), setting.Variable, code("", setting.Default), setting.Usage)
	}
	return out.String()
}

// code is a cell of code, empty when there is nothing to show.
func code(prefix, text string) string {
	if text == "" {
		return ""
	}
	return "`" + prefix + text + "`"
}

func TestEveryConfigurationInTheREADMEIsValidJSON(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme = bytes.ReplaceAll(readme, []byte("\r\n"), []byte("\n"))
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) < 3 {
		t.Fatalf("%d configurations", len(blocks))
	}
	known := map[string]bool{}
	for _, setting := range config.Settings() {
		known[setting.Variable] = true
	}
	for _, block := range blocks {
		type server struct {
			Command string
			Env     map[string]string
		}
		var client struct{ McpServers, Servers map[string]server }
		if err := json.Unmarshal(block[1], &client); err != nil {
			t.Errorf("%v in %s", err, block[1])
		}
		entries := len(client.McpServers) + len(client.Servers)
		if entries != 1 {
			t.Errorf("%d servers in %s", entries, block[1])
		}
		for _, servers := range []map[string]server{client.McpServers, client.Servers} {
			for _, entry := range servers {
				if entry.Command == "" {
					t.Errorf("no command in %s", block[1])
				}
				for variable := range entry.Env {
					if !known[variable] {
						t.Errorf("there is no setting %s", variable)
					}
				}
			}
		}
	}
}

func TestTheDocumentsHaveNoPlaceLeftToFillIn(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "deploy/README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`@@[A-Z]|TODO|TBD|FIXME`).Find(text); found != nil {
			t.Errorf("%s has %s", page, found)
		}
	}
}
