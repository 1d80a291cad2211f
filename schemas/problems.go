package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"posthog-org-mcp/nearest"
	"posthog-org-mcp/visible"
)

// explainArguments says in sentences what is wrong with given, an object that
// does not fit its schema. Valid are the names that the schema has.
func explainArguments(invalid *jsonschema.ValidationError, given any, valid []string) *ArgumentError {
	f := findings{given: given, valid: valid}
	f.collect(invalid)
	slices.Sort(f.missing)
	slices.Sort(f.unknown)
	slices.Sort(f.problems)
	if wrapper, wrapped := f.wrapper(); wrapped {
		f.problems = []string{fmt.Sprintf("The arguments belong at the top level, not inside of %s.", quote(wrapper))}
		return &ArgumentError{Problems: f.problems, Valid: valid}
	}
	names := f.unknownArguments() // before the missing: it tells what some of those are called
	for _, name := range f.missing {
		names = append(names, argument([]string{name})+" is missing.")
	}
	explained := &ArgumentError{Problems: append(names, slices.Compact(f.problems)...)}
	// A project's settings have more names than anybody wants to read.
	if len(f.unknown) > 0 && len(valid) <= maxNames {
		explained.Valid = valid
	}
	return explained
}

// maxNames is how many names of arguments an error lists.
const maxNames = 12

// findings are the leaves of a validation error.
type findings struct {
	given    any
	valid    []string // the names that the tool takes
	problems []string // sentences
	missing  []string // required arguments that were not given
	unknown  []string // arguments that the tool does not take
}

func (f *findings) collect(invalid *jsonschema.ValidationError) {
	for _, cause := range invalid.Causes {
		f.collect(cause)
	}
	if len(invalid.Causes) > 0 {
		return
	}
	switch problem := invalid.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		f.unknown = append(f.unknown, problem.Properties...)
	case *kind.Required:
		f.missing = append(f.missing, problem.Missing...)
	default:
		path := invalid.InstanceLocation
		f.problems = append(f.problems, argument(path)+" "+f.problem(problem, path, valueAt(f.given, path)))
	}
}

