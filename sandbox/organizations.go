package sandbox

import (
	"context"
	"database/sql"
)

// organizationRow is what the database knows of an organization.
type organizationRow struct {
	ID            string
	Name          string
	Slug          string
	CreatedAt     instant
	UpdatedAt     instant
	DefaultRoleID *string
}

const organizationColumns = `o.id, o.name, o.slug, o.created_at, o.updated_at, o.default_role_id`

func scanOrganization(row scanner) (organizationRow, error) {
	var o organizationRow
	return o, row.Scan(&o.ID, &o.Name, &o.Slug, &o.CreatedAt, &o.UpdatedAt, &o.DefaultRoleID)
}

func organizationByID(ctx context.Context, tx *sql.Tx, id string) (organizationRow, error) {
	return scanOrganization(tx.QueryRowContext(ctx, `SELECT `+organizationColumns+` FROM organizations o WHERE o.id = ?`, id))
}

// organizationsOf reads the organizations that somebody is in, oldest first.
func organizationsOf(ctx context.Context, tx *sql.Tx, userID int64) ([]organizationRow, error) {
	return selectRows(ctx, tx, scanOrganization, `SELECT `+organizationColumns+`
		FROM organizations o JOIN members m ON m.organization_id = o.id
		WHERE m.user_id = ? ORDER BY o.created_at, o.id`, userID)
}

// organization is the whole object.
type organization struct {
	organizationShort
	CreatedAt             instant               `json:"created_at"`
	UpdatedAt             instant               `json:"updated_at"`
	PluginsAccessLevel    int                   `json:"plugins_access_level"`
	Teams                 []projectRow          `json:"teams"`
	Projects              []organizationProject `json:"projects"`
	ProductFeatures       []productFeature      `json:"available_product_features"`
	MemberJoinEmail       bool                  `json:"is_member_join_email_enabled"`
	Metadata              organizationMetadata  `json:"metadata"`
	CustomerID            *string               `json:"customer_id"`
	Enforce2FA            *bool                 `json:"enforce_2fa"`
	MembersCanInvite      *bool                 `json:"members_can_invite"`
	MembersCanSeeMembers  bool                  `json:"members_can_see_org_members"`
	AllowPublicResources  bool                  `json:"allow_publicly_shared_resources"`
	MemberCount           int64                 `json:"member_count"`
	AIDataApproved        *bool                 `json:"is_ai_data_processing_approved"`
	ExperimentStatsMethod *string               `json:"default_experiment_stats_method"`
	DefaultAnonymizeIPs   bool                  `json:"default_anonymize_ips"`
	DefaultRoleID         *string               `json:"default_role_id"`
	ReadOnlyMCPAccess     bool                  `json:"read_only_mcp_access"`
}

// organizationShort is an organization, as nested in a user.
type organizationShort struct {
	ID                string  `json:"id"`
	Name              string  `json:"name"`
	Slug              string  `json:"slug"`
	LogoMediaID       *string `json:"logo_media_id"`
	MembershipLevel   *int    `json:"membership_level"`
	MembersCanUseKeys bool    `json:"members_can_use_personal_api_keys"`
	IsActive          *bool   `json:"is_active"`
	NotActiveReason   *string `json:"is_not_active_reason"`
	PendingDeletion   *bool   `json:"is_pending_deletion"`
}

type organizationProject struct {
	ID             int64  `json:"id"`
	OrganizationID string `json:"organization_id"`
	Name           string `json:"name"`
}

type organizationMetadata struct {
	InstanceTag string `json:"instance_tag"`
}

type productFeature struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// listOrganizations answers GET /api/organizations/ with those that the caller
// is in and the key reaches.
func listOrganizations(ctx context.Context, c *call) (reply, error) {
	w, err := c.window()
	if err != nil {
		return reply{}, err
	}
	rows, err := organizationsOf(ctx, c.tx, c.caller.ID)
	if err != nil {
		return reply{}, err
	}
	var reached []organizationRow
	for _, row := range rows {
		if c.key.reaches(row.ID) {
			reached = append(reached, row)
		}
	}
	var found []organization
	for _, row := range slice(w, reached) {
		whole, err := c.whole(ctx, row)
		if err != nil {
			return reply{}, err
		}
		found = append(found, whole)
	}
	return ok(pageOf(c, w, int64(len(reached)), found)), nil
}

// retrieveOrganization answers GET /api/organizations/{id}/.
func retrieveOrganization(ctx context.Context, c *call) (reply, error) {
	whole, err := c.whole(ctx, c.organization)
	if err != nil {
		return reply{}, err
	}
	return ok(whole), nil
}

// short is an organization as the caller sees it, without what hangs on it.
func (c *call) short(ctx context.Context, row organizationRow) (organizationShort, error) {
	level, err := levelOf(ctx, c.tx, row.ID, c.caller.ID)
	if err != nil {
		return organizationShort{}, err
	}
	yes, no := true, false
	o := organizationShort{
		ID: row.ID, Name: row.Name, Slug: row.Slug,
		MembersCanUseKeys: !c.knobs.NoMemberKeys, IsActive: &yes, PendingDeletion: &no,
	}
	if level != 0 {
		o.MembershipLevel = &level
	}
	return o, nil
}

// whole is an organization as the caller sees it.
func (c *call) whole(ctx context.Context, row organizationRow) (organization, error) {
	short, err := c.short(ctx, row)
	if err != nil {
		return organization{}, err
	}
	projects, err := projectsOf(ctx, c.tx, row.ID)
	if err != nil {
		return organization{}, err
	}
	people, err := count(ctx, c.tx, `SELECT count(*)`+fromMembers+`WHERE m.organization_id = ? AND u.is_active`, row.ID)
	if err != nil {
		return organization{}, err
	}
	named := make([]organizationProject, len(projects))
	for i, p := range projects {
		named[i] = organizationProject{ID: p.ID, OrganizationID: row.ID, Name: p.Name}
	}
	yes, no, statistics := true, false, "bayesian"
	return organization{
		organizationShort: short, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		PluginsAccessLevel: 3, Teams: rowsOf(projects), Projects: named, MemberCount: people,
		ProductFeatures: []productFeature{{Key: "role_based_access", Name: "Role-based access"}},
		MemberJoinEmail: true, Metadata: organizationMetadata{InstanceTag: "sandbox"},
		Enforce2FA: &no, MembersCanInvite: &yes, MembersCanSeeMembers: !c.knobs.HideMembers,
		AllowPublicResources: true, AIDataApproved: &yes, ExperimentStatsMethod: &statistics,
		DefaultRoleID: row.DefaultRoleID, ReadOnlyMCPAccess: c.knobs.ReadOnlyMCP,
	}, nil
}
