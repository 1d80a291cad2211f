package apiclient

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// Role is a named group of people in an organization, to which access is given.
type Role struct {
	ID RoleID `json:"id"`
	// Name is unique in the organization without regard to case.
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	// CreatedBy is nil when unknown, when hidden, and for roles made through the API.
	CreatedBy *UserBasic `json:"created_by"`
	// Members are all people in the role whom the caller may see.
	Members []RoleMembership `json:"members"`
	// IsDefault tells whether people who join the organization get this role.
	IsDefault bool `json:"is_default"`
}

// missing also drops the empty objects that the reference page shows in place of
// members, so that no zero membership is passed on.
func (r *Role) missing() string {
	if r.ID == "" {
		return "id"
	}
	r.Members = slices.DeleteFunc(r.Members, func(m RoleMembership) bool { return m.ID == "" })
	return ""
}

// RoleCreate is a role to be made.
type RoleCreate struct {
	// Name has 1 to 200 characters; the server cuts off outer blanks.
	Name string `json:"name"`
}

// RoleUpdate is what to change of a role. A nil field is left as it is.
type RoleUpdate struct {
	Name *string `json:"name,omitempty"`
}

const maxRoleName = 200

func (r RoleCreate) check() *ArgumentError { return checkLength("role name", r.Name, 1, maxRoleName) }

func (r RoleUpdate) check() *ArgumentError {
	if r.Name == nil {
		return nil
	}
	return checkLength("role name", *r.Name, 1, maxRoleName)
}

// Roles lists the roles of an organization, oldest first (GET roles/).
func (r Reader) Roles(organization OrganizationID) List[Role] {
	return list[Role](r.core, nil, rolesPath, organization)
}

// Role reads one role (GET roles/{id}/).
func (r Reader) Role(ctx context.Context, organization OrganizationID, role RoleID) (Role, error) {
	return fetch[Role](ctx, r.core, get(rolePath, organization, role))
}

// CreateRole makes a role (POST roles/). A taken name is ErrConflict.
func (c *Client) CreateRole(ctx context.Context, organization OrganizationID, role RoleCreate) (Role, error) {
	return fetch[Role](ctx, c.core, call{
		method: http.MethodPost, template: rolesPath, ids: []segment{organization},
		body: role, success: http.StatusCreated, resend: resendUnsent,
	})
}

// UpdateRole renames a role (PATCH roles/{id}/). A taken name is ErrConflict.
func (c *Client) UpdateRole(ctx context.Context, organization OrganizationID, role RoleID, update RoleUpdate) (Role, error) {
	return fetch[Role](ctx, c.core, call{
		method: http.MethodPatch, template: rolePath, ids: []segment{organization, role},
		body: update, success: http.StatusOK, resend: resendUnsent,
	})
}

// DeleteRole deletes a role, its memberships, its external references and its
// access rules (DELETE roles/{id}/).
func (c *Client) DeleteRole(ctx context.Context, organization OrganizationID, role RoleID) error {
	return remove(ctx, c.core, rolePath, organization, role)
}
