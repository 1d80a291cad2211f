package tools

import (
	"context"
	"strconv"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
)

var projectSecretTokenRotate = Write[schemas.TokenRotate, schemas.TokenRotated]{
	Name: "project-secret-token-rotate", Title: "Rotate a project's secret token",
	Description: "Replace a project's secret token (phs_…). The old token keeps working as the backup until the next rotation; an earlier backup stops at once. If the token leaked, one rotation does not stop it: rotate, let the user move the servers to the new token, then rotate again. The API rotates whatever `settings` say. Cannot be undone: get the user's yes before each rotation.",
	Operation:   "PATCH projects/{id}/rotate_secret_token/", Scopes: []string{projectRead},
	May: changes.Kinds{changes.TokenRotate},
	Plan: func(ctx context.Context, org directory.Reader, args schemas.TokenRotate) (changes.Set, error) {
		project, err := org.Project(ctx, args.Project)
		if err != nil {
			return nil, err
		}
		return changes.Set{changes.RotateToken(org.OrganizationID(), project, (*schemas.ProjectSettings)(args.Settings))}, nil
	},
	Answer: func(org directory.Reader, args schemas.TokenRotate, outcomes []changes.Outcome) (schemas.TokenRotated, error) {
		project := outcomes[0].Project
		result := schemas.TokenRotated{
			Project:     schemas.ProjectName{ID: int(project.ID), Name: value(project.Name)},
			Advice:      "The old token works until the next rotation. If it leaked: move the servers to the new one, then rotate again.",
			SettingsURL: org.WebURL("project", strconv.Itoa(int(project.ID)), "settings", "project"),
			Written:     written(outcomes[0]),
		}
		if project.SecretAPIToken != nil {
			result.SecretAPIToken = project.SecretAPIToken.String()
		}
		if project.SecretAPITokenBackup != nil {
			backup := project.SecretAPITokenBackup.String()
			result.SecretAPITokenBackup = &backup
		}
		if !args.IsFull() {
			return result, nil
		}
		var err error
		result.Full, err = schemas.ObjectOf(*project)
		return result, err
	},
}

var projectsList = Read[schemas.List, schemas.Projects]{
	Name: "projects-list", Title: "List projects",
	Description: "List the organization's projects with the ids that project-secret-token-rotate takes.",
	Operation:   "GET projects/", Scopes: []string{projectRead},
	Do: func(ctx context.Context, org directory.Reader, args schemas.List) (schemas.Projects, error) {
		if args.IsFull() {
			listed, full, err := listFull(ctx, org.Projects(), args)
			return schemas.Projects{Listed: listed, Full: full}, err
		}
		listed, rows, err := listRows(ctx, org.Projects(), args, projectRow)
		return schemas.Projects{Listed: listed, Projects: rows}, err
	},
}
