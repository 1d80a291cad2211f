package apiclient

import (
	"context"
	"time"
)

// CurrentUser is the owner of the key that asks. A field that newer servers
// added, or older ones lack, is a pointer.
type CurrentUser struct {
	ID         *int    `json:"id,omitempty"`
	UUID       UserID  `json:"uuid"`
	DistinctID *string `json:"distinct_id,omitempty"`
	// FirstName may be empty.
	FirstName          string     `json:"first_name"`
	LastName           *string    `json:"last_name,omitempty"`
	Email              string     `json:"email"`
	IsEmailVerified    *bool      `json:"is_email_verified,omitempty"`
	DateJoined         *time.Time `json:"date_joined,omitempty"`
	IsStaff            *bool      `json:"is_staff,omitempty"`
	Is2FAEnabled       *bool      `json:"is_2fa_enabled,omitempty"`
	HasSocialAuth      *bool      `json:"has_social_auth,omitempty"`
	RoleAtOrganization *string    `json:"role_at_organization,omitempty"`
	// IsOrganizationFirstUser tells whether nobody invited the user.
	IsOrganizationFirstUser *bool `json:"is_organization_first_user,omitempty"`
	// Organization is what @current means; nil when the user is in none.
	Organization  *Organization       `json:"organization"`
	Organizations []OrganizationShort `json:"organizations"`
	// Team is the project last used; nil when none.
	Team *ProjectRow `json:"team"`
}

func (u *CurrentUser) missing() string {
	if u.UUID == "" {
		return "uuid"
	}
	return ""
}

// CurrentUser reads the owner of the key (GET users/@me/).
func (r Reader) CurrentUser(ctx context.Context) (CurrentUser, error) {
	return fetch[CurrentUser](ctx, r.core, get(currentUserPath))
}
