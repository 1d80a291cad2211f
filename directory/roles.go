package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"posthog-org-mcp/apiclient"
)

// Role finds a role by UUID or exact name, any case, and reads it whole. No
// match, or several, is a *MatchError.
func (r Reader) Role(ctx context.Context, ref string) (apiclient.Role, error) {
	if id, err := apiclient.ParseRoleID(ref); err == nil {
		role, err := r.api.Role(ctx, r.organization, id)
		if !errors.Is(err, apiclient.ErrNotFound) {
			return role, err
		}
	}
	// Rows without members are enough to match a name by.
	rows, err := apiclient.As[roleName](r.Roles()).Rows(ctx, maxScanned, 0)
	if err != nil {
		return apiclient.Role{}, fmt.Errorf("list the roles: %w", err)
	}
	var matches, all []Candidate
	for _, row := range rows.Results {
		candidate := Candidate{ID: row.ID, Name: row.Name}
		all = append(all, candidate)
		if sameName(row.Name, ref) {
			matches = append(matches, candidate)
		}
	}
	match, err := only(ThingRole, ref, matches, all)
	if err != nil {
		return apiclient.Role{}, unlessPartly(err, rows.NextOffset)
	}
	return r.api.Role(ctx, r.organization, apiclient.RoleID(match.ID))
}

type roleName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// RoleNamed finds a role by name alone, and reports whether there is one. It
// tells a taken name from a free one.
func (r Reader) RoleNamed(ctx context.Context, name string) (Candidate, bool, error) {
	rows, err := apiclient.As[roleName](r.Roles()).Rows(ctx, maxScanned, 0)
	if err != nil {
		return Candidate{}, false, fmt.Errorf("list the roles: %w", err)
	}
	for _, row := range rows.Results {
		if sameName(row.Name, name) {
			return Candidate{ID: row.ID, Name: row.Name}, true, nil
		}
	}
	return Candidate{}, false, nil
}

// Membership finds a person's membership of role, by the membership's UUID or
// by the person: user UUID, e-mail address or @me. Somebody who is in the
// organization and not in the role is a *NotInRoleError.
func (r Reader) Membership(ctx context.Context, role apiclient.Role, ref string) (apiclient.RoleMembership, error) {
	membership, err := r.inRole(ctx, role, ref)
	if err != nil {
		return apiclient.RoleMembership{}, err
	}
	if membership != nil {
		return r.api.RoleMembership(ctx, r.organization, role.ID, membership.ID)
	}
	// Candidates come from the whole organization: those from the role alone
	// would offer somebody else in place of one who is simply not in it.
	member, err := r.Member(ctx, ref)
	if err != nil {
		return apiclient.RoleMembership{}, err
	}
	return apiclient.RoleMembership{}, &NotInRoleError{Role: role, Member: member}
}

// sameName compares as the API does: outer blanks cut off, case ignored. A blank
// names nobody: there are people without an address.
func sameName(a, b string) bool {
	a = strings.TrimSpace(a)
	return a != "" && strings.EqualFold(a, strings.TrimSpace(b))
}

func sameID(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
