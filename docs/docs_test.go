package docs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/docs"
)

func TestEveryPageOfTheFolderIsCarriedAlongUnderItsHeading(t *testing.T) {
	pages, err := docs.Pages()
	if err != nil {
		t.Fatal(err)
	}
	inFolder, err := filepath.Glob("*.md")
	if err != nil || len(inFolder) == 0 {
		t.Fatalf("%q, %v", inFolder, err)
	}
	for _, file := range inFolder {
		name := strings.TrimSuffix(file, ".md")
		at := slices.IndexFunc(pages, func(page docs.Page) bool { return page.Name == name })
		if at < 0 {
			t.Errorf("%s is not carried along", file)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		page := pages[at]
		carried, err := page.Text()
		if err != nil {
			t.Fatal(err)
		}
		if carried != strings.ReplaceAll(string(text), "\r\n", "\n") {
			t.Errorf("%s is carried along with another text", file)
		}
		if page.Title == "" || !strings.HasPrefix(carried, "# "+page.Title+"\n") {
			t.Errorf("%s has the title %q", file, page.Title)
		}
	}
	if len(pages) != len(inFolder) {
		t.Errorf("%d pages, the folder has %d", len(pages), len(inFolder))
	}
}
