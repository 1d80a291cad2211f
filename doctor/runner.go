package doctor

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/conc/panics"

	"posthog-org-mcp/progress"
)

// check is one thing to look at.
type check struct {
	name string
	// needs are the checks that it stands on. They come before it in the table.
	needs []string
	// run looks. Its context ends with the time that a check has.
	run func(*examination, context.Context) []Finding
}

// outcome is a check that has ended.
type outcome struct {
	findings []Finding
	// because is the check whose fault kept this one, or those that stand on it,
	// from being looked at; empty when nothing did.
	because string
	done    chan struct{}
}

// runChecks runs the checks side by side, each as soon as those that it stands on
// have ended, and returns their findings in the table's order. A check that does
// not end within limit is a fault, and not waited for.
func runChecks(ctx context.Context, x *examination, table []check, limit time.Duration) []Finding {
	outcomes := make(map[string]*outcome, len(table))
	for _, c := range table {
		outcomes[c.name] = &outcome{done: make(chan struct{})}
	}
	tell := newTeller(ctx)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, c := range table {
		go func() {
			o := outcomes[c.name]
			defer close(o.done)
			for _, need := range c.needs {
				<-outcomes[need].done
				if o.because == "" {
					o.because = outcomes[need].because
				}
			}
			if o.because != "" {
				o.findings = []Finding{skipped(o.because)}
				return
			}
			tell.begin(c.name)
			defer tell.end(c.name)
			o.findings = runOne(ctx, x, c, limit)
			for _, finding := range o.findings {
				switch {
				case finding.State == Fault:
					o.because = c.name
				case finding.State == Skipped && o.because == "":
					o.because = finding.because
				}
			}
		}()
	}
	var findings []Finding
	for _, c := range table {
		<-outcomes[c.name].done
		for _, finding := range outcomes[c.name].findings {
			finding.Check = c.name
			findings = append(findings, finding)
		}
	}
	return findings
}

// runOne runs a check, for as long as there is time. One that the system holds up,
// such as a network drive that is gone, is left behind.
func runOne(ctx context.Context, x *examination, c check, limit time.Duration) []Finding {
	found := make(chan []Finding, 1)
	go func() {
		findings := []Finding{fault("This met a fault of the program.", "Please report it; --bundle FILE writes a report that is safe to post.")}
		var catcher panics.Catcher
		catcher.Try(func() { findings = c.run(x, ctx) })
		found <- findings
	}()
	select {
	case findings := <-found:
		return findings
	case <-ctx.Done():
	}
	select {
	case findings := <-found:
		return findings
	default:
	}
	if ctx.Err() == context.Canceled {
		return []Finding{fault("This was interrupted.", "Start it again.")}
	}
	return []Finding{fault(fmt.Sprintf("This did not end within %s.", limit), "Look at what it waits for: the network, a network drive, or a program that asks something.")}
}

func ok(format string, args ...any) Finding {
	return Finding{State: OK, What: fmt.Sprintf(format, args...)}
}

func warning(what, next string) Finding { return Finding{State: Warning, What: what, Next: next} }

func fault(what, next string) Finding { return Finding{State: Fault, What: what, Next: next} }

// skipped is a check that was not made because of another's fault.
func skipped(because string) Finding {
	return Finding{State: Skipped, What: "Not looked at, because of the fault in " + because + ".", because: because}
}

// teller tells which checks are under way.
type teller struct {
	ctx context.Context

	mu    sync.Mutex
	under []string
}

func newTeller(ctx context.Context) *teller { return &teller{ctx: ctx} }

func (t *teller) begin(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.under = append(t.under, name)
	t.tell()
}

func (t *teller) end(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, other := range t.under {
		if other == name {
			t.under = append(t.under[:i], t.under[i+1:]...)
			break
		}
	}
	t.tell()
}

// tell is called with the lock held.
func (t *teller) tell() {
	if len(t.under) > 0 {
		progress.Note(t.ctx, "Checking "+strings.Join(t.under, ", "))
	}
}
