package apiclient

import (
	"context"
	"net/http"
	"time"
)

// RoleMembership is one person's place in one role.
type RoleMembership struct {
	ID     MembershipID `json:"id"`
	RoleID RoleID       `json:"role_id"`
	// OrganizationMember is nil on very old rows.
	OrganizationMember *OrganizationMember `json:"organization_member"`
	User               UserBasic           `json:"user"`
	JoinedAt           time.Time           `json:"joined_at"`
	UpdatedAt          time.Time           `json:"updated_at"`
}

// membershipCreate is the body that puts a person into a role.
type membershipCreate struct {
	UserUUID UserID `json:"user_uuid"`
}

func (m membershipCreate) check() *ArgumentError {
	if _, problem := m.UserUUID.check(); problem != "" {
		return &ArgumentError{Argument: m.UserUUID.kind(), Value: quote(string(m.UserUUID)), Problem: problem}
	}
	return nil
}

// RoleMemberships lists who is in a role, longest first (GET
// roles/{role_id}/role_memberships/). An unknown role has an empty list.
func (r Reader) RoleMemberships(organization OrganizationID, role RoleID) List[RoleMembership] {
	return list[RoleMembership](r.core, nil, membershipsPath, organization, role)
}

// RoleMembership reads one membership (GET roles/{role_id}/role_memberships/{id}/).
func (r Reader) RoleMembership(ctx context.Context, organization OrganizationID, role RoleID, membership MembershipID) (RoleMembership, error) {
	return fetch[RoleMembership](ctx, r.core, get(membershipPath, organization, role, membership))
}

// AddRoleMember puts an active member of the organization into a role (POST
// roles/{role_id}/role_memberships/). Somebody who is in it already is ErrConflict.
func (c *Client) AddRoleMember(ctx context.Context, organization OrganizationID, role RoleID, user UserID) (RoleMembership, error) {
	return fetch[RoleMembership](ctx, c.core, call{
		method: http.MethodPost, template: membershipsPath, ids: []segment{organization, role},
		body: membershipCreate{UserUUID: user}, success: http.StatusCreated, resend: resendUnsent,
	})
}

// RemoveRoleMember takes a person out of a role (DELETE
// roles/{role_id}/role_memberships/{id}/).
func (c *Client) RemoveRoleMember(ctx context.Context, organization OrganizationID, role RoleID, membership MembershipID) error {
	return remove(ctx, c.core, membershipPath, organization, role, membership)
}
