package tools

import (
	"errors"
	"fmt"
	"slices"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
)

// What is added to the sentence about a write that failed. Silence would be read
// as "nothing happened".
const (
	nothingChanged = "Nothing was changed."
	someChanged    = "Some changes were made before it failed; see changes."
	notThereYet    = "Looked up right afterwards, the change (%s) was not there, but it may still be made."
	nobodyKnows    = "Whether the change (%s) was made is unknown."

	lookAgain  = "Do not repeat it now. Look again in a minute, and tell the user."
	lookFirst  = "Do not repeat it. Read what is there first, and tell the user."
	maxChanges = 10 // Beyond so many, changes that ended alike are one row.
)

// addState says what became of a write that failed, and of each of its changes
// where there are several, so that nobody has to guess where it stopped.
func (f *failed) addState() {
	stopped, isChange := errors.AsType[*changes.Error](f.err)
	switch {
	case as[*madeError](f.err), errors.Is(f.err, ErrBug):
	case !isChange && f.tool.Effect == changes.Reads:
	case !isChange:
		f.say(nothingChanged, "")
	default:
		f.addStopped(stopped)
	}
}

func (f *failed) addStopped(stopped *changes.Error) {
	isDone := func(outcome changes.Outcome) bool { return outcome.State == changes.Done }
	isSome := slices.ContainsFunc(stopped.Done, isDone)
	switch {
	case stopped.State == changes.Unknown && stopped.ReadBack:
		f.say(fmt.Sprintf(notThereYet, stopped.Change.Kind), lookAgain)
	case stopped.State == changes.Unknown:
		f.say(fmt.Sprintf(nobodyKnows, stopped.Change.Kind), lookFirst)
	case isSome:
		f.say(someChanged, "")
	default:
		f.say(nothingChanged, "")
	}
	if isSome {
		f.failure.Undo = undoCall(f.env.reader(f.env.Reader), stopped.Done)
	}
	if len(stopped.Done)+len(stopped.Left) == 0 {
		return
	}
	var rows []schemas.ChangeState
	for _, outcome := range stopped.Done {
		rows = append(rows, brief(outcome.Change, string(outcome.State)))
	}
	rows = append(rows, brief(stopped.Change, string(stopped.State)))
	for _, change := range stopped.Left {
		rows = append(rows, brief(change, "not begun"))
	}
	f.failure.Changes = counted(rows, len(stopped.Done))
}

// say adds a sentence, and replaces the next step where there is a better one.
func (f *failed) say(sentence, next string) {
	f.failure.Error += " " + sentence
	if next != "" {
		f.failure.NextStep = next
	}
}

// counted makes one row of those that ended alike when there are many; the one
// that failed keeps its own. Changes are made in the order of the arguments, so
// that the numbers tell which they are.
func counted(rows []schemas.ChangeState, failing int) []schemas.ChangeState {
	if len(rows) <= maxChanges {
		return rows
	}
	count := map[string]int{}
	for i, row := range rows {
		if i != failing {
			count[row.State]++
		}
	}
	var short []schemas.ChangeState
	add := func(states ...string) {
		for _, state := range states {
			if n := count[state]; n > 0 {
				short = append(short, schemas.ChangeState{Change: fmt.Sprintf("%d of %d", n, len(rows)), State: state})
			}
		}
	}
	add(string(changes.Done), string(changes.Unchanged))
	short = append(short, rows[failing])
	add("not begun")
	return short
}

// brief is a change in a few words, where the call says the rest.
func brief(change changes.Change, state string) schemas.ChangeState {
	text := change.Kind.String()
	switch {
	case change.Kind == changes.MembershipAdd, change.Kind == changes.MembershipRemove:
		if person := change.Person(); person.Email != "" {
			text += " " + directory.Quoted(person.Email)
		} else {
			text += " " + directory.Quoted(person.FullName())
		}
	case change.NewReference != nil:
		text += " " + directory.Quoted(change.NewReference.ProviderRoleName)
	case change.Reference != nil:
		text += " " + directory.Quoted(change.Reference.ProviderRoleName)
	case change.Name != "":
		text += " " + directory.Quoted(change.Name)
	case change.Role != nil:
		text += " " + directory.Quoted(change.Role.Name)
	}
	return schemas.ChangeState{Change: text, State: state}
}
