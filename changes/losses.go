package changes

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"posthog-org-mcp/apiclient"
)

// ErrTooLarge is a deletion of which more would be lost than can be shown and
// written down.
var ErrTooLarge = errors.New("too much would be lost to be shown and written down")

// maxLost bounds how many references or roles are read before a deletion.
const maxLost = 5000

// PlanDeleteRole reads what hangs on a role, and plans its deletion: the
// references to it, and who would be in no role without it.
func PlanDeleteRole(ctx context.Context, api apiclient.Reader, org apiclient.OrganizationID, role apiclient.Role) (Change, error) {
	references, err := api.References(org, apiclient.ReferenceFilter{RoleID: role.ID}).Rows(ctx, maxLost, 0)
	if err != nil {
		return Change{}, fmt.Errorf("list the role's external references: %w", err)
	}
	if references.NextOffset != nil {
		return Change{}, fmt.Errorf("%w: more than %d external references", ErrTooLarge, maxLost)
	}
	// A server that ignores the filter lists those of other roles too.
	ours := slices.DeleteFunc(references.Results, func(reference apiclient.Reference) bool { return reference.Role != role.ID })
	elsewhere, err := rolesOf(ctx, api, org, role.ID, len(role.Members) > 0)
	if err != nil {
		return Change{}, err
	}
	var roleless []apiclient.UserBasic
	for _, membership := range role.Members {
		if !elsewhere[membership.User.UUID] {
			roleless = append(roleless, membership.User)
		}
	}
	return DeleteRole(org, role, ours, roleless), nil
}

// PlanRemoveMembers plans to take memberships out of one role, and finds out who
// would be in no role without it.
func PlanRemoveMembers(ctx context.Context, api apiclient.Reader, org apiclient.OrganizationID, role apiclient.Role, memberships []apiclient.RoleMembership) (Set, error) {
	elsewhere, err := rolesOf(ctx, api, org, role.ID, len(memberships) > 0)
	if err != nil {
		return nil, err
	}
	var set Set
	for _, membership := range memberships {
		var roleless []apiclient.UserBasic
		if !elsewhere[membership.User.UUID] {
			roleless = []apiclient.UserBasic{membership.User}
		}
		set = append(set, RemoveMember(org, role, membership, roleless))
	}
	return set, nil
}

// memberships is a role decoded into just who is in it.
type memberships struct {
	ID      apiclient.RoleID `json:"id"`
	Members []struct {
		User struct {
			UUID apiclient.UserID `json:"uuid"`
		} `json:"user"`
	} `json:"members"`
}

// rolesOf tells who is in a role other than except. Nobody is asked about when
// it does not matter.
func rolesOf(ctx context.Context, api apiclient.Reader, org apiclient.OrganizationID, except apiclient.RoleID, matters bool) (map[apiclient.UserID]bool, error) {
	elsewhere := map[apiclient.UserID]bool{}
	if !matters {
		return elsewhere, nil
	}
	roles, err := apiclient.As[memberships](api.Roles(org)).Rows(ctx, maxLost, 0)
	if err != nil {
		return nil, fmt.Errorf("list the roles: %w", err)
	}
	if roles.NextOffset != nil {
		return nil, fmt.Errorf("%w: the organization has more than %d roles", ErrTooLarge, maxLost)
	}
	for _, role := range roles.Results {
		if role.ID == except {
			continue
		}
		for _, membership := range role.Members {
			elsewhere[membership.User.UUID] = true
		}
	}
	return elsewhere, nil
}
