package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/server"
	"posthog-org-mcp/tools"
)

// patience bounds every wait; only a server that hangs uses it up.
const patience = 20 * time.Second

// backend is the sandbox behind a gate: each request passes Before first.
type backend struct {
	*sandbox.Sandbox
	url string
}

func newBackend(t testing.TB, before func(*http.Request)) backend {
	t.Helper()
	box := sandbox.New(sandbox.Options{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before != nil {
			before(r)
		}
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		api.CloseClientConnections()
		api.Close()
		_ = box.Close()
	})
	return backend{box, api.URL}
}

// environment is that of an administrator of the organization behind address,
// whom nobody asks.
func environment(t testing.TB, address string, transport http.RoundTripper, settings ...func(*apiclient.Config)) tools.Environment {
	t.Helper()
	env, err := reach(address, transport, changes.Never, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func reach(address string, transport http.RoundTripper, confirm changes.Mode, settings ...func(*apiclient.Config)) (tools.Environment, error) {
	host, err := url.Parse(address)
	if err != nil {
		return tools.Environment{}, err
	}
	key := redact.NewSecret(sandbox.AdminKey)
	config := apiclient.Config{Host: host, Key: key, Transport: transport}
	for _, set := range settings {
		set(&config)
	}
	reader, executor, err := changes.Connect(config, changes.Options{Confirm: confirm})
	return tools.Environment{
		Reader:   directory.New(reader, apiclient.CurrentOrganization),
		Executor: executor,
		Redactor: redact.New(key),
	}, err
}

// frame is one line that the server wrote.
type frame struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	} `json:"error"`
}

// toolResult is the result of a tools/call.
type toolResult struct {
	Content []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"content"`
	Structured json.RawMessage `json:"structuredContent"`
	IsError    bool            `json:"isError"`
	ResultType string          `json:"resultType"`
}

// client is the other end of one ServeStdio.
type client struct {
	t      testing.TB
	in     *io.PipeWriter
	out    *io.PipeReader
	frames chan frame
	served chan error
	stop   context.CancelFunc // as SIGTERM does
}

// connect serves a new client. At the test's end it closes its input, and the
// server must then end without an error.
func connect(t testing.TB, options server.Options) *client {
	t.Helper()
	s, err := server.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return connectTo(t, s)
}

func connectTo(t testing.TB, s *server.Server) *client {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	c := &client{
		t: t, in: inWriter, out: outReader, stop: stop,
		frames: make(chan frame, 10_000), served: make(chan error, 1),
	}
	go func() {
		c.served <- s.ServeStdio(ctx, inReader, outWriter)
		_ = outWriter.Close()
	}()
	go c.read()
	t.Cleanup(func() {
		defer stop()
		_ = c.in.Close()
		select {
		case err := <-c.served:
			if err != nil {
				t.Errorf("ServeStdio: %v", err)
			}
		case <-time.After(patience):
			t.Error("the server still runs after its input ended")
		}
	})
	return c
}

func (c *client) read() {
	defer close(c.frames)
	lines := bufio.NewReader(c.out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			if len(line) > 0 {
				c.t.Errorf("the output ends in the middle of a line: %.200q", line)
			}
			return
		}
		var f frame
		if err := json.Unmarshal(line, &f); err != nil {
			c.t.Errorf("not a frame: %.200q", line)
			return
		}
		c.frames <- f
	}
}

// ended waits until ServeStdio has returned and gives its error.
func (c *client) ended() error {
	c.t.Helper()
	select {
	case err := <-c.served:
		c.served <- err // for the cleanup
		return err
	case <-time.After(patience):
		c.t.Fatal("the server still runs")
		return nil
	}
}

// send writes raw bytes.
func (c *client) send(text string) {
	c.t.Helper()
	written := make(chan error, 1)
	go func() {
		_, err := io.WriteString(c.in, text)
		written <- err
	}()
	select {
	case err := <-written:
		if err != nil {
			c.t.Fatal(err)
		}
	case <-time.After(patience):
		c.t.Fatal("the server does not read")
	}
}

// next waits for one frame.
func (c *client) next() frame {
	c.t.Helper()
	select {
	case f, ok := <-c.frames:
		if !ok {
			c.t.Fatal("the output ended")
		}
		return f
	case <-time.After(patience):
		c.t.Fatal("no frame came")
	}
	return frame{}
}

// rest waits for the end of the output and returns the frames before it.
func (c *client) rest() []frame {
	c.t.Helper()
	var frames []frame
	deadline := time.After(patience)
	for {
		select {
		case f, ok := <-c.frames:
			if !ok {
				return frames
			}
			frames = append(frames, f)
		case <-deadline:
			c.t.Fatal("the output does not end")
		}
	}
}

// ask sends a request and waits for its answer, which must be the next frame.
func (c *client) ask(id int, method, params string) frame {
	c.t.Helper()
	c.send(request(id, method, params))
	f := c.next()
	if string(f.ID) != fmt.Sprint(id) {
		c.t.Fatalf("%s was answered under id %s, want %d", method, f.ID, id)
	}
	return f
}

// works makes a call and fails the test unless it succeeds.
func (c *client) works() {
	c.t.Helper()
	if result := c.result(c.ask(987654, "tools/call", call("roles-list", `{}`))); result.IsError {
		c.t.Errorf("the next call failed: %s", result.Content[0].Text)
	}
}

// result reads a tool's result.
func (c *client) result(f frame) toolResult {
	c.t.Helper()
	if f.Error != nil {
		c.t.Fatalf("request %s was refused: %s (%d)", f.ID, f.Error.Message, f.Error.Code)
	}
	var result toolResult
	if err := json.Unmarshal(f.Result, &result); err != nil {
		c.t.Fatal(err)
	}
	for i, content := range result.Content {
		if want := []string{"text", "resource_link"}[min(i, 1)]; content.Type != want || i > 1 {
			c.t.Fatalf("want one text, and a link at most, got %s", f.Result)
		}
	}
	if len(result.Content) == 0 {
		c.t.Fatalf("want one text, got %s", f.Result)
	}
	return result
}

func request(id int, method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`+"\n", id, method, params)
}

func call(tool, arguments string) string {
	return fmt.Sprintf(`{"name":%q,"arguments":%s}`, tool, arguments)
}

// modern adds to params what every request of 2026-07-28 carries.
func modern(params string) string { return modernWith(`{}`, params) }

// modernWith is modern for a client with capabilities.
func modernWith(capabilities, params string) string {
	meta := fmt.Sprintf(`"_meta":{%q:"2026-07-28",%q:%s,%q:{"name":"test","version":"1"}}`,
		mcp.MetaKeyProtocolVersion, mcp.MetaKeyClientCapabilities, capabilities, mcp.MetaKeyClientInfo)
	if params == "{}" {
		return "{" + meta + "}"
	}
	return "{" + meta + "," + strings.TrimPrefix(params, "{")
}

// journal is a log that tests can read.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: level}))
}
