package tokens_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/tokens"
)

var update = flag.Bool("update", false, "write docs/tokens.md anew")

// The budget, in tokens.
const (
	mostForTools        = 2600 // the list of the fifteen operations and the three lists
	mostForSchemas      = 2600 // what they answer, on top
	mostForInstructions = 300
	mostForRoles        = 2500 // roles-list of 50
	mostForMembers      = 5500 // membership-list of 100
)

// apart are the tools that came on top of the fifteen and the three. They are
// shown, and have no budget together with those.
var apart = []string{"journal-list", "undo", "whoami"}

// A cost is one row of the table.
type cost struct {
	what                  string
	input, output, budget int
}

func TestTheBudgetOfTokensIsKept(t *testing.T) {
	session := harness.Start(t, harness.Options{Args: []string{"--sandbox"}})
	var counted, others, rest []cost
	list, schemas := cost{what: "the tool list", budget: mostForTools}, cost{what: "its output schemas", budget: mostForSchemas}
	for _, tool := range session.Tools() {
		output := string(tool.OutputSchema)
		row := cost{
			what:   "`" + tool.Name + "`",
			input:  count(t, string(bytes.Replace(tool.Raw, []byte(`,"outputSchema":`+output), nil, 1))),
			output: count(t, output),
		}
		if row.input >= count(t, string(tool.Raw)) {
			t.Errorf("%s: the output schema was not found in %s", tool.Name, tool.Raw)
		}
		if slices.Contains(apart, tool.Name) {
			others = append(others, row)
			continue
		}
		counted = append(counted, row)
		list.input += row.input + 1 // the comma
		schemas.input += row.output
	}
	if len(counted) != 18 {
		t.Errorf("%d tools are counted, not the fifteen operations and three lists", len(counted))
	}
	rest = append(rest, list, schemas, cost{what: "instructions, of a sandbox", input: count(t, session.Hello().Instructions), budget: mostForInstructions})

	live := harness.Start(t, harness.Options{Env: map[string]string{"POSTHOG_HOST": newOrganization(t), "POSTHOG_PERSONAL_API_KEY": sandbox.AdminKey}})
	for _, call := range []struct {
		tool, role, what string
		rows, budget     int
	}{
		{"roles-list", "", "`roles-list` of 50 roles", manyRoles, mostForRoles},
		{"membership-list", "Billing Admins", "`membership-list` of 100 members", manyMembers, mostForMembers},
	} {
		arguments := map[string]string{}
		if call.role != "" {
			arguments["role"] = call.role
		}
		result := live.Call(call.tool, arguments)
		if rows := strings.Count(result.Text, `"name":`); result.IsError || rows < call.rows {
			t.Fatalf("%s answered %d rows: %s", call.tool, rows, result.Text)
		}
		rest = append(rest, cost{what: call.what, input: count(t, result.Text), budget: call.budget})
	}
	for _, row := range rest {
		if row.input > row.budget {
			t.Errorf("%s takes %d tokens, more than %d", row.what, row.input, row.budget)
		}
	}
	table := sums(rest) + "\n" + toolTable(counted, others)
	t.Log("\n" + table)
	keepPage(t, table)
}

func count(t *testing.T, text string) int {
	t.Helper()
	n, err := tokens.Count(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sums(rows []cost) string {
	var out strings.Builder
	out.WriteString("| what | tokens | at most |\n|---|--:|--:|\n")
	for _, row := range rows {
		fmt.Fprintf(&out, "| %s | %d | %d |\n", row.what, row.input, row.budget)
	}
	return out.String()
}

func toolTable(counted, others []cost) string {
	var out strings.Builder
	out.WriteString("| tool | its entry | its output schema | together |\n|---|--:|--:|--:|\n")
	for _, row := range counted {
		fmt.Fprintf(&out, "| %s | %d | %d | %d |\n", row.what, row.input, row.output, row.input+row.output)
	}
	for _, row := range others {
		fmt.Fprintf(&out, "| %s, not counted above | %d | %d | %d |\n", row.what, row.input, row.output, row.input+row.output)
	}
	return out.String()
}

// keepPage holds docs/tokens.md to the table, or writes it.
func keepPage(t *testing.T, table string) {
	t.Helper()
	const path, begin, end = "../docs/tokens.md", "<!-- table -->\n", "<!-- /table -->"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A checkout on Windows may have other line ends.
	page := strings.ReplaceAll(string(data), "\r\n", "\n")
	before, rest, found := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", path)
	}
	want := before + begin + table + end + after
	switch {
	case want == page:
	case *update:
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is out of date; `go test ./tokens -run Budget -update` writes it anew", path)
	}
}
