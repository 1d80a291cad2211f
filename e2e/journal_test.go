package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
)

// busy is a user who has made four writes and declined one, oldest first.
func busy(t *testing.T) (account, *harness.Stage, []string) {
	t.Helper()
	a, stage := newStage(t)
	session := harness.Start(t, harness.Options{Env: a.environment, Capabilities: canAsk(), Answer: harness.Decline})
	ids := []string{
		createRole(t, session, "Night shift"),
		undoID(session.Call("membership-add", values{"role": "Night shift", "member": sandbox.NewcomerEmail})),
		undoID(session.Call("membership-add", values{"role": "Night shift", "member": sandbox.AnaEmail})),
		undoID(session.Call("roles-update", values{"role": "Night shift", "name": "Late shift"})),
	}
	failure(t, session.Call("roles-delete", values{"role": "Viewers"}))
	session.Close()
	if slices.Contains(ids, "") {
		t.Fatalf("not all writes can be taken back: %q", ids)
	}
	return a, stage, ids
}

func TestTheJournalCommandShowsWhatWasWritten(t *testing.T) {
	t.Parallel()
	a, stage, ids := busy(t)
	asked := len(stage.Sandbox.Requests())
	// It needs neither key nor network.
	a = a.with("POSTHOG_PERSONAL_API_KEY", "").with("POSTHOG_HOST", "")
	all := []string{ids[3], ids[2], ids[1], ids[0]}
	for _, test := range []struct {
		args []string
		want []string // ids, newest first, besides the one that was declined
		rows int
	}{
		{nil, all, 5},
		{[]string{"--limit", "2"}, ids[3:], 2},
		{[]string{"--limit", "0"}, all, 5},
		{[]string{"--tool", "membership-add"}, []string{ids[2], ids[1]}, 2},
		{[]string{"--tool", "roles-delete"}, nil, 1},
		{[]string{"--member", "ZUZANA"}, ids[1:2], 1},
		{[]string{"--member", sandbox.AnaEmail, "--tool", "membership-add"}, ids[2:3], 1},
		{[]string{"--since", "1h"}, all, 5},
		{[]string{"--since", "today", "--limit", "1"}, nil, 1},
		{[]string{"--since", "2020-01-01"}, all, 5},
		{[]string{"--since", "2999-01-01"}, nil, 0},
		{[]string{"--member", "nobody@example.com"}, nil, 0},
	} {
		name := strings.Join(test.args, " ")
		table := a.run(t, append([]string{"journal"}, test.args...)...)
		lines := strings.Split(strings.TrimSuffix(table.Stdout, "\n"), "\n")
		switch {
		case table.ExitCode != 0:
			t.Errorf("%s: exit code %d, stderr %s", name, table.ExitCode, table.Stderr)
		case test.rows == 0:
			if table.Stdout != "" || !strings.Contains(table.Stderr, "Nothing of that kind") {
				t.Errorf("%s: stdout %q, stderr %q", name, table.Stdout, table.Stderr)
			}
		case len(lines) != test.rows+1 || !strings.HasPrefix(lines[0], "TIME ") || table.Stderr != "" && !strings.Contains(table.Stderr, "There are older ones; --limit 0 shows all."):
			t.Errorf("%s: %d rows, want %d, stderr %q:\n%s", name, len(lines)-1, test.rows, table.Stderr, table.Stdout)
		}
		var shown []string
		for _, line := range lines[1:] {
			if strings.Contains(line, " done ") {
				call, _, _ := strings.Cut(strings.Fields(line)[2], ".")
				shown = append(shown, call)
			} else if !strings.Contains(line, " declined ") || !strings.Contains(line, "Viewers") {
				t.Errorf("%s: what is this row? %s", name, line)
			}
			if !strings.Contains(line, sandbox.AdminEmail) {
				t.Errorf("%s: it does not say who: %s", name, line)
			}
		}
		if !slices.Equal(shown, test.want) {
			t.Errorf("%s: shows %q, want %q", name, shown, test.want)
		}
		asJSON := a.run(t, append([]string{"journal", "--json"}, test.args...)...)
		if rows := readEntries(t, asJSON.Stdout); asJSON.ExitCode != 0 || len(rows) != test.rows {
			t.Errorf("%s: %d lines of JSON, want %d, exit code %d, stderr %s", name, len(rows), test.rows, asJSON.ExitCode, asJSON.Stderr)
		}
	}
	if now := len(stage.Sandbox.Requests()); now != asked {
		t.Errorf("%d requests went out", now-asked)
	}
}

