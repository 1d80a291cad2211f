package tools

import (
	"context"
	"fmt"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

var rolesList = Read[schemas.RoleList, schemas.Roles]{
	Name: "roles-list", Title: "List roles",
	Description: "List or search roles by name, with member counts; with member, only that person's roles.",
	Operation:   "GET roles/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.RoleList) (schemas.Roles, error) {
		if err := roleShape.check(args.List); err != nil {
			return schemas.Roles{}, err
		}
		keep := searching(args.Search.Search, func(role roleSummary) []string { return []string{role.Name} })
		var person apiclient.UserBasic
		if args.Member != "" {
			member, err := org.Member(ctx, args.Member)
			if err != nil {
				return schemas.Roles{}, err
			}
			person = member.User
			named := keep
			keep = func(role roleSummary) bool { return role.has(person.UUID) && (named == nil || named(role)) }
		}
		found, err := readList(ctx, org.Roles(), args.List, keep, summaryOfRole)
		if err != nil {
			return schemas.Roles{}, err
		}
		noteEmpty(&found, func() string { return noSuchRole(found, args, person) })
		return schemas.Roles{Listed: found.Listed, Roles: rowsOf(roleShape, found, args.List), Full: found.full}, nil
	},
}

// noSuchRole is the note on a list without roles.
func noSuchRole(found page[roleSummary], args schemas.RoleList, person apiclient.UserBasic) string {
	if args.Member == "" {
		return noSuchName(found, args.List, "role", func(role roleSummary) string { return role.Name })
	}
	theirs := namesOf(filtered(found.scanned, func(role roleSummary) bool { return role.has(person.UUID) }), func(role roleSummary) string { return role.Name })
	if len(theirs) == 0 {
		return fmt.Sprintf("%s is in no role; %s.", quoted(person.FullName()), thereAre(len(found.scanned), "role"))
	}
	return fmt.Sprintf("%s is in no role whose name holds %s, but in %s.", quoted(person.FullName()), quoted(args.Search.Search), quotedAll(theirs))
}

var rolesGet = Read[schemas.RoleGet, schemas.Role]{
	Name: "roles-get", Title: "Get a role",
	Description: "One role and everybody in it by name and e-mail. For levels, dates or a search, use membership-list.",
	Operation:   "GET roles/{id}/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.RoleGet) (schemas.Role, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return schemas.Role{}, err
		}
		if args.IsFull() {
			full, err := schemas.ObjectOf(role)
			return schemas.Role{Full: full}, err
		}
		return schemas.Role{Role: &schemas.RoleWithMembers{RoleRow: roleShape.usual(summaryOfRole(role)), Members: roleMembers(role)}}, nil
	},
}

var rolesCreate = Write[schemas.RoleCreate, schemas.RoleWritten]{
	Name: "roles-create", Title: "Create a role",
	Description: "Create an empty role; membership-add puts people in.",
	Operation:   "POST roles/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.RoleCreate},
	Plan: func(ctx context.Context, org Reader, args schemas.RoleCreate) (changes.Set, error) {
		name, err := roleNameFrom(args.Name)
		if err != nil {
			return nil, err
		}
		if err := requireFreeName(ctx, org, name, ""); err != nil {
			return nil, err
		}
		return changes.Set{changes.CreateRole(org.OrganizationID(), name)}, nil
	},
	Answer: func(org Reader, _ schemas.RoleCreate, done changes.Result) (schemas.RoleWritten, error) {
		return roleWritten(org, done)
	},
}

var rolesUpdate = Write[schemas.RoleUpdate, schemas.RoleWritten]{
	Name: "roles-update", Title: "Rename a role",
	Description: "Rename a role; members, references and access rules stay.",
	Operation:   "PATCH roles/{id}/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.RoleRename}, Idempotent: true,
	Plan: func(ctx context.Context, org Reader, args schemas.RoleUpdate) (changes.Set, error) {
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
	Answer: func(org Reader, _ schemas.RoleUpdate, done changes.Result) (schemas.RoleWritten, error) {
		return roleWritten(org, done)
	},
}

var rolesDelete = Write[schemas.RoleDelete, schemas.RoleDeleted]{
	Name: "roles-delete", Title: "Delete a role",
	Description: "Delete a role with its memberships, external references and access rules. The user is asked first. undo makes it anew, without access rules.",
	Operation:   "DELETE roles/{id}/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.RoleDelete}, Idempotent: true,
	Plan: func(ctx context.Context, org Reader, args schemas.RoleDelete) (changes.Set, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		change, err := changes.PlanDeleteRole(ctx, org.API(), org.OrganizationID(), role)
		return changes.Set{change}, err
	},
	Answer: func(org Reader, _ schemas.RoleDelete, done changes.Result) (schemas.RoleDeleted, error) {
		change := done.Outcomes[0].Change
		return schemas.RoleDeleted{
			Role:    roleShape.usual(summaryOfRole(*change.Role)),
			Lost:    schemas.RoleLost{Members: roleMembers(*change.Role), ExternalReferences: referenceRows(change.References, *change.Role)},
			Written: written(org, done),
		}, nil
	},
}

func roleWritten(org Reader, done changes.Result) (schemas.RoleWritten, error) {
	return schemas.RoleWritten{Role: roleShape.usual(summaryOfRole(*done.Outcomes[0].Role)), Written: written(org, done)}, nil
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
func requireFreeName(ctx context.Context, org Reader, name string, except apiclient.RoleID) error {
	taken, found, err := org.RoleNamed(ctx, name)
	if err != nil {
		return err
	}
	if found && apiclient.RoleID(taken.ID) != except {
		return &nameTakenError{name: name, by: taken}
	}
	return nil
}
