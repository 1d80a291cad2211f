package server

import "context"

// turn is a tool call's place among those that run at once. It belongs to the
// call, and to one goroutine at a time.
type turn struct {
	slots chan struct{}
	base  context.Context // of every request of the client
	held  bool
}

// take waits for a slot. An error says why the call is not to go on: its own
// end, or that of all.
func (t *turn) take(ctx context.Context) error {
	select {
	case t.slots <- struct{}{}:
		t.held = true
		// The end reaches base first, and a slot that it freed must start nothing.
		return context.Cause(t.base)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave makes room for another call.
func (t *turn) leave() {
	if t.held {
		t.held = false
		<-t.slots
	}
}
