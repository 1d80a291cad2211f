package harness

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// The test binary is also the server under test: with servesAs set it plays one
// of the servers below instead of running tests.
const servesAs = "HARNESS_TEST_SERVES_AS"

func TestMain(m *testing.M) {
	switch role := os.Getenv(servesAs); role {
	case "":
		os.Exit(m.Run())
	case "mcp":
		serveMCP()
	case "script":
		serveScript()
	case "deaf":
		time.Sleep(time.Minute)
	case "stubborn":
		_, _ = io.Copy(io.Discard, os.Stdin)
		time.Sleep(time.Minute)
	case "parent":
		leaveChildBehind()
	case "print":
		for _, variable := range os.Environ() {
			fmt.Println(variable)
		}
		_, _ = io.Copy(os.Stderr, os.Stdin)
		os.Exit(3)
	default:
		panic("unknown role " + role)
	}
}

// self starts this binary in a role.
func self(t testing.TB, role string, options Options) Options {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{servesAs: role}
	for name, value := range options.Env {
		environment[name] = value
	}
	options.Binary, options.Env = path, environment
	return options
}

// scripted starts a server that writes what it is told for each line it reads,
// lines apart by "|" and \n spelt out, and then exits with a code.
func scripted(t testing.TB, code int, answers ...string) Options {
	return self(t, "script", Options{NoHandshake: true, Env: map[string]string{
		"ANSWERS": strings.Join(answers, "|"), "CODE": strconv.Itoa(code),
	}})
}

func serveScript() {
	lines := bufio.NewScanner(os.Stdin)
	for answer := range strings.SplitSeq(os.Getenv("ANSWERS"), "|") {
		if !lines.Scan() {
			break
		}
		fmt.Print(strings.ReplaceAll(answer, `\n`, "\n"))
	}
	fmt.Fprintln(os.Stderr, "the script is over")
	code, err := strconv.Atoi(os.Getenv("CODE"))
	if err != nil {
		panic(err)
	}
	os.Exit(code)
}

// leaveChildBehind starts a process that holds our output open, and exits. It
// ends by itself soon after.
func leaveChildBehind() {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	left := exec.Command(path)
	left.Env = append(os.Environ(), servesAs+"=stubborn")
	left.Stdin, left.Stdout, left.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := left.Start(); err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, "left", left.Process.Pid)
}

func serveMCP() {
	s := server.NewMCPServer("fake", "0.1.0", server.WithInstructions("Only a fake."), server.WithToolCapabilities(true))
	add := func(name string, handle server.ToolHandlerFunc) {
		s.AddTool(mcp.NewToolWithRawSchema(name, "A fake tool.", []byte(`{"type":"object"}`)), handle)
	}
	add("echo", func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultStructured(r.GetArguments(), "echoed"), nil
	})
	add("fail", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultError(`{"error":"it failed"}`), nil
	})
	add("wait", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		fmt.Fprintln(os.Stderr, "waiting")
		select {
		case <-ctx.Done():
			return mcp.NewToolResultError("cancelled"), nil
		case <-time.After(time.Minute):
			return mcp.NewToolResultText("slept"), nil
		}
	})
	add("notify", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		err := server.ServerFromContext(ctx).SendNotificationToClient(ctx, "notifications/progress", map[string]any{"progress": 1, "progressToken": "p"})
		return mcp.NewToolResultText("notified"), err
	})
	add("ask", func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		question := mcp.ElicitationParams{Message: "Sure?", RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{}}}
		if server.IsModernRequest(ctx) {
			answer := server.ElicitationResponse(r.Params.InputResponses, "confirm")
			if answer == nil {
				return server.NewInputRequestBuilder("sealed").Elicit("confirm", question).ToolResult(), nil
			}
			return mcp.NewToolResultText(string(answer.Action) + " " + r.Params.RequestState), nil
		}
		answer, err := server.ServerFromContext(ctx).RequestElicitation(ctx, mcp.ElicitationRequest{Params: question})
		if err != nil {
			return mcp.NewToolResultError(err.Error()), nil
		}
		return mcp.NewToolResultText(string(answer.Action) + " sealed"), nil
	})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := server.NewStdioServer(s).Listen(ctx, os.Stdin, os.Stdout); err != nil && ctx.Err() == nil {
		os.Exit(1)
	}
}

// recordingTB stands in for a test that may fail. A fatal failure ends its
// goroutine, as testing does.
type recordingTB struct {
	testing.TB
	mu       sync.Mutex
	told     []string
	logged   string
	cleanups []func()
}

func (r *recordingTB) Helper() {}

func (r *recordingTB) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func (r *recordingTB) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(endOfTest{})
}

func (r *recordingTB) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logged += fmt.Sprintf(format, args...)
}

func (r *recordingTB) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.told) > 0
}

func (r *recordingTB) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

type endOfTest struct{}

// played runs a test against a recording one, cleanups included, and returns
// what it would have been told and logged.
func played(t *testing.T, test func(tb testing.TB)) (told, logged string) {
	t.Helper()
	tb := &recordingTB{TB: t}
	run := func(step func()) {
		defer func() {
			if r := recover(); r != nil {
				if _, ended := r.(endOfTest); !ended {
					panic(r)
				}
			}
		}()
		step()
	}
	run(func() { test(tb) })
	for i := len(tb.cleanups) - 1; i >= 0; i-- {
		run(tb.cleanups[i])
	}
	return strings.Join(tb.told, "\n"), tb.logged
}

// mustSay fails unless the text holds all the words; without words it must be empty.
func mustSay(t *testing.T, text string, words ...string) {
	t.Helper()
	if len(words) == 0 && text != "" {
		t.Errorf("unexpected: %s", text)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in: %s", word, text)
		}
	}
}
