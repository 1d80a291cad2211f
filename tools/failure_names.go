package tools

import (
	"errors"
	"fmt"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/visible"
)

// nameTakenError says which role has a name already.
type nameTakenError struct {
	name string
	by   directory.Candidate
}

func (e *nameTakenError) Error() string {
	return fmt.Sprintf("the name %s is taken", directory.Quoted(e.name))
}

// groupTakenError says which reference a group of another system has already.
type groupTakenError struct {
	by apiclient.Reference
}

func (e *groupTakenError) Error() string { return "the group has an external reference already" }

// ownWords is what an error of ours says, without what was being done: its own
// text quotes names.
func ownWords(err error) string {
	if undo, found := errors.AsType[*changes.UndoError](err); found {
		return undo.Problem
	}
	if key, found := errors.AsType[*apiclient.KeyError](err); found {
		return key.Err.Error()
	}
	if match := matchesOf(err); len(match) > 0 {
		return matchesInWords(match)
	}
	for _, of := range []func(error) error{
		inner[*schemas.ArgumentError], inner[*apiclient.ArgumentError], inner[*directory.NotInRoleError],
		inner[*nameTakenError], inner[*groupTakenError], inner[*withheldError], inner[*changes.Declined],
	} {
		if own := of(err); own != nil {
			return own.Error()
		}
	}
	return ""
}

// inner is the error of a type inside of another one; nil when there is none.
func inner[E error](err error) error {
	if found, is := errors.AsType[E](err); is {
		return found
	}
	return nil
}

// matchesOf are the names that did not fit, one or several.
func matchesOf(err error) []*directory.MatchError {
	if several, found := errors.AsType[*directory.MatchErrors](err); found {
		return several.Errors
	}
	if match, found := errors.AsType[*directory.MatchError](err); found {
		return []*directory.MatchError{match}
	}
	return nil
}

// matchesInWords names the first few names that fit nothing, and counts the rest.
func matchesInWords(matches []*directory.MatchError) string {
	if len(matches) == 1 {
		return matches[0].Error()
	}
	var names []string
	for _, match := range matches[:min(len(matches), maxNamed)] {
		names = append(names, visible.QuoteShort(match.Ref, maxOfSeveral))
	}
	text := fmt.Sprintf("%d people are unknown: %s", len(matches), strings.Join(names, ", "))
	if more := len(matches) - maxNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// maxNamed is how many names and candidates an answer has.
const maxNamed = 3

func isAmbiguous(err error) bool {
	match := matchesOf(err)
	return len(match) == 1 && match[0].Several > 0
}

func isUnknownPerson(err error) bool {
	match := matchesOf(err)
	return len(match) == 1 && match[0].Thing == directory.ThingMember && match[0].Several == 0
}

// listMatches offers what is close: of one name all that is, of several names
// the closest to each.
func listMatches(f *failed) {
	matches := matchesOf(f.err)
	each := maxNamed
	if len(matches) > 1 {
		each = 1
	}
	for _, match := range matches {
		for _, candidate := range match.Candidates[:min(len(match.Candidates), each)] {
			if len(f.failure.Candidates) < maxNamed {
				f.failure.Candidates = append(f.failure.Candidates, shownCandidate(candidate))
			}
		}
	}
}

// shownCandidate is a candidate as an answer has it. Names are cut: whoever
// chooses passes on the id or the address.
func shownCandidate(candidate directory.Candidate) schemas.Candidate {
	shown := schemas.Candidate{Name: visible.CutShort(candidate.Name, maxName)}
	if candidate.Email != "" && visible.CutShort(candidate.Email, maxAddress) == candidate.Email {
		shown.Email = candidate.Email
		return shown
	}
	shown.ID = candidate.ID
	return shown
}

// How many bytes of a name or an address are shown, in a candidate and where one
// of several names fits nothing.
const (
	maxName      = 60
	maxAddress   = 80
	maxOfSeveral = 40
)

// closest names the first candidate in the sentence; the others are in their field.
func closest(f *failed) string {
	matches := matchesOf(f.err)
	if len(f.failure.Candidates) == 0 || len(matches) > 1 || matches[0].IsAll {
		return ""
	}
	return " Closest: " + directory.Quoted(f.failure.Candidates[0].Name) + "."
}

// listTaken says what has the name, or the group, already.
func listTaken(f *failed) {
	if taken, found := errors.AsType[*nameTakenError](f.err); found {
		f.failure.Candidates = []schemas.Candidate{shownCandidate(taken.by)}
	}
	if taken, found := errors.AsType[*groupTakenError](f.err); found {
		f.failure.Candidates = []schemas.Candidate{shownCandidate(directory.Candidate{
			ID: string(taken.by.ID), Name: taken.by.Provider + " " + taken.by.ProviderRoleName,
		})}
	}
}

func listArguments(f *failed) {
	if argument, found := errors.AsType[*schemas.ArgumentError](f.err); found {
		f.failure.ValidArguments = argument.Valid
	}
}
