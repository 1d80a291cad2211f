// Package server is the MCP server: it turns the catalogs of tools, resources and
// prompts into what the protocol library serves, and speaks to one client over
// stdio. It knows no tool by name and nothing of PostHog.
//
// A message's way through the folder: lines.go reads a line, message.go takes
// it apart, connection.go decides when it runs, dispatch.go has the library
// answer it, outbox.go writes the answer. A tool call passes middleware.go.
// consent.go says how the person behind it can be asked, and questions.go asks.
// What a write changes for readers goes out by subscriptions.go.
// What a client is told while its request runs goes through notices.go.
package server

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/prompts"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/resources"
	"posthog-org-mcp/tools"
)

// Name and Title are what the server calls itself.
const (
	Name  = "posthog-org-mcp"
	Title = "PostHog organization"
)

// ProtocolVersions are the versions of MCP that a client may speak, newest first.
func ProtocolVersions() []string { return slices.Clone(mcp.ValidProtocolVersions) }

// Options say what a server offers and how it works. Only Environment is needed.
type Options struct {
	// Version of the program; empty is "dev".
	Version string
	// Environment is what every call works with.
	Environment tools.Environment
	// Catalog is what is offered; nil is tools.Catalog().
	Catalog []tools.Tool
	// Withheld are tools that the operator left out of Catalog, by name, each
	// with the sentence that a call of it is answered with.
	Withheld map[string]string
	// Unlisted names tools that a list leaves out just now. They can be called all
	// the same, and say for themselves why they fail. Nil leaves none out. A list
	// waits for it, but not for longer than its context, which is 3 seconds.
	Unlisted func(ctx context.Context) []string
	// Sandbox tells the model that the organization is made up.
	Sandbox bool
	// ReadOnly tells the model that nothing in Catalog changes anything.
	ReadOnly bool
	// DryRun tells the model that tools only say what they would change.
	DryRun bool
	// TextOnly leaves output schemas out of the tool list, and structured content
	// out of results, which are text alone then.
	TextOnly bool
	// Logger gets one line a call, at level info; nil is silence. Secrets are
	// masked on the way. Clients that ask for log messages get what passes a
	// handler of ClientLogs, so there should be one below it.
	Logger *slog.Logger
	// DrainTimeout is how long calls in flight may go on once the process is
	// told to stop; zero is 5 seconds. After the end of input the wait begins
	// anew as long as some are answered, for a minute at most.
	DrainTimeout time.Duration
	// Workers is how many tool calls of one client run at once; zero is 16.
	// Further calls wait their turn.
	Workers int
	// AskTimeout is how long a person may take to answer a question, where the
	// client asks while the call waits; zero is 5 minutes.
	AskTimeout time.Duration
}

// Server is the MCP server. It is safe for concurrent use.
type Server struct {
	mcp        *mcpserver.MCPServer
	log        *slog.Logger
	redactor   *redact.Redactor
	drain      time.Duration
	askTimeout time.Duration
	workers    int
	textOnly   bool
	names      []string // of the tools offered
	known      []resources.Resource
	resources  []resources.Resource // those of known that are offered
	prompts    []prompts.Prompt     // those offered
	completer  *resources.Completer
	connected  sync.Map          // every *session that is served
	withheld   map[string]string // by name: why a tool is not offered
	sessions   atomic.Int64      // how many there were, to tell them apart
}

// New makes a server. It reads nothing from the network. An error means that a
// tool has no valid schema, which is a fault of the program.
func New(options Options) (*Server, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(ClientLogs(slog.DiscardHandler))
	}
	s := &Server{
		log:        slog.New(options.Environment.Redactor.Handler(logger.Handler())),
		redactor:   options.Environment.Redactor,
		drain:      cmp.Or(options.DrainTimeout, 5*time.Second),
		askTimeout: cmp.Or(options.AskTimeout, 5*time.Minute),
		workers:    cmp.Or(options.Workers, 16),
		withheld:   options.Withheld,
		textOnly:   options.TextOnly,
	}
	hooks := &mcpserver.Hooks{}
	hooks.AddAfterInitialize(noteCapabilities)
	if options.Unlisted != nil {
		hooks.AddAfterListTools(withoutUnlisted(options.Unlisted))
	}
	hooks.AddBeforeReadResource(s.straighten)
	hooks.AddAfterSetLevel(noteLogLevel)
	s.mcp = mcpserver.NewMCPServer(Name, cmp.Or(options.Version, "dev"),
		mcpserver.WithTitle(Title),
		mcpserver.WithInstructions(instructions(options)),
		// What is offered stays the same as long as the process runs.
		mcpserver.WithToolCapabilities(false),
		mcpserver.WithResourceCapabilities(true, false),
		mcpserver.WithPromptCapabilities(false),
		mcpserver.WithCompletions(),
		mcpserver.WithPromptCompletionProvider(completing{s}),
		mcpserver.WithResourceCompletionProvider(completing{s}),
		mcpserver.WithHooks(hooks),
		mcpserver.WithLogging(),
		mcpserver.WithCacheHints(listLifetime.Milliseconds(), mcp.CacheScopePrivate),
		mcpserver.WithMethodCacheHints(mcp.MethodResourcesRead, 0, mcp.CacheScopePrivate),
	)
	catalog := options.Catalog
	if catalog == nil {
		catalog = tools.Catalog()
	}
	for _, tool := range catalog {
		s.names = append(s.names, tool.Name)
	}
	registered, err := s.register(catalog, options.Environment)
	if err != nil {
		return nil, err
	}
	s.mcp.AddTools(registered...)
	if s.known, err = resources.Catalog(); err != nil {
		return nil, err
	}
	s.resources = resources.Offered(s.known, s.names)
	s.prompts = prompts.Offered(prompts.Catalog(), s.names)
	s.completer = resources.NewCompleter(options.Environment, s.log)
	s.addResources(options.Environment)
	s.addPrompts()
	s.watch(options.Environment)
	return s, nil
}

