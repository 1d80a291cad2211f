package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// userBasic is a person, as nested in other objects.
type userBasic struct {
	ID                 int64   `json:"id"`
	UUID               string  `json:"uuid"`
	DistinctID         *string `json:"distinct_id"`
	FirstName          string  `json:"first_name"`
	LastName           string  `json:"last_name"`
	Email              string  `json:"email"`
	EmailVerified      *bool   `json:"is_email_verified"`
	HedgehogConfig     rawJSON `json:"hedgehog_config"`
	RoleAtOrganization *string `json:"role_at_organization"`
}

// displayName is what the welcome page calls somebody.
func (u userBasic) displayName() string {
	if u.FirstName != "" {
		return u.FirstName
	}
	local, _, _ := strings.Cut(u.Email, "@")
	return local
}

const userColumns = `u.id, u.uuid, u.distinct_id, u.first_name, u.last_name, u.email,
	u.is_email_verified, u.hedgehog_config, u.role_at_organization`

func (u *userBasic) columns() []any {
	return []any{&u.ID, &u.UUID, &u.DistinctID, &u.FirstName, &u.LastName, &u.Email,
		&u.EmailVerified, &u.HedgehogConfig, &u.RoleAtOrganization}
}

// person is a user with what only the checks and `users/@me` need.
type person struct {
	userBasic
	Active              bool
	TwoFactor           bool
	SocialAuth          bool
	DateJoined          instant
	CurrentOrganization *string
	CurrentProject      *int64
}

func personByID(ctx context.Context, tx *sql.Tx, id int64) (person, error) {
	var p person
	row := tx.QueryRowContext(ctx, `SELECT `+userColumns+`, u.is_active, u.is_2fa_enabled, u.has_social_auth,
		u.date_joined, u.current_organization, u.current_project FROM users u WHERE u.id = ?`, id)
	err := row.Scan(append(p.columns(), &p.Active, &p.TwoFactor, &p.SocialAuth,
		&p.DateJoined, &p.CurrentOrganization, &p.CurrentProject)...)
	return p, err
}

// usersByID reads the users with these ids; an unknown id is left out.
func usersByID(ctx context.Context, tx *sql.Tx, ids []int64) (map[int64]userBasic, error) {
	users, err := selectRows(ctx, tx, func(row scanner) (userBasic, error) {
		var u userBasic
		return u, row.Scan(u.columns()...)
	}, `SELECT `+userColumns+` FROM users u WHERE u.id IN (SELECT value FROM json_each(?))`, jsonList(ids))
	byID := make(map[int64]userBasic, len(users))
	for _, u := range users {
		byID[u.ID] = u
	}
	return byID, err
}

// organizationMember is a person's membership of an organization.
type organizationMember struct {
	ID         string    `json:"id"`
	User       userBasic `json:"user"`
	Level      int       `json:"level"`
	JoinedAt   instant   `json:"joined_at"`
	UpdatedAt  instant   `json:"updated_at"`
	TwoFactor  bool      `json:"is_2fa_enabled"`
	SocialAuth bool      `json:"has_social_auth"`
	LastLogin  *instant  `json:"last_login"`
	// MatchType is there on searched lists only.
	MatchType string `json:"search_match_type,omitempty"`
}

const memberColumns = `m.id, m.level, m.joined_at, m.updated_at,
	u.is_2fa_enabled, u.has_social_auth, u.last_login, ` + userColumns

const fromMembers = ` FROM members m JOIN users u ON u.id = m.user_id `

func scanMember(row scanner) (organizationMember, error) {
	var m organizationMember
	err := row.Scan(append([]any{&m.ID, &m.Level, &m.JoinedAt, &m.UpdatedAt,
		&m.TwoFactor, &m.SocialAuth, &m.LastLogin}, m.User.columns()...)...)
	return m, err
}

// membersByID reads the organization memberships with these ids.
func membersByID(ctx context.Context, tx *sql.Tx, ids []string) (map[string]organizationMember, error) {
	members, err := selectRows(ctx, tx, scanMember,
		`SELECT `+memberColumns+fromMembers+`WHERE m.id IN (SELECT value FROM json_each(?))`, jsonList(ids))
	byID := make(map[string]organizationMember, len(members))
	for _, m := range members {
		byID[m.ID] = m
	}
	return byID, err
}

// levelOf returns somebody's level in an organization, 0 for an outsider.
func levelOf(ctx context.Context, tx *sql.Tx, organizationID string, userID int64) (int, error) {
	level, err := count(ctx, tx, `SELECT level FROM members WHERE organization_id = ? AND user_id = ?`, organizationID, userID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return int(level), err
}

// creators resolves who made some rows. A creator whom the caller may not see
// is left out, as one who is unknown.
func (c *call) creators(ctx context.Context, ids []*int64) (map[int64]userBasic, error) {
	var wanted []int64
	for _, id := range ids {
		if id != nil {
			wanted = append(wanted, *id)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	users, err := usersByID(ctx, c.tx, wanted)
	if err != nil {
		return nil, err
	}
	for id := range users {
		level, err := levelOf(ctx, c.tx, c.organization.ID, id)
		if err != nil {
			return nil, err
		}
		if !c.sees(id, level) {
			delete(users, id)
		}
	}
	return users, nil
}

// creator picks one of the creators; nil when there is none to show.
func creator(users map[int64]userBasic, id *int64) *userBasic {
	if id == nil {
		return nil
	}
	if user, known := users[*id]; known {
		return &user
	}
	return nil
}
