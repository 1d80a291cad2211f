package tools

import (
	"context"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// listRows reads the window of a list that a call asks for, as rows.
func listRows[T, Row any](ctx context.Context, list apiclient.List[T], args schemas.List, row func(T) Row) (schemas.Listed, []Row, error) {
	part, err := list.Rows(ctx, args.Window.Rows(), args.Offset)
	if err != nil {
		return schemas.Listed{}, nil, err
	}
	rows := make([]Row, 0, len(part.Results))
	for _, item := range part.Results {
		rows = append(rows, row(item))
	}
	return schemas.Listed{Total: part.Total, NextOffset: part.NextOffset}, rows, nil
}

// listFull reads the same window as the API's own objects.
func listFull[T any](ctx context.Context, list apiclient.List[T], args schemas.List) (schemas.Listed, []schemas.Object, error) {
	part, err := list.Rows(ctx, args.Window.Rows(), args.Offset)
	if err != nil {
		return schemas.Listed{}, nil, err
	}
	objects, err := schemas.ObjectsOf(part.Results)
	return schemas.Listed{Total: part.Total, NextOffset: part.NextOffset}, objects, err
}

func roleRow(role apiclient.Role) schemas.RoleRow {
	return schemas.RoleRow{
		ID: string(role.ID), Name: role.Name, MemberCount: len(role.Members),
		IsDefault: role.IsDefault, CreatedAt: toSeconds(role.CreatedAt),
	}
}

func roleNameOf(role apiclient.Role) schemas.RoleName {
	return schemas.RoleName{ID: string(role.ID), Name: role.Name}
}

func roleMembers(role apiclient.Role) []schemas.RoleMember {
	rows := make([]schemas.RoleMember, 0, len(role.Members))
	for _, membership := range role.Members {
		rows = append(rows, schemas.RoleMember{
			MembershipID: string(membership.ID), UserUUID: string(membership.User.UUID),
			Name: membership.User.FullName(), Email: membership.User.Email,
		})
	}
	return rows
}

func membershipRow(membership apiclient.RoleMembership) schemas.MembershipRow {
	row := schemas.MembershipRow{
		ID: string(membership.ID), UserUUID: string(membership.User.UUID),
		Name: membership.User.FullName(), Email: membership.User.Email,
		JoinedAt: toSeconds(membership.JoinedAt),
	}
	if membership.OrganizationMember != nil {
		row.Level = membership.OrganizationMember.Level.String()
	}
	return row
}

func referenceRow(reference apiclient.Reference) schemas.ReferenceRow {
	return schemas.ReferenceRow{
		ID: string(reference.ID), Provider: reference.Provider,
		ProviderOrganizationID: reference.ProviderOrganizationID,
		ProviderRoleID:         reference.ProviderRoleID,
		ProviderRoleSlug:       reference.ProviderRoleSlug,
		ProviderRoleName:       reference.ProviderRoleName,
		Role:                   string(reference.Role),
		CreatedAt:              toSeconds(reference.CreatedAt),
	}
}

func referenceRows(references []apiclient.Reference) []schemas.ReferenceRow {
	rows := make([]schemas.ReferenceRow, 0, len(references))
	for _, reference := range references {
		rows = append(rows, referenceRow(reference))
	}
	return rows
}

func projectRow(project apiclient.ProjectRow) schemas.ProjectRow {
	return schemas.ProjectRow{
		ID: int(project.ID), Name: project.Name, Timezone: project.Timezone, IngestedEvent: project.IngestedEvent,
	}
}

// toSeconds drops the microseconds, which nobody asks about and every model pays for.
func toSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// value is what a pointer points at; the zero value for nil.
func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
