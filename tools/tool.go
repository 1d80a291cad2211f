// Package tools is the catalog of what a model can do. A tool is one declared
// value in its family's file: Read for what only reads, Write for what plans
// changes. Everything else (schemas, annotations, argument checks, error
// messages) is derived here, once.
package tools

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/schemas"
)

// Environment is what a call works with.
type Environment struct {
	// Reader reads the configured organization.
	Reader directory.Reader
	// Executor carries changes out.
	Executor *changes.Executor
	// Redactor masks secrets in every answer.
	Redactor *redact.Redactor
}

// A Tool is one entry of the catalog, with everything derived from its
// declaration.
type Tool struct {
	Name        string
	Title       string
	Description string
	// Effect is the gravest thing that a call can do.
	Effect changes.Effect
	// Idempotent reports that a second call with the same arguments changes nothing more.
	Idempotent bool
	// Scopes are those that the key needs.
	Scopes []string
	// Operation is the API operation, relative to the organization.
	Operation string

	reflectInput, reflectOutput func() (json.RawMessage, error)

	validator func() (*schemas.Validator, error)
	run       func(ctx context.Context, env Environment, arguments json.RawMessage) (any, error)
}

// Input returns the JSON Schema of the arguments.
func (t Tool) Input() (json.RawMessage, error) { return kept(t.Name, "input", t.reflectInput) }

// Output returns the JSON Schema of the result.
func (t Tool) Output() (json.RawMessage, error) { return kept(t.Name, "output", t.reflectOutput) }

// Answer is what a call answers: a result that fits the tool's output schema,
// or a schemas.Failure. Both are compact JSON without secrets.
type Answer struct {
	JSON    json.RawMessage
	IsError bool
}

// Call checks the arguments and runs the tool. Every failure is an Answer.
func (t Tool) Call(ctx context.Context, env Environment, arguments json.RawMessage) Answer {
	result, err := t.checkAndRun(ctx, env, arguments)
	if err == nil {
		var data json.RawMessage
		if data, err = schemas.Marshal(result); err == nil {
			return Answer{JSON: env.mask(data)}
		}
		err = fmt.Errorf("marshal the result: %w", err)
		if t.Effect != changes.Reads {
			err = &madeError{err}
		}
	}
	data, err := schemas.Marshal(explain(t, env.Reader, err))
	if err != nil {
		// Strings and numbers always marshal.
		data = json.RawMessage(`{"error":"The failure could not be described.","next_step":"Report this as a bug."}`)
	}
	return Answer{JSON: env.mask(data), IsError: true}
}

func (t Tool) checkAndRun(ctx context.Context, env Environment, arguments json.RawMessage) (any, error) {
	validator, err := t.validator()
	if err != nil {
		return nil, err
	}
	arguments = tidied(arguments, t.Effect == changes.Reads)
	if err := validator.Check(arguments); err != nil {
		return nil, err
	}
	return t.run(ctx, env, arguments)
}

