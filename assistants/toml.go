package assistants

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlForm is TOML, with a table for each server.
type tomlForm struct{}

// tomlFile is a file while it is edited.
type tomlFile struct {
	mark        []byte
	text        []byte
	expressions []expression
}

// expression is a table's heading, or a key with its value.
type expression struct {
	path       []string // from the root; in a list of tables with the place in it
	heading    bool
	value      content
	start, end int // of the whole, without blanks and comments around it
	valueStart int
}

func (f tomlForm) read(data []byte) (object, *Fault) {
	d, fault := f.parse(data)
	if fault != nil {
		return nil, fault
	}
	var whole object
	for _, e := range d.expressions {
		if e.heading {
			whole = whole.set(e.path, nil)
		} else {
			whole = whole.set(e.path, e.value)
		}
	}
	return whole, nil
}

// set puts a value where a path leads; nil makes an empty object if nothing is there.
func (o object) set(path []string, value content) object {
	at := slices.IndexFunc(o, func(f field) bool { return f.key == path[0] })
	if at < 0 {
		o, at = append(o, field{path[0], object{}}), len(o)
	}
	inner, _ := o[at].value.(object)
	switch {
	case len(path) > 1:
		o[at].value = inner.set(path[1:], value)
	case value != nil:
		o[at].value = value
	}
	return o
}

func (f tomlForm) put(data []byte, container, name string, entry object, dropped []string) ([]byte, *Fault) {
	d, fault := f.parse(data)
	if fault != nil {
		return nil, fault
	}
	prefix := []string{container, name}
	if own := d.below(prefix); len(own) == 0 {
		for _, e := range d.expressions {
			inList := e.heading && len(e.path) > 1 && e.path[0] == container && e.path[1] == placeInList(0)
			if inList || !e.heading && slices.Equal(e.path, prefix[:1]) {
				how := map[bool]string{true: "as a list", false: "on one line"}[inList]
				return nil, misplaced(d.text, e.start, "has "+container+" "+how+", which leaves no room for another server.",
					"Write it as tables, ["+container+".NAME]; the file was left as it is.")
			}
		}
		d.append(prefix, entry)
		return d.bytes(), nil
	}
	whole, _ := f.read(data)
	servers, _ := whole.get(container).(object)
	old, _ := servers.get(name).(object)
	for _, field := range entry {
		if same(old.get(field.key), field.value) {
			continue
		}
		if fault := d.set(prefix, field); fault != nil {
			return nil, fault
		}
	}
	for _, key := range dropped {
		d.removeAll(append(slices.Clone(prefix), key))
	}
	return d.bytes(), nil
}

func (f tomlForm) drop(data []byte, container, name string, _ bool) ([]byte, *Fault) {
	d, fault := f.parse(data)
	if fault != nil {
		return nil, fault
	}
	d.removeAll([]string{container, name})
	return d.bytes(), nil
}

func (f tomlForm) parse(data []byte) (*tomlFile, *Fault) {
	mark, rest, fault := unmarked(data)
	if fault != nil {
		return nil, fault
	}
	if fault := tooDeep(rest, tomlMarks); fault != nil {
		return nil, fault
	}
	var whole map[string]any // whatever the file holds
	var wrong *toml.DecodeError
	if err := toml.Unmarshal(rest, &whole); errors.As(err, &wrong) {
		line, column := wrong.Position()
		return nil, &Fault{Line: line, Column: column, What: "is not valid TOML: " + strings.TrimPrefix(wrong.Error(), "toml: ") + ".", Next: mendFirst}
	} else if err != nil {
		return nil, &Fault{What: "is not valid TOML: " + err.Error() + ".", Next: mendFirst}
	}
	d := &tomlFile{mark: mark, text: bytes.Clone(rest)}
	d.reparse()
	return d, nil
}

func (d *tomlFile) bytes() []byte { return append(bytes.Clone(d.mark), d.text...) }

// reparse finds the positions anew after an edit.
func (d *tomlFile) reparse() {
	d.expressions = nil
	var parser unstable.Parser
	parser.Reset(d.text)
	var table []string
	lists := map[string]int{} // how many tables a list has so far
	for parser.NextExpression() {
		node := parser.Expression()
		var path []string
		var keys []unstable.Range
		for key := node.Key(); key.Next(); {
			path = append(path, string(key.Node().Data))
			keys = append(keys, key.Node().Raw)
		}
		first, last := int(keys[0].Offset), int(keys[len(keys)-1].Offset+keys[len(keys)-1].Length)
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			// Lists are here with all else: what stands between two tables of an
			// entry is not the entry's.
			table = inLists(path, lists, node.Kind == unstable.ArrayTable)
			d.expressions = append(d.expressions, expression{path: table, heading: true, start: first, end: last})
		case unstable.KeyValue:
			e := expression{path: slices.Concat(table, path), start: first, end: int(node.Raw.Offset + node.Raw.Length)}
			e.valueStart = last + bytes.IndexByte(d.text[last:], '=') + 1
			e.valueStart += len(d.text[e.valueStart:]) - len(bytes.TrimLeft(d.text[e.valueStart:], " \t"))
			e.value = tomlContent(node.Value(), d.text[e.valueStart:e.end])
			d.expressions = append(d.expressions, e)
		}
	}
}

// inLists is the path of a heading with its place in each list of tables that it
// leads through. A heading that begins another table of a list is counted.
func inLists(path []string, lists map[string]int, another bool) []string {
	var whole []string
	for i, key := range path {
		whole = append(whole, key)
		list := tomlPath(whole)
		if another && i == len(path)-1 {
			lists[list]++
		}
		if count := lists[list]; count > 0 {
			whole = append(whole, placeInList(count-1))
		}
	}
	return whole
}

func placeInList(index int) string { return "[" + strconv.Itoa(index) + "]" }

// tomlContent is a parsed value; raw is how it stands in the file.
func tomlContent(node *unstable.Node, raw []byte) content {
	switch node.Kind {
	case unstable.String:
		return text(node.Data)
	case unstable.Bool:
		return flag(string(node.Data) == "true")
	case unstable.Array:
		words := list{}
		for element := node.Children(); element.Next(); {
			if element.Node().Kind != unstable.String {
				return other(raw)
			}
			words = append(words, string(element.Node().Data))
		}
		return words
	case unstable.InlineTable:
		whole := object{}
		for member := node.Children(); member.Next(); {
			var path []string
			for key := member.Node().Key(); key.Next(); {
				path = append(path, string(key.Node().Data))
			}
			whole = whole.set(path, tomlContent(member.Node().Value(), nil))
		}
		return whole
	default:
		return other(raw)
	}
}

// below are the expressions of a path and of what is in it.
func (d *tomlFile) below(path []string) []expression {
	var found []expression
	for _, e := range d.expressions {
		if len(e.path) >= len(path) && slices.Equal(e.path[:len(path)], path) {
			found = append(found, e)
		}
	}
	return found
}
