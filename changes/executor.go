package changes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"posthog-org-mcp/apiclient"
)

// Limits are what the operator allows.
type Limits struct {
	// ReadOnly refuses every change.
	ReadOnly bool
}

// An Executor carries changes out. It alone holds the client that writes.
// It is safe for concurrent use.
type Executor struct {
	api    *apiclient.Client
	limits Limits
	log    *slog.Logger
}

// Connect makes the client of the organization API and splits it: the reader
// for everybody, the writing half for the executor alone. It sends nothing.
func Connect(config apiclient.Config, limits Limits) (apiclient.Reader, *Executor, error) {
	client, err := apiclient.New(config)
	if err != nil {
		return apiclient.Reader{}, nil, err
	}
	logger := config.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return client.Reader(), &Executor{api: client, limits: limits, log: logger}, nil
}

// State is how a change ended.
type State string

// The states of an outcome.
const (
	// Done: the organization is now as the change says.
	Done State = "done"
	// Unchanged: it already was, and nothing was sent.
	Unchanged State = "unchanged"
	// NotDone: nothing has changed.
	NotDone State = "not done"
	// Unknown: it may or may not have happened, and reading back did not tell.
	Unknown State = "unknown"
)

// Outcome is what became of one change. The object that it made or changed is
// set when it is done, where there is one.
type Outcome struct {
	Change Change
	State  State
	// ReadBack reports that the answer to the request was lost, and that
	// reading afterwards told what is true.
	ReadBack bool

	Role       *apiclient.Role
	Membership *apiclient.RoleMembership
	Reference  *apiclient.Reference
	Project    *apiclient.Project
}

// Undo returns the changes that would take the outcome back; none when nothing
// was changed, or when nothing can.
func (o Outcome) Undo() Set {
	// What was only found afterwards may be somebody else's, and is not ours to undo.
	if o.State != Done || o.ReadBack {
		return nil
	}
	return o.Change.Kind.rule().inverse(o)
}

// Error says why a change was not carried out, or that nobody knows.
type Error struct {
	Change Change
	State  State // NotDone or Unknown
	// ReadBack reports that the state was found out by reading afterwards.
	ReadBack bool
	Err      error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v (%s)", e.Change.Kind, e.Err, e.State) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// errBug stands for a panic, whose text may hold anything.
var errBug = errors.New("a bug in this server")

// Reasons for which a change is refused before anything is sent.
var (
	// ErrReadOnly: the operator allows no writes.
	ErrReadOnly = errors.New("the server was started read-only")
	// ErrKindNotAllowed: the caller planned a kind of change that it has not declared.
	ErrKindNotAllowed = errors.New("this kind of change was not declared by the caller")
)

// Apply carries set out in order and returns an outcome for each change it got
// to. It stops at the first that fails, with an *Error; changes after that one
// are not sent. May is what the caller has declared that it does.
//
// Once a change has begun, cancelling ctx no longer stops it: half a write
// helps nobody. Apply then waits a moment longer, and if that is not enough
// returns that the outcome is unknown. Cancelling between two changes stops
// before the second.
func (e *Executor) Apply(ctx context.Context, set Set, may Kinds) ([]Outcome, error) {
	for _, change := range set {
		if err := e.allowed(change, may); err != nil {
			return nil, &Error{Change: change, State: NotDone, Err: err}
		}
	}
	outcomes := make([]Outcome, 0, len(set))
	for _, change := range set {
		if change.Satisfied {
			outcomes = append(outcomes, satisfied(change))
			continue
		}
		if err := ctx.Err(); err != nil {
			return outcomes, &Error{Change: change, State: NotDone, Err: err}
		}
		outcome, err := e.carryThrough(ctx, change)
		if err != nil {
			return outcomes, err
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

// allowed checks a change against the limits, before anything is sent.
func (e *Executor) allowed(change Change, may Kinds) error {
	switch {
	case e.limits.ReadOnly:
		return ErrReadOnly
	case change.Kind.rule().send == nil || !may.Has(change.Kind):
		return fmt.Errorf("%w: %s", ErrKindNotAllowed, change.Kind)
	}
	return nil
}

// grace is how long a change that has begun is waited for after a cancellation.
const grace = 500 * time.Millisecond

// carryThrough sends a change and finds out what became of it, whether or not
// ctx ends meanwhile.
func (e *Executor) carryThrough(ctx context.Context, change Change) (Outcome, error) {
	type result struct {
		outcome Outcome
		err     error
	}
	ended := make(chan result, 1)
	go func() {
		// A panic here would end the process, for no other goroutine sees it.
		defer func() {
			if cause := recover(); cause != nil {
				e.log.ErrorContext(ctx, "panic", "change", change.Kind.String(), "cause", fmt.Sprint(cause))
				ended <- result{err: &Error{Change: change, State: Unknown, Err: errBug}}
			}
		}()
		began := context.WithoutCancel(ctx)
		outcome, err := e.send(began, change)
		if errors.Is(err, apiclient.ErrUnknownOutcome) {
			outcome, err = e.findOut(began, change, err)
		}
		ended <- result{outcome, err}
	}()
	select {
	case r := <-ended:
		return r.outcome, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-ended:
		return r.outcome, r.err
	case <-time.After(grace):
		e.log.WarnContext(ctx, "not waited for: a change that has begun", "change", change.Kind.String(), "organization", string(change.Organization))
		return Outcome{}, &Error{Change: change, State: Unknown, Err: context.Cause(ctx)}
	}
}

// send makes the one request. The client bounds its time.
func (e *Executor) send(ctx context.Context, change Change) (Outcome, error) {
	outcome := Outcome{Change: change, State: Done}
	if err := change.Kind.rule().send(ctx, e.api, change, &outcome); err != nil {
		return Outcome{}, &Error{Change: change, State: NotDone, Err: err}
	}
	e.log.InfoContext(ctx, "changed", "change", change.Kind.String(), "organization", string(change.Organization))
	return outcome, nil
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
		return Outcome{}, &Error{Change: change, State: Unknown, Err: errors.Unwrap(cause)}
	case !happened && mayStillHappen(change, cause):
		return Outcome{}, &Error{Change: change, State: Unknown, ReadBack: true, Err: errors.Unwrap(cause)}
	case !happened:
		return Outcome{}, &Error{Change: change, State: NotDone, ReadBack: true, Err: errors.Unwrap(cause)}
	}
	e.log.InfoContext(ctx, "changed, found by reading back", "change", change.Kind.String(), "cause", cause)
	return outcome, nil
}

// mayStillHappen reports whether a change that was not there when it was looked
// up may be made yet: the server, or one behind it, may still be at work. About
// a rotation nothing is assumed, for a second one does harm.
func mayStillHappen(change Change, cause error) bool {
	return change.Kind == TokenRotate || errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, apiclient.ErrServer)
}

// satisfied is the outcome of a change that had nothing to do.
func satisfied(change Change) Outcome {
	return Outcome{
		Change: change, State: Unchanged,
		Role: change.Role, Membership: change.Membership, Reference: change.Reference,
	}
}
