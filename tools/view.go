package tools

import (
	"context"
	"fmt"
	"slices"

	"posthog-org-mcp/changes"
)

// Open returns the configured organization for a read that is no tool's own,
// such as that of a resource. The read stands on the named tools: it is held to
// the operator's limits as a call of each would be.
func (env Environment) Open(ctx context.Context, standsOn ...string) (Reader, error) {
	for _, tool := range toolsNamed(standsOn) {
		if reason := env.Limits.withholds(tool); reason != "" {
			return Reader{}, &withheldError{reason}
		}
	}
	organization, err := env.Limits.organization(ctx, env.Reader, env.Reader.OrganizationID())
	if err != nil {
		return Reader{}, err
	}
	return env.reader(env.Reader.In(organization)), nil
}

// View answers such a read as a tool answers a call: compact JSON without
// secrets, and failures in the same words.
func (env Environment) View(ctx context.Context, standsOn []string, do func(context.Context, Reader) (any, error)) Answer {
	org, err := env.Open(ctx, standsOn...)
	var result any
	if err == nil {
		result, err = do(ctx, org)
	}
	if err == nil {
		data, failed := env.marshal(result)
		if failed == nil {
			return Answer{JSON: data}
		}
		err = fmt.Errorf("marshal the result: %w", failed)
	}
	reading := Tool{Name: "the resource", Effect: changes.Reads}
	for _, tool := range toolsNamed(standsOn) {
		reading.Scopes = append(reading.Scopes, tool.Scopes...)
	}
	slices.Sort(reading.Scopes)
	reading.Scopes = slices.Compact(reading.Scopes)
	return reading.Fail(ctx, env, err)
}

// toolsNamed returns the tools of the catalog that have these names.
func toolsNamed(names []string) []Tool {
	return slices.DeleteFunc(Catalog(), func(tool Tool) bool { return !slices.Contains(names, tool.Name) })
}

// Named returns the tool of that name, and whether there is one.
func Named(name string) (Tool, bool) {
	found := toolsNamed([]string{name})
	if len(found) == 0 {
		return Tool{}, false
	}
	return found[0], true
}
