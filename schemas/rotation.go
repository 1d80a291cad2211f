package schemas

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/invopop/jsonschema"
)

// SettingsURI is the address of the resource that holds the schema of
// TokenRotate's settings.
const SettingsURI = "posthog-org://schemas/project-settings"

// TokenRotate are the arguments of project-secret-token-rotate.
type TokenRotate struct {
	Project  string    `json:"project" jsonschema:"required,minLength=1,maxLength=200" jsonschema_description:"Id or name."`
	Settings *Settings `json:"settings,omitempty" jsonschema_description:"Sent along; the API ignores it. Schema: resource posthog-org://schemas/project-settings."`
	View
	Confirmed
	Target
}

// Settings are ProjectSettings whose full schema is a resource of its own, so
// that fifty fields do not weigh on every tool list.
type Settings ProjectSettings

// JSONSchema says that it is an object; SettingsURI has the rest.
func (Settings) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "object"} }

// UnmarshalJSON checks data against the schema of ProjectSettings before it
// reads it. What does not fit is an *ArgumentError.
func (s *Settings) UnmarshalJSON(data []byte) error {
	validator, err := settingsValidator()
	if err != nil {
		return err
	}
	if err := validator.Check(data); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return json.Unmarshal(data, (*ProjectSettings)(s))
}

// settingsValidator is made at the first use: few calls bring settings.
var settingsValidator = sync.OnceValues(func() (*Validator, error) {
	schema, err := Input[ProjectSettings]()
	if err != nil {
		return nil, err
	}
	return NewValidator(schema), nil
})

// ProjectName is a project by id and name.
type ProjectName struct {
	ID   int    `json:"id" jsonschema_description:"Project id."`
	Name string `json:"name" jsonschema_description:"Name."`
}

// TokenRotated is the result of project-secret-token-rotate. Tokens are masked.
type TokenRotated struct {
	Project              ProjectName `json:"project,omitzero" jsonschema_description:"The project."`
	SecretAPIToken       string      `json:"secret_api_token,omitempty" jsonschema_description:"The new token, masked."`
	SecretAPITokenBackup string      `json:"secret_api_token_backup,omitempty" jsonschema_description:"The token before, masked; works until the next rotation. Absent: there was none."`
	TokenFile            string      `json:"token_file,omitempty" jsonschema_description:"File on the server's machine that holds the new token."`
	TokenPage            string      `json:"token_page,omitempty" jsonschema_description:"Page on that machine that shows it once, for ten minutes."`
	Advice               string      `json:"advice,omitempty" jsonschema_description:"What to tell the user."`
	SettingsURL          string      `json:"settings_url,omitempty" jsonschema:"format=uri" jsonschema_description:"Page in PostHog that shows it too."`
	Full                 Object      `json:"full,omitempty" jsonschema_description:"With view full: the project, tokens masked."`
	Written
}
