// Package tools is the catalog of what a model can do. A tool is one declared
// value in its family's file: Read for what only reads, Write for what plans
// changes. Everything else (schemas, annotations, argument checks, error
// messages) is derived here, once.
package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

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
	// May are the kinds of change that a call can make.
	May changes.Kinds
	// Family is the group of tools that it belongs to.
	Family string
	// Scopes are those that the key needs.
	Scopes []string
	// Operation is the API operation, relative to the organization.
	Operation string

	// anywhere reports that a call is about no one organization.
	anywhere bool

	// reflected makes the schemas anew, by what they are called where they are kept.
	reflected map[string]func() (json.RawMessage, error)

	validator func() (*schemas.Validator, error)
	run       func(ctx context.Context, env Environment, request Request) (any, error)
}

// Input returns the JSON Schema that a call's arguments are checked against.
func (t Tool) Input() (json.RawMessage, error) { return t.schema(inputSchema) }

// Output returns the JSON Schema that results are held to.
func (t Tool) Output() (json.RawMessage, error) { return t.schema(outputSchema) }

// ListedInput returns Input as the tool list shows it: see schemas.ListedInput.
func (t Tool) ListedInput() (json.RawMessage, error) { return t.schema(listedInputSchema) }

// ListedOutput returns Output as the tool list shows it: see schemas.ListedOutput.
func (t Tool) ListedOutput() (json.RawMessage, error) { return t.schema(listedOutputSchema) }

// Request is one call of a tool.
type Request struct {
	Arguments json.RawMessage
	// Consent is how the person behind the call can be asked.
	Consent changes.Consent
}

// Answer is what a call answers: a result that fits the tool's output schema,
// or a schemas.Failure. Both are compact JSON without secrets.
type Answer struct {
	JSON    json.RawMessage
	IsError bool
	// Cause is what failed, for callers that tell one failure from another; nil
	// when nothing did. It is not for the client: it may hold secrets.
	Cause error
	// Pending is set when a person has to be asked first. JSON then holds the
	// preview, for a client that does not ask by itself.
	Pending *changes.Pending
}

// Check reports what is wrong with a call's arguments, as far as the schema says
// so: a *schemas.ArgumentError. It sends nothing.
func (t Tool) Check(arguments json.RawMessage) error {
	_, err := t.checked(arguments)
	return err
}

// Call checks the arguments and runs the tool. Every failure is an Answer.
func (t Tool) Call(ctx context.Context, env Environment, request Request) Answer {
	result, err := t.checkAndRun(ctx, env, request)
	var pending *changes.Pending
	if errors.As(err, &pending) {
		result, err = previewOf(pending), nil
	}
	if err == nil {
		var data json.RawMessage
		if data, err = env.marshal(result); err == nil {
			return Answer{JSON: data, Pending: pending}
		}
		err = fmt.Errorf("marshal the result: %w", err)
		if t.Effect != changes.Reads {
			err = &madeError{err}
		}
	}
	return t.Fail(ctx, env, err)
}

func (t Tool) checkAndRun(ctx context.Context, env Environment, request Request) (any, error) {
	if reason := env.Limits.withholds(t); reason != "" {
		return nil, &withheldError{reason}
	}
	arguments, err := t.checked(request.Arguments)
	if err != nil {
		return nil, err
	}
	return t.run(ctx, env, Request{Arguments: arguments, Consent: request.Consent})
}

// checked returns the arguments tidied up, if they fit the schema.
func (t Tool) checked(arguments json.RawMessage) (json.RawMessage, error) {
	validator, err := t.validator()
	if err != nil {
		return nil, err
	}
	arguments = tidied(arguments, t.Effect == changes.Reads)
	return arguments, validator.Check(arguments)
}
