package conversations_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

var update = flag.Bool("update", false, "write the record and docs/conversations.md anew; the peer's half only where it is installed")

func TestEveryTaskEndsAsItShouldAndIsWrittenDown(t *testing.T) {
	kept := readRecord(t)
	t.Run("with this server", func(t *testing.T) {
		keepOrCompare(t, playAll(t, ours()), &kept.Ours)
	})
	t.Run("with the generated server", func(t *testing.T) {
		keepOrCompare(t, playAll(t, installedPeer(t)), &kept.Peer)
	})
	if t.Failed() {
		return
	}
	document := documentOf(t, kept)
	if *update {
		writeRecord(t, kept)
		if err := os.WriteFile(documentFile, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if is, err := os.ReadFile(documentFile); err != nil || strings.ReplaceAll(string(is), "\r\n", "\n") != document {
		t.Errorf("%s does not show the record (%v); go test ./conversations -update", documentFile, err)
	}
}

func keepOrCompare(t *testing.T, played side, kept *side) {
	t.Helper()
	if *update {
		*kept = played.steadied(*kept)
		return
	}
	played.compare(t, *kept)
}

// The bounds, in percent of the peer's tokens.
const (
	mostOfAny    = 50
	mostOfMedian = 20
)

func TestNoTaskTakesMoreThanHalfOfThePeersTokensAndTheMiddleOneAFifth(t *testing.T) {
	costs := costsOf(t, readRecord(t))
	t.Log("\n" + table(costs))
	for _, cost := range costs {
		if cost.percent() > mostOfAny {
			t.Errorf("%s takes %.1f %% of the peer's tokens", cost.task, cost.percent())
		}
	}
	if middle := median(costs); middle > mostOfMedian {
		t.Errorf("at the median a task takes %.1f %% of the peer's tokens", middle)
	}
}

func TestAReplyHoldsAllThatWasFound(t *testing.T) {
	names := map[string]bool{}
	for _, task := range tasks() {
		if names[task.name] {
			t.Errorf("there are two tasks %q", task.name)
		}
		names[task.name] = true
		for _, fact := range task.found {
			if !strings.Contains(task.reply, fact) {
				t.Errorf("%s: %q is not in %q", task.name, fact, task.reply)
			}
		}
		if len(task.found)+len(task.changed) == 0 {
			t.Errorf("%s finds nothing and changes nothing", task.name)
		}
	}
	if len(names) != 20 {
		t.Errorf("%d tasks", len(names))
	}
}

// clock is the sandbox's time, so that the dates in its answers stay.
func clock() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// A player is one of the two servers, with how a model talks to it.
type player struct {
	start func(*testing.T, *harness.Stage, task) *model
	talk  func(task, *model) (found []string)
	shown int // characters of an answer that the document shows
}

// playAll has every task done, side by side, each on an organization of its own,
// and checks what was found out and what is different afterwards.
func playAll(t *testing.T, player player) side {
	t.Helper()
	all := tasks()
	played := side{Talks: make([]talk, len(all))}
	t.Run("tasks", func(t *testing.T) {
		for i, task := range all {
			t.Run(task.name, func(t *testing.T) {
				t.Parallel()
				stage := harness.Backend(t, sandbox.Options{Now: clock})
				before := look(t, stage)
				m := player.start(t, stage, task)
				if i == 0 {
					played.Opening = openingOf(t, m.session)
				}
				if found := player.talk(task, m); !slices.Equal(found, task.found) {
					t.Errorf("found %q, want %q", found, task.found)
				}
				if changed := look(t, stage).changes(before); !slices.Equal(changed, task.changed) {
					t.Errorf("changed\n%s\nwant\n%s", strings.Join(changed, "\n"), strings.Join(task.changed, "\n"))
				}
				played.Talks[i] = talkOf(t, task, m.said, player.shown)
			})
		}
	})
	for i := range played.Talks {
		played.Talks[i].Whole = played.Talks[i].Whole.plus(played.Opening.cost())
	}
	return played
}
