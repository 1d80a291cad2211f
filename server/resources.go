package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"posthog-org-mcp/resources"
	"posthog-org-mcp/tools"
)

// addResources describes the resources to the protocol library.
func (s *Server) addResources(env tools.Environment) {
	for _, resource := range s.resources {
		read := s.reader(resource, env)
		if resource.Variable() == "" {
			s.mcp.AddResource(mcp.NewResource(resource.URI, resource.Name,
				mcp.WithResourceTitle(resource.Title),
				mcp.WithResourceDescription(resource.Description),
				mcp.WithMIMEType(resource.Type()),
			), mcpserver.ResourceHandlerFunc(read))
			continue
		}
		described := mcp.NewResourceTemplate(resource.URI, resource.Name,
			mcp.WithTemplateDescription(resource.Description),
			mcp.WithTemplateMIMEType(resource.Type()),
		)
		described.Title = resource.Title
		s.mcp.AddResourceTemplate(described, read)
	}
}

// straighten gives the library an address that it recognizes, where the client
// has left unescaped what a template's variable has escaped.
func (s *Server) straighten(ctx context.Context, _ any, request *mcp.ReadResourceRequest) {
	if resource, value, found := resources.Match(s.resources, request.Params.URI); found {
		exchangeOf(ctx).uri = request.Params.URI
		request.Params.URI = resource.At(value)
	}
}

// reader joins a resource to the protocol library.
func (s *Server) reader(resource resources.Resource, env tools.Environment) mcpserver.ResourceTemplateHandlerFunc {
	return func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		start := time.Now()
		_, value, _ := resources.Match([]resources.Resource{resource}, request.Params.URI)
		text, err := resource.Read(ctx, env, value)
		s.logRead(ctx, resource, start, len(text), err)
		// What the client wrote is what it will look for.
		uri := request.Params.URI
		if written := exchangeOf(ctx).uri; written != "" {
			uri = written
		}
		if err != nil {
			return nil, s.unread(ctx, uri, err)
		}
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: uri, MIMEType: resource.Type(), Text: text}}, nil
	}
}

// logRead writes a line a read, as for a call. Values stay out of it: they name people.
func (s *Server) logRead(ctx context.Context, resource resources.Resource, start time.Time, length int, err error) {
	outcome := "ok"
	switch {
	case ctx.Err() != nil:
		outcome = context.Cause(ctx).Error()
	case err != nil:
		outcome = "failed"
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "read",
		slog.String("resource", resource.URI),
		slog.String("outcome", outcome),
		slog.Duration("duration", time.Since(start)),
		slog.Int("bytes", length))
}

// unread is the refusal of a read, under the code that its era has for the reason.
func (s *Server) unread(ctx context.Context, uri string, err error) error {
	var failed *resources.ReadError
	if !errors.As(err, &failed) {
		s.log.ErrorContext(ctx, "a resource could not be read", "error", err)
		return refuse(ctx, mcp.INTERNAL_ERROR, "The resource could not be read because of a bug in this server; its log says more.", nil)
	}
	code := mcp.INTERNAL_ERROR
	switch failed.Reason {
	case resources.Invalid:
		code = mcp.INVALID_PARAMS
	case resources.NotFound:
		code = mcp.RESOURCE_NOT_FOUND
		if mcpserver.IsModernRequest(ctx) {
			code = mcp.INVALID_PARAMS
		}
	}
	return refuse(ctx, code, failed.Error(), map[string]any{"uri": uri, "failure": failed.Failure})
}

// isResource reports whether something can be read at uri.
func (s *Server) isResource(uri string) bool {
	_, _, found := resources.Match(s.resources, uri)
	return found
}

func noResource(uri string) string {
	return fmt.Sprintf("There is no resource %s. See resources/list and resources/templates/list.", quoted(uri))
}

// explainUnread words the refusal of a read at an address that nothing has, or
// that of a resource which stands on tools that the operator has left out.
func (s *Server) explainUnread(uri string) string {
	resource, _, found := resources.Match(s.known, uri)
	if !found {
		return noResource(uri)
	}
	for _, tool := range resource.Tools {
		if why, withheld := s.withheld[tool]; withheld {
			return fmt.Sprintf("The resource %s is left out with a tool that it stands on. %s", quoted(uri), why)
		}
	}
	return noResource(uri)
}

// link is what leads from a result to the resource of the same thing, for
// clients of the versions that know such links.
func (s *Server) link(ctx context.Context, tool string, answer tools.Answer) (mcp.Content, bool) {
	if answer.IsError || answer.Pending != nil || mcpserver.RequestProtocolVersion(ctx) < firstWithLinks {
		return nil, false
	}
	link, found := resources.LinkOf(s.resources, tool, answer.JSON)
	if !found {
		return nil, false
	}
	return shortLink{mcp.ResourceLink{Type: mcp.ContentTypeLink, URI: link.URI, Name: link.Name}}, true
}

// shortLink is sent without the members that the library sends empty, which
// every result would pay for.
type shortLink struct{ mcp.ResourceLink }

// MarshalJSON writes what the protocol requires of a link.
func (l shortLink) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type string `json:"type"`
		URI  string `json:"uri"`
		Name string `json:"name"`
	}{l.Type, l.URI, l.Name})
}

// firstWithLinks is the first version of the protocol that has them. Versions
// are dates, so they compare as words do.
const firstWithLinks = "2025-06-18"
