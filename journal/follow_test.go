package journal_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/journal"
)

// follow collects what a follower tells, as "id state", until it is stopped.
func follow(t *testing.T, reader journal.Reader, filter journal.Filter) (next func() string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan string)
	ended := make(chan struct{})
	news := reader.Follow(ctx, filter)
	go func() {
		defer close(ended)
		for entry, err := range news {
			text := strings.TrimSpace(entry.ID + " " + string(entry.Outcome.State))
			if err != nil {
				text = err.Error()
			}
			select {
			case told <- text:
			case <-ctx.Done():
				return
			}
		}
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	return func() string {
		t.Helper()
		select {
		case text := <-told:
			return text
		case <-ended:
			t.Fatal("the follower has ended")
		case <-time.After(20 * time.Second):
			t.Fatal("the follower tells nothing")
		}
		return ""
	}, stop
}

func TestAFollowerIsToldOfEachBeginningAndEnd(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("before.1")))
	next, stop := follow(t, journal.NewReader(path), journal.Filter{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	same(t, next(), "a.1")
	must(t, j.Record(t.Context(), intent("a.2"), journal.Outcome{State: journal.Refused}))
	same(t, next(), "a.2 refused")
	must(t, j.End(t.Context(), done("a.1")))
	same(t, next(), "a.1 done")
	must(t, j.End(t.Context(), done("nobody.1")))
	must(t, j.End(t.Context(), done("before.1")))
	same(t, next(), "before.1 done")
	stop()
}

func TestAFollowerMayComeBeforeTheFile(t *testing.T) {
	j, path := open(t, journal.Options{MaxSize: 1})
	next, _ := follow(t, journal.NewReader(path), journal.Filter{})
	for i := range 3 {
		id := fmt.Sprintf("a.%d", i)
		must(t, j.Record(t.Context(), intent(id), done(id)))
	}
	for i := range 3 {
		same(t, next(), fmt.Sprintf("a.%d done", i))
	}
}

func TestAFollowerLosesNothingWhenFilesArePutAside(t *testing.T) {
	j, path := open(t, journal.Options{MaxSize: 600})
	must(t, j.Record(t.Context(), intent("before.1"), done("before.1")))
	next, _ := follow(t, journal.NewReader(path), journal.Filter{})
	for round := range 3 {
		for i := range 10 {
			id := fmt.Sprintf("a%d.%d", round, i)
			must(t, j.Record(t.Context(), intent(id), done(id)))
		}
		for i := range 10 {
			same(t, next(), fmt.Sprintf("a%d.%d done", round, i))
		}
	}
}

func TestAFollowerIsToldOnlyOfWhatItAskedFor(t *testing.T) {
	j, path := open(t, journal.Options{})
	next, _ := follow(t, journal.NewReader(path), journal.Filter{Tool: "roles-create"})
	must(t, j.Record(t.Context(), intent("a.1"), done("a.1")))
	create := intent("a.2")
	create.Tool = "roles-create"
	must(t, j.Record(t.Context(), create, done("a.2")))
	same(t, next(), "a.2 done")
}

func TestAFollowerWaitsForTheEndOfALineAndPassesOverTornOnes(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Record(t.Context(), intent("a.1"), done("a.1")))
	line := read(t, path)
	reader := journal.NewReader(path)
	next, _ := follow(t, reader, journal.Filter{})
	appendTo(t, path, line[:20])
	must(t, j.Record(t.Context(), intent("a.2"), done("a.2")))
	same(t, next(), "a.2 done")
	same(t, reader.Skipped(), 1)
	appendTo(t, path, strings.Replace(line[:40], "a.1", "a.3", 1))
	appendTo(t, path, strings.ReplaceAll(line[40:], "a.1", "a.3"))
	same(t, next(), "a.3 done")
	same(t, reader.Skipped(), 1)
}

func TestAFollowerGoesOnWhenTheJournalIsDeletedAndBegunAnew(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Record(t.Context(), intent("a.1"), done("a.1")))
	next, _ := follow(t, journal.NewReader(path), journal.Filter{})
	must(t, j.Record(t.Context(), intent("a.2"), done("a.2")))
	same(t, next(), "a.2 done")
	// Kept under another name, so that the new file cannot get its number.
	must(t, os.Rename(path, path+".kept"))
	must(t, j.Record(t.Context(), intent("a.3"), done("a.3")))
	same(t, next(), "a.3 done")
}

func TestAFollowerEndsSilentlyWithItsContext(t *testing.T) {
	j, _ := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for entry, err := range j.Reader().Follow(ctx, journal.Filter{}) {
		t.Errorf("it tells %v, %v", entry, err)
	}
}

func TestWhatIsNoFileCannotBeFollowed(t *testing.T) {
	folder := t.TempDir()
	var got error
	for _, err := range journal.NewReader(folder).Follow(t.Context(), journal.Filter{}) {
		got = err
	}
	if got == nil || !strings.Contains(got.Error(), folder) {
		t.Errorf("the error is %v", got)
	}
}
