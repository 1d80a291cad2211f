package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/cli"
)

func TestEveryCommandHasAPageThatNamesItsFlagsWithTheirValues(t *testing.T) {
	folder := t.TempDir()
	if err := writePages(folder, cli.Commands(), "1.2.3", time.Unix(1767225600, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	page := unpacked(t, filepath.Join(folder, "posthog-org-mcp-serve.1.gz"))
	for _, part := range []string{
		`.TH "POSTHOG-ORG-MCP-SERVE" "1" "Jan 2026" "posthog-org-mcp 1.2.3"`,
		".TP\n\\fB--sandbox\\fP \n",
		".TP\n\\fB--host\\fP HOST\n",
		"[POSTHOG_HOST]. Default: us",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if strings.Contains(page, "]=") || strings.Contains(page, "Default: false") {
		t.Error("a switch is shown with a value")
	}
	for _, name := range []string{"posthog-org-mcp", "posthog-org-mcp-call-roles-update", "posthog-org-mcp-version"} {
		unpacked(t, filepath.Join(folder, name+".1.gz"))
	}
}

func TestTheSameArgumentsMakeTheSameBytes(t *testing.T) {
	var made [2]map[string]string
	for i := range made {
		folder := t.TempDir()
		if err := writePages(folder, cli.Commands(), "1.2.3", time.Unix(1767225600, 0).UTC()); err != nil {
			t.Fatal(err)
		}
		if err := writeScripts(folder, cli.Commands()); err != nil {
			t.Fatal(err)
		}
		made[i] = contents(t, folder)
	}
	for name, first := range made[0] {
		if made[1][name] != first {
			t.Errorf("%s differs", name)
		}
	}
}

func unpacked(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[entry.Name()] = string(data)
	}
	if len(found) == 0 {
		t.Fatal("nothing was written")
	}
	return found
}
