package assistants

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// form is how a client's file is written. Each function reads a whole file and
// returns a whole file, of which all but the entry is as it was.
type form interface {
	// read returns what the file holds.
	read(data []byte) (object, *Fault)
	// put writes an entry, or those of its fields that differ. Fields that are
	// not named stay, but for those that are dropped.
	put(data []byte, container, name string, entry object, dropped []string) ([]byte, *Fault)
	// drop takes an entry out, and its container with it if that is then empty
	// and is to go too.
	drop(data []byte, container, name string, containerToo bool) ([]byte, *Fault)
	// hidden returns the file with as many lines, in which of all values and
	// comments only those are left whose path may be shown.
	hidden(data []byte, shows func(path []string) bool) (string, *Fault)
}

// jsonForm is JSON, which some clients allow comments and trailing commas in.
type jsonForm struct{ comments bool }

var (
	plainJSON     = jsonForm{comments: false}
	commentedJSON = jsonForm{comments: true}
)

func (f jsonForm) read(data []byte) (object, *Fault) {
	d, fault := f.parse(data)
	if fault != nil {
		return nil, fault
	}
	whole, _ := contentOf(d.root).(object)
	return whole, nil
}

func (f jsonForm) put(data []byte, container, name string, entry object, dropped []string) ([]byte, *Fault) {
	d, fault := f.parse(data)
	if fault != nil {
		return nil, fault
	}
	if found, fault := d.find(container); fault != nil {
		return nil, fault
	} else if found == nil {
		d.insert(d.root, container, object{{name, entry}})
		return d.bytes(), nil
	}
	found, fault := d.find(container, name)
	if fault != nil {
		return nil, fault
	}
	if found == nil {
		servers, _ := d.find(container)
		d.insert(servers.Value, name, entry)
		return d.bytes(), nil
	}
	return d.renew(container, name, entry, dropped)
}

// renew writes the fields of an entry that differ.
func (d *jsonFile) renew(container, name string, entry object, dropped []string) ([]byte, *Fault) {
	for _, field := range entry {
		there, fault := d.find(container, name, field.key)
		switch {
		case fault != nil:
			return nil, fault
		case there == nil:
			whole, _ := d.find(container, name)
			d.insert(whole.Value, field.key, field.value)
		case !same(contentOf(there.Value), field.value):
			d.replace(there.Value, field.value)
		}
	}
	for _, key := range dropped {
		if there, fault := d.find(container, name, key); fault != nil {
			return nil, fault
		} else if there != nil {
			d.remove(there)
		}
	}
	return d.bytes(), nil
}

func (f jsonForm) drop(data []byte, container, name string, containerToo bool) ([]byte, *Fault) {
	d, fault := f.parse(data)
	if fault != nil {
		return nil, fault
	}
	there, fault := d.find(container, name)
	if fault != nil || there == nil {
		return data, fault
	}
	d.remove(there)
	if rest, _ := d.find(container); containerToo && rest != nil {
		servers := rest.Value.Value.(*hujson.Object)
		if len(servers.Members) == 0 && servers.AfterExtra.IsStandard() {
			d.remove(rest)
		}
	}
	return d.bytes(), nil
}

// jsonFile is a file while it is edited.
type jsonFile struct {
	mark []byte
	text []byte
	root hujson.Value
}

func (f jsonForm) parse(data []byte) (*jsonFile, *Fault) {
	mark, rest, fault := unmarked(data)
	if fault != nil {
		return nil, fault
	}
	d := &jsonFile{mark: mark, text: bytes.Clone(rest)}
	if len(bytes.TrimSpace(rest)) == 0 {
		// Clients make empty files, and read them as having no settings.
		d.text = append([]byte("{}"), rest...)
		if len(rest) == 0 {
			d.text = append(d.text, '\n')
		}
	}
	if fault := tooDeep(d.text, jsonMarks); fault != nil {
		return nil, fault
	}
	root, err := hujson.Parse(d.text)
	if err != nil {
		return nil, jsonFault(d.text, err)
	}
	d.root = root
	if root.Value.Kind() != '{' {
		return nil, misplaced(d.text, root.StartOffset, "holds no object ({…}) where the settings should be.", mendFirst)
	}
	if !f.comments && !root.IsStandard() {
		return nil, misplaced(d.text, firstExtension(d.text), "has a comment or a comma too many, and this client reads plain JSON only.", mendFirst)
	}
	return d, nil
}

// jsonFault takes the place out of the parser's words.
func jsonFault(data []byte, err error) *Fault {
	var line, column int
	said := err.Error()
	if _, scanErr := fmt.Sscanf(said, "hujson: line %d, column %d:", &line, &column); scanErr != nil {
		return &Fault{What: "is not valid JSON: " + said + ".", Next: mendFirst}
	}
	_, after, _ := strings.Cut(said, "column ")
	_, what, _ := strings.Cut(after, ": ")
	offset := 0
	for range line - 1 {
		offset += bytes.IndexByte(data[offset:], '\n') + 1
	}
	return misplaced(data, offset+column-1, "is not valid JSON: "+what+".", mendFirst)
}

// firstExtension is where a text first has what plain JSON has not.
func firstExtension(data []byte) int {
	standard, err := hujson.Standardize(bytes.Clone(data))
	for i := range data {
		if err != nil || i >= len(standard) || standard[i] != data[i] {
			return i
		}
	}
	return 0
}

// place is a member of an object, and where it is in it.
type place struct {
	object hujson.Value
	index  int
	Value  hujson.Value
}

// find follows names from the root. It returns nil where the last is missing.
func (d *jsonFile) find(names ...string) (*place, *Fault) {
	at := d.root
	var found *place
	for _, name := range names {
		whole, isObject := at.Value.(*hujson.Object)
		if !isObject {
			return nil, misplaced(d.text, at.StartOffset, "has something else than an object ({…}) here.", mendFirst)
		}
		found = nil
		for i, member := range whole.Members {
			if member.Name.Value.(hujson.Literal).String() != name {
				continue
			}
			if found != nil {
				return nil, misplaced(d.text, member.Name.StartOffset, "has "+quoteJSON(name)+" a second time.", "Keep one of the two; the file was left as it is.")
			}
			found = &place{object: at, index: i, Value: member.Value}
		}
		if found == nil {
			return nil, nil
		}
		at = found.Value
	}
	return found, nil
}

func (d *jsonFile) bytes() []byte { return append(bytes.Clone(d.mark), d.text...) }

// contentOf is a parsed value, without its comments.
func contentOf(value hujson.Value) content {
	switch trimmed := value.Value.(type) {
	case *hujson.Object:
		whole := make(object, len(trimmed.Members))
		for i, member := range trimmed.Members {
			whole[i] = field{member.Name.Value.(hujson.Literal).String(), contentOf(member.Value)}
		}
		return whole
	case *hujson.Array:
		words := make(list, len(trimmed.Elements))
		for i, element := range trimmed.Elements {
			literal, isLiteral := element.Value.(hujson.Literal)
			if !isLiteral || literal.Kind() != '"' {
				return packed(value)
			}
			words[i] = literal.String()
		}
		return words
	case hujson.Literal:
		switch trimmed.Kind() {
		case '"':
			return text(trimmed.String())
		case 't', 'f':
			return flag(trimmed.Bool())
		}
	}
	return packed(value)
}

// packed is a value as it stands, without comments and blanks.
func packed(value hujson.Value) content {
	value = value.Clone()
	value.Minimize()
	return other(value.Pack())
}
