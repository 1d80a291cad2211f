package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"posthog-org-mcp/nearest"
)

// A Validator checks JSON against one schema, with messages that a model can
// act on. It compiles the schema at the first check; it is safe for
// concurrent use.
type Validator struct {
	schema  json.RawMessage
	compile func() (compiled, error)
}

type compiled struct {
	schema     *jsonschema.Schema
	properties []string
}

// NewValidator returns a validator for a schema made by Input or Output.
func NewValidator(schema json.RawMessage) *Validator {
	v := &Validator{schema: schema}
	v.compile = sync.OnceValues(v.compileSchema)
	return v
}

// ArgumentError says everything that is wrong with a call's arguments.
type ArgumentError struct {
	// Problems are sentences, at least one, in the order of the arguments.
	Problems []string
	// Valid are the names that the tool takes.
	Valid []string
}

func (e *ArgumentError) Error() string { return strings.Join(e.Problems, " ") }

// Check reports what in data does not fit the schema, as an *ArgumentError.
// Any other error means that the schema itself is broken.
func (v *Validator) Check(data json.RawMessage) error {
	compiled, err := v.compile()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return &ArgumentError{Problems: []string{"The arguments are not valid JSON: " + err.Error() + "."}, Valid: compiled.properties}
	}
	if path, found := findNUL(value); found {
		return &ArgumentError{
			Problems: []string{fmt.Sprintf("Argument %q holds a NUL character, which no name or id has.", strings.Join(path, "."))},
			Valid:    compiled.properties,
		}
	}
	err = compiled.schema.Validate(value)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("check the arguments: %w", err)
	}
	found := findings{valid: compiled.properties}
	found.collect(invalid)
	return found.asError(value)
}

func (v *Validator) compileSchema() (compiled, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(v.schema))
	if err != nil {
		return compiled{}, fmt.Errorf("read the schema: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	const address = "schema.json"
	if err := compiler.AddResource(address, document); err != nil {
		return compiled{}, fmt.Errorf("read the schema: %w", err)
	}
	schema, err := compiler.Compile(address)
	if err != nil {
		return compiled{}, fmt.Errorf("compile the schema: %w", err)
	}
	var names []string
	for name := range schema.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return compiled{schema: schema, properties: names}, nil
}

// findings are the leaves of a validation error, as sentences.
type findings struct {
	valid    []string // the names that the tool takes
	problems []string
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
	where := "The arguments"
	if len(invalid.InstanceLocation) > 0 {
		where = fmt.Sprintf("Argument %q", excerpt(strings.Join(invalid.InstanceLocation, ".")))
	}
	say := func(format string, args ...any) {
		f.problems = append(f.problems, where+" "+fmt.Sprintf(format, args...)+".")
	}
	switch problem := invalid.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		f.unknown = append(f.unknown, problem.Properties...)
	case *kind.Required:
		f.missing = append(f.missing, problem.Missing...)
	case *kind.Type:
		say("must be %s, not %s", strings.Join(problem.Want, " or "), problem.Got)
	case *kind.Enum:
		say("must be one of: %s", listValues(problem.Want))
	case *kind.MinLength:
		say("must have at least %d character", problem.Want)
	case *kind.MaxLength:
		say("has %d characters; at most %d are allowed", problem.Got, problem.Want)
	case *kind.Minimum:
		say("must be at least %s", problem.Want.RatString())
	case *kind.Maximum:
		say("must be at most %s", problem.Want.RatString())
	case *kind.Format:
		say("must be a valid %s", strings.ToUpper(problem.Want))
	default:
		say("is wrong: %s", problem.LocalizedString(message.NewPrinter(language.English)))
	}
}

// asError puts the findings into one error. The valid names are listed where a
// name was wrong, and nowhere else: they cost tokens.
func (f *findings) asError(given any) error {
	slices.Sort(f.missing)
	slices.Sort(f.unknown)
	if wrapper, wrapped := f.wrapper(given); wrapped {
		return &ArgumentError{
			Problems: []string{fmt.Sprintf("The arguments belong at the top level, not inside of %q.", wrapper)}, Valid: f.valid,
		}
	}
	for _, name := range f.missing {
		f.problems = append(f.problems, fmt.Sprintf("Argument %q is missing.", name))
	}
	for _, name := range f.unknown {
		f.problems = append(f.problems, f.unknownArgument(name))
	}
	slices.Sort(f.problems)
	invalid := &ArgumentError{Problems: slices.Compact(f.problems)}
	if len(f.unknown)+len(f.missing) > 0 {
		invalid.Valid = f.valid
	}
	return invalid
}

// wrapper finds arguments that somebody put into an object of their own.
func (f *findings) wrapper(given any) (string, bool) {
	object, _ := given.(map[string]any)
	if len(f.unknown) != 1 || len(object) != 1 {
		return "", false
	}
	_, isObject := object[f.unknown[0]].(map[string]any)
	return excerpt(f.unknown[0]), isObject
}

// unknownArgument names what was probably meant: the one argument that is
// missing, or else the one that is spelled most like it.
func (f *findings) unknownArgument(name string) string {
	text := fmt.Sprintf("Unknown argument %q.", excerpt(name))
	near := f.missing
	if len(near) != 1 {
		near = nearest.Words(name, f.valid, 1)
	}
	if len(near) > 0 {
		text += fmt.Sprintf(" Did you mean %q?", near[0])
	}
	return text
}

func listValues(values []any) string {
	words := make([]string, 0, len(values))
	for _, value := range values {
		if value == nil {
			value = "null"
		}
		words = append(words, fmt.Sprint(value))
	}
	return strings.Join(words, ", ")
}

// excerpt keeps a caller's text short enough to be quoted back.
func excerpt(s string) string {
	const most = 60
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}

// findNUL returns the path of the first string with a NUL in it. PostHog's
// database takes no such text, and no request is worth sending with one.
func findNUL(value any) (path []string, found bool) {
	switch value := value.(type) {
	case string:
		return nil, strings.ContainsRune(value, 0)
	case []any:
		for i, item := range value {
			if below, found := findNUL(item); found {
				return append([]string{strconv.Itoa(i)}, below...), true
			}
		}
	case map[string]any:
		for name, item := range value {
			if strings.ContainsRune(name, 0) {
				return []string{"?"}, true
			}
			if below, found := findNUL(item); found {
				return append([]string{name}, below...), true
			}
		}
	}
	return nil, false
}
