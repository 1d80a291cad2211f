package tools

import (
	"fmt"
	"strings"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

// written is what every write answers besides its rows.
func written(org Reader, done changes.Result) schemas.Written {
	result := schemas.Written{Undo: undoCall(org, done.Outcomes)}
	for _, outcome := range done.Outcomes {
		result.Changed = result.Changed || outcome.State == changes.Done
		switch {
		case outcome.Unwritten != nil:
			result.Note = "The change was made, but the journal could not be written, so undo does not know of it. Tell the user: the server's log says why."
		case outcome.ReadBack && result.Note == "":
			result.Note = "PostHog's answer was lost. Reading back showed that the change is made."
		}
	}
	return result
}

// undoCall is the call that takes back what was done; nil where none can.
func undoCall(org Reader, outcomes []changes.Outcome) *schemas.Undo {
	var call string
	for _, outcome := range outcomes {
		if outcome.State != changes.Done {
			continue
		}
		if !outcome.CanUndo() {
			return nil
		}
		call, _, _ = strings.Cut(outcome.ID, ".")
	}
	if call == "" || !org.canUndo {
		return nil
	}
	return &schemas.Undo{Tool: undoName, Arguments: map[string]string{"id": call}}
}

// previewOf words what was not carried out yet.
func previewOf(pending *changes.Pending) schemas.Written {
	preview := schemas.Preview{
		WouldDo: pending.Question.Changes, WouldLose: pending.Question.Lost, Where: pending.Question.Where, Confirmation: pending.Token,
		NextStep: fmt.Sprintf("Nothing was done. Show this to the user. Only after their yes, call again with the same arguments and this confirmation, within %d minutes; never confirm by yourself.",
			int(changes.ConfirmationLife.Minutes())),
	}
	if pending.Question.Again {
		preview.NextStep = "What would be lost has changed since it was shown. " + preview.NextStep
	}
	if pending.DryRun {
		preview.NextStep = "Nothing was done: this server runs dry (--dry-run). Tell the user."
	}
	return schemas.Written{Preview: &preview}
}
