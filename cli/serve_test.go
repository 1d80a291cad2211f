package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/sandbox"
)

// conversation is a client's side: a handshake, then one call of roles-list.
const conversation = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"roles-list","arguments":{}}}
`

// answers decodes stdout, every line of which must be a frame.
func answers(t *testing.T, stdout string) map[string]json.RawMessage {
	t.Helper()
	found := map[string]json.RawMessage{}
	for line := range strings.Lines(stdout) {
		var frame struct {
			Version string          `json:"jsonrpc"`
			ID      json.RawMessage `json:"id"`
			Result  json.RawMessage `json:"result"`
		}
		if err := json.Unmarshal([]byte(line), &frame); err != nil || frame.Version != "2.0" {
			t.Fatalf("stdout holds something else than frames: %q", line)
		}
		found[string(frame.ID)] = frame.Result
	}
	return found
}

func TestServingOnTheSandboxNeedsNothingElse(t *testing.T) {
	for _, args := range [][]string{{"--sandbox"}, {"serve", "--sandbox"}, {"--sandbox", "serve"}} {
		code, stdout, stderr := runAs(t.Context(), cli.Build{Version: "1.2.3"}, cli.Streams{In: strings.NewReader(conversation)}, args...)
		if code != 0 || stderr != "" {
			t.Errorf("%v: exit code %d, stderr %q", args, code, stderr)
		}
		found := answers(t, stdout)
		contains(t, "the handshake", string(found["1"]), `"version":"1.2.3"`, "SANDBOX")
		contains(t, "the call", string(found["2"]), `"structuredContent":{"total":6`)
	}
}

func TestTheSandboxsFileIsUsedWhenServing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "organization.db")
	code, stdout, stderr := runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(conversation)}, "--sandbox", "--sandbox-data", file)
	if code != 0 || len(answers(t, stdout)) != 2 {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(file, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(conversation)}, "--sandbox", "--sandbox-data", file)
	if code != 1 || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	contains(t, "stderr", stderr, "the sandbox's data cannot be opened")
}

func TestServingTalksToTheConfiguredHostWithTheConfiguredKey(t *testing.T) {
	var seen http.Header
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"count":0,"next":null,"previous":null,"results":[]}`)
	}))
	defer api.Close()
	environ := append(atHome(t), "POSTHOG_HOST="+api.URL, "POSTHOG_PERSONAL_API_KEY="+canary, "POSTHOG_MCP_LOG_LEVEL=debug", "POSTHOG_MCP_LOG_FORMAT=json")
	home := strings.TrimPrefix(environ[0], "HOME=")
	code, stdout, stderr := runAs(t.Context(), cli.Build{Version: "1.2.3"}, cli.Streams{In: strings.NewReader(conversation), Environ: environ})
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, stderr)
	}
	contains(t, "the call", string(answers(t, stdout)["2"]), `"total":0`)
	if seen.Get("Authorization") != "Bearer "+canary || !strings.HasPrefix(seen.Get("User-Agent"), "posthog-org-mcp/1.2.3 (+go1") {
		t.Errorf("the API saw %v", seen["User-Agent"])
	}
	contains(t, "the log", stderr, `"level":"DEBUG"`, `"msg":"call"`)
	if strings.Contains(stdout+stderr, "CANARY") {
		t.Error("the key is in the output")
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
		t.Errorf("a run that wrote nothing has left %v, %v", left, err)
	}
}

func TestAReadOnlyServerOffersNoWrites(t *testing.T) {
	list := strings.Replace(conversation, `"tools/call","params":{"name":"roles-list","arguments":{}}`, `"tools/list"`, 1)
	_, stdout, _ := runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(list)}, "--sandbox", "--read-only")
	offered := string(answers(t, stdout)["2"])
	contains(t, "the list", offered, "roles-list")
	if strings.Contains(offered, `"roles-delete"`) {
		t.Error("roles-delete is offered")
	}
}

func TestNotesAreLoggedOnceTheLevelIsKnown(t *testing.T) {
	environ := []string{"POSTHOG_PERSONAL_API_KEY=" + sandbox.AdminKey}
	_, _, stderr := runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(""), Environ: environ}, "--sandbox", "--log-level", "debug")
	contains(t, "stderr", stderr, "level=DEBUG", "POSTHOG_PERSONAL_API_KEY is ignored")
	_, _, stderr = runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(""), Environ: environ}, "--sandbox", "--log-level", "error")
	if stderr != "" {
		t.Errorf("stderr: %s", stderr)
	}
}

func TestAPersonAtTheTerminalIsToldWhatThisIs(t *testing.T) {
	const hint = "waits for a client"
	_, stdout, stderr := runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(""), InTerminal: true}, "--sandbox")
	contains(t, "stderr", stderr, "is an MCP server", hint, "posthog-org-mcp demo", "posthog-org-mcp login", "posthog-org-mcp install", "posthog-org-mcp doctor")
	if stdout != "" {
		t.Errorf("stdout: %s", stdout)
	}
	code, stdout, stderr := runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(""), InTerminal: true})
	contains(t, "stderr without a key", stderr, "is an MCP server", "posthog-org-mcp login", "There is no PostHog API key.")
	if code != 2 || stdout != "" || strings.Contains(stderr, hint) {
		t.Errorf("without a key: exit code %d, stdout %q, stderr:\n%s", code, stdout, stderr)
	}
	for _, run := range []struct {
		terminal bool
		args     []string
	}{{false, []string{"--sandbox"}}, {true, []string{"serve", "--sandbox"}}} {
		_, _, stderr := runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(""), InTerminal: run.terminal}, run.args...)
		if strings.Contains(stderr, hint) {
			t.Errorf("%+v: %s", run, stderr)
		}
	}
}

func TestAnInterruptEndsTheServerWell(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, client := io.Pipe()
	defer client.Close()
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	code, stdout, stderr := runAs(ctx, cli.Build{}, cli.Streams{In: in}, "--sandbox")
	if code != 0 || stdout != "" || stderr != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it took %s", took)
	}
}
