package changes

import (
	"errors"
	"sync"
)

// watchers want to know what has changed.
type watchers struct {
	mu  sync.RWMutex
	all []func(Outcome)
}

// Watch has told called after each change that was sent and is Done or Unknown,
// before the call that made it is answered. It must be quick, and may be called
// from many goroutines at once.
func (e *Executor) Watch(told func(Outcome)) {
	e.watchers.mu.Lock()
	defer e.watchers.mu.Unlock()
	e.watchers.all = append(e.watchers.all, told)
}

func (w *watchers) tell(outcome Outcome) {
	if outcome.State != Done && outcome.State != Unknown {
		return
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, told := range w.all {
		told(outcome)
	}
}

// tellFailure tells of a change of which nobody knows whether it was made.
func (w *watchers) tellFailure(change Change, failure error) {
	var failed *Error
	if errors.As(failure, &failed) {
		w.tell(Outcome{Change: change, State: failed.State})
	}
}
