package assistants

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

const blanks = " \t\r\n"

// splice puts text in the place of a part of the file.
func (d *jsonFile) splice(start, end int, put string) {
	d.text = slices.Concat(d.text[:start], []byte(put), d.text[end:])
}

// reparse finds the positions anew after an edit. What the edits make is JSON
// again; if it were not, the check after every change would say so.
func (d *jsonFile) reparse() {
	if root, err := hujson.Parse(d.text); err == nil {
		d.root = root
	}
}

// replace writes another value in the place of one.
func (d *jsonFile) replace(old hujson.Value, value content) {
	put := value.json()
	if bytes.Contains(d.text[old.StartOffset:old.EndOffset], []byte("\n")) {
		put = d.rendered(value, d.indentOfLine(old.StartOffset))
	}
	d.splice(old.StartOffset, old.EndOffset, put)
	d.reparse()
}

// insert adds a member at the end of an object, laid out as the object is.
func (d *jsonFile) insert(at hujson.Value, key string, value content) {
	whole := at.Value.(*hujson.Object)
	closing := at.EndOffset - 1
	lines, indent := d.layout(at, whole)
	if bytes.Contains(whole.AfterExtra, []byte("//")) {
		lines = true // a comment would swallow what follows on its line
	}
	member := quoteJSON(key) + ": " + value.json()
	if lines {
		member = d.newline() + indent + quoteJSON(key) + ": " + d.rendered(value, indent)
	}
	if len(whole.Members) == 0 {
		end := d.lastInk(at.StartOffset+1, closing)
		if lines && !bytes.Contains(d.text[end:closing], []byte("\n")) {
			d.splice(end, closing, member+d.newline()+d.indentOfLine(at.StartOffset))
		} else {
			d.splice(end, end, member)
		}
		d.reparse()
		return
	}
	last := whole.Members[len(whole.Members)-1].Value
	end := d.lastInk(last.EndOffset, closing)
	if !lines && end >= last.EndOffset && d.spaced(whole) {
		member = " " + member
	}
	if last.AfterExtra != nil { // a trailing comma is there, and stays
		d.splice(end, end, member+",")
	} else {
		d.splice(end, end, member)
		d.splice(last.EndOffset, last.EndOffset, ",")
	}
	d.reparse()
}

// layout says whether the members of an object stand on lines of their own, and
// how far they are indented.
func (d *jsonFile) layout(at hujson.Value, whole *hujson.Object) (lines bool, indent string) {
	if count := len(whole.Members); count > 0 {
		last := whole.Members[count-1].Name
		if !bytes.Contains(last.BeforeExtra, []byte("\n")) {
			return bytes.Contains(whole.Members[0].Name.BeforeExtra, []byte("\n")), d.indentOfLine(at.StartOffset) + d.unit()
		}
		return true, d.indentOfLine(last.StartOffset)
	}
	root := d.root.Value.(*hujson.Object)
	oneLine := len(root.Members) > 0 && !bytes.Contains(bytes.TrimSpace(d.text), []byte("\n"))
	return !oneLine, d.indentOfLine(at.StartOffset) + d.unit()
}

// spaced reports whether an object on one line has blanks between its parts.
func (d *jsonFile) spaced(whole *hujson.Object) bool {
	last := whole.Members[len(whole.Members)-1]
	return len(last.Value.BeforeExtra) > 0 || len(whole.Members) > 1 && len(last.Name.BeforeExtra) > 0
}

// remove takes a member out: its line, and the comma that is then one too many.
// Comments of others stay.
func (d *jsonFile) remove(at *place) {
	whole := at.object.Value.(*hujson.Object)
	member, last := whole.Members[at.index], len(whole.Members)-1
	before := at.object.StartOffset + 1
	if at.index > 0 {
		before = whole.Members[at.index-1].Value.EndOffset
	}
	start, end := d.lastInk(before, member.Name.StartOffset), member.Value.EndOffset
	trailing := at.index == last && member.Value.AfterExtra != nil
	if at.index < last || trailing {
		end += len(member.Value.AfterExtra) + len(",")
	}
	if last == 0 && strings.Trim(string(d.text[before:start])+string(d.text[end:at.object.EndOffset-1]), blanks) == "" {
		start, end = before, at.object.EndOffset-1
	}
	// A comment that goes to the end of its line needs that end.
	rest := bytes.TrimLeft(d.text[end:], " \t\r")
	if comment := d.text[before:start]; bytes.Contains(comment, []byte("//")) && !bytes.HasPrefix(rest, []byte("\n")) {
		d.splice(start, end, d.newline())
	} else {
		d.splice(start, end, "")
	}
	if at.index == last && at.index > 0 && !trailing {
		comma := before + len(whole.Members[at.index-1].Value.AfterExtra)
		d.splice(comma, comma+1, "")
	}
	d.reparse()
}

// lastInk is the end of what is written between two positions, before the
// blanks that follow it.
func (d *jsonFile) lastInk(start, end int) int {
	return start + len(bytes.TrimRight(d.text[start:end], blanks))
}

func (d *jsonFile) newline() string { return newlineOf(d.text) }

func newlineOf(data []byte) string {
	if bytes.Contains(data, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// indentOfLine is what the line of a position begins with.
func (d *jsonFile) indentOfLine(offset int) string {
	start := bytes.LastIndexByte(d.text[:offset], '\n') + 1
	line := d.text[start:offset]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// unit is by how much the file indents.
func (d *jsonFile) unit() string {
	for _, member := range d.root.Value.(*hujson.Object).Members {
		if !bytes.Contains(member.Name.BeforeExtra, []byte("\n")) {
			continue
		}
		if indent := d.indentOfLine(member.Name.StartOffset); indent != "" {
			return indent
		}
	}
	return "  "
}

// rendered is a value with the members of objects on lines of their own.
func (d *jsonFile) rendered(value content, indent string) string {
	whole, isObject := value.(object)
	if !isObject || len(whole) == 0 {
		return value.json()
	}
	inner := indent + d.unit()
	members := make([]string, len(whole))
	for i, field := range whole {
		members[i] = d.newline() + inner + quoteJSON(field.key) + ": " + d.rendered(field.value, inner)
	}
	return "{" + strings.Join(members, ",") + d.newline() + indent + "}"
}
