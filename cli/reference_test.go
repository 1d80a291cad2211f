package cli_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

var update = flag.Bool("update", false, "write docs/tools.md, and the README's section on terminals, anew")

// The reference is made of the catalog, and of what the sandbox really answered.
func TestToolReferenceIsWhatTheToolsSayAndAnswer(t *testing.T) {
	const path = "../docs/tools.md"
	var page strings.Builder
	page.WriteString(referenceIntroduction)
	page.WriteString(contents())
	family := ""
	for _, tool := range tools.Catalog() {
		if tool.Family != family {
			family = tool.Family
			fmt.Fprintf(&page, "\n## %s\n", family)
		}
		page.WriteString(section(t, tool))
	}
	keep(t, path, page.String())
}

const referenceIntroduction = `# Tools

What each tool does, takes and answers. The examples were played on the sandbox, each on a fresh one; new ids, times and
the host are replaced by made-up ones. ` + "`posthog-org-mcp tools NAME`" + ` shows the same of one tool at a terminal,
` + "`posthog-org-mcp tools --json`" + ` of all of them as JSON.

Arguments are checked: an unknown or mistyped one is refused with what was probably meant. A failed call answers with
` + "`error`" + `, what failed, ` + "`next_step`" + `, what to do about it, and with what PostHog said, in fields of their own.

<!-- Made by: go test ./cli -run ToolReference -update -->

`

// contents lists the tools by family, each with a link.
func contents() string {
	var out strings.Builder
	out.WriteString("| family | tools |\n|---|---|\n")
	family := ""
	for _, tool := range tools.Catalog() {
		link := fmt.Sprintf("[`%s`](#%s)", tool.Name, tool.Name)
		switch {
		case tool.Family == family:
			out.WriteString(", " + link)
		case family == "":
			fmt.Fprintf(&out, "| %s | %s", tool.Family, link)
		default:
			fmt.Fprintf(&out, " |\n| %s | %s", tool.Family, link)
		}
		family = tool.Family
	}
	out.WriteString(" |\n")
	return out.String()
}

// section is what the reference says of one tool.
func section(t *testing.T, tool tools.Tool) string {
	t.Helper()
	var out strings.Builder
	scopes := "none"
	if len(tool.Scopes) > 0 {
		scopes = "`" + strings.Join(tool.Scopes, "`, `") + "`"
	}
	fmt.Fprintf(&out, "\n### %s\n\n%s\n\n| | |\n|---|---|\n", tool.Name, tool.Description)
	for _, row := range [][2]string{
		{"title", tool.Title}, {"effect", cli.EffectInWords(tool)}, {"again", cli.AgainInWords(tool)}, {"scopes", scopes}, {"API", "`" + tool.Operation + "`"},
	} {
		fmt.Fprintf(&out, "| %s | %s |\n", row[0], row[1])
	}
	input, err := tool.Input()
	if err != nil {
		t.Fatal(err)
	}
	output, err := tool.Output()
	if err != nil {
		t.Fatal(err)
	}
	out.WriteString("\n| argument | value | required | default | what it says |\n|---|---|---|---|---|\n")
	for _, row := range rowsOf(t, input) {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s |\n", row.path, cell(row.field.Kind()), yes(row.field.Required), code(row.field.DefaultText()), cell(row.field.Description))
	}
	out.WriteString("\n| result | value | always there | what it says |\n|---|---|---|---|\n")
	for _, row := range rowsOf(t, output) {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", row.path, cell(row.field.Kind()), yes(row.field.Required), cell(row.field.Description))
	}
	fmt.Fprintf(&out, "\n```console\n$ %s\n```\n", cli.CommandLine(tool.Name, string(tool.Example())))
	for _, exchange := range played(t, tool) {
		fmt.Fprintf(&out, "\n%s:\n\n```json\n%s\n```\n", exchange.title, readable(exchange.json))
	}
	return out.String()
}

// row is a field by its path, such as role.members[].email.
type row struct {
	path  string
	field schemas.Field
}

func rowsOf(t *testing.T, schema []byte) []row {
	t.Helper()
	fields, err := schemas.FieldsOf(schema)
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	var walk func(prefix string, fields []schemas.Field)
	walk = func(prefix string, fields []schemas.Field) {
		for _, field := range fields {
			rows = append(rows, row{prefix + field.Name, field})
			walk(prefix+field.Name+".", field.Fields)
			if field.Items != nil {
				walk(prefix+field.Name+"[].", field.Items.Fields)
			}
		}
	}
	walk("", fields)
	return rows
}

// cell is text as a table takes it.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(text)
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

// The README shows what a terminal really shows.
func TestToolReferenceInTheREADMEIsWhatATerminalShows(t *testing.T) {
	const path, open, end = "../README.md", "<!-- terminal -->\n", "<!-- /terminal -->"
	readme := read(t, path)
	before, rest, found := strings.Cut(readme, open)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the README has no place for what a terminal shows")
	}
	stage := newStage(t)
	shown := ""
	for _, call := range []string{"roles-list", "membership-add --role Support --member raj.patel@example.com"} {
		code, stdout, stderr := run(t, stage.environ(t), append([]string{"call", "--table"}, strings.Fields(call)...)...)
		if code != 0 || stderr != "" {
			t.Fatalf("%s: exit code %d, stderr %s", call, code, stderr)
		}
		if call == "roles-list" {
			call += " --sandbox" // where nothing is written that could be taken back
		}
		shown += fmt.Sprintf("$ posthog-org-mcp call %s\n%s", call, stage.settled(t, stdout))
	}
	keep(t, path, before+open+"```console\n"+shown+"```\n"+end+after)
}

// keep holds a file to what it should be, or writes it.
func keep(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, path); got != want {
		t.Errorf("%s is out of date at %q; `go test ./cli -run ToolReference -update` writes it anew", path, firstDifference(got, want))
	}
}

// firstDifference is the first line of want that got has otherwise.
func firstDifference(got, want string) string {
	lines := strings.Split(got, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(lines) || lines[i] != line {
			return line
		}
	}
	return "its end"
}

// read reads a text file; a checkout on Windows may have other line ends.
func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; `go test ./cli -run ToolReference -update` writes it", err)
	}
	return string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
}
