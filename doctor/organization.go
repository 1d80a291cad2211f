package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/config"
	"posthog-org-mcp/tools"
)

// organization tells which one calls work on by themselves, and where the key's
// owner stands in it.
func (x *examination) organization(context.Context) Finding {
	if x.Settings.IsFaulty("organization") || x.Settings.IsFaulty("organizations") {
		return skipped(checkSettings)
	}
	held := x.held
	if held.noStanding != nil {
		return x.noOrganization()
	}
	standing := held.standing
	x.private.add(string(standing.ID), "(organization id)")
	what := fmt.Sprintf("%s (%s), %s", x.hide(config.Quote(standing.Name), "(organization)"), standing.ID, counted(standing.Members, "member"))
	if standing.Level == nil {
		return warning(what+". The key's owner is not a member.", "Ask an administrator for an invitation, or use a member's key.")
	}
	what += "; the key's owner is " + standing.Level.String()
	if x.namesCurrent() {
		what += ". It is the one that the owner last used"
	}
	if standing.ReadOnly {
		what += ". It allows no changes through MCP servers"
	}
	return ok("%s.", what)
}

// namesCurrent reports whether the organization is whichever the owner last used.
func (x *examination) namesCurrent() bool {
	return x.Environment.Reader.OrganizationID() == apiclient.CurrentOrganization
}

// noOrganization explains why nothing can be read of the organization.
func (x *examination) noOrganization() Finding {
	held, err := x.held, x.held.noStanding
	var refused *apiclient.Error
	_ = errors.As(err, &refused)
	isConfined := errors.Is(err, apiclient.ErrKeyConfined) || errors.Is(err, apiclient.ErrNotFound) && len(held.key.Organizations) > 0
	switch {
	case errors.Is(err, apiclient.ErrMissingScope):
		scope := refused.MissingScope()
		if scope == "" {
			return fault("The key has no scopes.", "Give it "+strings.Join(config.Scopes(x.Settings.Config.ReadOnly), ", ")+" at "+x.keyPage()+".")
		}
		return fault(fmt.Sprintf("The key lacks the scope %s.", scope), fmt.Sprintf("Add it to the key at %s.", x.keyPage()))
	case len(held.key.Projects) > 0:
		return fault("The key is confined to single projects, and reaches no organization.",
			fmt.Sprintf("Widen the key at %s, or make one that is not confined to projects.", x.keyPage()))
	case isConfined:
		return fault("The key is confined to organizations, and not to "+x.thisOrganization()+".",
			fmt.Sprintf("Set %s to %s, or widen the key at %s.", x.named("organization"), x.organizationsOfKey(), x.keyPage()))
	case errors.Is(err, apiclient.ErrKeysSwitchedOff):
		return fault("The organization lets its members use no personal API keys.",
			fmt.Sprintf("Ask an administrator to allow them at %s, or for a key of an administrator.", x.settingsPage()))
	case errors.Is(err, apiclient.ErrNotFound) && x.namesCurrent():
		return fault("The key's owner is in no organization.", "Ask an administrator of yours for an invitation.")
	case errors.Is(err, apiclient.ErrNotFound), errors.Is(err, apiclient.ErrNoAccess):
		return fault("There is no "+x.thisOrganization()+", or the key's owner is not in it.", x.otherOrganizations())
	}
	return x.troubled("PostHog does not tell of the organization", err)
}

func (x *examination) thisOrganization() string {
	if x.namesCurrent() {
		return "the one that its owner last used"
	}
	return "organization " + x.hide(string(x.Environment.Reader.OrganizationID()), "(organization id)")
}

// otherOrganizations advises those that the key's owner is in.
func (x *examination) otherOrganizations() string {
	var named []string
	for _, membership := range x.held.owner.Organizations {
		named = append(named, fmt.Sprintf("%s (%s)", x.hide(string(membership.ID), "(organization id)"), x.hide(config.Quote(membership.Name), "(organization)")))
	}
	if len(named) == 0 {
		return "Correct " + x.named("organization") + ", or remove it for the one that the key's owner last used."
	}
	return "Set " + x.named("organization") + " to " + strings.Join(named, " or ") + "."
}

func (x *examination) organizationsOfKey() string {
	var named []string
	for _, id := range x.held.key.Organizations {
		text := x.hide(string(id), "(organization id)")
		if membership, found := x.held.owner.In(id); found {
			text += " (" + x.hide(config.Quote(membership.Name), "(organization)") + ")"
		}
		named = append(named, text)
	}
	if len(named) == 0 {
		return "one that it is for"
	}
	return strings.Join(named, " or ")
}

