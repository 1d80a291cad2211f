package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
)

// values are the arguments of a call.
type values map[string]any

// start starts the program in front of a fresh sandbox.
func start(t *testing.T, era harness.Era) (*harness.Session, *harness.Stage) {
	t.Helper()
	stage := harness.Backend(t, sandbox.Options{})
	return harness.Start(t, harness.Options{Era: era, Env: stage.Env()}), stage
}

// startUnasked is start for a test whose subject is not the question before
// something is destroyed.
func startUnasked(t *testing.T, era harness.Era) (*harness.Session, *harness.Stage) {
	t.Helper()
	stage := harness.Backend(t, sandbox.Options{})
	return harness.Start(t, harness.Options{Era: era, Env: unasked(stage.Env())}), stage
}

// unasked has nobody asked before something is destroyed.
func unasked(environment map[string]string) map[string]string {
	environment["POSTHOG_MCP_CONFIRM"] = "never"
	return environment
}

// unhurried lifts the limit that keeps the program to PostHog's rate, for tests
// that send more than that.
func unhurried(environment map[string]string) map[string]string {
	environment["POSTHOG_MCP_REQUESTS_PER_MINUTE"] = "0"
	return environment
}

// account is a home that several runs of the program share, and what one run
// after the other finds there.
type account struct {
	environment map[string]string
	journal     string // the file
	secrets     string // the folder for rotated tokens
}

// newAccount makes one for runs against a stage.
func newAccount(t *testing.T, environment map[string]string) account {
	t.Helper()
	environment = harness.Environment(t, environment)
	state := filepath.Join(environment["HOME"], "kept")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	a := account{environment: environment, journal: filepath.Join(state, "journal.jsonl"), secrets: filepath.Join(state, "secrets")}
	environment["POSTHOG_MCP_JOURNAL"], environment["POSTHOG_MCP_SECRET_DIR"] = a.journal, a.secrets
	return a
}

// with is the account with one more variable.
func (a account) with(name, value string) account {
	changed := map[string]string{name: value}
	for known, text := range a.environment {
		if known != name {
			changed[known] = text
		}
	}
	a.environment = changed
	return a
}

// start starts a server as this user.
func (a account) start(t *testing.T, args ...string) *harness.Session {
	t.Helper()
	return harness.Start(t, harness.Options{Env: a.environment, Args: args})
}

// run runs a command as this user.
func (a account) run(t *testing.T, args ...string) harness.Output {
	t.Helper()
	return harness.Run(t, harness.Command{Env: a.environment, Args: args})
}

// entries are the writes in the journal, newest first.
func (a account) entries(t *testing.T) []journal.Entry {
	t.Helper()
	var entries []journal.Entry
	for entry, err := range journal.NewReader(a.journal).Entries(t.Context(), journal.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// writes are the requests that could have changed something.
func writes(stage *harness.Stage) []string {
	var sent []string
	for _, request := range stage.Sandbox.Requests() {
		if request.Method != http.MethodGet {
			sent = append(sent, request.Method+" "+request.Path)
		}
	}
	return sent
}

// wantNoWrite insists that nothing was sent that could have changed something.
func wantNoWrite(t *testing.T, stage *harness.Stage) {
	t.Helper()
	if sent := writes(stage); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
}

// wrote reads the answer of a write that did not fail.
func wrote(t *testing.T, result harness.Result) schemas.Written {
	t.Helper()
	if result.IsError {
		t.Fatalf("failed: %s", result.Text)
	}
	var written schemas.Written
	result.Decode(t, &written)
	return written
}

// previewed reads the answer of a write that waits for a confirmation.
func previewed(t *testing.T, result harness.Result) schemas.Preview {
	t.Helper()
	written := wrote(t, result)
	if written.Changed || written.Preview == nil || written.Preview.Confirmation == "" {
		t.Fatalf("this is no preview: %s", result.Text)
	}
	return *written.Preview
}

// undoID is what undo takes to take a write back; empty when it cannot.
func undoID(result harness.Result) string {
	var answer struct {
		Undo struct{ Arguments map[string]string }
	}
	if result.IsError || json.Unmarshal([]byte(result.Text), &answer) != nil {
		return ""
	}
	return answer.Undo.Arguments["id"]
}
