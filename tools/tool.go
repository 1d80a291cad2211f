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
	"maps"
	"slices"
	"strings"
	"sync"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/schemas"
)

// Environment is what a call works with.
type Environment struct {
	// Reader reads the configured organization.
	Reader directory.Reader
	// History reads what this server wrote; nil when no journal is kept.
	History *journal.Reader
	// Executor carries changes out.
	Executor *changes.Executor
	// Redactor masks secrets in every answer.
	Redactor *redact.Redactor
	// Limits are the operator's, on tools and organizations.
	Limits Limits
	// SecretsInResults lets rotated tokens through to the model.
	SecretsInResults bool
}

// reader is what a tool gets to hold.
func (env Environment) reader(org directory.Reader) Reader {
	undo := Tool{Name: undoName, Family: journalFamily, Effect: changes.Destroys}
	return Reader{
		Reader: org, history: env.History, site: env.Executor.Site(), allowed: env.Limits.Organizations,
		canUndo: env.History != nil && env.Limits.withholds(undo) == "",
	}
}

// Reader is all that a tool holds: the organization, and what was written to it.
type Reader struct {
	directory.Reader
	history *journal.Reader
	// canUndo reports that the tool undo is offered.
	canUndo bool
	// site is what the journal calls the PostHog that is worked on.
	site string
	// allowed are the only organizations that may be seen; empty is all.
	allowed []apiclient.OrganizationID
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
	// May are the kinds of change that a call can make.
	May changes.Kinds
	// Family is the group of tools that it belongs to.
	Family string
	// Scopes are those that the key needs.
	Scopes []string
	// Operation is the API operation, relative to the organization.
	Operation string

	reflectInput, reflectOutput func() (json.RawMessage, error)

	validator func() (*schemas.Validator, error)
	run       func(ctx context.Context, env Environment, request Request) (any, error)
}

// Input returns the JSON Schema of the arguments.
func (t Tool) Input() (json.RawMessage, error) { return kept(t.Name, "input", t.reflectInput) }

// Output returns the JSON Schema of the result.
func (t Tool) Output() (json.RawMessage, error) { return kept(t.Name, "output", t.reflectOutput) }

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
	// Pending is set when a person has to be asked first. JSON then holds the
	// preview, for a client that does not ask by itself.
	Pending *changes.Pending
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
	data, err := env.marshal(explain(t, env, err))
	if err != nil {
		// Strings and numbers always marshal.
		data = json.RawMessage(`{"error":"The failure could not be described.","next_step":"Report this as a bug."}`)
	}
	return Answer{JSON: data, IsError: true}
}

func (t Tool) checkAndRun(ctx context.Context, env Environment, request Request) (any, error) {
	if reason := env.Limits.withholds(t); reason != "" {
		return nil, &withheldError{reason}
	}
	validator, err := t.validator()
	if err != nil {
		return nil, err
	}
	arguments := tidied(request.Arguments, t.Effect == changes.Reads)
	if err := validator.Check(arguments); err != nil {
		return nil, err
	}
	return t.run(ctx, env, Request{Arguments: arguments, Consent: request.Consent})
}

// marshal writes an answer, and masks every secret in it: it is the last thing
// that happens to each. Only a result that was made to show its secrets does,
// and only where the operator allows that.
func (env Environment) marshal(result any) (json.RawMessage, error) {
	var shown []redact.Secret
	if whole, ok := result.(revealing); ok && env.SecretsInResults {
		result, shown = whole.revealed()
	}
	data, err := schemas.Marshal(result)
	if err != nil {
		return nil, err
	}
	return json.RawMessage(env.Redactor.TextBut(string(data), shown...)), nil
}

// revealing is a result that can be shown with its secrets whole.
type revealing interface {
	revealed() (any, []redact.Secret)
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
	Do func(ctx context.Context, org Reader, args A) (R, error)
}

