package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/nearest"
	"posthog-org-mcp/prompts"
)

// addPrompts describes the prompts to the protocol library.
func (s *Server) addPrompts() {
	for _, prompt := range s.prompts {
		described := mcp.Prompt{Name: prompt.Name, Title: prompt.Title, Description: prompt.Description}
		for _, argument := range prompt.Arguments {
			described.Arguments = append(described.Arguments, mcp.PromptArgument{
				Name: argument.Name, Description: argument.Description, Required: argument.Required,
			})
		}
		s.mcp.AddPrompt(described, func(ctx context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			text, err := prompt.Message(request.Params.Arguments)
			if err != nil {
				return nil, refuse(ctx, mcp.INVALID_PARAMS, err.Error(), nil)
			}
			return &mcp.GetPromptResult{
				Description: prompt.Description,
				Messages: []mcp.PromptMessage{
					{Role: mcp.RoleUser, Content: mcp.NewTextContent(s.redactor.Text(text))},
				},
			}, nil
		})
	}
}

// maxNearest is how many prompts a mistyped name is answered with.
const maxNearest = 3

// explainUnknownPrompt words the refusal of a prompt that is not offered, or of
// one that needs tools which the operator has left out.
func (s *Server) explainUnknownPrompt(name string) string {
	var names []string
	for _, prompt := range s.prompts {
		names = append(names, prompt.Name)
	}
	for _, prompt := range prompts.Catalog() {
		for _, tool := range prompt.Tools {
			if why, withheld := s.withheld[tool]; withheld && prompt.Name == name {
				return fmt.Sprintf("The prompt %q is left out with a tool that it needs. %s", name, why)
			}
		}
	}
	text := fmt.Sprintf("There is no prompt %s.", quoted(name))
	if near := nearest.Words(name, names, maxNearest); len(near) > 0 {
		return text + " Close to it: " + strings.Join(near, ", ") + "."
	}
	return text + " See prompts/list."
}
