package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// currentUser is the owner of the key that asks.
type currentUser struct {
	userBasic
	DateJoined    instant             `json:"date_joined"`
	IsStaff       bool                `json:"is_staff"`
	TwoFactor     bool                `json:"is_2fa_enabled"`
	SocialAuth    bool                `json:"has_social_auth"`
	FirstUser     *bool               `json:"is_organization_first_user"`
	Organization  *organization       `json:"organization"`
	Organizations []organizationShort `json:"organizations"`
	Team          *projectRow         `json:"team"`
}

// retrieveCurrentUser answers GET /api/users/@me/.
func retrieveCurrentUser(ctx context.Context, c *call) (reply, error) {
	me := currentUser{
		userBasic: c.caller.userBasic, DateJoined: c.caller.DateJoined,
		TwoFactor: c.caller.TwoFactor, SocialAuth: c.caller.SocialAuth,
		Organizations: []organizationShort{},
	}
	rows, err := organizationsOf(ctx, c.tx, c.caller.ID)
	if err != nil {
		return reply{}, err
	}
	for _, row := range rows {
		short, err := c.short(ctx, row)
		if err != nil {
			return reply{}, err
		}
		me.Organizations = append(me.Organizations, short)
		if c.caller.CurrentOrganization != nil && *c.caller.CurrentOrganization == row.ID {
			if err := c.current(ctx, &me, row); err != nil {
				return reply{}, err
			}
		}
	}
	return ok(me), nil
}

// current fills in the organization and the project that the caller last used.
func (c *call) current(ctx context.Context, me *currentUser, row organizationRow) error {
	whole, err := c.whole(ctx, row)
	if err != nil {
		return err
	}
	inviter, err := c.inviterIn(ctx, row.ID)
	if err != nil {
		return err
	}
	first := inviter == nil
	me.Organization, me.FirstUser = &whole, &first
	if c.caller.CurrentProject == nil {
		return nil
	}
	team, err := projectByID(ctx, c.tx, row.ID, *c.caller.CurrentProject)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	short := team.row()
	me.Team = &short
	return nil
}

// inviterIn returns who invited the caller to an organization, nil for nobody.
func (c *call) inviterIn(ctx context.Context, organizationID string) (*userBasic, error) {
	var inviter *int64
	err := c.tx.QueryRowContext(ctx, `SELECT invited_by FROM members WHERE organization_id = ? AND user_id = ?`,
		organizationID, c.caller.ID).Scan(&inviter)
	if err != nil {
		return nil, err
	}
	if inviter == nil {
		return nil, nil
	}
	user, err := personByID(ctx, c.tx, *inviter)
	return &user.userBasic, err
}

// apiKey is a personal API key's record; it never holds the key. For an OAuth
// access token it is what of one the checks need.
type apiKey struct {
	oauth bool

	ID                  string   `json:"id"`
	Label               string   `json:"label"`
	Value               *string  `json:"value"` // always null: the API shows it once, when it is made
	MaskValue           string   `json:"mask_value"`
	CreatedAt           instant  `json:"created_at"`
	LastUsedAt          instant  `json:"last_used_at"`
	LastRolledAt        *instant `json:"last_rolled_at"`
	UserID              int64    `json:"user_id"`
	Scopes              []string `json:"scopes"`
	ScopedTeams         []int64  `json:"scoped_teams"`
	ScopedOrganizations []string `json:"scoped_organizations"`
}

// retrieveCurrentKey answers GET /api/personal_api_keys/@current/.
func retrieveCurrentKey(_ context.Context, c *call) (reply, error) {
	if c.key.oauth { // there is no personal API key to tell of
		return reply{}, c.challenge(wrongKey)
	}
	key := c.key
	key.LastUsedAt = c.now
	return ok(key), nil
}

// keyOf finds the record of a key; sql.ErrNoRows when there is none.
func keyOf(ctx context.Context, tx *sql.Tx, secret string) (apiKey, error) {
	key := apiKey{MaskValue: mask(secret)}
	var scopes, teams, organizations string
	err := tx.QueryRowContext(ctx, `SELECT id, user_id, label, created_at, scopes, scoped_teams, scoped_organizations
		FROM personal_api_keys WHERE secret = ?`, secret).
		Scan(&key.ID, &key.UserID, &key.Label, &key.CreatedAt, &scopes, &teams, &organizations)
	if err != nil {
		return apiKey{}, err
	}
	for _, list := range []struct {
		text string
		into any
	}{{scopes, &key.Scopes}, {teams, &key.ScopedTeams}, {organizations, &key.ScopedOrganizations}} {
		if err := json.Unmarshal([]byte(list.text), list.into); err != nil {
			return apiKey{}, fmt.Errorf("reading the key %s: %w", key.ID, err)
		}
	}
	return key, nil
}

// has reports whether the key holds a scope: itself, the write scope that
// includes it, or all.
func (k apiKey) has(scope string) bool {
	wider := strings.TrimSuffix(scope, ":read") + ":write"
	return slices.Contains(k.Scopes, "*") || slices.Contains(k.Scopes, scope) ||
		strings.HasSuffix(scope, ":read") && slices.Contains(k.Scopes, wider)
}

// reaches reports whether an organization is within the key's limits.
func (k apiKey) reaches(organizationID string) bool {
	return len(k.ScopedOrganizations) == 0 || slices.Contains(k.ScopedOrganizations, organizationID)
}

// mask shows the ends of a key, in the 11 characters that the API gives it.
func mask(secret string) string {
	const ends = 4
	if len(secret) < 4*ends {
		return "********"
	}
	return secret[:ends] + "..." + secret[len(secret)-ends:]
}
