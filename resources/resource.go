package resources

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
	"posthog-org-mcp/visible"
)

// JSON is the type of what most resources hold.
const JSON = "application/json"

// A Resource is something that can be read by its address.
type Resource struct {
	// URI is its address. One variable at its end, as in
	// posthog-org://roles/{role}, makes it a template for many.
	URI                      string
	Name, Title, Description string
	// MIMEType of its text; empty is JSON.
	MIMEType string
	// Completes is what the variable is completed from.
	Completes Words
	// Tools are those that it stands on: it is offered only where all of them are,
	// and held to the limits that hold for them.
	Tools []string

	read func(ctx context.Context, env tools.Environment, standsOn []string, value string) (string, error)
}

// Offered returns the resources whose tools are all among offered.
func Offered(catalog []Resource, offered []string) []Resource {
	return slices.DeleteFunc(slices.Clone(catalog), func(resource Resource) bool {
		return slices.ContainsFunc(resource.Tools, func(tool string) bool { return !slices.Contains(offered, tool) })
	})
}

// Variable is the name of the variable in the address; empty when there is none.
func (r Resource) Variable() string {
	_, variable := r.parts()
	return variable
}

// parts are the address up to its variable, and the variable's name.
func (r Resource) parts() (prefix, variable string) {
	prefix, rest, _ := strings.Cut(r.URI, "{")
	return prefix, strings.TrimSuffix(rest, "}")
}

// Type is the MIME type of its text.
func (r Resource) Type() string {
	if r.MIMEType == "" {
		return JSON
	}
	return r.MIMEType
}

// At returns the address of the resource with its variable filled in: all but
// letters, digits and -._~ are escaped, as clients do that expand the template.
func (r Resource) At(value string) string {
	prefix, variable := r.parts()
	if variable == "" {
		return r.URI
	}
	return prefix + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// Match finds the resource that uri is an address of, and the variable's value.
// People and models write addresses by hand, so what should be escaped need not
// be: posthog-org://members/ana@example.com is as good as with %40.
func Match(catalog []Resource, uri string) (resource Resource, value string, found bool) {
	for _, resource := range catalog {
		prefix, variable := resource.parts()
		rest, fits := strings.CutPrefix(uri, prefix)
		switch {
		case !fits, variable == "" && rest != "", variable != "" && rest == "":
			continue
		}
		if plain, err := url.PathUnescape(rest); err == nil {
			rest = plain
		}
		return resource, rest, true
	}
	return Resource{}, "", false
}

// Read reads the resource with that value of its variable. An error is a
// *ReadError.
func (r Resource) Read(ctx context.Context, env tools.Environment, value string) (string, error) {
	return r.read(ctx, env, r.Tools, value)
}

// ReadError says why a resource could not be read. Its text has no secrets.
type ReadError struct {
	// Reason is what kind of failure it is.
	Reason Reason
	// Failure is what a tool would have answered.
	Failure schemas.Failure
}

// Reason tells failures apart that a client treats differently.
type Reason int

// The reasons.
const (
	Failed   Reason = iota // it could not be read
	NotFound               // there is nothing at the address
	Invalid                // the address cannot be that of anything
)

// Error is the whole of it as sentences: what failed, what may have been meant,
// and what to do.
func (e *ReadError) Error() string {
	var near []string
	for _, candidate := range e.Failure.Candidates {
		// The failure's own sentence may name it already.
		if name := visible.Quote(candidate.Name, 200); !strings.Contains(e.Failure.Error, name) {
			near = append(near, fmt.Sprintf("%s (%s)", name, cmp.Or(candidate.ID, candidate.Email)))
		}
	}
	text := e.Failure.Error
	if len(near) > 0 {
		text += " Close to it: " + strings.Join(near, ", ") + "."
	}
	return text + " " + e.Failure.NextStep
}

// arguments are those of a call.
type arguments map[string]any

// called reads what a tool answers.
func called(tool string, with func(value string) arguments) func(context.Context, tools.Environment, []string, string) (string, error) {
	return func(ctx context.Context, env tools.Environment, _ []string, value string) (string, error) {
		reading, known := tools.Named(tool)
		if !known {
			return "", &ReadError{Failure: schemas.Failure{Error: "The resource stands on a tool that does not exist.", NextStep: "Report this as a bug."}}
		}
		data, err := schemas.Marshal(with(value))
		if err != nil {
			return "", err
		}
		return content(reading.Call(ctx, env, tools.Request{Arguments: data}))
	}
}

// view reads what no single tool answers.
func view[R any](do func(ctx context.Context, org tools.Reader, value string) (R, error)) func(context.Context, tools.Environment, []string, string) (string, error) {
	return func(ctx context.Context, env tools.Environment, standsOn []string, value string) (string, error) {
		return content(env.View(ctx, standsOn, func(ctx context.Context, org tools.Reader) (any, error) {
			return do(ctx, org, value)
		}))
	}
}

// content is a tool's answer as a resource's text.
func content(answer tools.Answer) (string, error) {
	if !answer.IsError {
		return string(answer.JSON), nil
	}
	failed := &ReadError{Reason: reasonOf(answer.Cause)}
	if err := json.Unmarshal(answer.JSON, &failed.Failure); err != nil {
		return "", fmt.Errorf("read the failure: %w", err)
	}
	return "", failed
}

func reasonOf(cause error) Reason {
	var match *directory.MatchError
	var argument *schemas.ArgumentError
	switch {
	case errors.As(cause, &match), apiclient.IsGone(cause):
		return NotFound
	case errors.As(cause, &argument):
		return Invalid
	}
	return Failed
}
