package server

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"posthog-org-mcp/schemas"
)

// resources are documents that only few calls need, kept out of the tool list.
func resources() []mcpserver.ServerResource {
	settings := mcp.NewResource(schemas.SettingsURI, "project-settings",
		mcp.WithResourceTitle("Project settings"),
		mcp.WithResourceDescription("JSON Schema of the settings argument of project-secret-token-rotate."),
		mcp.WithMIMEType(schemaType),
	)
	return []mcpserver.ServerResource{{Resource: settings, Handler: readProjectSettings}}
}

const schemaType = "application/schema+json"

func readProjectSettings(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	schema, err := schemas.Input[schemas.ProjectSettings]()
	if err != nil {
		return nil, err
	}
	return []mcp.ResourceContents{
		mcp.TextResourceContents{URI: schemas.SettingsURI, MIMEType: schemaType, Text: string(schema)},
	}, nil
}
