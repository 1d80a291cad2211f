package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
)

// kept is a sandbox in a file, with its journal beside it.
type kept struct{ data, journal string }

func newKept(t *testing.T) kept {
	t.Helper()
	data := filepath.Join(t.TempDir(), "organization.db")
	return kept{data, data + ".journal.jsonl"}
}

// serve calls tools one after the other and returns what each answered.
func (k kept) serve(t *testing.T, calls ...string) []string {
	t.Helper()
	handshake, _, _ := strings.Cut(conversation, `{"jsonrpc":"2.0","id":2`)
	in, client := io.Pipe()
	out, server := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(t.Context(), cli.Build{}, []string{"--sandbox", "--sandbox-data", k.data, "--confirm", "never"},
			cli.Streams{In: in, Out: server, Err: io.Discard})
		_ = server.Close()
	}()
	decoder := json.NewDecoder(out)
	next := func(line string) string {
		if _, err := io.WriteString(client, line+"\n"); err != nil {
			t.Fatal(err)
		}
		var frame struct {
			Result struct{ Content []struct{ Text string } }
		}
		if err := decoder.Decode(&frame); err != nil {
			t.Fatal(err)
		}
		if len(frame.Result.Content) == 0 {
			return ""
		}
		return frame.Result.Content[0].Text
	}
	first, second, _ := strings.Cut(handshake, "\n")
	next(first)
	if _, err := io.WriteString(client, second); err != nil {
		t.Fatal(err)
	}
	var answers []string
	for _, call := range calls {
		answers = append(answers, next(`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":`+call+`}`))
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != 0 {
		t.Fatalf("exit code %d", code)
	}
	return answers
}