// tools counts those that will work, and says why the others will not.
func (x *examination) tools(ctx context.Context) Finding {
	who, err := tools.Identify(ctx, *x.Environment)
	if err != nil {
		return x.troubled("It cannot be told which tools will work", err)
	}
	facts := who.Tools
	all := facts.Work
	var reasons, next, details []string
	isFine := true
	for _, row := range facts.WillNot {
		all += len(row.Tools)
		reasons = append(reasons, fmt.Sprintf("%d will not, because of: %s (%s)", len(row.Tools), row.Reason, firstOf(row.Tools)))
		details = append(details, row.Reason+": "+strings.Join(row.Tools, ", "))
		if !tools.IsOperatorsChoice(row.Reason) {
			isFine = false
			next = append(next, x.adviceOn(row.Reason))
		}
	}
	what := fmt.Sprintf("%d of %d will work", facts.Work, all)
	if len(reasons) > 0 {
		what += "; " + strings.Join(reasons, "; ")
	}
	found := ok("%s.", what)
	if !isFine {
		found = warning(what+".", strings.Join(slices.Compact(next), " "))
	}
	found.Details = details
	return found
}

// firstOf names tools; of many the first.
func firstOf(names []string) string {
	const most = 9
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// adviceOn is what to do about a reason for which tools will not work.
func (x *examination) adviceOn(reason string) string {
	for _, row := range []struct{ begins, advice string }{
		{"missing scope", "Add what is missing to the key at " + x.keyPage() + "; for reading alone start with --read-only."},
		{"the organization allows MCP servers no changes", "An administrator switches that at " + x.settingsPage() + "; for reading alone start with --read-only."},
		{"your level is", "Ask an administrator for a key or a higher level; for reading alone start with --read-only."},
		{"the key is for", "Widen the key at " + x.keyPage() + "."},
	} {
		if strings.HasPrefix(reason, row.begins) {
			return row.advice
		}
	}
	return "Look at the key at " + x.keyPage() + "."
}

// action is one of the three operations that many versions open to no key.
type action struct {
	tool string
	err  error
}

// actions tells whether the custom actions are open to the key. The rotation is
// asked about a project that cannot exist; see apiclient.Reader.ProbeRotation.
func (x *examination) actions(ctx context.Context) Finding {
	api, here := x.Environment.Reader.API(), x.Environment.Reader.OrganizationID()
	asked := []action{{tool: "external-reference-lookup"}, {tool: "welcome-current"}, {tool: "project-secret-token-rotate"}}
	var reads sync.WaitGroup
	reads.Go(func() {
		_, asked[0].err = api.LookupReference(ctx, here, apiclient.ReferenceLookup{Provider: "github", ProviderOrganizationID: programName, ProviderRoleSlug: programName})
	})
	reads.Go(func() { _, asked[1].err = api.Welcome(ctx, here) })
	reads.Go(func() { asked[2].err = api.ProbeRotation(ctx) })
	reads.Wait()
	var open, closed, unknown []string
	for _, action := range asked {
		switch {
		case errors.Is(action.err, apiclient.ErrClosedToKeys):
			closed = append(closed, action.tool)
		case action.err == nil || errors.Is(action.err, apiclient.ErrMissingScope) || errors.Is(action.err, apiclient.ErrLevelTooLow):
			open = append(open, action.tool) // What the key lacks, the check of the tools tells.
		default:
			unknown = append(unknown, action.tool)
		}
	}
	if len(closed) > 0 {
		return warning(fmt.Sprintf("This PostHog opens %s to no key%s.", strings.Join(closed, ", "), x.unknownActions(unknown, true)),
			"Nothing here can change that: do it in PostHog's web app. The other tools are not affected.")
	}
	if len(unknown) > 0 {
		return warning("Open to keys: "+list(open)+x.unknownActions(unknown, false)+".", "Call it to see; or look at that PostHog, and start this again.")
	}
	return ok("Open to keys: %s. Nothing was rotated to find out.", list(open))
}

// unknownActions says of those that gave no clear answer what is likely.
func (x *examination) unknownActions(names []string, othersAreClosed bool) string {
	switch {
	case len(names) == 0:
		return ""
	case othersAreClosed:
		return ", and likely " + strings.Join(names, ", ") + " neither"
	}
	return "; unclear: " + strings.Join(names, ", ")
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
