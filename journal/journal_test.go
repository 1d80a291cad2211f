package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posthog-org-mcp/journal"
)

// intent is a small intent with an id.
func intent(id string) journal.Intent {
	return journal.Intent{ID: id, Call: strings.Split(id, ".")[0], Tool: "roles-delete", Summary: `delete role "Support"`}
}

func done(id string) journal.Outcome { return journal.Outcome{ID: id, State: journal.Done} }

// whole is an intent and its outcome with every field set.
func whole(id string) (journal.Intent, journal.Outcome) {
	at := time.Date(2026, 11, 28, 3, 17, 14, 500, time.UTC)
	return journal.Intent{
			ID: id, Call: "k3f9q2m7ab", Time: at, Tool: "membership-add", Arguments: json.RawMessage(`{"role":"Support","big":12345678901234567890}`),
			Actor:        journal.Actor{UserUUID: "u1", Email: "admin@example.com", Key: "phx_…abcd"},
			Organization: journal.Organization{ID: "o1", Name: "Hedgehogs & <Co>"}, Host: "https://eu.posthog.com",
			Kind: "add membership", Summary: "add Ana to Support", People: []string{"ana@example.com"},
			Change: json.RawMessage(`{"before":null}`), Undoes: "0000000000.1",
		}, journal.Outcome{
			ID: id, Time: at.Add(time.Second), State: journal.Failed, RequestID: "r1", Result: json.RawMessage(`[1]`),
			Reason: "no\nseat \u2028 left", ReadBack: true, Recovered: true,
		}
}

// open returns a journal in a folder that does not exist yet.
func open(t *testing.T, options journal.Options) (*journal.Journal, string) {
	t.Helper()
	if options.Path == "" {
		options.Path = filepath.Join(t.TempDir(), "state", "deep", "journal.jsonl")
	}
	j := journal.New(options)
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return j, options.Path
}

// must fails the test at an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func entries(t *testing.T, reader journal.Reader, filter journal.Filter) []journal.Entry {
	t.Helper()
	var all []journal.Entry
	for entry, err := range reader.Entries(t.Context(), filter) {
		must(t, err)
		all = append(all, entry)
	}
	return all
}

func ids(entries []journal.Entry) []string {
	list := []string{}
	for _, entry := range entries {
		list = append(list, entry.ID)
	}
	return list
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnIntentIsInTheFileWhenBeginReturnsAndItsOutcomeWhenEndDoes(t *testing.T) {
	j, path := open(t, journal.Options{})
	intent, outcome := whole("k3f9q2m7ab.1")
	must(t, j.Begin(t.Context(), intent))
	begun := entries(t, journal.NewReader(path), journal.Filter{})
	if len(begun) != 1 || !begun[0].Open() {
		t.Fatalf("after Begin the journal has %+v", begun)
	}
	same(t, begun[0].Intent, intent)
	must(t, j.End(t.Context(), outcome))
	ended := entries(t, journal.NewReader(path), journal.Filter{})
	same(t, ended, []journal.Entry{{Intent: intent, Session: begun[0].Session, Outcome: outcome}})
}

func TestAWriteThatWasNeverSentIsOneLine(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Record(t.Context(), intent("a.1"), journal.Outcome{State: journal.Declined}))
	if text := read(t, path); strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "}\n") {
		t.Errorf("the file has %q", text)
	}
	all := entries(t, j.Reader(), journal.Filter{})
	if len(all) != 1 || all[0].Outcome.State != journal.Declined || all[0].Outcome.ID != "a.1" {
		t.Errorf("the journal has %+v", all)
	}
}

func TestEveryLineIsAnObjectOfVersionOne(t *testing.T) {
	j, path := open(t, journal.Options{})
	intent, outcome := whole("a.1")
	must(t, j.Begin(t.Context(), intent))
	must(t, j.End(t.Context(), outcome))
	must(t, j.Record(t.Context(), intent, outcome))
	lines := strings.Split(strings.TrimSuffix(read(t, path), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		var object map[string]any
		must(t, json.Unmarshal([]byte(line), &object))
		if object["v"] != 1.0 || object["session"] == "" {
			t.Errorf("the line is %s", line)
		}
	}
}

func TestTimesAreFilledInAndWrittenInUTC(t *testing.T) {
	j, _ := open(t, journal.Options{})
	before := time.Now()
	must(t, j.Begin(t.Context(), intent("a.1")))
	local := intent("a.2")
	local.Time = time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	must(t, j.Begin(t.Context(), local))
	all := entries(t, j.Reader(), journal.Filter{})
	if got := all[1].Time; got.Before(before) || got.After(time.Now()) {
		t.Errorf("the time of writing is %v", got)
	}
	if got := all[0].Time; !got.Equal(local.Time) || got.Location() != time.UTC {
		t.Errorf("the given time is %v", got)
	}
}

func TestNewTouchesNothingAndReadingLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	j := journal.New(journal.Options{Path: filepath.Join(folder, "state", "journal.jsonl")})
	if all := entries(t, j.Reader(), journal.Filter{}); len(all) != 0 {
		t.Errorf("an absent journal has %v", all)
	}
	if _, err := j.Reader().Find(t.Context(), "a.1"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("Find: %v", err)
	}
	abandoned, err := j.Abandoned(t.Context())
	if err != nil || len(abandoned) != 0 {
		t.Errorf("Abandoned: %v, %v", abandoned, err)
	}
	must(t, j.Close())
	same(t, names(t, folder), []string{})
}