func (d Read[A, R]) tool() Tool {
	return derive[A, R](Tool{
		Name: d.Name, Title: d.Title, Description: d.Description, Operation: d.Operation,
		Effect: changes.Reads, Idempotent: true, Scopes: d.Scopes,
	}, func(ctx context.Context, call call[A]) (any, error) {
		return d.Do(ctx, call.org, call.args)
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
	// Where returns the organization that a call is about, where its arguments do
	// not say so themselves; nil where they do.
	Where func(ctx context.Context, org Reader, args A) (apiclient.OrganizationID, error)
	// Plan resolves names, reads what is there, and returns the changes to make.
	Plan func(ctx context.Context, org Reader, args A) (changes.Set, error)
	// Answer describes what was done.
	Answer func(org Reader, args A, done changes.Result) (R, error)
}

func (d Write[A, R]) tool() Tool {
	tool := Tool{
		Name: d.Name, Title: d.Title, Description: d.Description, Operation: d.Operation,
		Effect: d.May.Effect(), May: d.May, Idempotent: d.Idempotent, Scopes: append(d.May.Scopes(), d.Scopes...),
	}
	return derive[A, R](tool, func(ctx context.Context, call call[A]) (any, error) {
		org := call.org
		if d.Where != nil {
			organization, err := d.Where(ctx, org, call.args)
			if err != nil {
				return nil, err
			}
			org.Reader = org.In(organization)
		}
		done, err := call.env.Executor.Apply(ctx, changes.Order{
			Tool: d.Name, Arguments: call.canonical, Recorded: call.recorded, Organization: org.OrganizationID(), May: d.May,
			Consent: call.consent,
			Plan: func(ctx context.Context, organization apiclient.OrganizationID) (changes.Set, error) {
				org.Reader = call.org.In(organization)
				return d.Plan(ctx, org, call.args)
			},
		})
		if err != nil {
			return nil, err
		}
		result, err := d.Answer(org, call.args, done)
		if err != nil {
			return nil, &madeError{err}
		}
		return result, nil
	})
}

// madeError is a change that was made, and then could not be described.
type madeError struct{ err error }

func (e *madeError) Error() string { return "describe what was done: " + e.err.Error() }

func (e *madeError) Unwrap() error { return e.err }

// call is one call of a tool whose arguments were found to be right.
type call[A any] struct {
	env  Environment
	org  Reader
	args A
	// canonical is the arguments as JSON with its keys in order, without the
	// confirmation: what a confirmation is bound to.
	canonical json.RawMessage
	// recorded is what is written down of them.
	recorded json.RawMessage
	consent  changes.Consent
}

// derive completes a tool from its two struct types and its function.
func derive[A arguments, R any](tool Tool, run func(context.Context, call[A]) (any, error)) Tool {
	tool.reflectInput, tool.reflectOutput = schemas.Input[A], schemas.Output[R]
	tool.validator = sync.OnceValues(func() (*schemas.Validator, error) {
		schema, err := tool.Input()
		if err != nil {
			return nil, err
		}
		return schemas.NewValidator(schema), nil
	})
	tool.run = func(ctx context.Context, env Environment, request Request) (any, error) {
		c := call[A]{env: env, consent: request.Consent}
		if err := json.Unmarshal(request.Arguments, &c.args); err != nil {
			return nil, decodeError(err)
		}
		organization := env.Reader.OrganizationID()
		if name := c.args.Organization(); name != "" {
			id, err := apiclient.ParseOrganizationID(name)
			if err != nil {
				return nil, &schemas.ArgumentError{Problems: []string{fmt.Sprintf("Argument %q must be a UUID or @current.", "organization_id")}}
			}
			organization = id
		}
		organization, err := env.Limits.organization(ctx, env.Reader, organization)
		if err != nil {
			return nil, err
		}
		c.org = env.reader(env.Reader.In(organization))
		var confirmation string
		if c.canonical, c.recorded, confirmation, err = canonical(request.Arguments); err != nil {
			return nil, err
		}
		if confirmation != "" {
			// What a client sealed for itself comes back with the request, not here.
			c.consent = changes.Consent{Token: confirmation, Answer: changes.Yes, Open: c.consent.Open}
		}
		return run(ctx, c)
	}
	return tool
}

// canonical is the same for all ways to write the same arguments, and recorded
// is that for the journal: of an object only the names of its fields, for a
// project's settings can hold what is nobody else's business. The confirmation
// is taken out of both.
func canonical(arguments json.RawMessage) (canonical, recorded json.RawMessage, confirmation string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(arguments))
	decoder.UseNumber()
	var given map[string]any
	if err := decoder.Decode(&given); err != nil {
		return nil, nil, "", decodeError(err)
	}
	confirmation, _ = given["confirmation"].(string)
	delete(given, "confirmation")
	if canonical, err = json.Marshal(given); err != nil {
		return nil, nil, "", err
	}
	for name, value := range given {
		if fields, isObject := value.(map[string]any); isObject {
			given[name] = slices.Sorted(maps.Keys(fields))
		}
	}
	recorded, err = json.Marshal(given)
	return canonical, recorded, strings.TrimSpace(confirmation), err
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
