package tools

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/handover"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/seal"
)

// An advice is what a model is told about one cause of failure: what it means,
// and what to do next. {keys} stands for the page where keys are made, {scope}
// for the missing scope, {wait} for how long to wait, {limit} for the time limit
// that passed, {host} for PostHog's address.
type advice struct {
	cause       error
	means, next string
}

// advices are tried in order; the first whose cause matches is given. What the
// API itself said goes along in fields, word for word.
func advices() []advice {
	return []advice{
		{errNoJournal, "This server keeps no journal.", "Tell the user: an operator can restart it without --journal off."},
		{journal.ErrNotFound, "The journal has no such write.", "See the ids in journal-list."},
		{journal.ErrUnwritable, "The journal cannot be written, and what cannot be written down is not sent.", "Tell the user: the server's log says which file and why; once that is mended, call again."},
		{handover.ErrUnavailable, "There is no place for the new token, so it was not rotated.", "Tell the user: the server's log says why (--secret-dir, --secrets-to)."},
		{changes.ErrReadOnly, "This server was started read-only.", "Tell the user: an operator can restart it without --read-only."},
		{changes.ErrKindRuledOut, "The operator has ruled this kind of change out.", "Tell the user: an operator can change --tools and --exclude-tools."},
		{changes.ErrOrganizationRuledOut, "The operator lets this server work on other organizations only.", "Pass an organization_id from organizations-list, or ask the operator (--organizations)."},
		{changes.ErrOrganizationReadOnly, "The organization allows no changes through MCP servers, whoever asks.", "Tell the user: an administrator switches it in the organization's settings, {settings}; no option of this server goes round it."},
		{changes.ErrTooLarge, "More would be lost than can be shown and written down, so nothing is done here.", "Tell the user: take people or references away in parts first, or do it in PostHog's web app."},
		{changes.ErrRestless, "What would be lost kept changing while the user was asked.", "Wait until nobody else is changing it, then call again."},
		{seal.ErrExpired, "The confirmation has expired.", "Call again without confirmation for a new preview, and show that to the user."},
		{seal.ErrUsed, "The confirmation was used already; each counts once.", "Look at what was done. If more is wanted, call again without confirmation for a new preview."},
		{seal.ErrForeign, "The confirmation is not for this call: altered, or made for other arguments, another organization or key.", "Call again without confirmation for a new preview, and show that to the user."},
		{apiclient.ErrUnauthorized, "PostHog does not accept the API key.", "Ask the user to check the key and the region (POSTHOG_HOST: us or eu), or to make a new key at {keys}."},
		{apiclient.ErrMissingScope, "The API key lacks the scope {scope}.", "Ask the user to add {scope} to the key at {keys}, then call again."},
		{apiclient.ErrClosedToKeys, "This PostHog version lets no API key do this.", "Ask the user to do it in PostHog's web app: {web}."},
		{apiclient.ErrKeysSwitchedOff, "The organization lets its members use no API keys.", "Ask an administrator to allow personal API keys in the organization's settings."},
		{apiclient.ErrKeyConfined, "The API key is confined to other organizations or projects.", "Ask the user to widen the key at {keys}, or pass an organization_id from organizations-list."},
		{apiclient.ErrReadOnlyOrganization, "The organization allows no changes through MCP servers.", "Ask an administrator to change it in the organization's settings, {settings}."},
		{apiclient.ErrLevelTooLow, "The key's owner may not do this: it takes an administrator, of the project where it is about one.", "Ask an administrator or owner for a key, or to do it."},
		{apiclient.ErrForbidden, "The key's owner has no access to this.", "Check organization_id with organizations-list; the owner must be a member."},
		{apiclient.ErrNotFound, "PostHog has no such thing, or the key does not see it.", "List what there is, and check organization_id."},
		{apiclient.ErrThrottled, "PostHog's rate limit is reached.", "Wait {wait}, then call again."},
		{apiclient.ErrConflict, "PostHog refused: it is there already.", "Read what is there, and change that instead."},
		{apiclient.ErrServer, "PostHog failed.", "Call again in a minute. If it goes on, see status.posthog.com."},
		{apiclient.ErrBodyTooLarge, "PostHog's answer is too large.", "Ask for fewer rows with limit."},
		{apiclient.ErrRedirected, "The host answered with a redirect, which is not followed.", "Ask the user to check POSTHOG_HOST: it must be the API's own address."},
		{apiclient.ErrUnreadableBody, "PostHog's answer cannot be read.", "Call again. If it goes on, check that POSTHOG_HOST is a PostHog server."},
		{apiclient.ErrBrokenList, "The list changed while it was read.", "Call again."},
		{context.DeadlineExceeded, "PostHog did not answer in time.", "Call again; if it goes on, ask the user to raise {limit}."},
		{context.Canceled, "The call was cancelled.", "Call again if it is still wanted."},
		{apiclient.ErrInvalid, "PostHog refused the request.", "Correct what `detail` names, then call again."},
		{apiclient.ErrNotSent, "PostHog could not be reached at {host}; nothing was sent.", "Ask the user to check the network, the proxy and POSTHOG_HOST, then call again."},
		{apiclient.ErrUnknownOutcome, "The connection to PostHog broke.", "Read what is there before trying again."},
		{apiclient.ErrNoAnswer, "The connection to PostHog broke.", "Call again; if it goes on, check the network and POSTHOG_HOST."},
	}
}

