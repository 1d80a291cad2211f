package journal_test

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"posthog-org-mcp/journal"
)

// A process that appends in a loop is killed at random, twenty times on the
// same journal. Whatever it had been promised is there, and whatever it left
// open is found by the next start, once.
func TestKillingTakesNothingBackThatWasPromised(t *testing.T) {
	const rounds = 20
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	begun, ended := map[string]bool{}, map[string]bool{}
	settled := map[string]bool{}
	for range rounds {
		p := start(t, "write until killed", path, 8<<10)
		said := []string{p.line(t)}
		for range rand.IntN(40) {
			said = append(said, p.line(t))
		}
		said = append(said, p.kill(t)...)
		for _, line := range said {
			what, id, _ := strings.Cut(line, " ")
			if what == "begun" {
				begun[id] = true
			} else {
				ended[id] = true
			}
		}

		j := journal.New(journal.Options{Path: path})
		left := abandoned(t, j)
		if len(left) > 1 {
			t.Errorf("one write at a time has left %q", left)
		}
		for _, id := range left {
			if ended[id] || settled[id] {
				t.Errorf("%s had ended, and is found open", id)
			}
			must(t, j.End(t.Context(), journal.Outcome{ID: id, State: journal.Unknown, Recovered: true}))
			settled[id] = true
		}
		must(t, j.Close())
		same(t, sessions(t, path), []string{})
	}

	reader := journal.NewReader(path)
	there := map[string]journal.Entry{}
	for _, entry := range entries(t, reader, journal.Filter{}) {
		if _, twice := there[entry.ID]; twice {
			t.Errorf("%s is there twice", entry.ID)
		}
		there[entry.ID] = entry
		if entry.Open() {
			t.Errorf("%s is open and was not found", entry.ID)
		}
		if entry.Outcome.Recovered != settled[entry.ID] {
			t.Errorf("%s: recovered is %v", entry.ID, entry.Outcome.Recovered)
		}
	}
	for id := range begun {
		if _, ok := there[id]; !ok {
			t.Errorf("%s had begun and is not there", id)
		}
	}
	for id := range ended {
		if there[id].Outcome.State != journal.Done {
			t.Errorf("%s had ended and is %q", id, there[id].Outcome.State)
		}
	}
	if reader.Skipped() > rounds {
		t.Errorf("%d lines are torn after %d kills", reader.Skipped(), rounds)
	}
	t.Logf("%d begun, %d ended, %d recovered, %d lines torn", len(begun), len(ended), len(settled), reader.Skipped())
}
