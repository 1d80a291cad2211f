package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	if path, found := findNUL(value, nil); found {
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
	return &ArgumentError{Problems: problems(invalid, compiled.properties), Valid: compiled.properties}
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

// problems turns the leaves of a validation error into sentences.
func problems(invalid *jsonschema.ValidationError, valid []string) []string {
	if len(invalid.Causes) > 0 {
		var all []string
		for _, cause := range invalid.Causes {
			all = append(all, problems(cause, valid)...)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	where := "The arguments"
	if len(invalid.InstanceLocation) > 0 {
		where = fmt.Sprintf("Argument %q", excerpt(strings.Join(invalid.InstanceLocation, ".")))
	}
	switch problem := invalid.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		var all []string
		for _, name := range problem.Properties {
			all = append(all, unknownArgument(name, valid))
		}
		return all
	case *kind.Required:
		var all []string
		for _, name := range problem.Missing {
			all = append(all, fmt.Sprintf("Argument %q is missing.", name))
		}
		return all
	case *kind.Type:
		return []string{fmt.Sprintf("%s must be %s, not %s.", where, strings.Join(problem.Want, " or "), problem.Got)}
	case *kind.Enum:
		return []string{fmt.Sprintf("%s must be one of: %s.", where, listValues(problem.Want))}
	case *kind.MinLength:
		return []string{fmt.Sprintf("%s must have at least %d character.", where, problem.Want)}
	case *kind.MaxLength:
		return []string{fmt.Sprintf("%s has %d characters; at most %d are allowed.", where, problem.Got, problem.Want)}
	case *kind.Minimum:
		return []string{fmt.Sprintf("%s must be at least %s.", where, problem.Want.RatString())}
	case *kind.Maximum:
		return []string{fmt.Sprintf("%s must be at most %s.", where, problem.Want.RatString())}
	case *kind.Format:
		return []string{fmt.Sprintf("%s must be a valid %s.", where, strings.ToUpper(problem.Want))}
	default:
		return []string{fmt.Sprintf("%s: %s.", where, problem.LocalizedString(message.NewPrinter(language.English)))}
	}
}

func unknownArgument(name string, valid []string) string {
	text := fmt.Sprintf("Unknown argument %q.", excerpt(name))
	if near := nearest.Words(name, valid, 1); len(near) > 0 {
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
func findNUL(value any, path []string) ([]string, bool) {
	switch value := value.(type) {
	case string:
		return path, strings.ContainsRune(value, 0)
	case []any:
		for i, item := range value {
			if at, found := findNUL(item, append(slices.Clone(path), fmt.Sprint(i))); found {
				return at, true
			}
		}
	case map[string]any:
		for name, item := range value {
			if strings.ContainsRune(name, 0) {
				return append(slices.Clone(path), "?"), true
			}
			if at, found := findNUL(item, append(slices.Clone(path), name)); found {
				return at, true
			}
		}
	}
	return nil, false
}
