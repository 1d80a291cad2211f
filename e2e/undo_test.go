package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
)

func TestTheUndoCommandAsksAndWithoutATerminalDoesNothing(t *testing.T) {
	t.Parallel()
	a, stage, ids := busy(t)
	stage.Sandbox.ForgetRequests()
	for _, args := range [][]string{{"undo", ids[0]}, {"undo", ids[1]}, {"undo", ids[1], "--json"}, {"undo", ids[1], "--confirm", "preview"}} {
		out := harness.Run(t, harness.Command{Env: a.environment, Args: args, Stdin: "yes\n"})
		if out.ExitCode != 1 || out.Stdout != "" || !strings.Contains(out.Stderr, "Night shift") && !strings.Contains(out.Stderr, "Late shift") ||
			!strings.Contains(out.Stderr, "nothing was done") || !strings.Contains(out.Stderr, "--yes") {
			t.Errorf("%q: exit code %d, stdout %q, stderr %s", args, out.ExitCode, out.Stdout, out.Stderr)
		}
	}
	wantNoWrite(t, stage)

	// What takes nothing away asks nobody.
	if out := a.run(t, "undo", ids[3]); out.ExitCode != 0 || !strings.HasPrefix(out.Stdout, "done ") || out.Stderr != "" {
		t.Errorf("renaming back: exit code %d, stdout %s, stderr %s", out.ExitCode, out.Stdout, out.Stderr)
	}
	// Where a model would be shown a preview, the person is asked all the same.
	out := a.run(t, "undo", ids[2]+".1", "--yes", "--confirm", "preview")
	if out.ExitCode != 0 || !strings.HasPrefix(out.Stdout, "done ") || !strings.Contains(out.Stderr, sandbox.AnaEmail) {
		t.Errorf("by the id of one write: exit code %d, stdout %s, stderr %s", out.ExitCode, out.Stdout, out.Stderr)
	}
	out = a.run(t, "undo", ids[1], "--yes", "--json")
	var undone struct {
		Changed bool
		Changes []struct{ State string }
	}
	if err := json.Unmarshal([]byte(out.Stdout), &undone); err != nil || out.ExitCode != 0 || !undone.Changed || len(undone.Changes) != 1 || undone.Changes[0].State != "done" {
		t.Errorf("exit code %d, stdout %s, stderr %s, %v", out.ExitCode, out.Stdout, out.Stderr, err)
	}
	sent := writes(stage)
	if len(sent) != 3 {
		t.Errorf("sent %q", sent)
	}
	// Once more does nothing more.
	for _, id := range ids[1:] {
		if out := a.run(t, "undo", id, "--yes"); out.ExitCode != 0 || !strings.Contains(out.Stderr, "taken back already") {
			t.Errorf("%s again: exit code %d, stderr %s", id, out.ExitCode, out.Stderr)
		}
	}
	if again := writes(stage); len(again) != len(sent) {
		t.Errorf("sent %q", again[len(sent):])
	}
	// The command's own writes are in the journal, and say what they took back.
	undoes := 0
	for _, entry := range a.entries(t) {
		if entry.Tool == "undo" && entry.Outcome.State == journal.Done && entry.Undoes != "" {
			undoes++
		}
	}
	if undoes != 3 {
		t.Errorf("%d writes in the journal take others back, want 3", undoes)
	}
}

func TestARotationCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	a, stage := newStage(t)
	session := a.with("POSTHOG_MCP_CONFIRM", "never").start(t)
	if id := undoID(session.Call("project-secret-token-rotate", values{"project": sandbox.ProjectWebName})); id != "" {
		t.Errorf("it says that undo %s takes it back", id)
	}
	session.Close()
	id := a.entries(t)[0].ID
	sent := len(writes(stage))
	if out := a.run(t, "undo", id, "--yes"); out.ExitCode != 1 || !strings.Contains(out.Stderr, "cannot be") {
		t.Errorf("exit code %d, stderr %s", out.ExitCode, out.Stderr)
	}
	if again := writes(stage); len(again) != sent {
		t.Errorf("sent %q", again[sent:])
	}
}
