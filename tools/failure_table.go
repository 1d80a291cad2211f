package tools

import (
	"context"
	"errors"
	"io/fs"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/handover"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/seal"
)

// A failure is one row of what a model is told of failed calls. Braces in its
// sentences are filled in: see braces. docs/errors.md shows every row as it is
// answered; a test holds each word for word.
type failure struct {
	// name is what the tests call it.
	name  string
	holds func(error) bool
	// says is the cause, and next what to do now. Where candidates were found,
	// choose takes the place of next.
	says, next, choose string
	// list adds candidates or the valid names; nil where there are none.
	list func(*failed)
}

// failures are tried in order: the first row that holds is answered. What the
// API itself said goes along in fields.
func failures() []failure {
	return []failure{
		// Faults of our own.
		{name: "bug", holds: is(ErrBug, changes.ErrKindNotAllowed, changes.ErrOtherOrganization),
			says: "{tool} failed because of a bug in this server.",
			next: "Do not repeat it. Read what is there, and ask the user to report this with the server's log."},
		{name: "not started", holds: is(ErrNotStarted),
			says: "The call was not started: the server was told to stop.", next: "Call again once the server runs."},
		{name: "undescribed", holds: as[*madeError],
			says: "The change was made, but PostHog's answer could not be described.", next: "Do not repeat it. Read what is there now."},

		// What the caller wrote.
		{name: "arguments", holds: as[*schemas.ArgumentError], says: "{cause}", next: "Correct the arguments and call again.", list: listArguments},
		{name: "unsendable", holds: as[*apiclient.ArgumentError],
			says: "No request can be made of this: {cause}", next: "Correct it and call again; if it came from PostHog, tell the user."},
		{name: "several unknown", holds: as[*directory.MatchErrors], says: "{cause}{closest}", list: listMatches,
			next: "See what there is with {lister}.{gone}", choose: "Call again with those that are meant; {lister} has all."},
		{name: "ambiguous", holds: isAmbiguous, says: "{cause}", list: listMatches,
			next: "Call again with an id from {lister}.", choose: "Call again with the id of the one that is meant; {lister} has all."},
		{name: "too many to search", holds: is(directory.ErrTooMany),
			says: "There are too many to look through for a name; none of the first 5000 has it.", next: "Call again with the id, or with the e-mail of a person."},
		{name: "unknown person", holds: isUnknownPerson, says: "{cause}{closest}", list: listMatches,
			next: "See who there is with members-list.{gone}", choose: "Call again with the e-mail of the one that is meant; members-list has all."},
		{name: "unknown name", holds: as[*directory.MatchError], says: "{cause}{closest}", list: listMatches,
			next: "See what there is with {lister}.{gone}", choose: "Call again with the one that is meant; {lister} has all."},
		{name: "not in the role", holds: as[*directory.NotInRoleError], says: "{cause}", next: "See who is in it with membership-list."},
		{name: "name taken", holds: as[*nameTakenError], says: "{cause}", next: "Use the role that has it, or another name.", list: listTaken},
		{name: "group taken", holds: as[*groupTakenError], says: "{cause}", list: listTaken,
			next: "To move or correct it, call external-reference-delete with the candidate's id, then external-reference-create."},

		// The operator and the person.
		{name: "tool left out", holds: as[*withheldError], says: "{cause}", next: "Tell the user: an operator can change it."},
		{name: "read-only", holds: is(changes.ErrReadOnly),
			says: "This server was started read-only.", next: "Tell the user: an operator can restart it without --read-only."},
		{name: "kind ruled out", holds: is(changes.ErrKindRuledOut),
			says: "The operator has ruled this kind of change out.", next: "Tell the user: an operator can change --tools and --exclude-tools."},
		{name: "organization ruled out", holds: is(changes.ErrOrganizationRuledOut), list: listOrganizations,
			says:   "The operator lets this server work on other organizations only.",
			next:   "Pass an organization_id from organizations-list, or ask the user to change --organizations.",
			choose: "Pass the id of one of the candidates as organization_id, or ask the user to change --organizations."},
		{name: "declined", holds: as[*changes.Declined], says: "{cause}", next: "Do not call again unless the user asks for it."},
		{name: "confirmation expired", holds: is(seal.ErrExpired),
			says: "The confirmation has expired.", next: "Call again without confirmation for a new preview, and show that to the user."},
		{name: "confirmation used", holds: is(seal.ErrUsed),
			says: "The confirmation was used already; each counts once.",
			next: "Look at what was done. If more is wanted, call again without confirmation for a new preview."},
		{name: "confirmation foreign", holds: is(seal.ErrForeign),
			says: "The confirmation is not for this call: altered, or made for other arguments, another organization or key.",
			next: "Call again without confirmation for a new preview, and show that to the user."},
		{name: "restless", holds: is(changes.ErrRestless),
			says: "What would be lost kept changing while the user was asked.", next: "Wait until nobody else is changing it, then call again."},
		{name: "too large", holds: is(changes.ErrTooLarge),
			says: "More would be lost than can be shown and written down, so nothing is done here.",
			next: "Tell the user: take people or references away in parts first, or do it in PostHog's web app."},

		// The journal and rotated tokens.
		{name: "no journal", holds: is(errNoJournal),
			says: "This server keeps no journal.", next: "Tell the user: an operator can restart it without --journal off."},
		{name: "unknown write", holds: is(journal.ErrNotFound),
			says: "The journal has no such write.", next: "See the ids in journal-list."},
		{name: "not undone", holds: as[*changes.UndoError], says: "{cause}", next: "Tell the user. journal-list shows what was done."},
		{name: "journal unwritable", holds: is(journal.ErrUnwritable),
			says: "The journal cannot be written, and what cannot be written down is not sent.",
			next: "Tell the user: the server's log says which file and why; once that is mended, call again."},
		{name: "no place for a token", holds: is(handover.ErrUnavailable),
			says: "There is no place for the new token, so it was not rotated.",
			next: "Tell the user: the server's log says why (--secret-dir, --secrets-to)."},

		// What PostHog refuses.
		{name: "wrong key", holds: is(apiclient.ErrUnauthorized),
			says: "PostHog does not accept the API key.",
			next: "Ask the user to check the key and the region (POSTHOG_HOST: us or eu), or to {newkey}."},
		{name: "signed out", holds: is(apiclient.ErrSignInAgain), says: "{cause}", next: "Ask the user to do that, then call again."},
		{name: "missing scope", holds: is(apiclient.ErrMissingScope),
			says: "The API key lacks {scopes}.", next: "Ask the user to add {scope} to the key at {keys}, then call again."},
		{name: "closed to keys", holds: is(apiclient.ErrClosedToKeys),
			says: "This PostHog version lets no API key do this.", next: "Ask the user to do it in PostHog's web app: {web}."},
		{name: "keys switched off", holds: is(apiclient.ErrKeysSwitchedOff),
			says: "The organization lets its members use no API keys.",
			next: "Ask an administrator to allow personal API keys in the organization's settings, {settings}."},
		{name: "key of other organizations", holds: isOfOtherOrganizations, list: listOrganizations,
			says:   "The API key is confined to other organizations.",
			next:   "Ask the user to widen the key at {keys}.",
			choose: "Pass the id of one of the candidates as organization_id, or ask the user to widen the key."},
		{name: "key of other projects", holds: is(apiclient.ErrKeyConfined),
			says: "The API key is confined to some projects.", next: "Ask the user to widen the key at {keys}."},
		{name: "organization read-only", holds: is(changes.ErrOrganizationReadOnly, apiclient.ErrReadOnlyOrganization),
			says: "The organization allows no changes through MCP servers, whoever asks.",
			next: "Tell the user: an administrator switches it in the organization's settings, {settings}; no option of this server goes round it."},
		{name: "level too low", holds: is(apiclient.ErrLevelTooLow),
			says: "The key's owner may not do this: it takes an administrator, of the project where it is about one.",
			next: "Ask an administrator or owner for a key, or to do it."},
		{name: "not a member", holds: is(apiclient.ErrNoAccess), list: listOrganizations,
			says:   "The key's owner is no member of this organization, or may not see this project.",
			next:   "Check organization_id with organizations-list.",
			choose: "Pass the id of one of the candidates as organization_id."},
		{name: "forbidden", holds: is(apiclient.ErrForbidden),
			says: "PostHog does not let this key do this; detail says why.", next: "Tell the user what detail says."},
		{name: "unknown organization", holds: isUnknownOrganization, list: listOrganizations,
			says:   "There is no such organization, or the key does not see it.",
			next:   "Check organization_id with organizations-list.",
			choose: "Pass the id of one of the candidates as organization_id."},
		{name: "not found", holds: is(apiclient.ErrNotFound),
			says: "PostHog has no such thing, or the key does not see it.", next: "List what there is, and check organization_id."},
		{name: "throttled", holds: is(apiclient.ErrThrottled),
			says: "PostHog's rate limit is reached.", next: "Wait {wait}, then call again."},
		{name: "conflict", holds: is(apiclient.ErrConflict),
			says: "PostHog refused: it is there already.", next: "Read what is there, and change that instead."},
		{name: "server fault", holds: is(apiclient.ErrServer),
			says: "PostHog failed.", next: "Call again in a minute. If it goes on, see status.posthog.com."},

		// What came of the way there and back.
		{name: "too long an answer", holds: is(apiclient.ErrBodyTooLarge),
			says: "PostHog's answer is too large.", next: "Ask for fewer rows with limit."},
		{name: "too long a result", holds: is(errTooLong),
			says: "The answer is longer than this server may send (--max-result-bytes).", next: "Call again for less at once, and without view full."},
		{name: "redirected", holds: is(apiclient.ErrRedirected),
			says: "The host answered with a redirect, which is not followed.",
			next: "Ask the user to check POSTHOG_HOST: it must be the API's own address."},
		{name: "unreadable", holds: is(apiclient.ErrUnreadableBody),
			says: "PostHog's answer cannot be read.", next: "Call again. If it goes on, ask the user to check that POSTHOG_HOST is a PostHog server."},
		{name: "list changed", holds: is(apiclient.ErrBrokenList),
			says: "The list changed while it was read.", next: "Call again."},
		{name: "too late", holds: is(context.DeadlineExceeded),
			says: "PostHog did not answer in time.", next: "Call again; if it goes on, ask the user to raise {limit}."},
		{name: "cancelled", holds: is(context.Canceled),
			says: "The call was cancelled.", next: "Call again if it is still wanted."},
		{name: "refused", holds: is(apiclient.ErrInvalid),
			says: "PostHog refused the request.", next: "Correct what detail names, then call again."},
		{name: "no key to send", holds: as[*apiclient.KeyError],
			says: "There is no key to send: {cause}", next: "Tell the user: once that is mended, call again."},
		{name: "unreachable", holds: is(apiclient.ErrNotSent),
			says: "PostHog could not be reached at {host}; nothing was sent.",
			next: "Ask the user to check the network, the proxy and POSTHOG_HOST, then call again."},
		{name: "broken write", holds: is(apiclient.ErrUnknownOutcome),
			says: "The connection to PostHog broke.", next: "Read what is there before trying again."},
		{name: "broken read", holds: is(apiclient.ErrNoAnswer),
			says: "The connection to PostHog broke.", next: "Call again; if it goes on, ask the user to check the network and POSTHOG_HOST."},
		{name: "unreadable file", holds: as[*fs.PathError],
			says: "A file on the server's machine cannot be read.", next: "Ask the user to report this with the server's log."},
		{name: "unforeseen", holds: func(error) bool { return true },
			says: "Something unforeseen went wrong in {tool}.", next: "Call again. If it goes on, ask the user to report it with the server's log."},
	}
}

// is holds for errors that match one of the causes.
func is(causes ...error) func(error) bool {
	return func(err error) bool {
		for _, cause := range causes {
			if errors.Is(err, cause) {
				return true
			}
		}
		return false
	}
}

// as holds for errors of a type.
func as[E error](err error) bool {
	_, found := errors.AsType[E](err)
	return found
}
