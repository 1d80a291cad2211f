package cli

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// The width of an explanation: what is read beside the names is broken into lines.
const (
	defaultWidth  = 100
	narrowestText = 30
)

// explainTool prints what a person may want to know of a tool before calling it.
// A withheld one has the reason.
func (a *app) explainTool(tool tools.Tool, withheld string) error {
	arguments, err := inputFields(tool)
	if err != nil {
		return err
	}
	output, err := tool.Output()
	if err != nil {
		return err
	}
	result, err := schemas.FieldsOf(output)
	if err != nil {
		return err
	}
	terminal, width := terminalOf(a.streams.Out)
	if !terminal || width == 0 {
		width = defaultWidth
	}
	s := sheet{width: width}
	s.line(0, tool.Name+": "+tool.Title)
	s.out.WriteByte('\n')
	s.paragraph(0, tool.Description)
	if withheld != "" {
		s.out.WriteByte('\n')
		s.paragraph(0, withheld)
	}
	s.out.WriteByte('\n')
	s.beside(0, [][2]string{
		{"effect", effectInWords(tool)},
		{"again", againInWords(tool)},
		{"scopes", scopesInWords(tool)},
		{"API", tool.Operation},
		{"family", tool.Family},
	})
	s.fields("arguments", arguments, true)
	s.fields("result", result, false)
	s.out.WriteString("\nexample\n")
	s.line(indented, commandLine(tool.Name, tool.Example()))
	s.line(indented, string(tool.Example()))
	_, err = fmt.Fprint(a.streams.Out, s.out.String())
	return err
}

// fields writes a list of fields below a title, those inside of others indented.
func (s *sheet) fields(title string, fields []schemas.Field, asArguments bool) {
	s.out.WriteString("\n" + title + "\n")
	if len(fields) == 0 {
		s.line(indented, "none")
		return
	}
	s.beside(indented, describe(fields, asArguments, ""))
}

func describe(fields []schemas.Field, asArguments bool, inside string) [][2]string {
	var rows [][2]string
	for _, field := range fields {
		said := field.Kind()
		switch {
		case asArguments && field.Required:
			said += ", required"
		case field.DefaultText() != "":
			said += ", default " + field.DefaultText()
		}
		rows = append(rows, [2]string{inside + field.Name, strings.TrimSpace(said + ". " + field.Description)})
		below := field.Fields
		if field.Items != nil {
			below = field.Items.Fields
		}
		rows = append(rows, describe(below, asArguments, inside+"  ")...)
	}
	return rows
}

// paragraph writes text, broken into lines.
func (s *sheet) paragraph(indent int, words string) {
	for _, line := range wrapped(words, s.width-indent) {
		s.line(indent, line)
	}
}

// beside writes names with text beside them, which is broken into lines.
func (s *sheet) beside(indent int, rows [][2]string) {
	left := 0
	for _, row := range rows {
		left = max(left, text.StringWidth(row[0])+len(between))
	}
	for _, row := range rows {
		name := row[0]
		for _, line := range wrapped(row[1], s.width-indent-left) {
			s.line(indent, text.AlignLeft.Apply(name, left)+line)
			name = ""
		}
	}
}

// wrapped breaks words into lines.
func wrapped(words string, width int) []string {
	lines := strings.Split(text.WrapSoft(words, max(width, narrowestText)), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}

// effectInWords says what a call may do, and whether somebody is asked.
func effectInWords(tool tools.Tool) string {
	switch tool.Effect {
	case changes.Creates:
		return "creates: adds something, and asks nobody."
	case changes.Updates:
		return "updates: changes what is there, and asks nobody."
	case changes.Destroys:
		return "destroys: what would be lost is shown first, and nothing is done without a yes."
	default:
		return "reads: changes nothing."
	}
}

func againInWords(tool tools.Tool) string {
	switch {
	case tool.Effect == changes.Reads:
		return "can be called again at will."
	case tool.Idempotent:
		return "a second call with the same arguments changes nothing more."
	default:
		return "a second call with the same arguments does it once more."
	}
}

func scopesInWords(tool tools.Tool) string {
	if len(tool.Scopes) == 0 {
		return "none"
	}
	return strings.Join(tool.Scopes, ", ")
}

func upperFirst(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