func TestAfterCloseNothingBeginsButWhatWasBegunCanEnd(t *testing.T) {
	j, _ := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	must(t, j.Close())
	must(t, j.Close())
	if err := j.Begin(t.Context(), intent("a.2")); !errors.Is(err, journal.ErrUnwritable) || !errors.Is(err, os.ErrClosed) {
		t.Errorf("Begin: %v", err)
	}
	must(t, j.End(t.Context(), done("a.1")))
	all := entries(t, j.Reader(), journal.Filter{})
	if len(all) != 1 || all[0].Outcome.State != journal.Done {
		t.Errorf("the journal has %+v", all)
	}
}

func TestSecretsAreMaskedHoweverTheyAreWritten(t *testing.T) {
	redact := func(line string) string { return strings.ReplaceAll(line, "phx_CANARY&", "phx_…") }
	// The JSON encoder writes & with an escape, and so would a masker look for it.
	escaped := func(line string) string { return strings.ReplaceAll(redact(line), `phx_CANARY\u0026`, "phx_…") }
	j, path := open(t, journal.Options{Redact: escaped})
	i := intent("a.1")
	i.Summary = "key phx_CANARY& here"
	i.Arguments = json.RawMessage(`{"\u0070hx_CANARY&": "\u0070\u0068x_CANARY&", "n": [1.50, "\\u0070hx", "\"phx_CANARY&\\"], "plain":"ä\/"}`)
	must(t, j.Begin(t.Context(), i))
	o := done("a.1")
	o.Reason, o.Result = "phx_CANARY&", json.RawMessage(`"phx_\u0043ANARY\u0026"`)
	must(t, j.End(t.Context(), o))
	if text := read(t, path); strings.Contains(text, "CANARY") {
		t.Errorf("the file has %s", text)
	}
	all := entries(t, j.Reader(), journal.Filter{})
	same(t, all[0].Summary, "key phx_… here")
	same(t, string(all[0].Arguments), `{"phx_…":"phx_…","n":[1.50,"\\u0070hx","\"phx_…\\"],"plain":"ä/"}`)
}

func TestWhatCouldNotBeReadAgainIsNotWritten(t *testing.T) {
	huge := intent("a.1")
	huge.Summary = strings.Repeat("x", journal.MaxLine)
	broken := intent("a.1")
	broken.Arguments = json.RawMessage(`{"a":`)
	old := intent("a.1")
	old.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, try := range map[string]func(*journal.Journal) error{
		"a line that is too long": func(j *journal.Journal) error { return j.Begin(t.Context(), huge) },
		"arguments without end":   func(j *journal.Journal) error { return j.Begin(t.Context(), broken) },
		"a time beyond RFC 3339":  func(j *journal.Journal) error { return j.Begin(t.Context(), old) },
		"an intent without id":    func(j *journal.Journal) error { return j.Begin(t.Context(), intent("")) },
		"an outcome without id":   func(j *journal.Journal) error { return j.End(t.Context(), done("")) },
		"no state":                func(j *journal.Journal) error { return j.End(t.Context(), journal.Outcome{ID: "a.1"}) },
		"a state of another kind": func(j *journal.Journal) error { return j.End(t.Context(), journal.Outcome{ID: "a.1", State: "great"}) },
		"two ids":                 func(j *journal.Journal) error { return j.Record(t.Context(), intent("a.1"), done("a.2")) },
	} {
		t.Run(name, func(t *testing.T) {
			j, path := open(t, journal.Options{})
			if err := try(j); !errors.Is(err, journal.ErrUnwritable) || !strings.Contains(err.Error(), path) {
				t.Errorf("the error is %v", err)
			}
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the file is there: %v", err)
			}
		})
	}
}

func TestAMaskThatBreaksTheLineIsNoticed(t *testing.T) {
	for name, redact := range map[string]func(string) string{
		"no JSON":    func(line string) string { return strings.ReplaceAll(line, `"`, "") },
		"two lines":  func(line string) string { return strings.Replace(line, ",", ",\n", 1) },
		"another id": func(line string) string { return strings.ReplaceAll(line, "a.1", "b.1") },
		"nothing":    func(string) string { return "" },
	} {
		j, path := open(t, journal.Options{Redact: redact})
		if err := j.Begin(t.Context(), intent("a.1")); !errors.Is(err, journal.ErrUnwritable) {
			t.Errorf("%s: the error is %v", name, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the file is there: %v", name, err)
		}
	}
}

func TestAContextThatHasEndedWritesNothing(t *testing.T) {
	j, path := open(t, journal.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := j.Begin(ctx, intent("a.1"))
	if !errors.Is(err, context.Canceled) || errors.Is(err, journal.ErrUnwritable) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}

func TestManyGoroutinesShareAJournal(t *testing.T) {
	j, path := open(t, journal.Options{MaxSize: 4 << 10})
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			for k := range 5 {
				id := fmt.Sprintf("c%d.%d", i, k)
				if err := j.Begin(t.Context(), intent(id)); err != nil {
					t.Error(err)
				}
				for _, err := range j.Reader().Entries(t.Context(), journal.Filter{}) {
					if err != nil {
						t.Error(err)
					}
					break
				}
				if err := j.End(t.Context(), done(id)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	reader := journal.NewReader(path)
	seen := map[string]bool{}
	for _, entry := range entries(t, reader, journal.Filter{}) {
		if entry.Outcome.State != journal.Done || seen[entry.ID] {
			t.Errorf("%s is %q, seen before: %v", entry.ID, entry.Outcome.State, seen[entry.ID])
		}
		seen[entry.ID] = true
	}
	if len(seen) != 100 || reader.Skipped() != 0 {
		t.Errorf("%d entries, %d lines skipped", len(seen), reader.Skipped())
	}
}

func TestIDsAreShortAndDiffer(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9a-z]{10}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := journal.NewID()
		if !shape.MatchString(id) || seen[id] {
			t.Fatalf("the id is %q, seen before: %v", id, seen[id])
		}
		seen[id] = true
	}
}
