package apiclient

import (
	"context"
	"time"

	"posthog-org-mcp/redact"
)

// PersonalAPIKey is the key that asks, as its owner sees it. It never holds the
// key itself.
type PersonalAPIKey struct {
	ID          *string `json:"id,omitempty"`
	Label       string  `json:"label"`
	Description *string `json:"description,omitempty"`
	// Value is always null here: a key is shown once, when it is made.
	Value *redact.Secret `json:"value,omitempty"`
	// MaskValue is the key's first and last characters, for display.
	MaskValue    *string    `json:"mask_value"`
	CreatedAt    *time.Time `json:"created_at,omitempty"`
	LastUsedAt   *time.Time `json:"last_used_at,omitempty"`
	LastRolledAt *time.Time `json:"last_rolled_at,omitempty"`
	UserID       *int       `json:"user_id,omitempty"`
	// Scopes are what the key may do; * is everything.
	Scopes []string `json:"scopes"`
	// ScopedTeams and ScopedOrganizations are what the key is confined to; nil or
	// empty when it is not.
	ScopedTeams         []ProjectID      `json:"scoped_teams"`
	ScopedOrganizations []OrganizationID `json:"scoped_organizations"`
}

func (k *PersonalAPIKey) missing() string {
	if k.Scopes == nil {
		return "scopes"
	}
	return ""
}

// CurrentKey reads the record of the key that asks (GET
// personal_api_keys/@current/). Older servers answer ErrForbidden or ErrNotFound,
// and OAuth tokens get ErrUnauthorized though they are good elsewhere: carry on
// without.
func (r Reader) CurrentKey(ctx context.Context) (PersonalAPIKey, error) {
	call := get(currentKeyPath)
	call.closedToTokens = true
	return fetch[PersonalAPIKey](ctx, r.core, call)
}
