package resources

import (
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/tools"
)

// touch is what a write has changed of a resource: all of it, or those of its
// addresses that have one of the names.
type touch struct {
	uri   string
	names []string // nil where the address has no variable
}

// touched is the table of what each kind of write changes to a reader. A thing
// is named in every way that an address can name it.
func touched(outcome changes.Outcome) []touch {
	change := outcome.Change
	role := touch{roleURI, roleNames(change.Role, outcome.Role)}
	switch change.Kind {
	case changes.RoleCreate:
		role.names = append(role.names, change.Name)
		return []touch{{uri: rolesURI}, role}
	case changes.RoleRename, changes.RoleDelete:
		role.names = append(role.names, change.Name)
		touches := []touch{{uri: rolesURI}, role, {memberURI, inRole(change.Role)}, {uri: referencesURI}}
		if change.Role != nil && change.Role.IsDefault {
			touches = append(touches, touch{uri: organizationURI})
		}
		return touches
	case changes.MembershipAdd, changes.MembershipRemove:
		return []touch{{uri: rolesURI}, role, {memberURI, moved(change)}}
	case changes.ReferenceCreate, changes.ReferenceDelete:
		return []touch{{uri: referencesURI}}
	}
	return nil // A rotated token is in no resource.
}

// Touches reports whether what env reads at uri may be different after a change.
// Where nobody knows whether the change was made, it may.
func Touches(env tools.Environment, outcome changes.Outcome, catalog []Resource, uri string) bool {
	if outcome.State != changes.Done && outcome.State != changes.Unknown {
		return false
	}
	// Calls can name another organization than the one that resources are of.
	if ours := env.Reader.OrganizationID(); ours != apiclient.CurrentOrganization && ours != outcome.Change.Organization {
		return false
	}
	at, value, found := Match(catalog, uri)
	if !found {
		return false
	}
	return slices.ContainsFunc(touched(outcome), func(touch touch) bool {
		return touch.uri == at.URI && (touch.names == nil || slices.ContainsFunc(touch.names, func(name string) bool {
			return strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(value))
		}))
	})
}

func roleNames(roles ...*apiclient.Role) []string {
	names := []string{} // not nil, which is every role
	for _, role := range roles {
		if role != nil {
			names = append(names, string(role.ID), role.Name)
		}
	}
	return names
}

// inRole names everybody in a role.
func inRole(role *apiclient.Role) []string {
	names := []string{directory.Me}
	if role == nil {
		return names
	}
	for _, membership := range role.Members {
		names = append(names, string(membership.User.UUID), membership.User.Email)
	}
	return names
}

// moved names whom a membership is about. Who @me is, only PostHog could tell:
// it may be them.
func moved(change changes.Change) []string {
	names := []string{directory.Me}
	if change.Member != nil {
		names = append(names, string(change.Member.User.UUID), change.Member.User.Email, string(change.Member.ID))
	}
	if change.Membership != nil {
		names = append(names, string(change.Membership.User.UUID), change.Membership.User.Email)
	}
	return names
}
