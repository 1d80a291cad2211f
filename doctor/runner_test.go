package doctor

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthog-org-mcp/progress"
)

func run(t *testing.T, ctx context.Context, limit time.Duration, table ...check) map[string]Finding {
	t.Helper()
	found := map[string]Finding{}
	for _, finding := range runChecks(ctx, &examination{}, table, limit) {
		found[finding.Check] = finding
	}
	return found
}

func finds(findings ...Finding) func(*examination, context.Context) []Finding {
	return func(*examination, context.Context) []Finding { return findings }
}

func TestWhatStandsOnAFaultIsSkippedAndNamesTheFirstCause(t *testing.T) {
	found := run(t, t.Context(), time.Minute,
		check{name: "host", run: finds(fault("It is down.", "Start it."))},
		check{name: "clock", run: finds(warning("It is late.", "Set it."))},
		check{name: "key", needs: []string{"host"}, run: finds(ok("never"))},
		check{name: "tools", needs: []string{"clock", "key"}, run: finds(ok("never"))},
		check{name: "journal", needs: []string{"clock"}, run: finds(ok("fine"))},
	)
	for _, name := range []string{"key", "tools"} {
		if got := found[name]; got.State != Skipped || !strings.Contains(got.What, "host") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if found["journal"].State != OK {
		t.Errorf("a warning stops what stands on it: %+v", found["journal"])
	}
}

func TestChecksRunSideBySideInTheTablesOrder(t *testing.T) {
	met := make(chan struct{})
	meet := func(*examination, context.Context) []Finding {
		select {
		case met <- struct{}{}:
		case <-met:
		case <-time.After(20 * time.Second):
			return []Finding{fault("Nobody came.", "Wait.")}
		}
		return []Finding{ok("met")}
	}
	var names []string
	for _, finding := range runChecks(t.Context(), &examination{}, []check{{name: "b", run: meet}, {name: "a", run: meet}}, time.Minute) {
		names = append(names, finding.Check)
		if finding.State != OK {
			t.Errorf("%+v", finding)
		}
	}
	if !slices.Equal(names, []string{"b", "a"}) {
		t.Errorf("%q", names)
	}
}

func TestACheckThatHangsOrPanicsIsAFaultOfItsOwn(t *testing.T) {
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	found := run(t, t.Context(), 50*time.Millisecond,
		check{name: "hangs", run: func(*examination, context.Context) []Finding { <-forever; return nil }},
		check{name: "panics", run: func(*examination, context.Context) []Finding { panic("bug") }},
		check{name: "fine", run: finds(ok("fine"))},
	)
	if got := found["hangs"]; got.State != Fault || !strings.Contains(got.What, "did not end within 50ms") {
		t.Errorf("%+v", got)
	}
	if got := found["panics"]; got.State != Fault || !strings.Contains(got.Next, "report it") {
		t.Errorf("%+v", got)
	}
	if found["fine"].State != OK {
		t.Errorf("%+v", found["fine"])
	}
}

func TestEveryCheckStandsOnEarlierOnes(t *testing.T) {
	var names []string
	for _, c := range checks() {
		for _, need := range c.needs {
			if !slices.Contains(names, need) {
				t.Errorf("%s stands on %s, which does not come before it", c.name, need)
			}
		}
		names = append(names, c.name)
	}
}

func TestWhoeverWaitsIsToldWhatIsUnderWay(t *testing.T) {
	var mu sync.Mutex
	var told []string
	ctx := progress.With(t.Context(), func(step progress.Step) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, step.What)
	})
	run(t, ctx, time.Minute, check{name: "name", run: finds(ok("fine"))})
	mu.Lock()
	defer mu.Unlock()
	if !slices.Contains(told, "Checking name") {
		t.Errorf("%q", told)
	}
}
