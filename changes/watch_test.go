package changes_test

import (
	"slices"
	"sync"
	"testing"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/sandbox"
)

// told are the states that a watcher was told of, change by change.
type told struct {
	mu     sync.Mutex
	states []changes.State
}

func (w *told) watch(outcome changes.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.states = append(w.states, outcome.State)
}

func TestAWatcherIsToldOfWhatWasDoneOrMayHaveBeenAndOfNothingElse(t *testing.T) {
	for name, test := range map[string]struct {
		faults []sandbox.Fault
		change func(*testing.T, stage) changes.Change
		want   []changes.State
	}{
		"done":                   {nil, anAddition, []changes.State{changes.Done}},
		"done, answer lost":      {writeFaults(sandbox.DropAfter), anAddition, []changes.State{changes.Done}},
		"nobody knows":           {writeFaults(sandbox.DropBefore), anAddition, []changes.State{changes.Unknown}},
		"refused":                {writeFaults(sandbox.Throttle), anAddition, nil},
		"nothing was to be done": {nil, nothingToDo, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			change := test.change(t, s)
			s.sandbox.SetFaults(sandbox.Faults{Next: test.faults})
			var first, second told
			s.executor.Watch(first.watch)
			s.executor.Watch(second.watch)
			_, _ = s.apply(t.Context(), change) // how it ends, others test
			if !slices.Equal(first.states, test.want) || !slices.Equal(second.states, test.want) {
				t.Errorf("told of %q and %q, want %q", first.states, second.states, test.want)
			}
		})
	}
}

func anAddition(t *testing.T, s stage) changes.Change {
	return everyKind()[changes.MembershipAdd](t, s.org)
}

func nothingToDo(t *testing.T, s stage) changes.Change {
	t.Helper()
	role, err := s.org.Role(t.Context(), "Support")
	if err != nil {
		t.Fatal(err)
	}
	return changes.RenameRole(s.org.OrganizationID(), role, role.Name)
}
