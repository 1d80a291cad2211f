package changes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/handover"
)

// grace is how long a change that has begun is waited for after a cancellation.
const grace = 500 * time.Millisecond

// carryThrough carries one change through to its end, whether or not ctx ends
// meanwhile.
func (e *Executor) carryThrough(ctx context.Context, w *work, place int, change Change) (Outcome, error) {
	type result struct {
		outcome Outcome
		err     error
	}
	ended := make(chan result, 1)
	var over atomic.Bool // It has ended, or is waited for no longer: whichever came first.
	end := func(r result) {
		if over.CompareAndSwap(false, true) {
			ended <- r
			return
		}
		e.logLate(ctx, w.call, change, r.outcome, r.err)
	}
	w.running.Go(func() {
		// A panic here would end the process, for no other goroutine sees it.
		defer func() {
			if cause := recover(); cause != nil {
				e.log.ErrorContext(ctx, "panic", "change", change.Kind.String(), "cause", fmt.Sprint(cause))
				end(result{err: &Error{Change: change, State: Unknown, Err: errBug}})
			}
		}()
		outcome, err := e.carry(context.WithoutCancel(ctx), w, place, change)
		end(result{outcome, err})
	})
	select {
	case r := <-ended:
		return r.outcome, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-ended:
		return r.outcome, r.err
	case <-time.After(grace):
	}
	if !over.CompareAndSwap(false, true) {
		r := <-ended
		return r.outcome, r.err
	}
	e.log.WarnContext(ctx, "not waited for: a change that has begun", "change", change.Kind.String(), "organization", string(change.Organization))
	return Outcome{}, &Error{Change: change, State: Unknown, Err: fmt.Errorf("%w: %w", ctx.Err(), context.Cause(ctx))}
}

// carry is the way of one change: a place for what must not be lost, the intent
// on disk, the request, what became of it, the outcome on disk.
func (e *Executor) carry(ctx context.Context, w *work, place int, change Change) (Outcome, error) {
	slot, err := e.prepare(ctx, change)
	if err != nil {
		return Outcome{}, e.unprepared(ctx, change, err)
	}
	defer e.discard(ctx, slot)
	id, err := e.writeIntent(ctx, w, place, change)
	if err != nil {
		return Outcome{}, e.unprepared(ctx, change, err)
	}
	if change.Kind == TokenRotate {
		e.rotated.add(w.organization.ID, change.Project.ID)
	}
	ctx, note := apiclient.WithRequestNote(ctx)
	outcome, failure := e.settle(ctx, change)
	outcome.ID = id
	if failure == nil {
		deliver(&outcome, slot)
	}
	if err := e.writeOutcome(ctx, id, outcome, failure, note.RequestID()); err != nil {
		e.log.ErrorContext(ctx, "the outcome of a change is not in the journal", "change", change.Kind.String(), "error", err)
		outcome.Unwritten = err
	}
	if failure != nil {
		e.closed.note(change.Kind, failure)
		e.watchers.tellFailure(change, failure)
		return Outcome{}, failure
	}
	e.watchers.tell(outcome)
	return outcome, nil
}

// unprepared is a change that is not sent because it could not be written down,
// or its secret put anywhere. The log names the file, which is the operator's to
// mend and nothing for a model to read.
func (e *Executor) unprepared(ctx context.Context, change Change, err error) error {
	e.log.ErrorContext(ctx, "a change was not sent", "change", change.Kind.String(), "error", err)
	return &Error{Change: change, State: NotDone, Err: err}
}

// settle sends a change, and finds out what became of it if the answer does not
// tell. The error, if any, is an *Error.
func (e *Executor) settle(ctx context.Context, change Change) (Outcome, error) {
	outcome := Outcome{Change: change, State: Done}
	err := change.Kind.rule().send(ctx, e.api, change, &outcome)
	switch {
	case err == nil:
		e.log.InfoContext(ctx, "changed", "change", change.Kind.String(), "organization", string(change.Organization))
		return outcome, nil
	case errors.Is(err, apiclient.ErrUnknownOutcome):
		return e.findOut(ctx, change, err)
	case change.Kind.Effect() == Destroys && errors.Is(err, apiclient.ErrNotFound):
		return e.confirmGone(ctx, change, err)
	}
	return Outcome{}, &Error{Change: change, State: NotDone, Err: err}
}

// findOutTime bounds the reading back after a lost answer.
const findOutTime = 15 * time.Second

// findOut reads back whether a change happened whose answer was lost for cause.
func (e *Executor) findOut(ctx context.Context, change Change, cause error) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, findOutTime)
	defer cancel()
	outcome := Outcome{Change: change, State: Done, ReadBack: true}
	happened, err := change.Kind.rule().find(ctx, e.api.Reader(), change, &outcome)
	switch {
	case err != nil:
		e.log.WarnContext(ctx, "outcome unknown", "change", change.Kind.String(), "cause", cause, "reading_back", err)
		return Outcome{}, &Error{Change: change, State: Unknown, Err: cause}
	case !happened:
		// The server, or one behind it, may still be at work on what it was sent.
		return Outcome{}, &Error{Change: change, State: Unknown, ReadBack: true, Err: cause}
	}
	e.log.InfoContext(ctx, "changed, found by reading back", "change", change.Kind.String(), "cause", cause)
	return outcome, nil
}

// confirmGone looks whether what was to be deleted is gone, as the API says.
// Then somebody else was faster, and there is nothing left to do.
func (e *Executor) confirmGone(ctx context.Context, change Change, cause error) (Outcome, error) {
	var outcome Outcome
	if change.Kind != TokenRotate {
		if isGone, err := change.Kind.rule().find(ctx, e.api.Reader(), change, &outcome); err == nil && isGone {
			outcome.Change, outcome.State = change, Unchanged
			return outcome, nil
		}
	}
	return Outcome{}, &Error{Change: change, State: NotDone, Err: cause}
}

// prepare finds a place for the token of a rotation before it is sent: a token
// that is nowhere to be found helps nobody. Other changes need none.
func (e *Executor) prepare(ctx context.Context, change Change) (handover.Slot, error) {
	if change.Kind != TokenRotate || e.secrets == nil {
		return nil, nil
	}
	return e.secrets.Prepare(ctx, handover.Label{
		Host:        e.api.Reader().Host().Host,
		ProjectID:   int(change.Project.ID),
		ProjectName: projectName(*change.Project),
		SettingsURL: e.api.Reader().Host().JoinPath("project", strconv.Itoa(int(change.Project.ID)), "settings", "project").String(),
	})
}

func (e *Executor) discard(ctx context.Context, slot handover.Slot) {
	if slot == nil {
		return
	}
	if err := slot.Discard(); err != nil {
		e.log.WarnContext(ctx, "the place that was kept for a token is left behind", "error", err)
	}
}

// deliver puts a rotated token where it was to go.
func deliver(outcome *Outcome, slot handover.Slot) {
	if slot == nil || outcome.Project == nil || outcome.Project.SecretAPIToken == nil {
		return
	}
	outcome.Receipt, outcome.Undelivered = slot.Put(*outcome.Project.SecretAPIToken)
}
