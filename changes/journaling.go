package changes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

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
		written.State, written.ReadBack, written.Reason = journalState(failed), failed.ReadBack, failed.Err.Error()
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

// maxSearched bounds how far back the journal is searched for a rotation.
const maxSearched = 10_000

// rotatedAt is when this server last rotated the project's token, if the token
// that is the backup now became so by that.
func (e *Executor) rotatedAt(ctx context.Context, w *work, change Change) (time.Time, bool) {
	if e.journal == nil {
		return time.Time{}, false
	}
	searched := 0
	filter := journal.Filter{Organization: string(w.organization.ID)}
	for entry, err := range e.journal.Reader().Entries(ctx, filter) {
		if searched++; err != nil || searched > maxSearched {
			break
		}
		if entry.Kind != TokenRotate.String() || entry.Outcome.State != journal.Done {
			continue
		}
		var made record
		if json.Unmarshal(entry.Outcome.Result, &made) != nil || made.Project == nil || made.Project.ID != change.Project.ID {
			continue
		}
		// Somebody may have rotated past this server since.
		return entry.Outcome.Time, made.Project.Backup == printOf(change.Project.SecretAPITokenBackup)
	}
	return time.Time{}, false
}

// actors finds out whose key is in use, once.
type actors struct {
	api apiclient.Reader
	key string // masked

	mu    sync.Mutex
	known *journal.Actor
}

// actorTime bounds the asking: not to know the owner's name stops no write.
const actorTime = 5 * time.Second

// actor is the key's owner; the masked key alone when PostHog does not tell.
func (a *actors) actor(ctx context.Context) journal.Actor {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known != nil {
		return *a.known
	}
	actor := journal.Actor{Key: a.key}
	ctx, cancel := context.WithTimeout(ctx, actorTime)
	defer cancel()
	user, err := a.api.CurrentUser(ctx)
	switch {
	case err == nil:
		actor.UserUUID, actor.Email = string(user.UUID), user.Email
		a.known = &actor
	case errors.Is(err, apiclient.ErrForbidden), errors.Is(err, apiclient.ErrNotFound):
		a.known = &actor // The key may not know; asking again would be in vain.
	}
	return actor
}
