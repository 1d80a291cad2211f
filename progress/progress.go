// Package progress lets work tell how far it has come, to whoever asked for it
// by the context. It knows neither: reading pages and making changes tell it,
// a client of the protocol or a terminal listens. Without a listener nothing
// is counted or worded.
//
// What counts is a step: one page read, or one change made. A call may go
// through several stretches, one after the other or side by side, such as
// reading the members and then adding ten of them; each adds its steps to the
// same count. So the count of what is done never goes down, and the total grows
// when more work becomes known.
package progress

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// Step is how far the work of a context has come.
type Step struct {
	// Done is how many steps were made. It never goes down.
	Done int
	// Total is how many steps are known of, made or not; 0 while none is. It grows
	// with each stretch, and shrinks when one ends early, to Done at the least.
	Total int
	// What is one short sentence, in which other people's text is quoted.
	What string
}

// With returns a context whose work is told to tell, one step at a time and in
// order. Tell must neither wait nor tell of progress itself. A listener within
// another takes its place.
func With(ctx context.Context, tell func(Step)) context.Context {
	return context.WithValue(ctx, key{}, &count{tell: tell})
}

// Note tells what the work waits for, without a step forward.
func Note(ctx context.Context, what string) {
	if c := countOf(ctx); c != nil {
		c.add(0, 0, what)
	}
}

// Begin announces a stretch of steps, each one of unit, such as "pages of
// roles"; it must be ended. Who makes one step in all has nothing to announce.
// Without a listener it is nil, which tells nothing.
func Begin(ctx context.Context, steps int, unit string) *Stretch {
	c := countOf(ctx)
	if c == nil {
		return nil
	}
	c.add(0, steps, "")
	return &Stretch{count: c, steps: steps, unit: unit}
}

// A Stretch is some of the steps of a context's work. It is safe for
// concurrent use.
type Stretch struct {
	count *count
	unit  string

	mu    sync.Mutex
	done  int
	steps int
}

// Step tells that one more step was made. Detail is a sentence about it, and may
// be empty.
func (s *Stretch) Step(detail string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done++
	unforeseen := max(0, s.done-s.steps)
	s.steps += unforeseen
	what := fmt.Sprintf("%d of %d %s", s.done, s.steps, s.unit)
	if detail != "" {
		what += ": " + detail
	}
	s.count.add(1, unforeseen, strings.TrimSuffix(what, ".")+".")
}

// End takes the steps that were not made out of the total.
func (s *Stretch) End() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.add(0, s.done-s.steps, "")
	s.steps = s.done
}

// count is the work of one context.
type count struct {
	tell func(Step)

	mu          sync.Mutex
	done, total int
}

// add counts, and tells it unless there is nothing to say.
func (c *count) add(done, total int, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done += done
	c.total += total
	if what != "" {
		c.tell(Step{Done: c.done, Total: c.total, What: what})
	}
}

type key struct{}

func countOf(ctx context.Context) *count {
	c, _ := ctx.Value(key{}).(*count)
	return c
}
