package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/journal"
)

// stillOnItsWay is how long a request of a process that was killed may still be
// at work in a server.
const stillOnItsWay = time.Minute

// Recover looks up what became of the writes that processes before this one had
// begun and not ended, because they were killed, and writes it down. It returns
// those writes with their outcomes. It sends nothing if there are none. Writes
// of another host, or of an organization that the key does not see, stay open.
func (e *Executor) Recover(ctx context.Context) ([]journal.Entry, error) {
	if e.journal == nil {
		return nil, nil
	}
	abandoned, err := e.journal.Abandoned(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	var settled []journal.Entry
	for _, entry := range abandoned {
		outcome, err := e.lookUp(ctx, entry)
		if err != nil {
			e.log.WarnContext(ctx, "a write that was begun before this start cannot be looked up yet", "id", entry.ID, "error", err)
			continue
		}
		if err := e.journal.End(ctx, outcome); err != nil {
			return settled, err
		}
		entry.Outcome = outcome
		settled = append(settled, entry)
	}
	return settled, nil
}

// lookUp finds out what became of one write. An error means that it is not to be
// settled here.
func (e *Executor) lookUp(ctx context.Context, entry journal.Entry) (journal.Outcome, error) {
	if entry.Host != e.site {
		return journal.Outcome{}, fmt.Errorf("it went to %s, and this is %s", entry.Host, e.site)
	}
	organization := apiclient.OrganizationID(entry.Organization.ID)
	// A key that does not see the organization would take everything for gone.
	if _, err := e.api.Reader().Organization(ctx, organization); err != nil {
		return journal.Outcome{}, err
	}
	outcome := journal.Outcome{ID: entry.ID, Time: time.Now(), State: journal.Unknown, ReadBack: true, Recovered: true}
	kind, known := kindNamed(entry.Kind)
	var was record
	if err := json.Unmarshal(entry.Change, &was); err != nil || !known {
		outcome.Reason = "the journal's record of the change cannot be read"
		return outcome, nil
	}
	change, err := was.change(kind, organization)
	if err != nil {
		outcome.Reason = err.Error()
		return outcome, nil
	}
	found := Outcome{Change: change}
	happened, err := kind.rule().find(ctx, e.api.Reader(), change, &found)
	switch {
	case err != nil:
		outcome.Reason = "looking it up failed: " + err.Error()
	case happened:
		outcome.State = journal.Done
		if outcome.Result, err = json.Marshal(madeBy(found)); err != nil {
			return journal.Outcome{}, fmt.Errorf("record the outcome: %w", err)
		}
	case time.Since(entry.Time) < stillOnItsWay:
		outcome.Reason = "the process ended in the middle; looked up right afterwards it was not made, but it may still be"
	default:
		outcome.State, outcome.Reason = journal.Failed, "the process ended in the middle; looked up afterwards: it was not made"
	}
	return outcome, nil
}