// readEntries reads what journal --json prints.
func readEntries(t *testing.T, lines string) []journal.Entry {
	t.Helper()
	var entries []journal.Entry
	for line := range strings.Lines(lines) {
		var entry journal.Entry
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		entries = append(entries, entry)
	}
	return entries
}

func TestTheJournalSaysWhoDidWhatWhereAndHowItEnded(t *testing.T) {
	t.Parallel()
	a, _, ids := busy(t)
	entries := readEntries(t, a.run(t, "journal", "--json").Stdout)
	if len(entries) != 5 {
		t.Fatalf("%d entries", len(entries))
	}
	for _, entry := range entries {
		if entry.Actor.Email != sandbox.AdminEmail || entry.Actor.UserUUID != sandbox.AdminUser || !strings.HasPrefix(entry.Actor.Key, "phx_…") {
			t.Errorf("%s: the actor is %+v", entry.ID, entry.Actor)
		}
		if entry.Organization.ID != sandbox.Organization || entry.Organization.Name != sandbox.OrganizationName || entry.Host != a.environment["POSTHOG_HOST"] {
			t.Errorf("%s: it was at %+v, %s", entry.ID, entry.Organization, entry.Host)
		}
		if time.Since(entry.Time) > time.Hour || len(entry.Arguments) == 0 || entry.Summary == "" {
			t.Errorf("%s: %+v", entry.ID, entry)
		}
		if done := entry.Outcome.State == journal.Done; done != (entry.Outcome.RequestID != "") {
			t.Errorf("%s: %s, and its request id is %q", entry.ID, entry.Outcome.State, entry.Outcome.RequestID)
		}
	}
	if entries[0].Outcome.State != journal.Declined || entries[0].Outcome.Reason == "" || entries[0].Tool != "roles-delete" {
		t.Errorf("the last one is %+v", entries[0])
	}
	if entries[1].Call != ids[3] || entries[1].Tool != "roles-update" || !strings.Contains(entries[1].Summary, "Late shift") {
		t.Errorf("the one before is %+v", entries[1])
	}
	if runtime.GOOS != "windows" {
		info, err := os.Stat(a.journal)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the journal's mode is %v, %v", info.Mode(), err)
		}
	}
}

// Without --journal it lands in the user's state directory, and nowhere else.
func TestTheJournalIsKeptInTheUsersStateDirectory(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	environment := harness.Environment(t, unasked(stage.Env()))
	folder := t.TempDir()
	session := harness.Start(t, harness.Options{Env: environment, Dir: folder})
	createRole(t, session, "Night shift")
	if result := session.Call("project-secret-token-rotate", values{"project": sandbox.ProjectWebName}); result.IsError {
		t.Fatal(result.Text)
	}
	session.Close()
	var journals, secrets int
	for path := range files(t, environment["HOME"]) {
		switch {
		case filepath.Base(path) == "journal.jsonl":
			journals++
		case filepath.Ext(path) == ".secret":
			secrets++
		case filepath.Ext(path) != ".lock":
			t.Errorf("what is %s?", path)
		}
		if !strings.Contains(filepath.ToSlash(path), "/posthog-org-mcp/") {
			t.Errorf("%s is not in the program's own folder", path)
		}
	}
	if journals != 1 || secrets != 1 {
		t.Errorf("%d journals and %d secrets", journals, secrets)
	}
	if left := files(t, folder); len(left) != 0 {
		t.Errorf("it left %v in its working directory", left)
	}
	if out := harness.Run(t, harness.Command{Env: environment, Args: []string{"journal"}}); !strings.Contains(out.Stdout, "Night shift") {
		t.Errorf("the command does not find it: %s", out.Stderr)
	}
}

