package tools

import (
	"context"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
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
			Name: directory.FullName(membership.User), Email: membership.User.Email,
		})
	}
	return rows
}

func membershipRow(membership apiclient.RoleMembership) schemas.MembershipRow {
	row := schemas.MembershipRow{
		ID: string(membership.ID), UserUUID: string(membership.User.UUID),
		Name: directory.FullName(membership.User), Email: membership.User.Email,
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

// written is what every write answers besides its rows.
func written(outcome changes.Outcome) schemas.Written {
	return schemas.Written{Changed: outcome.State == changes.Done, Undo: undoCall(outcome)}
}

// undoCall words the taking back of an outcome as a call; nil where no single
// call does it.
func undoCall(outcome changes.Outcome) *schemas.Undo {
	undo := outcome.Undo()
	if len(undo) != 1 {
		return nil
	}
	change := undo[0]
	call := schemas.Undo{Arguments: map[string]string{}}
	switch change.Kind {
	case changes.RoleRename:
		call.Tool, call.Arguments["role"], call.Arguments["name"] = rolesUpdateName, string(change.Role.ID), change.Name
	case changes.RoleDelete:
		call.Tool, call.Arguments["role"] = rolesDeleteName, string(change.Role.ID)
	case changes.MembershipAdd:
		call.Tool, call.Arguments["role"], call.Arguments["member"] = membershipAddName, string(change.Role.ID), string(change.Member.User.UUID)
	case changes.MembershipRemove:
		call.Tool, call.Arguments["role"], call.Arguments["member"] = membershipRemoveName, string(change.Role.ID), string(change.Membership.User.UUID)
	case changes.ReferenceDelete:
		call.Tool, call.Arguments["reference_id"] = referenceDeleteName, string(change.Reference.ID)
	case changes.ReferenceCreate:
		call.Tool = referenceCreateName
		call.Arguments = map[string]string{
			"role":                     string(change.NewReference.Role),
			"provider":                 change.NewReference.Provider,
			"provider_organization_id": change.NewReference.ProviderOrganizationID,
			"provider_role_id":         change.NewReference.ProviderRoleID,
			"provider_role_name":       change.NewReference.ProviderRoleName,
		}
		if slug := value(change.NewReference.ProviderRoleSlug); slug != "" {
			call.Arguments["provider_role_slug"] = slug
		}
	default:
		return nil
	}
	if org := change.Organization; org != apiclient.CurrentOrganization {
		call.Arguments["organization_id"] = string(org)
	}
	return &call
}

// Tools that undo others are named here once, so that a rename reaches both.
const (
	rolesUpdateName      = "roles-update"
	rolesDeleteName      = "roles-delete"
	membershipAddName    = "membership-add"
	membershipRemoveName = "membership-remove"
	referenceCreateName  = "external-reference-create"
	referenceDeleteName  = "external-reference-delete"
)

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
