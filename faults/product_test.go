package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// testingTB is a *testing.T or a *rapid.T.
type testingTB interface {
	rapid.TB
	Cleanup(do func())
}

// product is what is under test: the tools, their executor and its journal, as
// one process has them. It tries again soon, and reads little of what never ends.
type product struct {
	tools       []tools.Tool
	environment tools.Environment
	executor    *changes.Executor
	journal     *journal.Journal
	history     journal.Reader
	path        string // of the journal
	logs        *logs
}

const tries = 3

// start starts a process on an API and a journal.
func start(tb testingTB, address, path string, timeouts apiclient.Timeouts, mode changes.Mode, transport http.RoundTripper) *product {
	tb.Helper()
	key := redact.NewSecret(sandbox.AdminKey)
	p := &product{path: path, logs: &logs{}, tools: tools.Catalog(), journal: journal.New(journal.Options{Path: path})}
	reader, executor, err := changes.Connect(apiclient.Config{
		Host: mustParse(tb, address), Key: key, UserAgent: "posthog-org-mcp/test", Timeouts: timeouts, MaxBody: 1 << 20,
		Retry: apiclient.RetryPolicy{
			Tries: tries, FirstWait: time.Millisecond, MaxWait: 2 * time.Millisecond, MaxRetryAfter: 2 * time.Second,
		},
		Logger:    slog.New(slog.NewTextHandler(p.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Transport: transport,
	}, changes.Options{Confirm: mode, Journal: p.journal})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	p.executor, p.history = executor, p.journal.Reader()
	p.environment = tools.Environment{
		Reader: directory.New(reader, apiclient.CurrentOrganization), History: &p.history,
		Executor: executor, Redactor: redact.New(key),
	}
	return p
}

func mustParse(tb testingTB, address string) *url.URL {
	tb.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return parsed
}

// logs keeps what a process logs.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// call calls a tool.
func (p *product) call(ctx context.Context, name, arguments string) tools.Answer {
	i := slices.IndexFunc(p.tools, func(tool tools.Tool) bool { return tool.Name == name })
	return p.tools[i].Call(ctx, p.environment, tools.Request{Arguments: json.RawMessage(arguments)})
}

// entries is the whole journal, oldest first.
func (p *product) entries(tb testingTB) []journal.Entry {
	tb.Helper()
	var entries []journal.Entry
	for entry, err := range p.history.Entries(context.Background(), journal.Filter{}) {
		if err != nil {
			tb.Fatalf("the journal cannot be read: %v", err)
		}
		entries = append(entries, entry)
	}
	slices.Reverse(entries)
	return entries
}

// object makes arguments of names and values, a value being a string or a list.
func object[V any](pairs map[string]V) string {
	data, err := json.Marshal(pairs)
	if err != nil {
		return err.Error() // A map of strings always marshals.
	}
	return string(data)
}

// report is what a tool has said of a write.
type report struct {
	// state is that of the change at which the call ended: done when all are.
	state   changes.State
	done    int // changes that are said to be made; -1 is all
	listed  []schemas.ChangeState
	changed bool
	undo    string // the id to take it back with
	preview *schemas.Preview
	text    string
}

// read reads an answer. An answer that is no good in itself is an error.
func read(tb testingTB, answer tools.Answer) report {
	tb.Helper()
	r := report{text: string(answer.JSON)}
	if leaked := wholeSecret.FindString(r.text); leaked != "" {
		tb.Errorf("an answer shows the secret %s: %s", leaked, r.text)
	}
	if !answer.IsError {
		var done schemas.Undone
		if err := json.Unmarshal(answer.JSON, &done); err != nil {
			tb.Fatalf("%s: %v", answer.JSON, err)
		}
		r.state, r.done, r.listed, r.changed, r.preview = changes.Done, -1, done.Changes, done.Changed, done.Preview
		if r.preview != nil {
			r.state, r.done = changes.NotDone, 0
		}
		for _, change := range done.Changes {
			if change.State != string(changes.Done) && change.State != string(changes.Unchanged) {
				tb.Errorf("a success says that a change is %s: %s", change.State, r.text)
			}
		}
		r.undo = undoID(done.Undo)
		return r
	}
	var failure schemas.Failure
	if err := json.Unmarshal(answer.JSON, &failure); err != nil {
		tb.Fatalf("%s: %v", answer.JSON, err)
	}
	if failure.Error == "" || failure.NextStep == "" {
		tb.Errorf("a failure does not say what failed and what to do: %s", r.text)
	}
	r.undo, r.listed = undoID(failure.Undo), failure.Changes
	r.readFailure(tb, failure)
	return r
}

func undoID(undo *schemas.Undo) string {
	if undo == nil {
		return ""
	}
	return undo.Arguments["id"]
}

// readFailure finds out what a failure says of the change that failed, in its
// sentence and in its list, and holds the two against each other.
func (r *report) readFailure(tb testingTB, failure schemas.Failure) {
	tb.Helper()
	var says []changes.State
	some := false
	for words, state := range map[string]changes.State{
		"Nothing was changed.": changes.NotDone, "was not made.": changes.NotDone,
		"was made is unknown.": changes.Unknown, "but it may still be made.": changes.Unknown,
		"The change was made, but": changes.Done, "Some changes were made before it failed": changes.NotDone,
	} {
		if strings.Contains(failure.Error, words) {
			says = append(says, state)
			some = some || strings.HasPrefix(words, "Some")
		}
	}
	if len(says) != 1 {
		tb.Fatalf("a failure says %d things of what became of the write: %s", len(says), r.text)
	}
	r.state = says[0]
	ended := false
	for _, change := range failure.Changes {
		switch {
		case ended && change.State != "not begun":
			tb.Errorf("a change after the failure is %s: %s", change.State, r.text)
		case ended:
		case change.State == string(changes.Done):
			r.done += changesIn(change)
		case change.State != string(changes.Unchanged):
			ended = true
			if change.State != string(r.state) {
				tb.Errorf("the list says that a change is %s, the sentence that it is %s: %s", change.State, r.state, r.text)
			}
		}
	}
	if some != (r.done > 0 && strings.Contains(failure.Error, "Some changes were made")) {
		tb.Errorf("the sentence speaks of changes that were made, and the list has %d: %s", r.done, r.text)
	}
	if r.done > 0 && r.undo == "" {
		tb.Errorf("%d changes were made, and nothing takes them back: %s", r.done, r.text)
	}
	if strings.Contains(failure.Error, "Nothing was changed") && r.done > 0 {
		tb.Errorf("nothing was changed, and %d changes were made: %s", r.done, r.text)
	}
}

// changesIn is how many changes a row stands for.
func changesIn(row schemas.ChangeState) int {
	if many := manyChanges.FindStringSubmatch(row.Change); many != nil {
		n, _ := strconv.Atoi(many[1])
		return n
	}
	return 1
}

var manyChanges = regexp.MustCompile(`^([0-9]+) of [0-9]+$`)

// judge holds a report against the truth: before is how the organization was,
// ops are the changes that the call was to make, now is how it is. It returns how
// many of the changes have happened, -1 when no number fits.
func judge(tb testingTB, before *organization, ops []op, r report, now []string) int {
	tb.Helper()
	may := []int{r.done}
	switch {
	case r.state == changes.Done:
		may = []int{len(ops)}
		if r.changed != (len(ops) > 0) {
			tb.Errorf("changed is %v for %v: %s", r.changed, ops, r.text)
		}
	case r.done > len(ops):
		tb.Errorf("more is reported as done than was to do: %v: %s", ops, r.text)
		return -1
	case r.state == changes.Unknown:
		may = []int{r.done, r.done + 1}
	}
	for _, n := range may {
		if n <= len(ops) && slices.Equal(before.after(ops, n).lines(), now) {
			return n
		}
	}
	tb.Errorf("the report is not true: %s\nof %v\nbefore and as reported, against the truth:\n%s", r.text, ops,
		difference(before.after(ops, may[0]).lines(), now))
	return -1
}

// difference shows what is in one list of lines only.
func difference(want, got []string) string {
	var text strings.Builder
	left := slices.Clone(got)
	for _, line := range want {
		if i := slices.Index(left, line); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		text.WriteString("missing: " + line + "\n")
	}
	for _, line := range left {
		text.WriteString("extra:   " + line + "\n")
	}
	return text.String()
}

// judgeJournal holds the new entries of the journal against what was reported
// and what has happened: each change that was begun has its intent, in order,
// and an outcome that says the same.
func judgeJournal(tb testingTB, entries []journal.Entry, ops []op, r report, happened int) {
	tb.Helper()
	for i, entry := range entries {
		if i >= len(ops) || opOf(tb, entry) != ops[i] {
			tb.Errorf("write %d in the journal is %s, and the changes were to be %v", i, opOf(tb, entry), ops)
			return
		}
		var want []journal.State
		switch state := entry.Outcome.State; {
		case r.state == changes.Done, i < r.done:
			want = []journal.State{journal.Done}
		case r.state == changes.Unknown:
			want = []journal.State{journal.Unknown}
		default:
			want = []journal.State{journal.Failed, journal.Refused}
			if entry.Outcome.Reason == "" {
				tb.Errorf("the journal does not say why %s is %s", ops[i], state)
			}
		}
		if !slices.Contains(want, entry.Outcome.State) {
			tb.Errorf("%s is %q in the journal and should be one of %q: %s", ops[i], entry.Outcome.State, want, r.text)
		}
	}
	if len(entries) < happened {
		tb.Errorf("%d changes have happened, and %d are in the journal", happened, len(entries))
	}
	if r.state != changes.NotDone && r.done >= 0 && len(entries) != r.done+1 {
		tb.Errorf("%d changes were begun, and %d are in the journal", r.done+1, len(entries))
	}
}

// wholeSecret is a secret that is shown in full: the sandbox's keys, and tokens.
var wholeSecret = regexp.MustCompile(`ph[xas]_[A-Za-z0-9_-]{6,}`)

// keepsSecrets looks for secrets in whatever a process leaves behind.
func (p *product) keepsSecrets(tb testingTB) {
	tb.Helper()
	written, err := os.ReadFile(p.path)
	if err != nil && !os.IsNotExist(err) {
		tb.Errorf("%v", err)
	}
	for place, text := range map[string]string{"the journal": string(written), "the log": p.logs.String()} {
		if leaked := wholeSecret.FindString(text); leaked != "" {
			tb.Errorf("%s shows the secret %s", place, leaked)
		}
	}
}