// problem is the rest of a sentence about the value at path.
func (f *findings) problem(problem jsonschema.ErrorKind, path []string, value any) string {
	switch problem := problem.(type) {
	case *kind.Type:
		return f.wrongType(problem, path, value)
	case *kind.Enum:
		return notAmong(problem.Want, value)
	case *kind.MinLength, *kind.MinItems:
		return "must not be empty."
	case *kind.MaxLength:
		return fmt.Sprintf("has %d characters; at most %d are allowed.", problem.Got, problem.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %d items; at most %d are allowed, so make several calls.", problem.Got, problem.Want)
	case *kind.Minimum:
		return fmt.Sprintf("must be at least %s, not %s.", problem.Want.RatString(), shown(value))
	case *kind.Maximum:
		return fmt.Sprintf("must be at most %s, not %s.", problem.Want.RatString(), shown(value))
	case *kind.Format:
		return fmt.Sprintf("must be a %s, not %s.", strings.ToUpper(problem.Want), shown(value))
	}
	return "is wrong: " + visible.Line(problem.LocalizedString(message.NewPrinter(language.English))) + "."
}

// wrongType shows the value in the form that is wanted, where that is certain.
func (f *findings) wrongType(problem *kind.Type, path []string, value any) string {
	text, isText := value.(string)
	list, isList := value.([]any)
	wants := func(name string) bool { return slices.Contains(problem.Want, name) }
	switch {
	case isText && wants("array"):
		return fmt.Sprintf("must be a list: %s.", asList(text))
	case isText && (wants("integer") || wants("number")) && json.Valid([]byte(text)):
		return fmt.Sprintf("must be a number, without quotes: %s.", visible.Cut(text, maxShown))
	case isText && wants("boolean") && (text == "true" || text == "false"):
		return fmt.Sprintf("must be %s, without quotes.", text)
	case isList && wants("string") && len(path) == 1 && slices.Contains(f.valid, path[0]+"s"):
		return fmt.Sprintf("takes one string; a list goes into %q.", path[0]+"s")
	case isList && wants("string") && len(list) == 1:
		return fmt.Sprintf("must be a string, not a list: %s.", shown(list[0]))
	}
	if number, isNumber := value.(json.Number); isNumber && wants("string") {
		return fmt.Sprintf("must be a string: %q.", visible.Cut(number.String(), maxShown))
	}
	return fmt.Sprintf("must be %s, not %s.", strings.Join(inWords(problem.Want), " or "), shown(value))
}

// inWords are the types of JSON as people call them.
func inWords(types []string) []string {
	words := map[string]string{
		"array": "a list", "object": "an object", "string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false",
	}
	said := make([]string, 0, len(types))
	for _, name := range types {
		if word := words[name]; word != "" {
			name = word
		}
		said = append(said, name)
	}
	return said
}

// asList is a text that was to be a list, as that list.
func asList(text string) string {
	var items []string
	if json.Unmarshal([]byte(text), &items) != nil {
		items = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
	}
	const most = 3
	quoted := make([]string, 0, most)
	for _, item := range items {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if len(quoted) == most {
			return "[" + strings.Join(quoted, ",") + ",…]"
		}
		quoted = append(quoted, quote(item))
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// notAmong lists the values of an enum, and the one that was probably meant.
func notAmong(want []any, value any) string {
	var words, listed []string
	for _, one := range want {
		if word, isText := one.(string); isText {
			words = append(words, word)
		}
		listed = append(listed, shown(one))
	}
	last := len(listed) - 1
	text := listed[last]
	if last > 0 {
		text = strings.Join(listed[:last], ", ") + " or " + text
	}
	text = fmt.Sprintf("must be %s, not %s.", text, shown(value))
	if meant, isText := value.(string); isText {
		if near := nearest.Words(meant, words, 1); len(near) > 0 {
			text += fmt.Sprintf(" Did you mean %q?", near[0])
		}
	}
	return text
}

// wrapper finds arguments that somebody put into an object of their own.
func (f *findings) wrapper() (string, bool) {
	object, _ := f.given.(map[string]any)
	if len(f.unknown) != 1 || len(object) != 1 {
		return "", false
	}
	_, isObject := object[f.unknown[0]].(map[string]any)
	return f.unknown[0], isObject
}

// unknownArguments names what was probably meant by each: the one that is called
// most like it, or else the only one that is missing. What is named so is not
// reported as missing once more.
func (f *findings) unknownArguments() []string {
	var sentences []string
	for _, name := range f.unknown {
		near := nearest.Names(name, f.valid, 1)
		// What has to be given is more likely to be meant: for org there may be
		// organization_id, and a provider_organization_id that is missing.
		if i := slices.IndexFunc(f.missing, func(missing string) bool { return len(near) > 0 && strings.HasSuffix(missing, near[0]) }); i >= 0 {
			near = f.missing[i : i+1]
		}
		if len(near) == 0 && len(f.missing) == 1 && len(f.unknown) == 1 {
			near = f.missing
		}
		if len(near) == 0 {
			sentences = append(sentences, fmt.Sprintf("Unknown argument %s.", quote(name)))
			continue
		}
		sentences = append(sentences, fmt.Sprintf("Unknown argument %s; use %q.", quote(name), near[0]))
		meant := near[0]
		f.missing = slices.DeleteFunc(slices.Clone(f.missing), func(missing string) bool { return missing == meant })
	}
	return sentences
}

// argument begins a sentence about the value at path.
func argument(path []string) string {
	if len(path) == 0 {
		return "The arguments"
	}
	last := len(path) - 1
	if i, err := strconv.Atoi(path[last]); err == nil && last > 0 {
		return fmt.Sprintf("Item %d of argument %s", i+1, quote(strings.Join(path[:last], ".")))
	}
	return "Argument " + quote(strings.Join(path, "."))
}

// valueAt is the part of a JSON value that path leads to.
func valueAt(value any, path []string) any {
	for _, step := range path {
		switch holder := value.(type) {
		case map[string]any:
			value = holder[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(holder) {
				return nil
			}
			value = holder[i]
		default:
			return nil
		}
	}
	return value
}

// maxShown is how many bytes of a caller's text a sentence repeats.
const maxShown = 60

func quote(text string) string { return visible.QuoteShort(text, maxShown) }

// shown is a JSON value inside of a sentence.
func shown(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		return quote(value)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return visible.Cut(visible.Line(fmt.Sprint(value)), maxShown)
}
