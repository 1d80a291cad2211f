package tools_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

const errorsHead = `# Errors

A call that fails is answered with ` + "`isError: true`" + ` and one JSON object: ` + "`error`" + ` says what failed and
` + "`next_step`" + ` what to do now, a sentence or two each. Other fields are there when they help:

| field | what it holds |
|---|---|
| ` + "`candidates`" + ` | what may have been meant, at most three: a name with an id, or a person's name with the e-mail address |
| ` + "`valid_arguments`" + ` | the names that the tool takes, when one was wrong |
| ` + "`status`, `type`, `code`, `detail`, `attr`, `request_id`, `retry_after_seconds`" + ` | what PostHog answered; ` + "`detail`" + ` is cut to whole sentences of 200 characters |
| ` + "`changes`, `undo`" + ` | what became of each change of a call that makes several, and what takes back those that were made |

Names in sentences are quoted, with escapes for whatever hides or reorders text. An answer takes at most 150 tokens (o200k);
only one that lists changes can be longer. Of more than ten changes, those that ended alike are one row: changes are
made in the order of the arguments.

Each line below is an answer that a test got, word for word; ` + "`go test ./tools -run Errors -update`" + ` writes this page.
The whole answers are in ` + "[tools/testdata/errors.txt](../tools/testdata/errors.txt)" + `.
`

// errorRow is a row of the documentation.
func errorRow(t *testing.T, c errorCase, answer string, cost int) string {
	t.Helper()
	var failure schemas.Failure
	if err := json.Unmarshal([]byte(answer), &failure); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("| %s | %s | %s | %d |\n", cell(c.when), cell(failure.Error), cell(failure.NextStep), cost)
}

// cell is text in a table of Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "\\`", "_", `\_`, "*", `\*`, "[", `\[`).Replace(text)
}

// unknownTools are the refusals of calls that reach no tool.
func unknownTools() string {
	var text strings.Builder
	text.WriteString("\n## Unknown tools\n\nA call of a tool that is not there is refused by the protocol's own error (`-32602`), with this message:\n\n| name | message |\n|---|---|\n")
	var offered []string
	for _, tool := range tools.Catalog() {
		offered = append(offered, tool.Name)
	}
	for _, name := range []string{"role-list", "list_roles", "rolesList", "delete-role", "add-member", "remove_user_from_role", "rotate_token", "audit_log", "send-money"} {
		fmt.Fprintf(&text, "| `%s` | %s |\n", name, cell(tools.UnknownTool(name, offered, nil)))
	}
	return text.String()
}
