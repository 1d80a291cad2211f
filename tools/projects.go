package tools

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/schemas"
)

var projectSecretTokenRotate = Write[schemas.TokenRotate, rotated]{
	Name: "project-secret-token-rotate", Title: "Rotate a project's secret token",
	Description: "Replace a project's secret token (phs_…). The old one works on as the backup until the next rotation; an earlier backup stops at once. If it leaked: rotate, let the user move the servers, rotate again. The user is asked first; there is no undo.",
	Operation:   "PATCH projects/{id}/rotate_secret_token/", Scopes: []string{organizationRead, projectRead},
	May: changes.Kinds{changes.TokenRotate},
	Plan: func(ctx context.Context, org Reader, args schemas.TokenRotate) (changes.Set, error) {
		project, err := org.Project(ctx, args.Project)
		if err != nil {
			return nil, err
		}
		return changes.Set{changes.RotateToken(org.OrganizationID(), project, (*schemas.ProjectSettings)(args.Settings))}, nil
	},
	Answer: func(org Reader, args schemas.TokenRotate, done changes.Result) (rotated, error) {
		outcome := done.Outcomes[0]
		project := outcome.Project
		result := rotated{
			TokenRotated: schemas.TokenRotated{
				Project:     schemas.ProjectName{ID: int(project.ID), Name: value(project.Name)},
				Advice:      whatWorksNow(outcome.Change.Project),
				TokenFile:   outcome.Receipt.Path,
				SettingsURL: org.WebURL("project", strconv.Itoa(int(project.ID)), "settings", "project"),
				Written:     written(org, done),
			},
			token: project.SecretAPIToken, backup: project.SecretAPITokenBackup,
		}
		if project.SecretAPIToken != nil {
			result.SecretAPIToken = project.SecretAPIToken.String()
		}
		if project.SecretAPITokenBackup != nil {
			result.SecretAPITokenBackup = project.SecretAPITokenBackup.String()
		}
		if !done.PageShown {
			result.TokenPage = outcome.Receipt.URL
		}
		result.Advice = strings.TrimSpace(whereTheTokenIs(outcome, done.PageShown) + " " + result.Advice)
		if !args.IsFull() {
			return result, nil
		}
		var err error
		result.Full, err = schemas.ObjectOf(*project)
		return result, err
	},
}

// whatWorksNow says which of the tokens before still work.
func whatWorksNow(before *apiclient.Project) string {
	var text strings.Builder
	if token := before.SecretAPIToken; token != nil {
		fmt.Fprintf(&text, "The token before (%s) works until the next rotation; if it is the one that leaked, let the user move the servers, then rotate once more.", token)
	}
	if backup := before.SecretAPITokenBackup; backup != nil {
		fmt.Fprintf(&text, " The earlier backup (%s) is dead.", backup)
	}
	return strings.TrimSpace(text.String())
}

// whereTheTokenIs tells the model what to tell the user.
func whereTheTokenIs(outcome changes.Outcome, shown bool) string {
	switch {
	case outcome.Undelivered != nil:
		return "The new token could not be put where it was to go; the user reads it at settings_url."
	case outcome.Receipt.Path != "":
		return "The new token is in token_file, on the machine that runs this server: give the user the path, do not read the file."
	case shown:
		return "The user was shown a page with the new token."
	case outcome.Receipt.URL != "":
		return "Give the user token_page, which shows the new token once; do not open it."
	}
	return ""
}

// rotated is the result of a rotation, with the tokens at hand for those who
// want them in results.
type rotated struct {
	schemas.TokenRotated
	token, backup *redact.Secret
}

// revealed is the result with its tokens whole.
func (r rotated) revealed() (any, []redact.Secret) {
	result := r.TokenRotated
	var shown []redact.Secret
	if r.token != nil {
		result.SecretAPIToken = r.token.Reveal()
		shown = append(shown, *r.token)
	}
	if r.backup != nil {
		result.SecretAPITokenBackup = r.backup.Reveal()
		shown = append(shown, *r.backup)
	}
	return result, shown
}

// FirstRows implements schemas.Bounded, and keeps the tokens at hand.
func (r rotated) FirstRows(n, bytes int) schemas.Bounded {
	if cut, ok := r.TokenRotated.FirstRows(n, bytes).(schemas.TokenRotated); ok {
		r.TokenRotated = cut
	}
	return r
}

// Essence implements schemas.Essential, and keeps the tokens at hand.
func (r rotated) Essence(bytes int) any {
	if cut, ok := r.TokenRotated.Essence(bytes).(schemas.TokenRotated); ok {
		r.TokenRotated = cut
	}
	return r
}

var projectsList = Read[schemas.List, schemas.Projects]{
	Name: "projects-list", Title: "List projects",
	Description: "List or search projects by name, with the ids that project-secret-token-rotate takes.",
	Operation:   "GET projects/", Scopes: []string{projectRead},
	Do: func(ctx context.Context, org Reader, args schemas.List) (schemas.Projects, error) {
		if err := projectShape.check(args); err != nil {
			return schemas.Projects{}, err
		}
		name := func(project apiclient.ProjectRow) string { return project.Name }
		keep := searching(args.Search.Search, func(project apiclient.ProjectRow) []string { return []string{project.Name} })
		found, err := readList(ctx, org.Projects(), args, keep, func(project apiclient.ProjectRow) apiclient.ProjectRow { return project })
		if err != nil {
			return schemas.Projects{}, err
		}
		noteEmpty(&found, func() string { return noSuchName(found, args, "project", name) })
		return schemas.Projects{Listed: found.Listed, Projects: rowsOf(projectShape, found, args), Full: found.full}, nil
	},
}
