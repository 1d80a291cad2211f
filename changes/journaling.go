package changes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/journal"
)

// begin gives the work an id in the journal, if one is kept.
func (w *work) begin(kept bool) {
	if kept && w.call == "" {
		w.call = journal.NewID()
	}
}

// intent is a change as it is written down before it is sent.
func (e *Executor) intent(w *work, place int, change Change) (journal.Intent, error) {
	recorded, err := json.Marshal(recordOf(change))
	if err != nil {
		return journal.Intent{}, fmt.Errorf("record the change: %w", err)
	}
	return journal.Intent{
		ID: w.call + "." + strconv.Itoa(place+1), Call: w.call,
		Tool: w.Tool, Arguments: w.Recorded,
		Actor:        w.actor,
		Organization: journal.Organization{ID: string(w.organization.ID), Name: w.organization.Name},
		Host:         e.site,
		Kind:         change.Kind.String(),
		Summary:      change.Kind.rule().does(change),
		People:       change.people(),
		Change:       recorded,
		Undoes:       change.Undoes,
	}, nil
}

// writeIntent has a change on disk before it is sent. What cannot be written
// down is not sent.
func (e *Executor) writeIntent(ctx context.Context, w *work, place int, change Change) (string, error) {
	if e.journal == nil {
		return "", nil
	}
	intent, err := e.intent(w, place, change)
	if err != nil {
		return "", err
	}
	return intent.ID, e.journal.Begin(ctx, intent)
}

// writeOutcome has what became of a change on disk before the result leaves.
func (e *Executor) writeOutcome(ctx context.Context, id string, outcome Outcome, failure error, requestID string) error {
	if e.journal == nil {
		return nil
	}
	written := journal.Outcome{ID: id, RequestID: requestID, ReadBack: outcome.ReadBack}
	var failed *Error
	if errors.As(failure, &failed) {
		written.State, written.ReadBack, written.Reason = journalState(failed), failed.ReadBack, reasonOf(failed.Err)
		return e.journal.End(ctx, written)
	}
	made, err := json.Marshal(madeBy(outcome))
	if err != nil {
		return fmt.Errorf("record the outcome: %w", err)
	}
	written.State, written.Result = journal.Done, made
	if outcome.State == Unchanged {
		written.State = journal.Unchanged
	}
	return e.journal.End(ctx, written)
}

// reasonOf is why a change was not made, with what PostHog said in quotation marks.
func reasonOf(err error) string {
	var refusal *apiclient.Error
	if errors.As(err, &refusal) {
		return fmt.Sprintf("%s was answered with %d: %s", refusal.Operation, refusal.Status, quote(refusal.Detail))
	}
	return err.Error()
}

// journalState tells a refusal of PostHog's from a failure on the way.
func journalState(failed *Error) journal.State {
	var refusal *apiclient.Error
	switch {
	case failed.State == Unknown:
		return journal.Unknown
	case errors.As(failed.Err, &refusal) && !errors.Is(failed.Err, apiclient.ErrUnknownOutcome):
		return journal.Refused
	default:
		return journal.Failed
	}
}

// recordUnsent writes down a change that was not sent. Nothing depends on it, so
// a failure is only logged.
func (e *Executor) recordUnsent(ctx context.Context, w *work, place int, change Change, state journal.State, reason string) {
	if e.journal == nil {
		return
	}
	intent, err := e.intent(w, place, change)
	if err == nil {
		err = e.journal.Record(context.WithoutCancel(ctx), intent, journal.Outcome{State: state, Reason: reason})
	}
	if err != nil {
		e.log.WarnContext(ctx, "not written into the journal", "change", change.Kind.String(), "state", string(state), "error", err)
	}
}
