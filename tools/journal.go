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
	"posthog-org-mcp/directory"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/schemas"
)

// undoName is what other tools' answers call the tool that takes them back.
const undoName = "undo"

// errNoJournal is a call that needs the journal where none is kept.
var errNoJournal = errors.New("this server keeps no journal")

var journalList = Read[schemas.JournalList, schemas.Journal]{
	Name: "journal-list", Title: "List what was written",
	Description: "What this server wrote, newest first, with outcomes; not what others changed.",
	Operation:   "the server's own journal", Anywhere: true,
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
		wanted := searching(args.Search.Search, func(entry journal.Entry) []string { return []string{entry.Summary} })
		result := schemas.Journal{Writes: []schemas.JournalRow{}, Offset: args.Offset}
		limit := args.Limit
		if limit == 0 {
			limit = 20
		}
		// What took a write back is newer, and so is met before it.
		undoneBy := map[string]string{}
		matching, seen := 0, 0
		for entry, err := range org.history.Entries(ctx, journal.Filter{Since: since}) {
			if err != nil {
				return schemas.Journal{}, fmt.Errorf("read the journal: %w", err)
			}
			if entry.Undoes != "" && entry.Outcome.State == journal.Done {
				undoneBy[entry.Undoes] = entry.ID
			}
			seen++
			if !filter.Matches(entry) || wanted != nil && !wanted(entry) {
				continue
			}
			if matching++; matching <= args.Offset {
				continue
			}
			if len(result.Writes) == limit {
				result.NextOffset = new(args.Offset + limit)
				break
			}
			row := journalRow(entry)
			row.UndoneBy = undoneBy[entry.ID]
			result.Writes = append(result.Writes, row)
		}
		switch {
		case len(result.Writes) > 0:
		case matching > 0:
			result.Note = fmt.Sprintf("Offset %d is past the end; %s.", args.Offset, thereAre(matching, "write"))
		case seen > 0:
			result.Note = fmt.Sprintf("Nothing here fits what was asked for; %s in that time.", thereAre(seen, "write"))
		default:
			result.Note = "The journal has no writes of that time."
		}
		if skipped := org.history.Skipped(); skipped > 0 {
			result.Note = strings.TrimSpace(fmt.Sprintf("%s Lines of the journal that cannot be read, such as those that a crash cut off: %d.", result.Note, skipped))
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
	Description: "Take back one write of this server. A deleted role is made anew under another id. Where that removes something, the user is asked first. Rotations cannot be taken back.",
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
			return "", &changes.UndoError{ID: args.ID, Problem: fmt.Sprintf("It was made in the organization %s, not in the one given.", directory.Quoted(string(made)))}
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
				result.Note = strings.TrimSpace(fmt.Sprintf("%s The role %s has a new id, %q. %s", result.Note, directory.Quoted(outcome.Role.Name), outcome.Role.ID, outcome.Change.Shortfall))
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
			return nil, &changes.UndoError{ID: id, Problem: fmt.Sprintf("It was made on %s, and this server works on %s.", directory.Quoted(entry.Host), directory.Quoted(org.site))}
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