// files are the files below a folder, each with its content.
func files(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A crash may tear the last line.
func TestATornLastLineIsNotedAndNeverStopsTheStart(t *testing.T) {
	t.Parallel()
	for name, torn := range map[string]string{
		"half a line":   `{"v":1,"session":"0123456789","intent":{"id":"k3f9q2m7ab.1","call":"k3f9`,
		"zeroes":        strings.Repeat("\x00", 512),
		"someone else":  "hello\n",
		"half a letter": "{\"v\":1,\"session\":\"\xe2\x82",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _, ids := busy(t)
			file, err := os.OpenFile(a.journal, os.O_WRONLY|os.O_APPEND, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteString(torn); err != nil {
				t.Fatal(err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			out := a.run(t, "journal", "--json")
			if rows := readEntries(t, out.Stdout); out.ExitCode != 0 || len(rows) != 5 || !strings.Contains(out.Stderr, "cannot be read: 1 line") {
				t.Errorf("%d rows, exit code %d, stderr %q", len(rows), out.ExitCode, out.Stderr)
			}
			session := a.start(t)
			result := session.Call("journal-list", nil)
			if result.IsError || !strings.Contains(result.Text, ids[0]) || !strings.Contains(result.Text, "cannot be read") {
				t.Errorf("the tool says %s", result.Text)
			}
			createRole(t, session, "Early shift")
			if got := a.entries(t); len(got) != 6 || got[0].Outcome.State != journal.Done {
				t.Errorf("%d writes after one more, the last %+v", len(got), got[0])
			}
		})
	}
}

func TestFollowPrintsWhatComesUntilCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot send Ctrl-C to another on Windows")
	}
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := newStage(t)
			followed := follow(t, a)
			session := a.start(t)
			first := createRole(t, session, "Night shift")
			waitUntil(t, func() bool { return strings.Contains(followed.printed(), first) })
			second := createRole(t, session, "Early shift")
			waitUntil(t, func() bool { return strings.Contains(followed.printed(), second) })
			if err := followed.command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := followed.command.Wait(); err != nil {
				t.Errorf("it ended with %v: %s", err, followed.printed())
			}
			if entries := readEntries(t, followed.printed()); len(entries) < 2 || entries[len(entries)-1].Outcome.State != journal.Done {
				t.Errorf("printed %s", followed.printed())
			}
		})
	}
}

// follower is a running journal --follow. Its output goes to a file, so that
// the test can read what has come so far.
type follower struct {
	t       *testing.T
	command *exec.Cmd
	output  string
}

func follow(t *testing.T, a account) follower {
	t.Helper()
	output, err := os.Create(filepath.Join(t.TempDir(), "followed"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), harness.Binary(t), "journal", "--follow", "--json")
	for name, value := range a.environment {
		command.Env = append(command.Env, name+"="+value)
	}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill() // It has ended already, unless the test has failed.
		_ = command.Wait()
		_ = output.Close()
	})
	return follower{t, command, output.Name()}
}

func (f follower) printed() string {
	content, err := os.ReadFile(f.output)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(content)
}

func TestTheJournalCommandExplainsWhatItCannotDo(t *testing.T) {
	t.Parallel()
	a, _ := newStage(t)
	for _, test := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"journal", "--since", "yesteryear"}, 2, []string{"--since", "24h"}},
		{[]string{"journal", "--journal", "off"}, 2, []string{"switched off"}},
		{[]string{"journal", "now"}, 2, []string{"takes no argument"}},
		{[]string{"journal", "--tol", "x"}, 2, []string{"Did you mean --tool"}},
		{[]string{"journal"}, 0, []string{"Nothing of that kind", "journal.jsonl"}},
		{[]string{"undo"}, 2, []string{"needs the ID"}},
		{[]string{"undo", "a", "b"}, 2, []string{"one argument"}},
		{[]string{"undo", "k3f9q2m7ab"}, 1, []string{"The journal has no such write", "journal"}},
		{[]string{"undo", "k3f9q2m7ab", "--journal", "off"}, 1, []string{"keeps no journal"}},
	} {
		out := a.run(t, test.args...)
		if out.ExitCode != test.code || out.Stdout != "" {
			t.Errorf("%q: exit code %d, stdout %q", test.args, out.ExitCode, out.Stdout)
		}
		for _, want := range test.says {
			if !strings.Contains(out.Stderr, want) {
				t.Errorf("%q: no %q in %s", test.args, want, out.Stderr)
			}
		}
	}
}
