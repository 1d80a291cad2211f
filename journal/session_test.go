package journal_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/journal"
)

func abandoned(t *testing.T, j *journal.Journal) []string {
	t.Helper()
	found, err := j.Abandoned(t.Context())
	must(t, err)
	return ids(found)
}

// sessions lists the lock files of sessions; none is an empty list.
func sessions(t *testing.T, path string) []string {
	t.Helper()
	if _, err := os.Stat(path + ".sessions"); errors.Is(err, os.ErrNotExist) {
		return []string{}
	}
	return names(t, path+".sessions")
}

// dead begins writes in a session that then ends without outcomes.
func dead(t *testing.T, path string, ids ...string) {
	t.Helper()
	j := journal.New(journal.Options{Path: path})
	for _, id := range ids {
		must(t, j.Begin(t.Context(), intent(id)))
	}
	must(t, j.Close())
}

func TestTheOpenWritesOfAKilledProcessAreFoundOnceItIsGone(t *testing.T) {
	j, path := open(t, journal.Options{})
	p := start(t, "begin and wait", path, 0)
	id := p.line(t)
	same(t, abandoned(t, j), []string{})
	if all := entries(t, j.Reader(), journal.Filter{}); len(all) != 1 || !all[0].Open() {
		t.Fatalf("the journal has %+v", all)
	}
	p.kill(t)
	same(t, abandoned(t, j), []string{id})
}

func TestAProcessIsNotGivenItsOwnOpenWrites(t *testing.T) {
	j, _ := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	same(t, abandoned(t, j), []string{})
}

func TestAnotherJournalOfTheSameProcessLivesToo(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	other, _ := open(t, journal.Options{Path: path})
	same(t, abandoned(t, other), []string{})
}

func TestOnlyOneProcessIsGivenAnAbandonedWrite(t *testing.T) {
	j, path := open(t, journal.Options{})
	dead(t, path, "a.1", "a.2")
	var processes []*process
	for range 4 {
		processes = append(processes, start(t, "recover and wait", path, 0))
	}
	var given []string
	var owner *process
	for _, p := range processes {
		for line := p.line(t); line != "all"; line = p.line(t) {
			given = append(given, line)
			owner = p
		}
	}
	same(t, given, []string{"a.1", "a.2"})
	same(t, abandoned(t, j), []string{})
	// One that dies at it leaves them to the next.
	owner.kill(t)
	same(t, abandoned(t, j), []string{"a.1", "a.2"})
}

func TestAClaimLastsUntilAllItsWritesHaveOutcomes(t *testing.T) {
	j, path := open(t, journal.Options{})
	dead(t, path, "a.1", "a.2")
	same(t, abandoned(t, j), []string{"a.1", "a.2"})
	must(t, j.End(t.Context(), journal.Outcome{ID: "a.1", State: journal.Done, Recovered: true}))
	same(t, abandoned(t, j), []string{"a.2"})
	other, _ := open(t, journal.Options{Path: path})
	same(t, abandoned(t, other), []string{})
	same(t, len(sessions(t, path)), 1)
	must(t, j.End(t.Context(), journal.Outcome{ID: "a.2", State: journal.Unknown, Recovered: true}))
	same(t, abandoned(t, other), []string{})
	same(t, sessions(t, path), []string{})
}

func TestClosingGivesUpClaims(t *testing.T) {
	j, path := open(t, journal.Options{})
	dead(t, path, "a.1")
	same(t, abandoned(t, j), []string{"a.1"})
	must(t, j.Close())
	if _, err := j.Abandoned(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed journal claims: %v", err)
	}
	next, _ := open(t, journal.Options{Path: path})
	same(t, abandoned(t, next), []string{"a.1"})
}

func TestAnIntentAndItsOutcomeMayStandInDifferentFiles(t *testing.T) {
	j, path := open(t, journal.Options{MaxSize: 1})
	dead(t, path, "a.1", "a.2")
	must(t, j.Record(t.Context(), intent("b.1"), done("b.1")))
	must(t, j.End(t.Context(), done("a.1")))
	must(t, j.Record(t.Context(), intent("b.2"), done("b.2")))
	same(t, abandoned(t, j), []string{"a.2"})
	found, err := j.Reader().Find(t.Context(), "a.1")
	must(t, err)
	same(t, found[0].Outcome.State, journal.Done)
}

func TestLockFilesOfKilledProcessesAreSweptUp(t *testing.T) {
	j, path := open(t, journal.Options{})
	p := start(t, "begin and wait", path, 0)
	id := p.line(t)
	p.kill(t)
	must(t, j.End(t.Context(), done(id)))
	same(t, len(sessions(t, path)), 1)
	foreign := filepath.Join(path+".sessions", "notes.txt")
	must(t, os.WriteFile(foreign, nil, 0o600))
	living := start(t, "begin and wait", path, 0)
	living.line(t)

	same(t, abandoned(t, j), []string{})
	left := sessions(t, path)
	if len(left) != 2 || !slices.Contains(left, "notes.txt") {
		t.Errorf("left are %q", left)
	}
}

func TestATornIntentIsNothingToRecover(t *testing.T) {
	j, path := open(t, journal.Options{})
	dead(t, path, "a.1")
	line := read(t, path)
	must(t, j.End(t.Context(), done("a.1")))
	appendTo(t, path, strings.ReplaceAll(line[:len(line)-10], "a.1", "a.2")+"\n")
	same(t, abandoned(t, j), []string{})
	same(t, sessions(t, path), []string{})
}

func TestATornOutcomeLeavesItsWriteOpen(t *testing.T) {
	j, path := open(t, journal.Options{})
	dead(t, path, "a.1")
	begun := len(read(t, path))
	outcome := done("a.1")
	outcome.Result = json.RawMessage(`{"a":{"b":{}}}`)
	must(t, j.End(t.Context(), outcome))
	whole := read(t, path)
	for end := begun + 1; end < len(whole)-1; end++ {
		must(t, os.WriteFile(path, []byte(whole[:end]+"\n"), 0o600))
		if got := abandoned(t, j); len(got) != 1 {
			t.Fatalf("behind %q the journal gives %q", whole[begun:end], got)
		}
	}
}

func TestASessionThatIsNoIDNeverBecomesAPath(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	session := entries(t, j.Reader(), journal.Filter{})[0].Session
	line := read(t, path)
	for _, evil := range []string{"../../evil", "", "..........", "UPPERCASE0", strings.Repeat("a", 300)} {
		appendTo(t, path, strings.Replace(line, session, evil, 1))
	}
	reader := j.Reader()
	same(t, ids(entries(t, reader, journal.Filter{})), []string{"a.1"})
	same(t, reader.Skipped(), 5)
	same(t, abandoned(t, j), []string{})
}