// entries are the writes in the journal, newest first.
func (k kept) entries(t *testing.T) []journal.Entry {
	t.Helper()
	var entries []journal.Entry
	for entry, err := range journal.NewReader(k.journal).Entries(t.Context(), journal.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// atHome is the environment of a user whose home is empty.
func atHome(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	return []string{"HOME=" + home, "USERPROFILE=" + home}
}

const (
	createNightShift = `{"name":"roles-create","arguments":{"name":"Night shift"}}`
	renameNightShift = `{"name":"roles-update","arguments":{"role":"Night shift","name":"Late \u001b[31mshift"}}`
)

func TestTheTableShowsEachWriteOnALineOfItsOwn(t *testing.T) {
	k := newKept(t)
	k.serve(t, createNightShift, renameNightShift)
	code, stdout, stderr := run(t, atHome(t), "journal", "--journal", k.journal)
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if code != 0 || stderr != "" || len(lines) != 3 {
		t.Fatalf("exit code %d, stderr %q, stdout:\n%s", code, stderr, stdout)
	}
	contains(t, "the head", lines[0], "TIME", "ID", "OUTCOME", "BY", "CHANGE")
	contains(t, "the newest", lines[1], "done", sandbox.AdminEmail, "Rename the role", "shift")
	contains(t, "the oldest", lines[2], "done", sandbox.AdminEmail, "Night shift")
	if strings.Contains(stdout, "\x1b") {
		t.Error("a name of other people's reaches the terminal as an escape code")
	}
	if column := strings.Index(lines[0], "CHANGE"); column < 0 || !strings.HasPrefix(lines[2][column:], "Create") {
		t.Errorf("the columns do not stand below each other:\n%s", stdout)
	}
}

func TestMoreRowsThanAreLaidOutAtOnceAllHaveTheirPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j := journal.New(journal.Options{Path: path})
	const written = 120
	for range written {
		id := journal.NewID()
		if err := j.Record(t.Context(), journal.Intent{ID: id, Call: id, Tool: "roles-create"}, journal.Outcome{State: journal.Refused}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[string]int{"0": written, "50": 50, "51": 51, "1000": written, "1": 1} {
		code, stdout, _ := run(t, atHome(t), "journal", "--journal", path, "--limit", limit)
		if rows := strings.Count(stdout, "\n") - 1; code != 0 || rows != want || strings.Count(stdout, "OUTCOME") != 1 {
			t.Errorf("limit %s: exit code %d, %d rows, want %d", limit, code, rows, want)
		}
	}
}

func TestAWriteThatIsNotEndedIsShownAsOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j := journal.New(journal.Options{Path: path})
	begun := journal.Intent{ID: "a.1", Call: "a", Tool: "roles-create", Summary: "Create a role.", Actor: journal.Actor{Key: "phx_…cdef"}, Undoes: "b.1"}
	if err := j.Begin(t.Context(), begun); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	_, stdout, _ := run(t, atHome(t), "journal", "--journal", path)
	contains(t, "the table", stdout, "open", "phx_…cdef", "Create a role. (takes back b.1)")
}

func TestAJournalThatCannotBeReadIsAFailure(t *testing.T) {
	folder := t.TempDir()
	for _, test := range []struct {
		path string
		code int
	}{{folder, 2}, {filepath.Join(folder, "file", "journal.jsonl"), 1}} {
		if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := run(t, atHome(t), "journal", "--journal", test.path)
		if code != test.code || stdout != "" || !strings.Contains(stderr, "journal") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %s", test.path, code, stdout, stderr)
		}
	}
}

func TestAnOutputThatBreaksEndsTheListing(t *testing.T) {
	k := newKept(t)
	k.serve(t, createNightShift)
	for _, args := range [][]string{{"journal", "--journal", k.journal}, {"journal", "--json", "--journal", k.journal}} {
		var errs buffer
		code := cli.Run(t.Context(), cli.Build{}, args, cli.Streams{Out: broken{}, Err: &errs, Environ: atHome(t)})
		if code != 1 || !strings.Contains(errs.String(), "broken on purpose") {
			t.Errorf("%q: exit code %d, stderr %s", args, code, errs.String())
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken on purpose") }

func TestFollowingEndsWithZeroWhenItIsInterrupted(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		k := newKept(t)
		ctx, cancel := context.WithCancel(t.Context())
		environ := atHome(t)
		var out, errs buffer
		ended := make(chan int, 1)
		args := []string{"journal", "--follow", "--journal", k.journal}
		if asJSON {
			args = append(args, "--json")
		}
		go func() { ended <- cli.Run(ctx, cli.Build{}, args, cli.Streams{Out: &out, Err: &errs, Environ: environ}) }()
		k.serve(t, createNightShift)
		for deadline := time.Now().Add(patience); !strings.Contains(out.String(), "Night shift"); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it does not follow: %s%s", out.String(), errs.String())
			}
		}
		cancel()
		select {
		case code := <-ended:
			if code != 0 || errs.String() != "" {
				t.Errorf("exit code %d, stderr %q", code, errs.String())
			}
		case <-time.After(patience):
			t.Fatal("it does not end")
		}
	}
}

// atTerminal runs undo where a person sits, who types.
func (k kept) atTerminal(t *testing.T, typed string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args = append([]string{"undo", "--sandbox", "--sandbox-data", k.data}, args...)
	return runAs(ctx, cli.Build{}, cli.Streams{In: strings.NewReader(typed), InTerminal: true}, args...)
}

func TestUndoAtATerminalAsksAndOnlyAYesCounts(t *testing.T) {
	k := newKept(t)
	k.serve(t, createNightShift)
	id := k.entries(t)[0].Call
	for _, typed := range []string{"no\n", "\n", "", "y\n", "yes please\n"} {
		code, stdout, stderr := k.atTerminal(t, typed, id)
		if code != 1 || stdout != "" {
			t.Errorf("typed %q: exit code %d, stdout %q", typed, code, stdout)
		}
		contains(t, "stderr", stderr, "Night shift", `Type "yes" to do it`, "declined", "Nothing was changed")
	}
	for _, entry := range k.entries(t) {
		if entry.Tool == "undo" && entry.Outcome.State != journal.Declined {
			t.Errorf("the journal has %+v", entry)
		}
	}
	code, stdout, stderr := k.atTerminal(t, " YES \n", id)
	if code != 0 || !strings.HasPrefix(stdout, "done ") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	code, _, stderr = k.atTerminal(t, "", id)
	if code != 0 || !strings.Contains(stderr, "taken back already") {
		t.Errorf("once more: exit code %d, stderr %q", code, stderr)
	}
}

func TestUndoThatIsInterruptedWhileItAsksDoesNothing(t *testing.T) {
	k := newKept(t)
	k.serve(t, createNightShift)
	id := k.entries(t)[0].Call
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, keyboard := io.Pipe()
	defer keyboard.Close()
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, cli.Build{}, []string{"undo", id, "--sandbox", "--sandbox-data", k.data}, cli.Streams{In: in, InTerminal: true, Out: &out, Err: &errs})
	}()
	for deadline := time.Now().Add(patience); !strings.Contains(errs.String(), "Type"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not ask: %s", errs.String())
		}
	}
	cancel()
	select {
	case code := <-ended:
		if code != 1 || out.String() != "" {
			t.Errorf("exit code %d, stdout %q", code, out.String())
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	for _, entry := range k.entries(t) {
		if entry.Tool == "undo" && entry.Outcome.State == journal.Done {
			t.Errorf("it was done: %+v", entry)
		}
	}
}

// The journal and rotated tokens of a sandbox without a file go when it ends.
func TestASandboxWithoutAFileLeavesNothingBehind(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	environ := atHome(t)
	home := strings.TrimPrefix(environ[0], "HOME=")
	rotate := strings.Replace(conversation, `"roles-list","arguments":{}`, `"project-secret-token-rotate","arguments":{"project":"`+sandbox.ProjectWebName+`"}`, 1)
	code, stdout, stderr := runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(rotate), Environ: environ}, "--sandbox", "--confirm", "never")
	if code != 0 {
		t.Fatalf("exit code %d, stderr %s", code, stderr)
	}
	contains(t, "the rotation", string(answers(t, stdout)["2"]), `"changed":true`, "token_file", temporary)
	for _, folder := range []string{temporary, home} {
		left, err := os.ReadDir(folder)
		if err != nil || len(left) != 0 {
			t.Errorf("%s holds %v, %v", folder, left, err)
		}
	}
}

