package changes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/progress"
)

// log is what an executor logs, for a test that reads while it goes on.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines are those at level warn and above.
func (l *log) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(strings.Lines(l.text.String()))
}

func (l *log) setting(config *apiclient.Config, _ *changes.Options) {
	config.Logger = slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// roles are changes that make so many roles.
func (s stage) roles(count int) changes.Set {
	var set changes.Set
	for i := range count {
		set = append(set, changes.CreateRole(s.org.OrganizationID(), fmt.Sprintf("Shift %d", i+1)))
	}
	return set
}

func TestSeveralChangesTellTheirProgressAndOneTellsNothing(t *testing.T) {
	s := newStage(t)
	var told []progress.Step
	ctx := progress.With(t.Context(), func(step progress.Step) { told = append(told, step) })
	if _, err := s.apply(ctx, s.roles(2)...); err != nil {
		t.Fatal(err)
	}
	want := []progress.Step{
		{Done: 1, Total: 2, What: `1 of 2 changes: Create the role "Shift 1".`},
		{Done: 2, Total: 2, What: `2 of 2 changes: Create the role "Shift 2".`},
	}
	if !slices.Equal(told, want) {
		t.Errorf("told %+v", told)
	}
	told = nil
	role := anyRole(t, s.org)
	satisfied := changes.RenameRole(s.org.OrganizationID(), role, role.Name)
	if _, err := s.apply(ctx, satisfied, changes.CreateRole(s.org.OrganizationID(), "Shift 3")); err != nil {
		t.Fatal(err)
	}
	if len(told) != 0 {
		t.Errorf("one change told %+v", told)
	}
}

func TestACancelledSetSaysInTheLogWhatWasDoneAndUndoTakesThatBack(t *testing.T) {
	var logged log
	s := newStage(t, logged.setting)
	before := picture(t, s.org)
	because := errors.New("the test cancelled it")
	ctx, cancel := context.WithCancelCause(t.Context())
	ctx = progress.With(ctx, func(step progress.Step) {
		if step.Done == 3 {
			cancel(because)
		}
	})
	_, err := s.apply(ctx, s.roles(10)...)
	var failed *changes.Error
	if !errors.As(err, &failed) || failed.State != changes.NotDone || len(failed.Done) != 3 || len(failed.Left) != 6 || !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if s.writes() != 3 {
		t.Errorf("%d writes were sent", s.writes())
	}
	entries := s.entries(t)
	if len(entries) != 3 || slices.ContainsFunc(entries, func(e journal.Entry) bool { return e.Outcome.State != journal.Done }) {
		t.Fatalf("the journal has %+v", entries)
	}
	call := entries[0].Call
	want := fmt.Sprintf(`msg="cancelled in the middle" tool=test cause="the test cancelled it" done=3 of=10 call=%s taken_back_by="undo %s"`, call, call)
	if lines := logged.lines(); len(lines) != 1 || !strings.Contains(lines[0], want) || !strings.Contains(lines[0], "level=WARN") {
		t.Errorf("logged %q, want %q", lines, want)
	}
	undone, err := changes.Undo(t.Context(), s.org.API(), entries, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.apply(t.Context(), undone...); err != nil {
		t.Fatal(err)
	}
	if after := picture(t, s.org); !slices.Equal(after, before) {
		t.Errorf("after undo: %q", after)
	}
}

func TestACallThatIsCancelledBeforeItsFirstChangeSaysNothing(t *testing.T) {
	var logged log
	s := newStage(t, logged.setting)
	ctx, cancel := context.WithCancel(t.Context())
	order := s.order(s.roles(2))
	order.Plan = func(context.Context, apiclient.OrganizationID) (changes.Set, error) {
		cancel()
		return s.roles(2), nil
	}
	if _, err := s.executor.Apply(ctx, order); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if lines := logged.lines(); len(lines) != 0 || s.writes() != 0 {
		t.Errorf("logged %q, %d writes", lines, s.writes())
	}
}

func TestAChangeThatIsMadeAllTheSameIsSaidToBeMade(t *testing.T) {
	var logged log
	ctx, cancel := context.WithCancel(t.Context())
	s := newStage(t, logged.setting, func(config *apiclient.Config, _ *changes.Options) { config.Transport = spying(cancel) })
	if _, err := s.apply(ctx, s.roles(1)...); err != nil {
		t.Fatal(err)
	}
	if lines := logged.lines(); len(lines) != 1 || !strings.Contains(lines[0], `msg="cancelled when all was done" tool=test cause="context canceled" done=1 of=1`) {
		t.Errorf("logged %q", lines)
	}
}

func TestAChangeThatIsNotWaitedForIsUnknownAndItsEndIsLogged(t *testing.T) {
	var logged log
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	s := newStage(t, logged.setting, func(config *apiclient.Config, _ *changes.Options) {
		config.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet {
				cancel()
				<-release
			}
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	_, err := s.apply(ctx, s.roles(3)...)
	var failed *changes.Error
	if !errors.As(err, &failed) || failed.State != changes.Unknown || len(failed.Left) != 2 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
	awaitLine := func(parts ...string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			for _, line := range logged.lines() {
				if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
					return
				}
			}
			if time.Now().After(deadline) {
				t.Fatalf("logged %q", logged.lines())
			}
		}
	}
	awaitLine("cancelled in the middle", "done=0 of=3 unknown=1", `taken_back_by="undo `)
	awaitLine("a change that was not waited for has ended", "state=done")
}
