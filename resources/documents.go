package resources

import (
	"context"
	"fmt"
	"strings"

	"posthog-org-mcp/docs"
	"posthog-org-mcp/nearest"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
	"posthog-org-mcp/visible"
)

const markdown = "text/markdown"

// projectSettings is a schema that only a few calls need, kept out of the tool list.
func projectSettings() Resource {
	return Resource{
		URI: schemas.SettingsURI, Name: "project-settings", Title: "Project settings",
		Description: "JSON Schema of the settings argument of project-secret-token-rotate.",
		MIMEType:    "application/schema+json",
		read: func(context.Context, tools.Environment, []string, string) (string, error) {
			schema, err := schemas.Input[schemas.ProjectSettings]()
			return string(schema), err
		},
	}
}

// documents are the pages about this server, each under its own address.
func documents() ([]Resource, error) {
	pages, err := docs.Pages()
	if err != nil {
		return nil, fmt.Errorf("read the pages of docs: %w", err)
	}
	listed := make([]Resource, 0, len(pages))
	for _, page := range pages {
		listed = append(listed, Resource{
			URI: docsURI + page.Name, Name: "docs-" + page.Name, Title: page.Title,
			Description: "A page of this server's documentation.", MIMEType: markdown,
			read: func(context.Context, tools.Environment, []string, string) (string, error) { return page.Text() },
		})
	}
	return listed, nil
}

// anyDocument is the template for them all, for clients that complete a name.
func anyDocument() Resource {
	return Resource{
		URI: docsURI + "{page}", Name: "docs", Title: "This server's documentation",
		Description: "A page about this server, by its name.", MIMEType: markdown,
		Completes: Pages, read: readDocument,
	}
}

// maxNearest is how many pages a mistyped name is answered with.
const maxNearest = 3

func readDocument(_ context.Context, _ tools.Environment, _ []string, name string) (string, error) {
	pages, err := docs.Pages()
	if err != nil {
		return "", err
	}
	var names []string
	for _, page := range pages {
		if strings.EqualFold(page.Name, strings.TrimSuffix(name, ".md")) {
			return page.Text()
		}
		names = append(names, page.Name)
	}
	next := "There are " + strings.Join(names, ", ") + "."
	if near := nearest.Words(name, names, maxNearest); len(near) > 0 {
		next = "Close to it: " + strings.Join(near, ", ") + "."
	}
	return "", &ReadError{Reason: NotFound, Failure: schemas.Failure{
		Error: fmt.Sprintf("There is no page %s.", visible.Quote(name, 60)), NextStep: next,
	}}
}
