package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	orderedmap "github.com/pb33f/ordered-map/v2"
)

// Field is one property of an object, as its schema describes it: what people
// are shown of an argument or of a result.
type Field struct {
	Name        string
	Description string
	Required    bool
	// Types are JSON's names of them; empty is any.
	Types []string
	// Default and Enum are JSON.
	Default json.RawMessage
	Enum    []json.RawMessage
	// Format is such as uuid or date-time.
	Format string
	// Bounds says how large or how long a value may be, in words.
	Bounds string
	// Items describes the elements of an array; nil where it says nothing.
	Items *Field
	// Fields are those of an object, in order; empty where it takes any.
	Fields []Field
}

// FieldsOf reads the properties of a schema made by Input or Output, in order.
func FieldsOf(schema json.RawMessage) ([]Field, error) {
	var top node
	if err := json.Unmarshal(schema, &top); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return top.field("", false).Fields, nil
}

// Is reports whether a JSON type is the field's only one, null aside.
func (f Field) Is(kind string) bool {
	others := slices.DeleteFunc(slices.Clone(f.Types), func(other string) bool { return other == "null" })
	return len(others) == 1 && others[0] == kind
}

// Choices are the values that a field, or each of its elements, is one of; empty
// when it may be another.
func (f Field) Choices() []string {
	if f.Items != nil {
		return f.Items.Choices()
	}
	var choices []string
	for _, value := range f.Enum {
		if choice := plain(value); choice != "" {
			choices = append(choices, choice)
		}
	}
	return choices
}

// DefaultText is the default as a person writes it; empty when there is none.
func (f Field) DefaultText() string { return plain(f.Default) }

// Kind words what a value looks like, such as "integer, 1 to 5000".
func (f Field) Kind() string {
	text := strings.Join(f.Types, " or ")
	switch {
	case f.Is("array") && f.Items != nil && len(f.Items.Types) > 0:
		text = strings.Replace(text, "array", "array of "+plural(f.Items.Types[0]), 1)
	case text == "":
		text = "any JSON"
	case f.Format != "":
		text += " (" + f.Format + ")"
	}
	if choices := f.Choices(); len(choices) > 0 {
		text += ": " + strings.Join(choices, ", ")
	}
	if f.Bounds != "" {
		text += ", " + f.Bounds
	}
	return text
}

func plural(kind string) string {
	if kind == "boolean" || kind == "null" {
		return kind + " values"
	}
	return kind + "s"
}

// plain is a JSON value as a person writes it: a string without its quotes.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// node is what is read of a schema.
type node struct {
	Type        typeNames                             `json:"type"`
	Description string                                `json:"description"`
	Default     json.RawMessage                       `json:"default"`
	Enum        []json.RawMessage                     `json:"enum"`
	Format      string                                `json:"format"`
	Minimum     json.Number                           `json:"minimum"`
	Maximum     json.Number                           `json:"maximum"`
	MinLength   int                                   `json:"minLength"`
	MaxLength   int                                   `json:"maxLength"`
	MinItems    int                                   `json:"minItems"`
	MaxItems    int                                   `json:"maxItems"`
	Items       *node                                 `json:"items"`
	Required    []string                              `json:"required"`
	Properties  *orderedmap.OrderedMap[string, *node] `json:"properties"`
}

func (n *node) field(name string, required bool) Field {
	field := Field{
		Name: name, Description: n.Description, Required: required, Types: n.Type,
		Default: n.Default, Enum: n.Enum, Format: n.Format, Bounds: n.bounds(),
	}
	if n.Items != nil {
		items := n.Items.field("", false)
		field.Items = &items
	}
	if n.Properties == nil {
		return field
	}
	for pair := n.Properties.Oldest(); pair != nil; pair = pair.Next() {
		if pair.Value == nil {
			continue // "name": null describes nothing
		}
		field.Fields = append(field.Fields, pair.Value.field(pair.Key, slices.Contains(n.Required, pair.Key)))
	}
	return field
}

// bounds words the limits of a value. That a text may not be empty goes without
// saying.
func (n *node) bounds() string {
	switch {
	case n.Minimum != "" && n.Maximum != "":
		return fmt.Sprintf("%s to %s", n.Minimum, n.Maximum)
	case n.Minimum != "":
		return fmt.Sprintf("at least %s", n.Minimum)
	case n.Maximum != "":
		return fmt.Sprintf("at most %s", n.Maximum)
	case n.MinLength > 1:
		return fmt.Sprintf("%d to %d characters", n.MinLength, n.MaxLength)
	case n.MaxLength > 0:
		return fmt.Sprintf("at most %d characters", n.MaxLength)
	case n.MinItems > 0 && n.MaxItems > 0:
		return fmt.Sprintf("%d to %d of them", n.MinItems, n.MaxItems)
	case n.MaxItems > 0:
		return fmt.Sprintf("at most %d of them", n.MaxItems)
	}
	return ""
}

// typeNames are what "type" holds: one name or a list of them.
type typeNames []string

// UnmarshalJSON reads either form.
func (t *typeNames) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		var name string
		if err := json.Unmarshal(data, &name); err != nil {
			return err
		}
		*t = typeNames{name}
		return nil
	}
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return errors.New(`"type" is neither a name nor a list of names`)
	}
	*t = names
	return nil
}
