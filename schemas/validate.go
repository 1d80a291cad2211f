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

	"posthog-org-mcp/visible"
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
	// Problems are sentences, at least one, in which a caller's text is quoted.
	Problems []string
	// Valid are the names that the tool takes, where one was wrong.
	Valid []string
}

// Error is the first problems and how many more there are.
func (e *ArgumentError) Error() string {
	const most = 3
	text := strings.Join(e.Problems[:min(len(e.Problems), most)], " ")
	if more := len(e.Problems) - most; more > 0 {
		text += fmt.Sprintf(" And %d more.", more)
	}
	return text
}

// Check reports what in data does not fit the schema, as an *ArgumentError.
// Any other error means that the schema itself is broken.
func (v *Validator) Check(data json.RawMessage) error {
	compiled, err := v.compile()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return &ArgumentError{Problems: []string{"The arguments are not valid JSON: " + visible.Line(err.Error()) + "."}}
	}
	if path, found := findNUL(value); found {
		return &ArgumentError{Problems: []string{argument(path) + " holds a NUL character, which no name or id has."}}
	}
	err = compiled.schema.Validate(value)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("check the arguments: %w", err)
	}
	return explainArguments(invalid, value, compiled.properties)
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