// tidied makes up for what clients and models do to arguments that are meant
// well. Whatever else is wrong with them, the schema says.
//
// An argument that is null is left out: many clients send one for whatever the
// model did not give. An empty string is left out as well where nothing is at
// stake; where something is written, it may be a value that somebody forgot to
// fill in. An id that is a number gets its quotes: a model passes it on as it
// came.
func tidied(arguments json.RawMessage, isRead bool) json.RawMessage {
	arguments = bytes.TrimSpace(arguments)
	if len(arguments) == 0 || string(arguments) == "null" {
		return json.RawMessage(`{}`)
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(arguments, &given) != nil {
		return arguments
	}
	changed := false
	for name, value := range given {
		switch {
		case string(value) == "null", isRead && string(value) == `""`:
			delete(given, name)
		case isNumericID(name) && isDigits(value):
			given[name] = json.RawMessage(`"` + string(value) + `"`)
		default:
			continue
		}
		changed = true
	}
	if !changed {
		return arguments
	}
	tidy, err := json.Marshal(given)
	if err != nil {
		return arguments
	}
	return tidy
}

// isNumericID names the arguments whose values are numbers in the system that
// they come from. Their schemas say string all the same: a choice of types is
// more than some clients take.
func isNumericID(name string) bool { return name == "project" || name == "provider_role_id" }

func isDigits(value json.RawMessage) bool {
	return len(value) > 0 && strings.Trim(string(value), "0123456789") == ""
}

// mask is the last thing that happens to every answer.
func (env Environment) mask(data json.RawMessage) json.RawMessage {
	return json.RawMessage(env.Redactor.Text(string(data)))
}

// arguments is what every tool's arguments can say.
type arguments interface {
	// Organization is the organization that the caller names; empty for the configured one.
	Organization() string
}

// Read declares a tool that only reads.
type Read[A arguments, R any] struct {
	Name, Title, Description string
	Operation                string
	Scopes                   []string
	// Do answers a call.
	Do func(ctx context.Context, org directory.Reader, args A) (R, error)
}

func (d Read[A, R]) tool() Tool {
	return derive[A, R](Tool{
		Name: d.Name, Title: d.Title, Description: d.Description, Operation: d.Operation,
		Effect: changes.Reads, Idempotent: true, Scopes: d.Scopes,
	}, func(ctx context.Context, _ Environment, org directory.Reader, args A) (R, error) {
		return d.Do(ctx, org, args)
	})
}

// Write declares a tool that changes something. It cannot write: it plans, and
// the executor carries the plan out.
type Write[A arguments, R any] struct {
	Name, Title, Description string
	Operation                string
	// Scopes are those that planning needs besides those of the changes.
	Scopes []string
	// May lists every kind of change that Plan can return.
	May changes.Kinds
	// Idempotent is as in Tool.
	Idempotent bool
	// Plan resolves names, reads what is there, and returns the changes to make.
	Plan func(ctx context.Context, org directory.Reader, args A) (changes.Set, error)
	// Answer describes what was done.
	Answer func(org directory.Reader, args A, outcomes []changes.Outcome) (R, error)
}

func (d Write[A, R]) tool() Tool {
	return derive[A, R](Tool{
		Name: d.Name, Title: d.Title, Description: d.Description, Operation: d.Operation,
		Effect: d.May.Effect(), Idempotent: d.Idempotent, Scopes: append(d.May.Scopes(), d.Scopes...),
	}, func(ctx context.Context, env Environment, org directory.Reader, args A) (R, error) {
		var none R
		set, err := d.Plan(ctx, org, args)
		if err != nil {
			return none, err
		}
		outcomes, err := env.Executor.Apply(ctx, set, d.May)
		if err != nil {
			return none, err
		}
		result, err := d.Answer(org, args, outcomes)
		if err != nil {
			return none, &madeError{err}
		}
		return result, nil
	})
}

// madeError is a change that was made, and then could not be described.
type madeError struct{ err error }

func (e *madeError) Error() string { return "describe what was done: " + e.err.Error() }

func (e *madeError) Unwrap() error { return e.err }

// derive completes a tool from its two struct types and its function.
func derive[A arguments, R any](tool Tool, run func(context.Context, Environment, directory.Reader, A) (R, error)) Tool {
	tool.reflectInput, tool.reflectOutput = schemas.Input[A], schemas.Output[R]
	tool.validator = sync.OnceValues(func() (*schemas.Validator, error) {
		schema, err := tool.Input()
		if err != nil {
			return nil, err
		}
		return schemas.NewValidator(schema), nil
	})
	tool.run = func(ctx context.Context, env Environment, raw json.RawMessage) (any, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, decodeError(err)
		}
		org := env.Reader
		if name := args.Organization(); name != "" {
			id, err := apiclient.ParseOrganizationID(name)
			if err != nil {
				return nil, &schemas.ArgumentError{Problems: []string{fmt.Sprintf("Argument %q must be a UUID or @current.", "organization_id")}}
			}
			org = org.In(id)
		}
		return run(ctx, env, org, args)
	}
	return tool
}

// decodeError words what the schema let pass and Go does not read, such as the
// number 1e2 for an integer.
func decodeError(err error) error {
	var argument *schemas.ArgumentError
	if errors.As(err, &argument) {
		return err
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		// The field comes with the structs around it, which no caller knows.
		name := mismatch.Field[strings.LastIndex(mismatch.Field, ".")+1:]
		return &schemas.ArgumentError{Problems: []string{
			fmt.Sprintf("Argument %q cannot be read from a %s.", name, mismatch.Value),
		}}
	}
	return &schemas.ArgumentError{Problems: []string{"The arguments cannot be read: " + err.Error() + "."}}
}
