package cli_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/tools"
)

func TestToolsListsThemFamilyByFamilyWithoutAKey(t *testing.T) {
	code, stdout, stderr := run(t, nil, "tools")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	at := 0
	family := ""
	for _, tool := range tools.Catalog() {
		wanted := []string{tool.Name, string(tool.Effect), tool.Title}
		if tool.Family != family {
			family = tool.Family
			wanted = slices.Insert(wanted, 0, "\n"+family+"\n")
		}
		for _, want := range wanted {
			found := strings.Index("\n"+stdout[at:], want)
			if found < 0 {
				t.Fatalf("after %q there is no %q:\n%s", stdout[:at], want, stdout)
			}
			at += found
		}
	}
	lines := strings.Split(stdout, "\n")
	if column := strings.Index(lines[1], "reads"); column < 0 || strings.Index(lines[2], "reads") != column {
		t.Errorf("the columns do not stand below each other:\n%s", stdout)
	}
}

// entry is what is read of the list as JSON.
type entry struct {
	Name, Title, Description, Family, Effect, Operation, Withheld string
	Idempotent                                                    bool
	Scopes                                                        []string
	InputSchema                                                   json.RawMessage `json:"input_schema"`
	OutputSchema                                                  json.RawMessage `json:"output_schema"`
	Example                                                       json.RawMessage
}

func TestToolsAsJSONTellsAllThatIsKnown(t *testing.T) {
	code, stdout, _ := run(t, nil, "tools", "--json")
	var entries []entry
	if err := json.Unmarshal([]byte(stdout), &entries); code != 0 || err != nil || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	catalog := tools.Catalog()
	if len(entries) != len(catalog) {
		t.Fatalf("%d tools, want %d", len(entries), len(catalog))
	}
	for i, tool := range catalog {
		got := entries[i]
		input, err := tool.Input()
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != tool.Name || got.Title != tool.Title || got.Description != tool.Description || got.Family != tool.Family ||
			got.Effect != string(tool.Effect) || got.Idempotent != tool.Idempotent || got.Operation != tool.Operation ||
			got.Scopes == nil || !slices.Equal(got.Scopes, tool.Scopes) || string(got.InputSchema) != string(input) ||
			len(got.OutputSchema) < 20 || string(got.Example) != string(tool.Example()) {
			t.Errorf("%s is %+v", tool.Name, got)
		}
	}
	code, stdout, _ = run(t, nil, "tools", "roles-delete", "--json", "--read-only")
	var one entry
	if err := json.Unmarshal([]byte(stdout), &one); code != 0 || err != nil || one.Name != "roles-delete" || !strings.Contains(one.Withheld, "read-only") {
		t.Errorf("exit code %d, %v, %s", code, err, stdout)
	}
}

func TestToolsLeavesOutWhatTheSettingsLeaveOut(t *testing.T) {
	for _, test := range []struct {
		environ []string
		args    string
		has     string
		hasNot  []string
	}{
		{nil, "--read-only", "roles-list", []string{"roles-create", "undo"}},
		{[]string{"POSTHOG_MCP_READ_ONLY=1"}, "", "roles-list", []string{"roles-create", "undo"}},
		{[]string{"POSTHOG_MCP_TOOLS=roles"}, "--exclude-tools destroys", "roles-update", []string{"roles-delete", "membership-list"}},
	} {
		code, stdout, stderr := run(t, test.environ, append([]string{"tools"}, strings.Fields(test.args)...)...)
		if code != 0 || !strings.Contains(stdout, test.has) || !strings.Contains(stderr, "left out by the settings") {
			t.Errorf("%v %s: exit code %d, stderr %q, stdout:\n%s", test.environ, test.args, code, stderr, stdout)
		}
		_, asJSON, _ := run(t, test.environ, append([]string{"tools", "--json"}, strings.Fields(test.args)...)...)
		for _, name := range test.hasNot {
			if strings.Contains(stdout, name+" ") || strings.Contains(asJSON, `"name":"`+name+`"`) {
				t.Errorf("%v %s: %s is listed", test.environ, test.args, name)
			}
		}
	}
}

func TestOneToolIsExplained(t *testing.T) {
	for _, tool := range tools.Catalog() {
		code, stdout, stderr := run(t, nil, "tools", tool.Name)
		if code != 0 || stderr != "" {
			t.Errorf("exit code %d, stderr %q", code, stderr)
		}
		contains(t, tool.Name, stdout, tool.Name+": "+tool.Title, string(tool.Effect)+": ", tool.Operation,
			"\narguments\n", "\nresult\n", "\nexample\n", "posthog-org-mcp call "+tool.Name, string(tool.Example()))
		for line := range strings.Lines(stdout) {
			if len([]rune(line)) > 101 && !strings.Contains(line, "posthog-org-mcp call") && !strings.Contains(line, `{"`) {
				t.Errorf("a long line: %s", line)
			}
		}
	}
	_, stdout, _ := run(t, nil, "tools", "roles-list")
	contains(t, "roles-list", stdout, "integer, 1 to 5000, default 100. Rows to return.", "string: compact, full, default compact")
	_, stdout, _ = run(t, nil, "tools", "roles-delete")
	contains(t, "roles-delete", stdout, "string, at most 200 characters, required.", "organization:write", "nothing is done without a yes", "      email ")
	_, stdout, _ = run(t, nil, "tools", "roles-delete", "--read-only")
	contains(t, "roles-delete", stdout, "left out: this server was started read-only")
}

func TestAWrongToolNameIsAnsweredWithTheNearest(t *testing.T) {
	for args, says := range map[string][]string{
		"rolse-list":            {`no tool "rolse-list"`, "Did you mean roles-list"},
		"roles-list roles-get":  {"one argument", "roles-get"},
		"--tools rols":          {"rols", "roles"},
		"--tools roles --reads": {"no flag"},
	} {
		code, stdout, stderr := run(t, nil, append([]string{"tools"}, strings.Fields(args)...)...)
		if code != 2 || stdout != "" {
			t.Errorf("%s: exit code %d, stdout %q", args, code, stdout)
		}
		contains(t, "stderr", stderr, says...)
	}
	code, _, stderr := run(t, []string{"POSTHOG_MCP_READONLY=1"}, "tools")
	if code != 2 || !strings.Contains(stderr, "POSTHOG_MCP_READ_ONLY") {
		t.Errorf("a misspelt variable: exit code %d, stderr %s", code, stderr)
	}
}