// listLifetime is how long a modern client may keep the lists that it was given.
const listLifetime = 5 * time.Minute

// register describes the tools to the protocol library.
func (s *Server) register(offered []tools.Tool, env tools.Environment) ([]mcpserver.ServerTool, error) {
	registered := make([]mcpserver.ServerTool, 0, len(offered))
	for _, tool := range offered {
		description, err := s.describe(tool)
		if err != nil {
			return nil, err
		}
		registered = append(registered, mcpserver.ServerTool{Tool: description, Handler: s.handler(tool, env)})
	}
	return registered, nil
}

func (s *Server) describe(tool tools.Tool) (mcp.Tool, error) {
	input, err := tool.ListedInput()
	if err != nil {
		return mcp.Tool{}, fmt.Errorf("input schema of %s: %w", tool.Name, err)
	}
	// The library's NewTool sets a schema of its own besides the raw one, and
	// then leaves every tools/list unanswered.
	described := mcp.NewToolWithRawSchema(tool.Name, tool.Description, input)
	if !s.textOnly {
		if described.RawOutputSchema, err = tool.ListedOutput(); err != nil {
			return mcp.Tool{}, fmt.Errorf("output schema of %s: %w", tool.Name, err)
		}
	}
	described.Title = tool.Title
	described.Annotations, err = annotations(tool)
	return described, err
}

// annotations are the hints by which a client may decide when to ask its user.
// What a hint means for the other half of the tools is left out: a tool that only
// reads destroys nothing and can be repeated, and one that does not say that it
// only reads does not, by the protocol. A rename counts as no destruction: all it
// takes is the old name, and the answer brings that back. No tool reaches beyond
// the records of one organization, so none is open to the world.
func annotations(tool tools.Tool) (mcp.ToolAnnotation, error) {
	closed := new(bool)
	switch tool.Effect {
	case changes.Reads:
		return mcp.ToolAnnotation{ReadOnlyHint: new(true), OpenWorldHint: closed}, nil
	case changes.Creates, changes.Updates, changes.Destroys:
		return mcp.ToolAnnotation{
			DestructiveHint: new(tool.Effect == changes.Destroys),
			IdempotentHint:  new(tool.Idempotent),
			OpenWorldHint:   closed,
		}, nil
	}
	return mcp.ToolAnnotation{}, fmt.Errorf("tool %s has the unknown effect %q", tool.Name, tool.Effect)
}

// handler joins a tool to the protocol library.
func (s *Server) handler(tool tools.Tool, env tools.Environment) mcpserver.ToolHandlerFunc {
	call := s.logged(tool, s.recovered(tool, env, whileServing(tool, env,
		func(ctx context.Context, request tools.Request) tools.Answer {
			return tool.Call(ctx, env, request)
		})))
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		asked := tools.Request{Arguments: request.Params.RawArguments}
		if tool.Effect != changes.Reads {
			asked.Consent = s.consent(ctx, request.Params.MultiRoundTripParams)
		}
		answer := call(ctx, asked)
		result := s.result(answer)
		if link, found := s.link(ctx, tool.Name, answer); found {
			result.Content = append(result.Content, link)
		}
		return result, nil
	}
}

// result is an answer as the client gets it. Its text is the same JSON as its
// structured content. A failure goes out as text alone: clients hold structured
// content against the output schema even then. A question that the client asks
// by itself takes the place of the preview.
func (s *Server) result(answer tools.Answer) *mcp.CallToolResult {
	if pending := answer.Pending; pending != nil && pending.Channel == changes.ByClient && pending.Token != "" {
		return mcpserver.NewInputRequestBuilder(pending.Token).Elicit(confirm, s.form(pending.Question)).ToolResult()
	}
	result := &mcp.CallToolResult{
		Content: []mcp.Content{mcp.NewTextContent(string(answer.JSON))},
		IsError: answer.IsError,
	}
	if !answer.IsError && !s.textOnly {
		result.StructuredContent = answer.JSON
	}
	return result
}
