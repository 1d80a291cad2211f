package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/prompts"
	"posthog-org-mcp/resources"
)

// maxTyped is how many bytes of a list of words are completed.
const maxTyped = 2000

// completing joins the completer to the protocol library, which asks for
// prompts and for templates through one method each.
type completing struct{ server *Server }

// CompletePromptArgument completes an argument of a prompt.
func (c completing) CompletePromptArgument(ctx context.Context, name string, argument mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	for _, prompt := range c.server.prompts {
		if prompt.Name != name {
			continue
		}
		for _, known := range prompt.Arguments {
			if known.Name == argument.Name {
				return c.completeArgument(ctx, known, argument.Value), nil
			}
		}
		return nil, refuse(ctx, mcp.INVALID_PARAMS, fmt.Sprintf("The prompt %q has no argument %s.", name, quoted(argument.Name)), nil)
	}
	return nil, refuse(ctx, mcp.INVALID_PARAMS, c.server.explainUnknownPrompt(name), nil)
}

// CompleteResourceArgument completes the variable of a template.
func (c completing) CompleteResourceArgument(ctx context.Context, uri string, argument mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	var templates []string
	for _, resource := range c.server.resources {
		if resource.Variable() == "" {
			continue
		}
		templates = append(templates, resource.URI)
		switch {
		case resource.URI != uri:
		case resource.Variable() == argument.Name:
			return c.complete(ctx, resource.Completes, argument.Value), nil
		default:
			return nil, refuse(ctx, mcp.INVALID_PARAMS, fmt.Sprintf("The template %q has the variable %q, not %s.", uri, resource.Variable(), quoted(argument.Name)), nil)
		}
	}
	text := fmt.Sprintf("There is no template %s. There are %s.", quoted(uri), strings.Join(templates, ", "))
	return nil, refuse(ctx, mcp.INVALID_PARAMS, text, nil)
}

// completeArgument completes an argument, or the last of the words that it takes.
func (c completing) completeArgument(ctx context.Context, argument prompts.Argument, typed string) *mcp.Completion {
	if len(typed) > maxTyped {
		return &mcp.Completion{} // What was typed is repeated in each of a hundred values.
	}
	before, last := "", typed
	if at := strings.LastIndex(typed, ","); argument.Several && at >= 0 {
		before, last = typed[:at]+", ", strings.TrimSpace(typed[at+1:])
	}
	completion := c.complete(ctx, resources.Words(argument.Completes), last)
	for i := range completion.Values {
		completion.Values[i] = before + completion.Values[i]
	}
	return completion
}

// complete completes from the words of a kind; the empty kind has none.
func (c completing) complete(ctx context.Context, kind resources.Words, typed string) *mcp.Completion {
	if kind == "" {
		return &mcp.Completion{}
	}
	found := c.server.completer.Complete(ctx, kind, typed)
	values := make([]string, 0, len(found.Values))
	for _, value := range found.Values {
		values = append(values, c.server.redactor.Text(value))
	}
	return &mcp.Completion{Values: values, Total: found.Total, HasMore: found.Total > len(values)}
}
