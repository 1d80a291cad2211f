package contract

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// maxProblems bounds what one Checker reports: a broken field in an answer
// that a test asks for 200 times is one thing to mend.
const maxProblems = 20

// reporter tells a test what is wrong, and falls silent when the test ends: an
// exchange may outlive the test that began it, and testing.TB panics then.
type reporter struct {
	tb testing.TB

	mu    sync.Mutex
	ended bool
	told  int
}

func newReporter(tb testing.TB) *reporter {
	p := &reporter{tb: tb}
	// Cleanups run last in, first out: the server that is started on the
	// checked handler is closed before this one ends the reports.
	tb.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ended = true
	})
	return p
}

// problem fails the test over one exchange.
func (p *reporter) problem(r *http.Request, problem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.told++
	switch {
	case p.told < maxProblems:
		p.tb.Errorf("contract: %s %s: %s", r.Method, cut(r.URL.EscapedPath(), 200), cut(problem, 600))
	case p.told == maxProblems:
		p.tb.Errorf("contract: more problems follow; only the first %d are shown", maxProblems-1)
	}
}

func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:limit], len(text))
}