const nothingChanged = "Nothing was changed."

// nameTakenError says which role has a name already.
type nameTakenError struct {
	name string
	by   directory.Candidate
}

func (e *nameTakenError) Error() string {
	return fmt.Sprintf("another role is called %q", e.name)
}

// groupTakenError says which reference a group of another system has already.
type groupTakenError struct {
	by apiclient.Reference
}

func (e *groupTakenError) Error() string {
	return "the group has the external reference " + string(e.by.ID)
}

func (e *groupTakenError) name() string {
	return fmt.Sprintf("%s %s/%s, role %s", e.by.Provider, e.by.ProviderOrganizationID, e.by.ProviderRoleName, e.by.Role)
}

// explain words a failure for the model that reads it. It never repeats text
// of the API outside of the fields made for it, and quotes names.
func explain(tool Tool, env Environment, err error) schemas.Failure {
	var failure schemas.Failure
	var argument *schemas.ArgumentError
	var match *directory.MatchError
	var absent *directory.NotInRoleError
	var taken *nameTakenError
	var linked *groupTakenError
	var several *directory.MatchErrors
	var declined *changes.Declined
	var undone *changes.UndoError
	var withheld *withheldError
	var unsendable *apiclient.ArgumentError
	switch {
	case errors.As(err, &unsendable):
		failure = schemas.Failure{
			Error:    "No request can be made of this: " + strconv.Quote(unsendable.Error()) + ".",
			NextStep: "Correct it and call again; if it came from PostHog, tell the user.",
		}
	case errors.As(err, &withheld):
		failure = schemas.Failure{Error: withheld.reason, NextStep: "Tell the user; an operator can change it."}
	case errors.As(err, &declined):
		failure = schemas.Failure{Error: upperFirst(declined.Error()) + ".", NextStep: "Do not call again unless the user asks for it."}
	case errors.As(err, &undone):
		failure = schemas.Failure{Error: undone.Problem, NextStep: "Tell the user. journal-list shows what was done."}
	case errors.As(err, &several):
		failure = explainMatches(several)
	case errors.As(err, &argument):
		failure = schemas.Failure{Error: argument.Error(), NextStep: "Correct the arguments and call again.", ValidArguments: argument.Valid}
	case errors.As(err, &absent):
		failure = schemas.Failure{Error: upperFirst(absent.Error()) + ".", NextStep: "See who is in it with membership-list."}
	case errors.As(err, &linked):
		failure = schemas.Failure{
			Error:      "The group has an external reference already.",
			NextStep:   "To move or correct it, call external-reference-delete with the candidate's id, then external-reference-create.",
			Candidates: []schemas.NamedByID{{ID: string(linked.by.ID), Name: linked.name()}},
		}
	case errors.As(err, &match):
		failure = explainMatch(match)
		if tool.Effect == changes.Destroys && !match.Several {
			failure.NextStep += " If it is gone already, there is nothing to do; journal-list shows what this server did."
		}
	case errors.As(err, &taken):
		failure = schemas.Failure{
			Error:      fmt.Sprintf("The name %q is taken.", taken.name),
			NextStep:   "Use the role that has it, or another name.",
			Candidates: []schemas.NamedByID{{ID: taken.by.ID, Name: taken.by.Name}},
		}
	default:
		failure = explainCause(tool, env.Reader, err)
	}
	addAPIError(&failure, err)
	addState(&failure, tool, err)
	addChanges(&failure, env, err)
	return failure
}

func explainMatch(match *directory.MatchError) schemas.Failure {
	failure := schemas.Failure{Error: upperFirst(match.Error()) + "."}
	for _, candidate := range match.Candidates {
		failure.Candidates = append(failure.Candidates, schemas.NamedByID{ID: candidate.ID, Name: candidate.Name})
	}
	lister := map[directory.Thing]string{
		directory.ThingRole:      "roles-list",
		directory.ThingMember:    "members-list",
		directory.ThingProject:   "projects-list",
		directory.ThingReference: "external-reference-list",
	}[match.Thing]
	switch {
	case match.Several:
		failure.NextStep = "Call again with the id of the one that is meant."
	case len(match.Candidates) > 0:
		failure.NextStep = "Use one of the candidates if it is meant, or look in " + lister + "."
	default:
		failure.NextStep = "See what there is with " + lister + "."
	}
	return failure
}

// explainMatches words several names that fit nothing, each with what is close.
func explainMatches(several *directory.MatchErrors) schemas.Failure {
	var failure schemas.Failure
	for _, match := range several.Errors {
		one := explainMatch(match)
		failure.Error = strings.TrimSpace(failure.Error + " " + one.Error)
		failure.Candidates = append(failure.Candidates, one.Candidates...)
		failure.NextStep = one.NextStep
	}
	return failure
}

