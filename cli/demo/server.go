package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/child"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// serverKey is the API key that the server is given: an administrator's.
const serverKey = sandbox.AdminKey

// servers are the two that Maya works with. They share a journal.
type servers struct {
	// plain is in a client that cannot ask, asking in one that shows dialogs.
	plain, asking *server
}

// startServers starts both; what they write goes into folder.
func startServers(ctx context.Context, options Options, folder string) (servers, error) {
	plain, err := startServer(ctx, options, folder, nil)
	if err != nil {
		return servers{}, err
	}
	asking, err := startServer(ctx, options, folder, &dialog{})
	if err != nil {
		_ = plain.stop() // the other's failure is the better explanation
		return servers{}, err
	}
	return servers{plain, asking}, nil
}

// call plays a step in the client that it is meant for.
func (s servers) call(ctx context.Context, step step, arguments json.RawMessage) (answer, error) {
	if step.dialog == "" {
		return s.plain.call(ctx, step.tool, arguments)
	}
	s.asking.dialog.expect(step.dialog)
	said, err := s.asking.call(ctx, step.tool, arguments)
	said.asked = append(s.asking.dialog.shown(), said.asked...)
	return said, err
}

// stop ends both, and joins what is wrong with their exits.
func (s servers) stop() error { return errors.Join(s.plain.stop(), s.asking.stop()) }

// tell passes on what both said on their stderr.
func (s servers) tell(to io.Writer) {
	s.plain.tell(to)
	s.asking.tell(to)
}

// server is a child process that serves MCP, and the client that talks to it.
type server struct {
	child  *child.Server
	client *client.Client
	dialog *dialog  // nil in a client that cannot ask
	title  string   // what the server calls itself
	tools  []string // what it offers
}

// startServer starts the server as a desktop client does: without arguments,
// with the few variables that such clients pass on, and with those of its
// configuration.
func startServer(ctx context.Context, options Options, folder string, dialog *dialog) (*server, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var able []client.ClientOption
	if dialog != nil {
		able = append(able, client.WithElicitationHandler(dialog))
	}
	started, err := child.Start(ctx, child.Options{
		Command: options.Server,
		Environ: append(child.Inherited(options.Environ),
			"POSTHOG_HOST="+options.Host,
			"POSTHOG_PERSONAL_API_KEY="+serverKey,
			"POSTHOG_MCP_JOURNAL="+filepath.Join(folder, "journal.jsonl"),
			"POSTHOG_MCP_SECRET_DIR="+filepath.Join(folder, "secrets"),
		),
		Client: "posthog-org-mcp-demo", Patience: longestCall, Able: able,
	})
	s := &server{
		child: started, client: started.Client, dialog: dialog, tools: started.Tools,
		title: fmt.Sprintf("“%s” (%s)", started.Title, started.Version),
	}
	if err != nil {
		s.tell(options.Err)
		return nil, err
	}
	return s, nil
}

// answer is what a call came back with.
type answer struct {
	text       string
	value      any      // text, read as JSON
	structured string   // structuredContent, as say words it
	asked      []string // what the admin was asked, as step.asks words it
	isError    bool
	took       time.Duration
}

// call calls a tool. Its error means that there is no answer; a tool that
// refuses has answered.
func (s *server) call(ctx context.Context, tool string, arguments json.RawMessage) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, longestCall)
	defer cancel()
	began := time.Now()
	result, err := s.client.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: tool, Arguments: arguments}})
	if errors.Is(err, transport.ErrTransportClosed) {
		return answer{}, errServerGone
	}
	if err != nil {
		return answer{}, err
	}
	said := answer{isError: result.IsError, took: time.Since(began), structured: structuredNone}
	if len(result.Content) == 0 {
		return answer{}, errors.New("the answer has no parts")
	}
	for _, part := range result.Content[1:] {
		if _, isLink := part.(mcp.ResourceLink); !isLink {
			return answer{}, fmt.Errorf("after its text the answer has a %T, not a link", part)
		}
	}
	content, ok := result.Content[0].(mcp.TextContent)
	if !ok {
		return answer{}, fmt.Errorf("the answer is a %T, not text", result.Content[0])
	}
	said.text = content.Text
	if said.value, err = decode([]byte(content.Text)); err != nil {
		return answer{}, err
	}
	said.asked = previewed(said.value)
	if result.StructuredContent != nil {
		said.structured = structuredOther
		if sameJSON(result.StructuredContent, said.value) {
			said.structured = structuredSame
		}
	}
	return said, nil
}

// How the structured half of an answer compares with its text.
const (
	structuredSame  = "the same"
	structuredOther = "something else"
	structuredNone  = "nothing"
)

// structuredWanted is what the structured half must be. Errors have none: they
// would not fit the tool's output schema.
func (a answer) structuredWanted() string {
	if a.isError {
		return structuredNone
	}
	return structuredSame
}

// say words what stands at a path of the answer.
func (a answer) say(path string) string {
	value, ok := at(a.value, path)
	if !ok {
		return "nothing there"
	}
	return say(value)
}

func (a answer) bytes() int { return len(a.text) }

func sameJSON(structured, text any) bool {
	raw, err := json.Marshal(structured)
	if err != nil {
		return false
	}
	value, err := decode(raw)
	return err == nil && reflect.DeepEqual(value, text)
}

// stop ends the server by closing its input, and waits for its exit. The error
// is that of an exit which was not a clean one.
func (s *server) stop() error { return s.child.Close() }

// tell passes on what the server said on its stderr.
func (s *server) tell(to io.Writer) {
	if said := s.child.Said(); said != "" {
		_, _ = fmt.Fprintf(to, "The server said on its standard error:\n%s\n", redact.New(redact.NewSecret(serverKey)).Text(strings.TrimRight(said, "\n")))
	}
}

// errServerGone is what calls end with once the server has ended.
var errServerGone = errors.New("the server ended before its time")
