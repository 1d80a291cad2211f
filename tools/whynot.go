package tools

import (
	"errors"
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/holder"
	"posthog-org-mcp/schemas"
)

// toolFacts counts the tools that will work, and names those that will not, by
// reason, in the catalog's order.
func (who *holding) toolFacts(org Reader) schemas.ToolFacts {
	var facts schemas.ToolFacts
	for _, tool := range org.catalog() {
		reason := who.whyNot(tool, org)
		if reason == "" {
			facts.Work++
			continue
		}
		i := slices.IndexFunc(facts.WillNot, func(row schemas.UnusableTool) bool { return row.Reason == reason })
		if i < 0 {
			i = len(facts.WillNot)
			facts.WillNot = append(facts.WillNot, schemas.UnusableTool{Reason: reason})
		}
		facts.WillNot[i].Tools = append(facts.WillNot[i].Tools, tool.Name)
	}
	return facts
}

// The reasons that an operator has chosen.
const (
	noChangesAllowed = "read-only server"
	leftOut          = "left out by the operator"
	noJournalKept    = "no journal is kept"
)

// IsOperatorsChoice reports whether a tool that will not work was meant not to, by
// the reason that whoami tells.
func IsOperatorsChoice(reason string) bool {
	return reason == noChangesAllowed || reason == leftOut || reason == noJournalKept
}

// whyNot is why a call of a tool would fail in this organization, in a few words;
// empty when nothing is known that speaks against it.
func (who *holding) whyNot(tool Tool, org Reader) string {
	writes := tool.Effect != changes.Reads
	missing := who.missing(tool)
	switch {
	case writes && org.limits.ReadOnly:
		return noChangesAllowed
	case org.limits.withholds(tool) != "":
		return leftOut
	case tool.Family == journalFamily && org.history == nil:
		return noJournalKept
	case writes && who.standing.ReadOnly:
		return "the organization allows MCP servers no changes"
	case len(missing) == 1:
		return "missing scope " + missing[0]
	case len(missing) > 1:
		return "missing scopes " + strings.Join(missing, ", ")
	case who.isConfined(tool, org) && len(who.key.Projects) > 0:
		return "the key is for single projects"
	case who.isConfined(tool, org):
		return "the key is for other organizations"
	case !tool.anywhere && isBarred(who.noStanding):
		return unreadable(who.noStanding)
	case who.level != nil && *who.level < apiclient.LevelAdministrator && tool.May.NeedAdministrator():
		return "your level is " + who.level.String() + ", writes need administrator"
	}
	return ""
}

// missing are the scopes that the key surely lacks for a tool: by its record, or
// without one by what PostHog refused just now.
func (who *holding) missing(tool Tool) []string {
	if who.noKey == nil {
		return who.key.Missing(tool.Scopes)
	}
	var missing []string
	for _, refused := range []error{who.noStanding, who.noOwner} {
		if lacked := scopeOf(refused); lacked != "" {
			missing = append(missing, holder.LacksFor(tool.Scopes, lacked)...)
		}
	}
	return missing
}

// isConfined reports whether the key is for other organizations or for projects.
func (who *holding) isConfined(tool Tool, org Reader) bool {
	if who.noKey != nil || tool.anywhere && len(tool.Scopes) == 0 {
		return false
	}
	if tool.anywhere {
		return len(who.key.Projects) > 0
	}
	organization := org.OrganizationID()
	if who.organization != nil {
		organization = apiclient.OrganizationID(who.organization.ID)
	}
	return !who.key.Reaches(organization)
}

// isBarred reports whether whatever is in the organization is closed as well.
func isBarred(err error) bool {
	for _, cause := range []error{
		apiclient.ErrKeysSwitchedOff, apiclient.ErrKeyConfined, apiclient.ErrNoAccess, apiclient.ErrNotFound, apiclient.ErrUnauthorized,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// note says in sentences what could not be read, and what follows; empty when
// everything could.
func (who *holding) note() string {
	var sentences []string
	if who.noKey != nil {
		what := "The key's scopes could not be read: " + unreadable(who.noKey) + "."
		if isUntold(who.noKey) {
			what = "PostHog does not tell this key's scopes."
		}
		sentences = append(sentences, what+" A missing one shows only when a tool is called.")
	}
	if who.noOwner != nil {
		sentences = append(sentences, "The owner cannot be read: "+unreadable(who.noOwner)+".")
	}
	if who.noStanding != nil {
		sentences = append(sentences, "The organization cannot be read: "+unreadable(who.noStanding)+".")
	}
	return strings.Join(sentences, " ")
}

// isUntold reports whether the key has no record that it may read: older versions
// of PostHog have none for it, and OAuth tokens never have one.
func isUntold(err error) bool {
	return errors.Is(err, apiclient.ErrUnauthorized) || errors.Is(err, apiclient.ErrForbidden) || errors.Is(err, apiclient.ErrNotFound)
}

// unreadable words in a few words why something cannot be read.
func unreadable(err error) string {
	switch {
	case scopeOf(err) != "":
		return "missing scope " + scopeOf(err)
	case errors.Is(err, apiclient.ErrMissingScope):
		return "the key has no scope for it"
	case errors.Is(err, apiclient.ErrKeysSwitchedOff):
		return "the organization lets its members use no API keys"
	case errors.Is(err, apiclient.ErrKeyConfined):
		return "the key is confined to others"
	case errors.Is(err, apiclient.ErrForbidden):
		return "the owner has no access to it"
	case errors.Is(err, apiclient.ErrNotFound):
		return "the key does not see it"
	case errors.Is(err, apiclient.ErrUnauthorized):
		return "PostHog does not accept the key"
	case errors.Is(err, apiclient.ErrThrottled):
		return "the rate limit is reached"
	}
	return "PostHog did not answer"
}

// scopeOf is the scope that PostHog says is missing; empty when it says none.
func scopeOf(err error) string {
	var refused *apiclient.Error
	if errors.As(err, &refused) {
		return refused.MissingScope()
	}
	return ""
}
