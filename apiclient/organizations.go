package apiclient

import (
	"context"
	"encoding/json"
	"time"
)

// Organization is an organization as the caller may see it. A field that newer
// servers added, or older ones lack, is a pointer.
type Organization struct {
	ID          OrganizationID `json:"id"`
	Name        string         `json:"name"`
	Slug        string         `json:"slug"`
	LogoMediaID *string        `json:"logo_media_id,omitempty"`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
	// MembershipLevel is the caller's own; nil when not a member.
	MembershipLevel *Level `json:"membership_level"`
	// PluginsAccessLevel is 0 none, 3 configure, 6 install, 9 root.
	PluginsAccessLevel *int `json:"plugins_access_level,omitempty"`
	// Teams and Projects are the projects that the caller may see.
	Teams    []ProjectRow          `json:"teams"`
	Projects []OrganizationProject `json:"projects"`
	// AvailableProductFeatures are the paid features of the plan, as raw JSON.
	AvailableProductFeatures []json.RawMessage          `json:"available_product_features,omitzero"`
	IsMemberJoinEmailEnabled *bool                      `json:"is_member_join_email_enabled,omitempty"`
	Metadata                 map[string]json.RawMessage `json:"metadata,omitzero"`
	CustomerID               *string                    `json:"customer_id,omitempty"`
	Enforce2FA               *bool                      `json:"enforce_2fa,omitempty"`
	MembersCanInvite         *bool                      `json:"members_can_invite,omitempty"`
	// MembersCanUsePersonalAPIKeys holds for members below administrator.
	MembersCanUsePersonalAPIKeys *bool `json:"members_can_use_personal_api_keys,omitempty"`
	// MembersCanSeeOrgMembers, when false, hides members from those below administrator.
	MembersCanSeeOrgMembers      *bool `json:"members_can_see_org_members,omitempty"`
	AllowPubliclySharedResources *bool `json:"allow_publicly_shared_resources,omitempty"`
	MemberCount                  int   `json:"member_count"`
	IsAIDataProcessingApproved   *bool `json:"is_ai_data_processing_approved,omitempty"`
	// DefaultExperimentStatsMethod is bayesian, frequentist or empty.
	DefaultExperimentStatsMethod *string `json:"default_experiment_stats_method,omitempty"`
	DefaultAnonymizeIPs          *bool   `json:"default_anonymize_ips,omitempty"`
	// DefaultRoleID is the role of people who join; nil when none.
	DefaultRoleID     *RoleID `json:"default_role_id,omitempty"`
	IsActive          *bool   `json:"is_active,omitempty"`
	IsNotActiveReason *string `json:"is_not_active_reason,omitempty"`
	IsPendingDeletion *bool   `json:"is_pending_deletion,omitempty"`
	// ReadOnlyMCPAccess is the wish that nothing that comes through an MCP server
	// changes anything, for administrators and owners too.
	ReadOnlyMCPAccess *bool `json:"read_only_mcp_access,omitempty"`
}

// OrganizationProject is a project as an organization names it.
type OrganizationProject struct {
	ID             ProjectID      `json:"id"`
	OrganizationID OrganizationID `json:"organization_id"`
	Name           string         `json:"name"`
}

// OrganizationShort is an organization as a user nests it.
type OrganizationShort struct {
	ID          OrganizationID `json:"id"`
	Name        string         `json:"name"`
	Slug        string         `json:"slug"`
	LogoMediaID *string        `json:"logo_media_id,omitempty"`
	// MembershipLevel is the caller's own; nil when not a member.
	MembershipLevel              *Level  `json:"membership_level"`
	MembersCanUsePersonalAPIKeys *bool   `json:"members_can_use_personal_api_keys,omitempty"`
	IsActive                     *bool   `json:"is_active,omitempty"`
	IsNotActiveReason            *string `json:"is_not_active_reason,omitempty"`
	IsPendingDeletion            *bool   `json:"is_pending_deletion,omitempty"`
}

// Organizations lists the organizations that the key sees (GET organizations/).
func (r Reader) Organizations() List[Organization] {
	return list[Organization](r.core, nil, organizationsPath)
}

// Organization reads one organization (GET organizations/{organization_id}/).
func (r Reader) Organization(ctx context.Context, organization OrganizationID) (Organization, error) {
	return fetch[Organization](ctx, r.core, get(organizationPath, organization))
}
