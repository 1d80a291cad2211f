package changes

import (
	"errors"
	"fmt"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/handover"
)

// State is how a change ended.
type State string

// The states of an outcome.
const (
	// Done: the organization is now as the change says.
	Done State = "done"
	// Unchanged: it already was, and nothing was changed.
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
	// ID is the journal's id of the write; empty when nothing was sent or written down.
	ID string
	// Unwritten is why the outcome of a change that was made is not in the journal.
	Unwritten error
	// Receipt says where a rotated token was put; Undelivered why it was not.
	Receipt     handover.Receipt
	Undelivered error

	Role       *apiclient.Role
	Membership *apiclient.RoleMembership
	Reference  *apiclient.Reference
	Project    *apiclient.Project
}

// CanUndo reports whether the journal could take the outcome back.
func (o Outcome) CanUndo() bool {
	return o.State == Done && o.ID != "" && o.Unwritten == nil && o.Change.Kind.rule().reverse != nil
}

// Error says why a change was not carried out, or that nobody knows.
type Error struct {
	Change Change
	State  State // NotDone or Unknown
	// ReadBack reports that it was looked for afterwards, and was not there yet.
	ReadBack bool
	Err      error
	// Done are the outcomes before it, and Left the changes after it, which were
	// not begun.
	Done []Outcome
	Left Set
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v (%s)", e.Change.Kind, e.Err, e.State) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// errBug stands for a panic, whose text may hold anything.
var errBug = errors.New("a bug in this server")

// satisfied is the outcome of a change that had nothing to do.
func satisfied(change Change) Outcome {
	return Outcome{
		Change: change, State: Unchanged,
		Role: change.Role, Membership: change.Membership, Reference: change.Reference,
	}
}

// lower folds a role's name: names are unique without regard to case.
func lower(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
