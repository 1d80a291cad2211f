package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/jedib0t/go-pretty/v6/text"
	orderedmap "github.com/pb33f/ordered-map/v2"

	"posthog-org-mcp/schemas"
)

// layOut writes a tool's answer for people: names beside their values, a list of
// objects as a table, and what lies deeper below, indented. A table that is wider
// than width is written one row after the other instead; 0 is any width.
func layOut(answer json.RawMessage, width int, undoing undoing) (string, error) {
	s := sheet{width: width, undoing: undoing}
	if err := s.object(0, answer); err != nil {
		return "", fmt.Errorf("lay the answer out: %w", err)
	}
	return s.out.String(), nil
}

// sheet is what was laid out so far.
type sheet struct {
	width   int
	undoing undoing
	out     strings.Builder
}

// undoing writes the command that takes a write back; empty where there is none.
type undoing func(id string) string

// indented is how far a part stands to the right of its name.
const indented = 2

// named is one member of a JSON object.
type named struct {
	name  string
	value json.RawMessage
}

// membersOf reads an object in its own order.
func membersOf(object json.RawMessage) ([]named, error) {
	var ordered orderedmap.OrderedMap[string, json.RawMessage]
	if err := json.Unmarshal(object, &ordered); err != nil {
		return nil, err
	}
	members := make([]named, 0, ordered.Len())
	for pair := ordered.Oldest(); pair != nil; pair = pair.Next() {
		members = append(members, named{pair.Key, bytes.TrimSpace(pair.Value)})
	}
	return members, nil
}

func (s *sheet) object(indent int, object json.RawMessage) error {
	members, err := membersOf(object)
	if err != nil {
		return err
	}
	var flat [][]string
	var deep []named
	for _, member := range members {
		switch line, isFlat := s.inline(member); {
		case isFlat && line == "":
		case isFlat:
			flat = append(flat, []string{onOneLine(member.name), line})
		default:
			deep = append(deep, member)
		}
	}
	s.columns(indent, flat)
	for i, member := range deep {
		if i > 0 || len(flat) > 0 {
			s.out.WriteByte('\n')
		}
		s.line(indent, onOneLine(member.name))
		if member.value[0] == '{' {
			err = s.object(indent+indented, member.value)
		} else {
			err = s.list(indent+indented, member.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list writes a list that is more than words.
func (s *sheet) list(indent int, list json.RawMessage) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(list, &elements); err != nil {
		return err
	}
	cells, isTable, err := s.tableOf(elements)
	if err != nil {
		return err
	}
	if isTable && (s.width == 0 || indent+widthOf(cells) <= s.width) {
		s.columns(indent, cells)
		return nil
	}
	for i, element := range elements {
		if i > 0 {
			s.out.WriteByte('\n')
		}
		if element[0] != '{' {
			s.line(indent, onOneLine(string(element)))
			continue
		}
		if err := s.object(indent, element); err != nil {
			return err
		}
	}
	return nil
}

// tableOf arranges objects below their names, if none of them holds another.
func (s *sheet) tableOf(elements []json.RawMessage) (cells [][]string, isTable bool, err error) {
	var names []string
	rows := make([]map[string]string, 0, len(elements))
	for _, element := range elements {
		if element[0] != '{' {
			return nil, false, nil
		}
		members, err := membersOf(element)
		if err != nil {
			return nil, false, err
		}
		row := map[string]string{}
		for _, member := range members {
			cell, isFlat := s.inline(member)
			if !isFlat {
				return nil, false, nil
			}
			if !slices.Contains(names, member.name) {
				names = append(names, member.name)
			}
			row[member.name] = cell
		}
		rows = append(rows, row)
	}
	head := make([]string, len(names))
	for i, name := range names {
		head[i] = onOneLine(strings.ToUpper(name))
	}
	cells = append(cells, head)
	for _, row := range rows {
		line := make([]string, len(names))
		for i, name := range names {
			line[i] = row[name]
		}
		cells = append(cells, line)
	}
	return cells, true, nil
}

// inline writes a value on one line, if it is a word, a list of words, or the call
// that takes a write back. The line is empty where nothing is to be shown.
func (s *sheet) inline(member named) (line string, isFlat bool) {
	switch member.value[0] {
	case '{':
		var back schemas.Undo
		if member.name != "undo" || json.Unmarshal(member.value, &back) != nil || back.Tool == "" {
			return "", false
		}
		if id := undoID(&back); id != "" {
			return onOneLine(s.undoing(id)), true
		}
		arguments, err := json.Marshal(back.Arguments)
		if err != nil {
			return "", false
		}
		return onOneLine(commandLine(back.Tool, arguments)), true
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(member.value, &elements) != nil {
			return "", false
		}
		words := make([]string, 0, len(elements))
		for _, element := range elements {
			if element[0] == '{' || element[0] == '[' {
				return "", false
			}
			words = append(words, word(element))
		}
		if len(words) == 0 {
			return "none", true
		}
		return strings.Join(words, ", "), true
	}
	return word(member.value), true
}

// word is a value that is neither an object nor a list.
func word(value json.RawMessage) string {
	if string(value) == "null" {
		return "-"
	}
	var said string
	if json.Unmarshal(value, &said) == nil {
		said = onOneLine(said)
		if strings.Contains(said, between) {
			return strconv.Quote(said) // It would look like several columns.
		}
		return said
	}
	return onOneLine(string(value))
}

// between separates columns.
const between = "  "

// columns writes lines whose cells stand below each other.
func (s *sheet) columns(indent int, lines [][]string) {
	widths := columnWidths(lines)
	for _, line := range lines {
		var padded []string
		for i, cell := range line {
			padded = append(padded, text.AlignLeft.Apply(cell, widths[i]))
		}
		s.line(indent, strings.Join(padded, between))
	}
}

func (s *sheet) line(indent int, line string) {
	s.out.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+line, " "))
	s.out.WriteByte('\n')
}

// folded breaks the lines of a text that are wider than width, at blanks alone: an
// address or a path must stay in one piece to be copied. 0 is any width.
func folded(whole string, width int) string {
	lines := strings.Split(whole, "\n")
	for i, line := range lines {
		if width == 0 || text.StringWidth(line) <= width {
			continue
		}
		words := strings.Split(strings.TrimLeft(line, " "), " ")
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		out := indent + words[0]
		column := text.StringWidth(out)
		for _, word := range words[1:] {
			if column += 1 + text.StringWidth(word); column > width {
				out += "\n" + indent + word
				column = text.StringWidth(indent + word)
			} else {
				out += " " + word
			}
		}
		lines[i] = out
	}
	return strings.Join(lines, "\n")
}

// columnWidths counts places on the screen: some characters take two, some none.
func columnWidths(lines [][]string) []int {
	var widths []int
	for _, line := range lines {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], text.StringWidth(cell))
		}
	}
	return widths
}

// widthOf is how wide lines are that stand in columns.
func widthOf(lines [][]string) int {
	total := 0
	for i, width := range columnWidths(lines) {
		if i > 0 {
			total += len(between)
		}
		total += width
	}
	return total
}

// plainJSON is the same JSON with every character escaped that a terminal might
// obey, or that shows nothing.
func plainJSON(data json.RawMessage) string {
	var out strings.Builder
	for _, r := range string(data) {
		switch {
		case unicode.IsPrint(r) || r == '\n':
			out.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
