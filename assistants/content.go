package assistants

import (
	"encoding/json"
	"slices"
	"strings"
)

// content is a value in a configuration file.
type content interface {
	// json is the value on one line, as JSON.
	json() string
}

type (
	text   string
	flag   bool
	list   []string
	object []field
	// other is what entries of ours do not hold, as it stands in the file.
	other string
)

// field is a named value.
type field struct {
	key   string
	value content
}

// get is a field's value, nil where there is none.
func (o object) get(key string) content {
	for _, field := range o {
		if field.key == key {
			return field.value
		}
	}
	return nil
}

// without is the object without a field.
func (o object) without(key string) object {
	return slices.DeleteFunc(slices.Clone(o), func(f field) bool { return f.key == key })
}

func (t text) json() string  { return quoteJSON(string(t)) }
func (o other) json() string { return string(o) }

func (f flag) json() string {
	if f {
		return "true"
	}
	return "false"
}

func (l list) json() string {
	quoted := make([]string, len(l))
	for i, word := range l {
		quoted[i] = quoteJSON(word)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func (o object) json() string {
	members := make([]string, len(o))
	for i, field := range o {
		members[i] = quoteJSON(field.key) + ": " + field.value.json()
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// same reports whether two values mean the same, whatever the order of fields.
func same(a, b content) bool {
	left, isObject := a.(object)
	right, both := b.(object)
	if !isObject || !both {
		return a == nil && b == nil || a != nil && b != nil && !isObject && !both && a.json() == b.json()
	}
	if len(left) != len(right) {
		return false
	}
	for _, field := range left {
		if value := right.get(field.key); value == nil || !same(field.value, value) {
			return false
		}
	}
	return true
}

// quoteJSON writes a string as people would: & and < stay as they are. TOML
// reads it too.
func quoteJSON(word string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(word); err != nil {
		return `""` // not for a string
	}
	return strings.TrimSuffix(out.String(), "\n")
}
