package progress_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"posthog-org-mcp/progress"
)

// listening returns a context and all that is told of its work.
func listening(t *testing.T) (context.Context, *[]progress.Step) {
	told := &[]progress.Step{}
	return progress.With(t.Context(), func(step progress.Step) { *told = append(*told, step) }), told
}

func want(t *testing.T, told []progress.Step, want ...progress.Step) {
	t.Helper()
	if !slices.Equal(told, want) {
		t.Errorf("told %+v, want %+v", told, want)
	}
}

func TestStretchesAddTheirStepsToOneCountThatNeverGoesDown(t *testing.T) {
	ctx, told := listening(t)
	pages := progress.Begin(ctx, 2, "pages of members")
	pages.Step("")
	pages.Step("")
	pages.End()
	progress.Note(ctx, "Waiting for the user's answer.")
	changes := progress.Begin(ctx, 3, "changes")
	changes.Step(`Create the role "Night shift".`)
	changes.End() // The second one failed.
	progress.Note(ctx, "Waiting.")
	want(t, *told,
		progress.Step{Done: 1, Total: 2, What: "1 of 2 pages of members."},
		progress.Step{Done: 2, Total: 2, What: "2 of 2 pages of members."},
		progress.Step{Done: 2, Total: 2, What: "Waiting for the user's answer."},
		progress.Step{Done: 3, Total: 5, What: `1 of 3 changes: Create the role "Night shift".`},
		progress.Step{Done: 3, Total: 3, What: "Waiting."},
	)
}

func TestMoreStepsThanWereAnnouncedRaiseTheTotal(t *testing.T) {
	ctx, told := listening(t)
	pages := progress.Begin(ctx, 1, "pages")
	pages.Step("")
	pages.Step("")
	pages.End()
	want(t, *told, progress.Step{Done: 1, Total: 1, What: "1 of 1 pages."}, progress.Step{Done: 2, Total: 2, What: "2 of 2 pages."})
}

func TestStretchesSideBySideAreToldInOrder(t *testing.T) {
	ctx, told := listening(t)
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			stretch := progress.Begin(ctx, 50, "pages")
			defer stretch.End()
			for range 50 {
				work.Go(func() { stretch.Step("") })
			}
			progress.Note(ctx, "Waiting.")
			for range 50 {
				stretch.Step("")
			}
		})
	}
	work.Wait()
	before := progress.Step{}
	for _, step := range *told {
		if step.Done < before.Done || step.Total < step.Done {
			t.Fatalf("%+v came after %+v", step, before)
		}
		before = step
	}
	if before.Done != 400 || len(*told) != 404 {
		t.Errorf("%d steps were told, the last one %+v", len(*told), before)
	}
}

func TestWithoutAListenerNothingIsAllocated(t *testing.T) {
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		stretch := progress.Begin(ctx, 3, "pages")
		stretch.Step("")
		progress.Note(ctx, "Waiting.")
		stretch.End()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
