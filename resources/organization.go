package resources

import (
	"context"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// organizationText is what posthog-org://organization holds.
type organizationText struct {
	Organization organizationDetail `json:"organization"`
}

type organizationDetail struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Level       string            `json:"level,omitempty"` // of the key's owner
	MemberCount int               `json:"member_count"`
	DefaultRole *schemas.RoleName `json:"default_role"` // of people who join; null when none
}

func readOrganization(ctx context.Context, org tools.Reader, _ string) (organizationText, error) {
	organization, err := org.Organization(ctx)
	if err != nil {
		return organizationText{}, err
	}
	detail := organizationDetail{ID: string(organization.ID), Name: organization.Name, MemberCount: organization.MemberCount}
	if organization.MembershipLevel != nil {
		detail.Level = organization.MembershipLevel.String()
	}
	if id := organization.DefaultRoleID; id != nil {
		role, err := org.Role(ctx, string(*id))
		// A default that was deleted since is none.
		if err != nil && !apiclient.IsGone(err) && reasonOf(err) != NotFound {
			return organizationText{}, err
		}
		if err == nil {
			detail.DefaultRole = &schemas.RoleName{ID: string(role.ID), Name: role.Name}
		}
	}
	return organizationText{detail}, nil
}
