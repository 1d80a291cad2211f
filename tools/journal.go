package tools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/schemas"
)

// undoName is what other tools' answers call the tool that takes them back.
const undoName = "undo"

// errNoJournal is a call that needs the journal where none is kept.
var errNoJournal = errors.New("this server keeps no journal")

var journalList = Read[schemas.JournalList, schemas.Journal]{
	Name: "journal-list", Title: "List what was written",
	Description: "List what this server wrote, newest first, with outcomes. Not what others changed.",
	Operation:   "the server's own journal",
	Do: func(ctx context.Context, org Reader, args schemas.JournalList) (schemas.Journal, error) {
		if org.history == nil {
			return schemas.Journal{}, errNoJournal
		}
		since, err := journal.ParseSince(args.Since, time.Now())
		if err != nil {
			return schemas.Journal{}, &schemas.ArgumentError{Problems: []string{`Argument "since" must be a date, a time, or how long ago, such as 24h or 7d.`}}
		}
		filter := journal.Filter{Since: since, Tool: args.Tool, Member: args.Member}
		if id := org.OrganizationID(); id != apiclient.CurrentOrganization {
			filter.Organization = string(id)
		}
		result := schemas.Journal{Writes: []schemas.JournalRow{}}
		limit := args.Limit
		if limit == 0 {
			limit = 20
		}
		// What took a write back is newer, and so is met before it.
		undoneBy := map[string]string{}
		for entry, err := range org.history.Entries(ctx, journal.Filter{Since: since}) {
			if err != nil {
				return schemas.Journal{}, fmt.Errorf("read the journal: %w", err)
			}
			if entry.Undoes != "" && entry.Outcome.State == journal.Done {
				undoneBy[entry.Undoes] = entry.ID
			}
			if !filter.Matches(entry) {
				continue
			}
			if len(result.Writes) == limit {
				result.More = true
				break
			}
			row := journalRow(entry)
			row.UndoneBy = undoneBy[entry.ID]
			result.Writes = append(result.Writes, row)
		}
		if skipped := org.history.Skipped(); skipped > 0 {
			result.Note = fmt.Sprintf("Lines of the journal that cannot be read, such as those that a crash cut off: %d.", skipped)
		}
		return result, nil
	},
}

func journalRow(entry journal.Entry) schemas.JournalRow {
	row := schemas.JournalRow{
		ID: entry.ID, Time: toSeconds(entry.Time), Tool: entry.Tool, Change: entry.Summary,
		State: string(entry.Outcome.State), Reason: entry.Outcome.Reason,
		Actor: entry.Actor.Email, Organization: entry.Organization.Name, Undoes: entry.Undoes,
	}
	if entry.Open() {
		row.State = "open"
	}
	if row.Actor == "" {
		row.Actor = entry.Actor.Key
	}
	return row
}

var undo = Write[schemas.UndoCall, schemas.Undone]{
	Name: undoName, Title: "Take back a write",
	Description: "Take back one write of this server by its id. A deleted role is made again under a new id. If that removes something, the user is asked first. A rotation cannot be taken back.",
	Operation:   "what reverses the write", Scopes: []string{organizationRead},
	May: changes.Kinds{
		changes.RoleCreate, changes.RoleRename, changes.RoleDelete, changes.MembershipAdd, changes.MembershipRemove,
		changes.ReferenceCreate, changes.ReferenceDelete,
	},
	Idempotent: true,
	Where: func(ctx context.Context, org Reader, args schemas.UndoCall) (apiclient.OrganizationID, error) {
		entries, err := entriesOf(ctx, org, args.ID)
		if err != nil {
			return "", err
		}
		made, err := apiclient.ParseOrganizationID(entries[0].Organization.ID)
		if err != nil {
			return "", &changes.UndoError{ID: args.ID, Problem: "The journal does not say in which organization it was made."}
		}
		if given, _ := apiclient.ParseOrganizationID(args.OrganizationID); args.OrganizationID != "" && given != made {
			return "", &changes.UndoError{ID: args.ID, Problem: fmt.Sprintf("It was made in the organization %q, not in the one given.", made)}
		}
		return made, nil
	},
	Plan: func(ctx context.Context, org Reader, args schemas.UndoCall) (changes.Set, error) {
		entries, err := entriesOf(ctx, org, args.ID)
		if err != nil {
			return nil, err
		}
		undos, err := undosSince(ctx, org, entries[0].Time)
		if err != nil {
			return nil, err
		}
		return changes.Undo(ctx, org.API(), entries, undos)
	},
	Answer: func(org Reader, _ schemas.UndoCall, done changes.Result) (schemas.Undone, error) {
		result := schemas.Undone{Written: written(org, done)}
		for _, outcome := range done.Outcomes {
			if outcome.State == changes.Done && outcome.Change.Shortfall != "" {
				result.Note = strings.TrimSpace(fmt.Sprintf("%s The role %q has a new id, %q. %s", result.Note, outcome.Role.Name, outcome.Role.ID, outcome.Change.Shortfall))
			}
			result.Changes = append(result.Changes, changeState(outcome.Change, string(outcome.State)))
		}
		return result, nil
	},
}

// entriesOf finds the writes that an id means; there is at least one.
func entriesOf(ctx context.Context, org Reader, id string) ([]journal.Entry, error) {
	if org.history == nil {
		return nil, errNoJournal
	}
	entries, err := org.history.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if entry.Host != org.site {
			return nil, &changes.UndoError{ID: id, Problem: fmt.Sprintf("It was made on %q, and this server works on %q.", entry.Host, org.site)}
		}
		if entry.Organization != entries[0].Organization {
			return nil, &changes.UndoError{ID: id, Problem: "The journal's record of it names several organizations."}
		}
	}
	return entries, nil
}

// undosSince finds the writes that took others back, oldest first.
func undosSince(ctx context.Context, org Reader, since time.Time) ([]journal.Entry, error) {
	var undos []journal.Entry
	for entry, err := range org.history.Entries(ctx, journal.Filter{Since: since}) {
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		if entry.Undoes != "" {
			undos = append(undos, entry)
		}
	}
	slices.Reverse(undos)
	return undos, nil
}

func changeState(change changes.Change, state string) schemas.ChangeState {
	return schemas.ChangeState{Change: change.String(), State: state}
}
