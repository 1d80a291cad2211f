package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jedib0t/go-pretty/v6/text"

	"posthog-org-mcp/progress"
)

// withProgress shows on a terminal how far the work of a context has come, as
// one line that is written over again and again; stop takes it away. Elsewhere
// nothing is shown, and nothing counted.
func (a *app) withProgress(ctx context.Context) (_ context.Context, stop func()) {
	if a.status == nil {
		return ctx, func() {}
	}
	var over atomic.Bool // A change that was not waited for may tell of itself later.
	ctx = progress.With(ctx, func(step progress.Step) {
		if !over.Load() {
			a.status.show(onOneLine(a.redactor.Text(step.What)))
		}
	})
	return ctx, func() {
		over.Store(true)
		a.status.clear()
	}
}

// statusLine is a terminal on which one line can be shown for a while. Whatever
// else is written there takes its place.
type statusLine struct {
	out io.Writer

	mu    sync.Mutex
	shown int // columns of the line that is shown
}

// usualWidth is that of a terminal which does not tell.
const usualWidth = 80

// Write writes in place of the line that is shown.
func (s *statusLine) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	return s.out.Write(p)
}

// show shows a line, cut to the width of the terminal: a longer one would run
// on below, where nothing can be taken back.
func (s *statusLine) show(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, width := terminalOf(s.out) // Windows are made larger and smaller.
	line = text.Snip(line, cmp.Or(width, usualWidth)-1, "…")
	columns := text.StringWidthWithoutEscSequences(line)
	// Blanks wipe what a longer line before has left; not every terminal knows
	// a sequence for that.
	_, _ = fmt.Fprint(s.out, "\r"+line+strings.Repeat(" ", max(0, s.shown-columns)))
	s.shown = columns
}

func (s *statusLine) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
}

// wipe takes the line away. The lock is held.
func (s *statusLine) wipe() {
	if s.shown > 0 {
		_, _ = fmt.Fprint(s.out, "\r"+strings.Repeat(" ", s.shown)+"\r")
		s.shown = 0
	}
}
