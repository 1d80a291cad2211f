package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/big"
)

// project is the whole object, secrets included.
type project struct {
	ID             int64   `json:"id"`
	Organization   string  `json:"organization"`
	ProjectID      int64   `json:"project_id"`
	UUID           string  `json:"uuid"`
	Name           string  `json:"name"`
	CreatedAt      instant `json:"created_at"`
	UpdatedAt      instant `json:"updated_at"`
	EffectiveLevel *int    `json:"effective_membership_level"`
	APIToken       string  `json:"api_token"`
	projectSecrets
	projectDetails
}

// projectSecrets are what a whole project holds and a row in a list does not.
type projectSecrets struct {
	LiveEventsToken      *string `json:"live_events_token"`
	SecretAPIToken       *string `json:"secret_api_token"`
	SecretAPITokenBackup *string `json:"secret_api_token_backup"`
}

// projectRow is a project, short.
type projectRow struct {
	ID                         int64           `json:"id"`
	UUID                       string          `json:"uuid"`
	Organization               string          `json:"organization"`
	ProjectID                  int64           `json:"project_id"`
	APIToken                   string          `json:"api_token"`
	Name                       string          `json:"name"`
	CompletedSnippetOnboarding bool            `json:"completed_snippet_onboarding"`
	HasCompletedOnboardingFor  map[string]bool `json:"has_completed_onboarding_for"`
	IngestedEvent              bool            `json:"ingested_event"`
	IsDemo                     bool            `json:"is_demo"`
	Timezone                   string          `json:"timezone"`
	AccessControl              bool            `json:"access_control"`
}

func (p project) row() projectRow {
	return projectRow{
		ID: p.ID, UUID: p.UUID, Organization: p.Organization, ProjectID: p.ID, APIToken: p.APIToken, Name: p.Name,
		CompletedSnippetOnboarding: p.CompletedSnippetOnboarding,
		HasCompletedOnboardingFor:  p.HasCompletedOnboardingFor,
		IngestedEvent:              p.IngestedEvent, IsDemo: p.IsDemo, Timezone: p.Timezone, AccessControl: p.AccessControl,
	}
}

const projectColumns = `p.id, p.uuid, p.organization_id, p.name, p.created_at, p.updated_at, p.api_token,
	p.secret_api_token, p.secret_api_token_backup, p.live_events_token, p.details`

func scanProject(row scanner) (project, error) {
	var p project
	var details string
	err := row.Scan(&p.ID, &p.UUID, &p.Organization, &p.Name, &p.CreatedAt, &p.UpdatedAt, &p.APIToken,
		&p.SecretAPIToken, &p.SecretAPITokenBackup, &p.LiveEventsToken, &details)
	if err != nil {
		return project{}, err
	}
	p.ProjectID = p.ID
	if err := json.Unmarshal([]byte(details), &p.projectDetails); err != nil {
		return project{}, fmt.Errorf("reading the details of project %d: %w", p.ID, err)
	}
	return p, nil
}

func projectByID(ctx context.Context, tx *sql.Tx, organizationID string, id int64) (project, error) {
	return scanProject(tx.QueryRowContext(ctx, `SELECT `+projectColumns+` FROM projects p
		WHERE p.id = ? AND p.organization_id = ?`, id, organizationID))
}

// projectsOf reads the projects of an organization, by id.
func projectsOf(ctx context.Context, tx *sql.Tx, organizationID string) ([]project, error) {
	return selectRows(ctx, tx, scanProject, `SELECT `+projectColumns+` FROM projects p
		WHERE p.organization_id = ? ORDER BY p.id`, organizationID)
}

func rowsOf(projects []project) []projectRow {
	rows := make([]projectRow, len(projects))
	for i, p := range projects {
		rows[i] = p.row()
	}
	return rows
}

// listProjects answers GET projects/.
func listProjects(ctx context.Context, c *call) (reply, error) {
	w, err := c.window()
	if err != nil {
		return reply{}, err
	}
	all, err := projectsOf(ctx, c.tx, c.organization.ID)
	if err != nil {
		return reply{}, err
	}
	return ok(pageOf(c, w, int64(len(all)), rowsOf(slice(w, all)))), nil
}

// retrieveProject answers GET projects/{id}/ with the whole object.
func retrieveProject(ctx context.Context, c *call) (reply, error) {
	found, err := c.inThisProject(ctx)
	if err != nil {
		return reply{}, err
	}
	return ok(c.seen(*found)), nil
}

// seen fills in what depends on who looks.
func (c *call) seen(p project) project {
	level := c.projectLevel()
	p.EffectiveLevel = &level
	return p
}

// projectLevel is the caller's level in the organization's projects.
func (c *call) projectLevel() int {
	if c.knobs.NoProjectAdmin {
		return member
	}
	return c.level
}

// rotateSecretToken answers PATCH projects/{id}/rotate_secret_token/. The body
// is not even looked at. The token that was the backup is gone for good.
func rotateSecretToken(ctx context.Context, c *call) (reply, error) {
	found, err := c.inThisProject(ctx)
	if err != nil {
		return reply{}, err
	}
	if c.projectLevel() < administrator {
		return reply{}, projectLevelLow
	}
	if c.knobs.NewProjectKeys && found.SecretAPIToken == nil {
		return reply{}, tokensReplaced
	}
	rotated := *found
	token := newSecretToken()
	rotated.SecretAPITokenBackup, rotated.SecretAPIToken, rotated.UpdatedAt = found.SecretAPIToken, &token, c.now
	_, err = c.tx.ExecContext(ctx, `UPDATE projects SET secret_api_token = ?, secret_api_token_backup = ?, updated_at = ? WHERE id = ?`,
		rotated.SecretAPIToken, rotated.SecretAPITokenBackup, rotated.UpdatedAt, rotated.ID)
	if err != nil {
		return reply{}, err
	}
	return ok(c.seen(rotated)), nil
}

// newSecretToken returns a random project secret token, of the real ones' form.
func newSecretToken() string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	token := []byte("phs_")
	for range 43 {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(letters)))) // never fails: see crypto/rand
		token = append(token, letters[n.Int64()])
	}
	return string(token)
}
