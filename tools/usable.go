package tools

import (
	"context"
	"fmt"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/holder"
)

// What is known of the key is used before PostHog is asked: it names all that is
// missing at once, and nobody is asked to confirm what cannot be done.

// keyHasScopes refuses a tool that the key's scopes rule out.
func (env Environment) keyHasScopes(ctx context.Context, tool Tool) error {
	if env.Holder == nil || len(tool.Scopes) == 0 {
		return nil
	}
	return env.Holder.Judge(ctx, tool.withinScopes)
}

// keyReaches refuses an organization that the key is not for.
func (env Environment) keyReaches(ctx context.Context, tool Tool, organization apiclient.OrganizationID) error {
	if env.Holder == nil || tool.anywhere {
		return nil
	}
	return env.Holder.Judge(ctx, func(key holder.Key) error { return reaches(key, organization) })
}

func (t Tool) withinScopes(key holder.Key) error {
	if missing := key.Missing(t.Scopes); len(missing) > 0 {
		return &missingScopesError{missing}
	}
	return nil
}

func reaches(key holder.Key, organization apiclient.OrganizationID) error {
	switch {
	case key.Reaches(organization):
		return nil
	case len(key.Projects) > 0:
		return apiclient.ErrKeyConfined
	}
	return errOtherOrganizations
}

// errOtherOrganizations is a key that is confined to organizations, and not to
// the one that a call is about.
var errOtherOrganizations = fmt.Errorf("%w: to other organizations", apiclient.ErrKeyConfined)

// ruledOut is why the key rules out every call of a tool, whatever the
// organization; nil when it does not.
func (t Tool) ruledOut(key holder.Key) error {
	if err := t.withinScopes(key); err != nil || t.anywhere && len(t.Scopes) == 0 {
		return err
	}
	return reaches(key, apiclient.CurrentOrganization)
}

// Unusable returns the names of the tools of catalog that the key rules out, by
// its record. It reads that, and returns none where it cannot be read before ctx
// ends.
func (env Environment) Unusable(ctx context.Context, catalog []Tool) []string {
	if env.Holder == nil {
		return nil
	}
	key, err := env.Holder.LastKey(ctx)
	if err != nil {
		return nil
	}
	var names []string
	for _, tool := range catalog {
		if tool.ruledOut(key) != nil {
			names = append(names, tool.Name)
		}
	}
	return names
}

// missingScopesError is a call that the key's scopes rule out, found out without
// asking. It matches apiclient.ErrMissingScope.
type missingScopesError struct{ scopes []string }

func (e *missingScopesError) Error() string {
	return "the key lacks " + strings.Join(e.scopes, ", ")
}

func (e *missingScopesError) Is(target error) bool { return target == apiclient.ErrMissingScope }
