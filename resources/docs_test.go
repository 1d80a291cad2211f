package resources_test

import (
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/docs"
	"posthog-org-mcp/prompts"
	"posthog-org-mcp/resources"
)

func TestThePageAboutResourcesAndPromptsHasEachWithWhatItStandsOnAndTakes(t *testing.T) {
	pages, err := docs.Pages()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(pages, func(page docs.Page) bool { return page.Name == "resources" })
	if at < 0 {
		t.Fatal("there is no such page")
	}
	text, err := pages[at].Text()
	if err != nil {
		t.Fatal(err)
	}
	row := func(key string) string {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "| `"+key+"` |") {
				return line
			}
		}
		t.Errorf("the page has no row for %s", key)
		return ""
	}
	for _, resource := range catalog(t) {
		if strings.HasPrefix(resource.URI, "posthog-org://docs/") && resource.Variable() == "" {
			continue
		}
		line := row(resource.URI)
		if want := "| `" + strings.Join(resource.Tools, "`, `") + "` |"; len(resource.Tools) > 0 && !strings.Contains(line, want) {
			t.Errorf("%s stands on %s, the page says %s", resource.URI, want, line)
		}
	}
	known := []resources.Words{"", resources.Roles, resources.Members, resources.Providers, resources.Projects, resources.Pages}
	for _, prompt := range prompts.Catalog() {
		var takes []string
		for _, argument := range prompt.Arguments {
			mark := "?"
			if argument.Required {
				mark = ""
			}
			takes = append(takes, "`"+argument.Name+"`"+mark)
			if !slices.Contains(known, resources.Words(argument.Completes)) {
				t.Errorf("%s completes %s from nothing", prompt.Name, argument.Name)
			}
		}
		if line := row(prompt.Name); !strings.Contains(line, "| "+strings.Join(takes, ", ")+" |") {
			t.Errorf("%s takes %q, the page says %s", prompt.Name, takes, line)
		}
	}
}
