package tools

import (
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// The summaries are the API's objects decoded into just what a row needs: what
// a page repeats in each row (avatars, nested users) is skipped where it is
// read, and so costs no memory.

type roleSummary struct {
	ID        apiclient.RoleID `json:"id"`
	Name      string           `json:"name"`
	CreatedAt time.Time        `json:"created_at"`
	IsDefault bool             `json:"is_default"`
	Members   []struct{}       `json:"members"` // Counted, not kept.
}

func (r roleSummary) row() schemas.RoleRow {
	return schemas.RoleRow{
		ID: string(r.ID), Name: r.Name, MemberCount: len(r.Members),
		IsDefault: r.IsDefault, CreatedAt: toSeconds(r.CreatedAt),
	}
}

type userSummary struct {
	UUID      apiclient.UserID `json:"uuid"`
	FirstName string           `json:"first_name"`
	LastName  string           `json:"last_name"`
	Email     string           `json:"email"`
}

func (u userSummary) name() string {
	return apiclient.UserBasic{FirstName: u.FirstName, LastName: u.LastName, Email: u.Email}.FullName()
}

type memberSummary struct {
	ID        apiclient.MemberID `json:"id"`
	User      userSummary        `json:"user"`
	Level     apiclient.Level    `json:"level"`
	JoinedAt  time.Time          `json:"joined_at"`
	LastLogin *time.Time         `json:"last_login"`
}

func (m memberSummary) row() schemas.MemberRow {
	row := schemas.MemberRow{
		UserUUID: string(m.User.UUID), Name: m.User.name(), Email: m.User.Email,
		Level: m.Level.String(), JoinedAt: toSeconds(m.JoinedAt),
	}
	if m.LastLogin != nil {
		login := toSeconds(*m.LastLogin)
		row.LastLogin = &login
	}
	return row
}

type membershipSummary struct {
	ID                 apiclient.MembershipID `json:"id"`
	User               userSummary            `json:"user"`
	OrganizationMember *struct {
		Level apiclient.Level `json:"level"`
	} `json:"organization_member"`
	JoinedAt time.Time `json:"joined_at"`
}

func (m membershipSummary) row() schemas.MembershipRow {
	row := schemas.MembershipRow{
		ID: string(m.ID), UserUUID: string(m.User.UUID),
		Name: m.User.name(), Email: m.User.Email, JoinedAt: toSeconds(m.JoinedAt),
	}
	if m.OrganizationMember != nil {
		row.Level = m.OrganizationMember.Level.String()
	}
	return row
}

type organizationSummary struct {
	ID              apiclient.OrganizationID `json:"id"`
	Name            string                   `json:"name"`
	MembershipLevel *apiclient.Level         `json:"membership_level"`
	MemberCount     int                      `json:"member_count"`
}

func (o organizationSummary) row() schemas.OrganizationRow {
	row := schemas.OrganizationRow{ID: string(o.ID), Name: o.Name, MemberCount: o.MemberCount}
	if o.MembershipLevel != nil {
		row.Level = o.MembershipLevel.String()
	}
	return row
}
