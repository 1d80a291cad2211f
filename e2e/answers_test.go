package e2e_test

import (
	"strings"
	"testing"

	"posthog-org-mcp/harness"
)

func TestWithoutOutputSchemasTheListIsShorterAndAnswersAreText(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-06-18"), harness.Modern()} {
		session := harness.Start(t, harness.Options{Era: era, Args: []string{"--sandbox", "--output-schemas", "off"}})
		for _, tool := range session.Tools() {
			if tool.OutputSchema != nil || len(tool.InputSchema) == 0 {
				t.Errorf("%s is listed with %s", tool.Name, tool.Raw)
			}
		}
		if result := session.Call("roles-list", nil); result.IsError || result.Structured != nil || !strings.Contains(result.Text, `"name":"Support"`) {
			t.Errorf("roles-list was answered %s", result.Raw)
		}
	}
}

func TestAnAnswerIsNoLongerThanTheOperatorAllows(t *testing.T) {
	t.Parallel()
	const most = 2000
	session := harness.Start(t, harness.Options{Args: []string{"--sandbox", "--max-result-bytes", "2000", "--confirm", "preview"}})
	people, arguments := map[string]bool{}, values{}
	for range 24 {
		result := session.Call("members-list", arguments)
		var got struct {
			Members []struct{ Email string }
			Next    *int `json:"next_offset"`
			Note    string
		}
		result.Decode(t, &got)
		if result.IsError || len(result.Text) > most || (got.Next == nil) != (got.Note == "") {
			t.Fatalf("%d bytes: %s", len(result.Text), result.Text)
		}
		for _, member := range got.Members {
			people[member.Email] = true
		}
		if got.Next == nil {
			break
		}
		arguments["offset"] = *got.Next
	}
	if len(people) != 24 {
		t.Errorf("%d of 24 people", len(people))
	}
	for _, tool := range []string{"welcome-current", "roles-list"} {
		if result := session.Call(tool, nil); result.IsError || len(result.Text) > most {
			t.Errorf("%s has %d bytes: %s", tool, len(result.Text), result.Text)
		}
	}
	preview := session.Call("roles-delete", values{"role": "Engineering"})
	if previewed(t, preview); len(preview.Text) > most {
		t.Errorf("the preview has %d bytes", len(preview.Text))
	}
}
