package tools

import (
	"github.com/oapi-codegen/nullable"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// The shapes of the rows: what each list can show, and what it shows unasked. A
// person is named by e-mail from call to call; the UUID stands in where there is
// none. What is so for nearly everybody is left out.

var roleShape = shape[roleSummary, schemas.RoleRow]{
	{"id", nil, func(row *schemas.RoleRow, r roleSummary) { row.ID = string(r.ID) }},
	{"name", nil, func(row *schemas.RoleRow, r roleSummary) { row.Name = r.Name }},
	{"member_count", nil, func(row *schemas.RoleRow, r roleSummary) { row.MemberCount = new(len(r.Members)) }},
	{"is_default", roleSummary.isDefault, func(row *schemas.RoleRow, r roleSummary) { row.IsDefault = &r.IsDefault }},
	{"created_at", nil, func(row *schemas.RoleRow, r roleSummary) { row.CreatedAt = schemas.DateOf(r.CreatedAt) }},
}

var memberShape = shape[memberSummary, schemas.MemberRow]{
	{"user_uuid", func(m memberSummary) bool { return m.User.Email == "" }, func(row *schemas.MemberRow, m memberSummary) { row.UserUUID = string(m.User.UUID) }},
	{"name", nil, func(row *schemas.MemberRow, m memberSummary) { row.Name = m.User.name() }},
	{"email", nil, func(row *schemas.MemberRow, m memberSummary) { row.Email = m.User.Email }},
	{"level", nil, func(row *schemas.MemberRow, m memberSummary) { row.Level = m.Level.String() }},
	{"joined_at", nil, func(row *schemas.MemberRow, m memberSummary) { row.JoinedAt = schemas.DateOf(m.JoinedAt) }},
	{"last_login", nil, func(row *schemas.MemberRow, m memberSummary) { row.LastLogin = m.lastLogin() }},
}

var membershipShape = shape[membershipSummary, schemas.MembershipRow]{
	{"id", nil, func(row *schemas.MembershipRow, m membershipSummary) { row.ID = string(m.ID) }},
	{"user_uuid", func(m membershipSummary) bool { return m.User.Email == "" }, func(row *schemas.MembershipRow, m membershipSummary) { row.UserUUID = string(m.User.UUID) }},
	{"name", nil, func(row *schemas.MembershipRow, m membershipSummary) { row.Name = m.User.name() }},
	{"email", nil, func(row *schemas.MembershipRow, m membershipSummary) { row.Email = m.User.Email }},
	{"level", membershipSummary.hasNotableLevel, func(row *schemas.MembershipRow, m membershipSummary) { row.Level = m.level() }},
	{"joined_at", nil, func(row *schemas.MembershipRow, m membershipSummary) { row.JoinedAt = schemas.DateOf(m.JoinedAt) }},
}

var referenceShape = shape[namedReference, schemas.ReferenceRow]{
	{"id", nil, func(row *schemas.ReferenceRow, r namedReference) { row.ID = string(r.ID) }},
	{"provider", nil, func(row *schemas.ReferenceRow, r namedReference) { row.Provider = r.Provider }},
	{"provider_organization_id", nil, func(row *schemas.ReferenceRow, r namedReference) {
		row.ProviderOrganizationID = r.ProviderOrganizationID
	}},
	{"provider_role_id", nil, func(row *schemas.ReferenceRow, r namedReference) { row.ProviderRoleID = r.ProviderRoleID }},
	{"provider_role_slug", nil, func(row *schemas.ReferenceRow, r namedReference) { row.ProviderRoleSlug = value(r.ProviderRoleSlug) }},
	{"provider_role_name", nil, func(row *schemas.ReferenceRow, r namedReference) { row.ProviderRoleName = r.ProviderRoleName }},
	{"role", nil, func(row *schemas.ReferenceRow, r namedReference) { row.Role = string(r.Role) }},
	{roleNameField, nil, func(row *schemas.ReferenceRow, r namedReference) { row.RoleName = r.roleName }},
	{"created_at", nil, func(row *schemas.ReferenceRow, r namedReference) { row.CreatedAt = schemas.DateOf(r.CreatedAt) }},
}

// roleNameField is the one field of a reference that takes a request of its own.
const roleNameField = "role_name"

var organizationShape = shape[organizationSummary, schemas.OrganizationRow]{
	{"id", nil, func(row *schemas.OrganizationRow, o organizationSummary) { row.ID = string(o.ID) }},
	{"name", nil, func(row *schemas.OrganizationRow, o organizationSummary) { row.Name = o.Name }},
	{"level", nil, func(row *schemas.OrganizationRow, o organizationSummary) { row.Level = o.level() }},
	{"member_count", nil, func(row *schemas.OrganizationRow, o organizationSummary) { row.MemberCount = &o.MemberCount }},
}

var projectShape = shape[apiclient.ProjectRow, schemas.ProjectRow]{
	{"id", nil, func(row *schemas.ProjectRow, p apiclient.ProjectRow) { row.ID = int(p.ID) }},
	{"name", nil, func(row *schemas.ProjectRow, p apiclient.ProjectRow) { row.Name = p.Name }},
	{"timezone", nil, func(row *schemas.ProjectRow, p apiclient.ProjectRow) { row.Timezone = p.Timezone }},
	{"ingested_event", nil, func(row *schemas.ProjectRow, p apiclient.ProjectRow) { row.IngestedEvent = &p.IngestedEvent }},
}

func (r roleSummary) isDefault() bool { return r.IsDefault }

// lastLogin is a date, or null for who never signed in.
func (m memberSummary) lastLogin() nullable.Nullable[schemas.Date] {
	if m.LastLogin == nil {
		return nullable.NewNullNullable[schemas.Date]()
	}
	return nullable.NewNullableWithValue(schemas.DateOf(*m.LastLogin))
}

// level is the person's level in the organization, in words; very old
// memberships do not say it.
func (m membershipSummary) level() string {
	if m.OrganizationMember == nil {
		return "unknown"
	}
	return m.OrganizationMember.Level.String()
}

func (m membershipSummary) hasNotableLevel() bool {
	return m.OrganizationMember == nil || m.OrganizationMember.Level != apiclient.LevelMember
}

// level is that of the key's owner, in words; empty for who is not a member.
func (o organizationSummary) level() string {
	if o.MembershipLevel == nil {
		return ""
	}
	return o.MembershipLevel.String()
}

func roleNameOf(role apiclient.Role) schemas.RoleName {
	return schemas.RoleName{ID: string(role.ID), Name: role.Name}
}

func roleMembers(role apiclient.Role) []schemas.RoleMember {
	rows := make([]schemas.RoleMember, 0, len(role.Members))
	for _, membership := range role.Members {
		row := schemas.RoleMember{Name: membership.User.FullName(), Email: membership.User.Email}
		if row.Email == "" {
			row.UserUUID = string(membership.User.UUID)
		}
		rows = append(rows, row)
	}
	return rows
}

// referenceRows are references to one role.
func referenceRows(references []apiclient.Reference, role apiclient.Role) []schemas.ReferenceRow {
	rows := make([]schemas.ReferenceRow, 0, len(references))
	for _, reference := range references {
		rows = append(rows, referenceShape.usual(namedReference{reference, role.Name}))
	}
	return rows
}

// value is what a pointer points at; the zero value for nil.
func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
