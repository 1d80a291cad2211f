package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

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
	// Anywhere reports that a call is about no one organization, whatever it names.
	Anywhere bool
	// Do answers a call.
	Do func(ctx context.Context, org Reader, args A) (R, error)
}

func (d Read[A, R]) tool() Tool {
	return derive[A, R](Tool{
		Name: d.Name, Title: d.Title, Description: d.Description, Operation: d.Operation,
		Effect: changes.Reads, Idempotent: true, Scopes: d.Scopes, anywhere: d.Anywhere,
	}, nil, func(ctx context.Context, call call[A]) (any, error) {
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
	return derive[A, R](tool, d.Where, func(ctx context.Context, call call[A]) (any, error) {
		org := call.org
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

// derive completes a tool from its two struct types and its functions. Where is
// as in Write.
func derive[A arguments, R any](
	tool Tool,
	where func(context.Context, Reader, A) (apiclient.OrganizationID, error),
	run func(context.Context, call[A]) (any, error),
) Tool {
	tool.reflected = map[string]func() (json.RawMessage, error){
		inputSchema: schemas.Input[A], outputSchema: schemas.Output[R],
		listedInputSchema: schemas.ListedInput[A], listedOutputSchema: schemas.ListedOutput[R],
	}
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
		if err := env.keyHasScopes(ctx, tool); err != nil {
			return nil, err
		}
		organization, err := env.Limits.organization(ctx, env.Reader, organization)
		if err != nil {
			return nil, err
		}
		c.org = env.reader(env.Reader.In(organization))
		if where != nil {
			if organization, err = where(ctx, c.org, c.args); err != nil {
				return nil, err
			}
			if organization, err = env.Limits.organization(ctx, env.Reader, organization); err != nil {
				return nil, err
			}
			c.org.Reader = c.org.In(organization)
		}
		if err := env.keyReaches(ctx, tool, organization); err != nil {
			return nil, err
		}
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
