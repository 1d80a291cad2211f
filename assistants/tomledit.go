package assistants

import (
	"bytes"
	"slices"
	"strings"
)

// append adds a table at the end of the file.
func (d *tomlFile) append(prefix []string, entry object) {
	newline := newlineOf(d.text)
	if len(bytes.TrimSpace(d.text)) > 0 {
		if !bytes.HasSuffix(d.text, []byte("\n")) {
			d.text = append(d.text, newline...)
		}
		d.text = append(d.text, newline...)
	}
	lines := []string{"[" + tomlPath(prefix) + "]"}
	for _, field := range entry {
		lines = append(lines, tomlLine(field))
	}
	d.text = append(d.text, strings.Join(lines, newline)+newline...)
	d.reparse()
}

// set writes one field of a table.
func (d *tomlFile) set(prefix []string, field field) *Fault {
	path := append(slices.Clone(prefix), field.key)
	for _, e := range d.expressions {
		if !e.heading && slices.Equal(e.path, path) {
			d.splice(e.valueStart, e.end, tomlValue(field.value))
			return nil
		}
	}
	d.removeAll(path)
	own := d.below(prefix)
	heading := slices.IndexFunc(own, func(e expression) bool { return e.heading && len(e.path) == len(prefix) })
	if heading < 0 {
		return misplaced(d.text, own[0].start, "has this entry in another form than a table of its own.",
			"Take it out by hand and install it again; the file was left as it is.")
	}
	last := own[heading]
	for _, e := range own[heading+1:] {
		if e.heading {
			break
		}
		last = e
	}
	end := d.lineEnd(last.end)
	line := tomlLine(field) + newlineOf(d.text)
	if end > 0 && d.text[end-1] != '\n' {
		line = newlineOf(d.text) + tomlLine(field)
	}
	d.splice(end, end, line)
	return nil
}

// removeAll takes out every line of a path: its tables, with the blank line
// before each, and its keys.
func (d *tomlFile) removeAll(path []string) {
	for own := d.below(path); len(own) > 0; own = d.below(path) {
		// From the first to the last that stand together, so that comments
		// inside of the entry go with it.
		first, last := own[0], own[0]
		at := d.indexOf(first)
		for _, e := range own[1:] {
			if d.indexOf(e) != at+1 {
				break
			}
			last, at = e, at+1
		}
		start, end := d.lineStart(first.start), d.lineEnd(last.end)
		if blank := d.lineStart(start - 1); first.heading && start > 0 && len(bytes.TrimSpace(d.text[blank:start])) == 0 {
			start = blank
		}
		d.splice(start, end, "")
	}
}

func (d *tomlFile) indexOf(wanted expression) int {
	return slices.IndexFunc(d.expressions, func(e expression) bool { return e.start == wanted.start })
}

func (d *tomlFile) splice(start, end int, put string) {
	d.text = slices.Concat(d.text[:start], []byte(put), d.text[end:])
	d.reparse()
}

func (d *tomlFile) lineStart(offset int) int {
	return bytes.LastIndexByte(d.text[:max(offset, 0)], '\n') + 1
}

func (d *tomlFile) lineEnd(offset int) int {
	if end := bytes.IndexByte(d.text[offset:], '\n'); end >= 0 {
		return offset + end + 1
	}
	return len(d.text)
}

func tomlLine(field field) string { return tomlKey(field.key) + " = " + tomlValue(field.value) }

func tomlValue(value content) string {
	whole, isObject := value.(object)
	if !isObject {
		return value.json()
	}
	members := make([]string, len(whole))
	for i, field := range whole {
		members[i] = tomlLine(field)
	}
	return "{ " + strings.Join(members, ", ") + " }"
}

func tomlPath(path []string) string {
	keys := make([]string, len(path))
	for i, key := range path {
		keys[i] = tomlKey(key)
	}
	return strings.Join(keys, ".")
}

// tomlKey is a key, quoted where it must be.
func tomlKey(key string) string {
	const bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	if key != "" && strings.Trim(key, bare) == "" {
		return key
	}
	return quoteJSON(key)
}