func TestALimitThatNoToolAnswersToStopsTheStart(t *testing.T) {
	for _, args := range []string{"--tools role", "--exclude-tools destroy", "serve --tools reeds"} {
		code, stdout, stderr := run(t, nil, append(strings.Fields(args), "--sandbox")...)
		if code != 2 || stdout != "" {
			t.Errorf("%s: exit code %d, stdout %q", args, code, stdout)
		}
		contains(t, "stderr", stderr, "did you mean", "--tools")
	}
}

// What an earlier run had begun is told, and the server serves meanwhile.
func TestAWriteThatAnEarlierRunHadBegunIsTold(t *testing.T) {
	k := newKept(t)
	k.serve(t, createNightShift)
	first := k.entries(t)[0]
	lines, err := os.ReadFile(k.journal)
	if err != nil {
		t.Fatal(err)
	}
	intent, _, _ := strings.Cut(string(lines), "\n")
	if err := os.WriteFile(k.journal, []byte(intent+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	api := sandbox.New(sandbox.Options{DataFile: k.data})
	defer api.Close()
	address := listening(t, api)
	// The write went to the sandbox of its own run, which had another address.
	environ := append(atHome(t), "POSTHOG_HOST="+address, "POSTHOG_PERSONAL_API_KEY="+sandbox.AdminKey)
	in, client := io.Pipe()
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(t.Context(), cli.Build{}, []string{"--journal", k.journal}, cli.Streams{In: in, Out: &out, Err: &errs, Environ: environ})
	}()
	for deadline := time.Now().Add(patience); !strings.Contains(errs.String(), first.ID); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it is not told: %s", errs.String())
		}
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	contains(t, "stderr", errs.String(), "cannot be looked up yet", "it went to "+first.Host)
	if entry := k.entries(t)[0]; !entry.Open() {
		t.Errorf("what is another host's was settled: %+v", entry.Outcome)
	}
}

// listening has an API listen for the time of the test.
func listening(t *testing.T, api http.Handler) string {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server.URL
}
