package tools

import (
	"context"
	"fmt"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
)

var rolesList = Read[schemas.List, schemas.Roles]{
	Name: "roles-list", Title: "List roles",
	Description: "List the organization's roles with member counts. For who is in one, use roles-get.",
	Operation:   "GET roles/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org directory.Reader, args schemas.List) (schemas.Roles, error) {
		if args.IsFull() {
			listed, full, err := listFull(ctx, org.Roles(), args)
			return schemas.Roles{Listed: listed, Full: full}, err
		}
		listed, rows, err := listRows(ctx, apiclient.As[roleSummary](org.Roles()), args, roleSummary.row)
		return schemas.Roles{Listed: listed, Roles: rows}, err
	},
}

var rolesGet = Read[schemas.RoleGet, schemas.Role]{
	Name: "roles-get", Title: "Get a role",
	Description: "Get one role and everybody in it.",
	Operation:   "GET roles/{id}/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org directory.Reader, args schemas.RoleGet) (schemas.Role, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return schemas.Role{}, err
		}
		if args.IsFull() {
			full, err := schemas.ObjectOf(role)
			return schemas.Role{Full: full}, err
		}
		return schemas.Role{Role: &schemas.RoleWithMembers{RoleRow: roleRow(role), Members: roleMembers(role)}}, nil
	},
}

var rolesCreate = Write[schemas.RoleCreate, schemas.RoleWritten]{
	Name: "roles-create", Title: "Create a role",
	Description: "Create an empty role. Add people with membership-add.",
	Operation:   "POST roles/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.RoleCreate},
	Plan: func(ctx context.Context, org directory.Reader, args schemas.RoleCreate) (changes.Set, error) {
		name, err := roleNameFrom(args.Name)
		if err != nil {
			return nil, err
		}
		if err := requireFreeName(ctx, org, name, ""); err != nil {
			return nil, err
		}
		return changes.Set{changes.CreateRole(org.OrganizationID(), name)}, nil
	},
	Answer: func(_ directory.Reader, _ schemas.RoleCreate, outcomes []changes.Outcome) (schemas.RoleWritten, error) {
		return roleWritten(outcomes)
	},
}

var rolesUpdate = Write[schemas.RoleUpdate, schemas.RoleWritten]{
	Name: rolesUpdateName, Title: "Rename a role",
	Description: "Rename a role. Its members, references and access rules stay.",
	Operation:   "PATCH roles/{id}/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.RoleRename}, Idempotent: true,
	Plan: func(ctx context.Context, org directory.Reader, args schemas.RoleUpdate) (changes.Set, error) {
		name, err := roleNameFrom(args.Name)
		if err != nil {
			return nil, err
		}
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		if err := requireFreeName(ctx, org, name, role.ID); err != nil {
			return nil, err
		}
		return changes.Set{changes.RenameRole(org.OrganizationID(), role, name)}, nil
	},
	Answer: func(_ directory.Reader, _ schemas.RoleUpdate, outcomes []changes.Outcome) (schemas.RoleWritten, error) {
		return roleWritten(outcomes)
	},
}

var rolesDelete = Write[schemas.RoleRef, schemas.RoleDeleted]{
	Name: rolesDeleteName, Title: "Delete a role",
	Description: "Delete a role with its memberships, external references and access rules; no call brings it back. First show the user what will be lost and get a yes: members and is_default (roles-get), references (external-reference-list with role); access rules cannot be listed here, say so.",
	Operation:   "DELETE roles/{id}/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.RoleDelete}, Idempotent: true,
	Plan: func(ctx context.Context, org directory.Reader, args schemas.RoleRef) (changes.Set, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		references, err := org.References(apiclient.ReferenceFilter{RoleID: role.ID}).Rows(ctx, maxLost, 0)
		if err != nil {
			return nil, fmt.Errorf("list the role's external references: %w", err)
		}
		return changes.Set{changes.DeleteRole(org.OrganizationID(), role, references.Results)}, nil
	},
	Answer: func(_ directory.Reader, _ schemas.RoleRef, outcomes []changes.Outcome) (schemas.RoleDeleted, error) {
		change := outcomes[0].Change
		return schemas.RoleDeleted{
			Role:    roleRow(*change.Role),
			Lost:    schemas.RoleLost{Members: roleMembers(*change.Role), ExternalReferences: referenceRows(change.References)},
			Written: written(outcomes[0]),
		}, nil
	},
}

// maxLost bounds how many references of one role are read before its deletion.
const maxLost = 5000

func roleWritten(outcomes []changes.Outcome) (schemas.RoleWritten, error) {
	return schemas.RoleWritten{Role: roleRow(*outcomes[0].Role), Written: written(outcomes[0])}, nil
}

// roleNameFrom trims a new name as the API does.
func roleNameFrom(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", &schemas.ArgumentError{Problems: []string{`Argument "name" must not be blank.`}}
	}
	return name, nil
}

// requireFreeName refuses a name that another role than except has. The API
// would refuse it too, but without saying which role that is.
func requireFreeName(ctx context.Context, org directory.Reader, name string, except apiclient.RoleID) error {
	taken, found, err := org.RoleNamed(ctx, name)
	if err != nil {
		return err
	}
	if found && apiclient.RoleID(taken.ID) != except {
		return &nameTakenError{name: name, by: taken}
	}
	return nil
}