func explainCause(tool Tool, org directory.Reader, err error) schemas.Failure {
	for _, advice := range advices() {
		if errors.Is(err, advice.cause) {
			fill := strings.NewReplacer(
				"{keys}", org.WebURL("settings", "user-api-keys"),
				"{scope}", missingScope(tool, err),
				"{wait}", waitFor(err),
				"{limit}", limitFlag(err),
				"{host}", org.WebURL(),
				"{settings}", org.WebURL("settings", "organization"),
				"{web}", webPage(tool, org, err),
			)
			return schemas.Failure{Error: fill.Replace(advice.means), NextStep: fill.Replace(advice.next)}
		}
	}
	return schemas.Failure{
		Error:    upperFirst(err.Error()) + ".",
		NextStep: "Call again. If it goes on, report it with the server's log.",
	}
}

// webPage is where a person does in PostHog what the tool does.
func webPage(tool Tool, org directory.Reader, err error) string {
	var failed *changes.Error
	if errors.As(err, &failed) && failed.Change.Project != nil {
		return org.WebURL("project", strconv.Itoa(int(failed.Change.Project.ID)), "settings", "project")
	}
	if tool.May.Has(changes.TokenRotate) {
		return org.WebURL("settings", "project")
	}
	return org.WebURL()
}

// missingScope is the scope that the API names, or else what the tool needs.
func missingScope(tool Tool, err error) string {
	var api *apiclient.Error
	if errors.As(err, &api) && api.MissingScope() != "" {
		return api.MissingScope()
	}
	var missing *missingScopesError
	if errors.As(err, &missing) {
		return strings.Join(missing.scopes, ", ")
	}
	return strings.Join(tool.Scopes, ", ")
}

// limitFlag is the flag of the time limit that passed.
func limitFlag(err error) string {
	var timeout *apiclient.TimeoutError
	if errors.As(err, &timeout) && timeout.Limit != "total" {
		return "--" + timeout.Limit + "-timeout"
	}
	return "--timeout"
}

func waitFor(err error) string {
	var api *apiclient.Error
	if errors.As(err, &api) && api.RetryAfter > 0 {
		return (time.Duration(wholeSeconds(api)) * time.Second).String()
	}
	return "a minute"
}

func wholeSeconds(api *apiclient.Error) int { return int(math.Ceil(api.RetryAfter.Seconds())) }

// addAPIError adds what the API answered, word for word.
func addAPIError(failure *schemas.Failure, err error) {
	var api *apiclient.Error
	if !errors.As(err, &api) {
		return
	}
	failure.Status, failure.Type, failure.Code = api.Status, api.Type, api.Code
	failure.Detail, failure.Attr, failure.RequestID = api.Detail, api.Attr, api.RequestID
	failure.RetryAfterSeconds = wholeSeconds(api)
}

// addState says what became of a write that failed. Silence would be read as
// "nothing happened".
func addState(failure *schemas.Failure, tool Tool, err error) {
	var change *changes.Error
	var made *madeError
	switch {
	case errors.As(err, &made):
		failure.Error = "The change was made, but PostHog's answer could not be described."
		failure.NextStep = "Do not repeat it. Read what is there now."
	case !errors.As(err, &change):
		if tool.Effect != changes.Reads {
			failure.Error += " " + nothingChanged
		}
	case change.State == changes.Unknown && change.ReadBack:
		failure.Error += " Looked up right afterwards, the change (" + change.Change.Kind.String() + ") was not there, but it may still be made."
		failure.NextStep = "Do not repeat it now. Look again in a minute, and tell the user."
	case change.State == changes.Unknown:
		failure.Error += " Whether the change (" + change.Change.Kind.String() + ") was made is unknown."
		failure.NextStep = "Do not repeat it. Read what is there first, and tell the user."
	default:
		failure.Error += " " + nothingChanged
	}
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// addChanges says what became of each change of a call that makes several, so
// that nobody has to guess where it stopped.
func addChanges(failure *schemas.Failure, env Environment, err error) {
	var failed *changes.Error
	if !errors.As(err, &failed) || len(failed.Done)+len(failed.Left) == 0 {
		return
	}
	isDone := false
	for _, outcome := range failed.Done {
		failure.Changes = append(failure.Changes, changeState(outcome.Change, string(outcome.State)))
		isDone = isDone || outcome.State == changes.Done
	}
	failure.Changes = append(failure.Changes, changeState(failed.Change, string(failed.State)))
	for _, change := range failed.Left {
		failure.Changes = append(failure.Changes, changeState(change, "not begun"))
	}
	if isDone {
		failure.Error = strings.Replace(failure.Error, nothingChanged, "Some changes were made before it failed; see changes.", 1)
		failure.Undo = undoCall(env.reader(env.Reader), failed.Done)
	}
}
