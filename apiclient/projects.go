package apiclient

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"posthog-org-mcp/redact"
	"posthog-org-mcp/schemas"
)

// ProjectRow is a project as lists show it.
type ProjectRow struct {
	ID           ProjectID      `json:"id"`
	UUID         string         `json:"uuid"`
	Organization OrganizationID `json:"organization"`
	// ProjectID is the same as ID, on newer servers.
	ProjectID *ProjectID `json:"project_id,omitempty"`
	// APIToken is the public token (phc_…), which opens nothing here.
	APIToken                   string          `json:"api_token"`
	Name                       string          `json:"name"`
	CompletedSnippetOnboarding bool            `json:"completed_snippet_onboarding"`
	HasCompletedOnboardingFor  json.RawMessage `json:"has_completed_onboarding_for"`
	// IngestedEvent tells whether an event ever arrived.
	IngestedEvent bool `json:"ingested_event"`
	IsDemo        bool `json:"is_demo"`
	// Timezone is an IANA name.
	Timezone      string `json:"timezone"`
	AccessControl bool   `json:"access_control"`
}

// Project is a whole project: its settings, and what only the server sets. Its
// secrets show their mask however they are printed or marshalled.
type Project struct {
	ID           ProjectID      `json:"id"`
	Organization OrganizationID `json:"organization"`
	UUID         string         `json:"uuid"`
	// ProjectSettings always has its fields here.
	schemas.ProjectSettings
	// ConversationsSettings takes the place of the settings' field of that name.
	ConversationsSettings MaskedJSON `json:"conversations_settings"`

	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt *time.Time `json:"updated_at"`
	// EffectiveMembershipLevel is the caller's level in the project; nil when none.
	EffectiveMembershipLevel *Level                       `json:"effective_membership_level"`
	HasGroupTypes            bool                         `json:"has_group_types"`
	GroupTypes               []map[string]json.RawMessage `json:"group_types"`
	// APIToken is the public token (phc_…), which opens nothing here.
	APIToken                      string                     `json:"api_token"`
	IngestedEvent                 bool                       `json:"ingested_event"`
	PersonOnEventsQueryingEnabled bool                       `json:"person_on_events_querying_enabled"`
	DefaultModifiers              map[string]json.RawMessage `json:"default_modifiers"`
	ProductIntents                []ProductIntent            `json:"product_intents"`
	AvailableSetupTaskIDs         []string                   `json:"available_setup_task_ids"`

	// SecretAPIToken (phs_…) is what servers use; nil until the first rotation.
	SecretAPIToken *redact.Secret `json:"secret_api_token"`
	// SecretAPITokenBackup is the token before the last rotation, which goes on
	// working until the next one; nil when there is none.
	SecretAPITokenBackup *redact.Secret `json:"secret_api_token_backup"`
	// LiveEventsToken is short-lived; nil when the stream is not set up.
	LiveEventsToken *redact.Secret `json:"live_events_token"`
}

// ProductIntent is a product that somebody has looked at.
type ProductIntent struct {
	ProductType *string    `json:"product_type,omitempty"`
	CreatedAt   *time.Time `json:"created_at,omitempty"`
	// OnboardingCompletedAt is nil when the setup was not finished.
	OnboardingCompletedAt *time.Time `json:"onboarding_completed_at"`
	UpdatedAt             *time.Time `json:"updated_at,omitempty"`
}

// Projects lists the projects that the key sees (GET projects/).
func (r Reader) Projects(organization OrganizationID) List[ProjectRow] {
	return list[ProjectRow](r.core, nil, projectsPath, organization)
}

// Project reads a whole project (GET projects/{id}/).
func (r Reader) Project(ctx context.Context, organization OrganizationID, project ProjectID) (Project, error) {
	return fetch[Project](ctx, r.core, get(projectPath, organization, project))
}

// RotateSecretToken makes a new secret token; the old one becomes the backup,
// and the token that was the backup stops working at once (PATCH
// projects/{id}/rotate_secret_token/). It goes out once, whatever happens. Never
// call it again because an answer did not come: a second rotation cuts off every
// server that holds the first token.
// The server takes no notice of settings; nil sends no body. Some servers open
// it to no key: ErrClosedToKeys.
func (c *Client) RotateSecretToken(ctx context.Context, organization OrganizationID, project ProjectID, settings *schemas.ProjectSettings) (Project, error) {
	rotate := call{
		method: http.MethodPatch, template: rotatePath, ids: []segment{organization, project},
		success: http.StatusOK, resend: resendNever,
	}
	if settings != nil {
		rotate.body = rotation{settings}
	}
	rotated, err := fetch[rotatedProject](ctx, c.core, rotate)
	return rotated.Project, err
}

// ProbeRotation asks whether this server opens rotations to the key, and can
// rotate nothing: it names project 0 of the organization 00000000-…, and there is
// neither. The server looks at the key before it looks for them, so that the key
// would do where it misses the organization. Nil is open, ErrClosedToKeys is
// closed; any other error leaves it unknown. It goes out once.
func (r Reader) ProbeRotation(ctx context.Context) error {
	err := r.core.do(ctx, call{
		method: http.MethodPatch, template: rotatePath, ids: []segment{nowhere, nothing{}},
		success: http.StatusNotFound, resend: resendNever,
	}, nil)
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound && strings.HasPrefix(strings.ToLower(refused.Detail), "organization ") {
		return nil
	}
	return err
}

// nowhere is the one UUID that no organization has.
const nowhere OrganizationID = "00000000-0000-0000-0000-000000000000"

// nothing stands for a project where there is none: their numbers begin with 1.
type nothing struct{}

func (nothing) check() (text, problem string) { return "0", "" }
func (nothing) kind() string                  { return "project id" }

// rotation is the body of a rotation.
type rotation struct{ *schemas.ProjectSettings }

func (rotation) check() *ArgumentError { return nil }

// rotatedProject is the answer to a rotation, which must bring the new token.
type rotatedProject struct{ Project }

func (p *rotatedProject) missing() string {
	switch {
	case p.ID == 0:
		return "id"
	case p.SecretAPIToken == nil || p.SecretAPIToken.IsZero():
		return "secret_api_token"
	}
	return ""
}
