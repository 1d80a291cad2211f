package sandbox

import (
	"context"
	"database/sql"
	"errors"
)

// roleMembership is one person's place in one role.
type roleMembership struct {
	ID                 string              `json:"id"`
	RoleID             string              `json:"role_id"`
	OrganizationMember *organizationMember `json:"organization_member"`
	User               userBasic           `json:"user"`
	JoinedAt           instant             `json:"joined_at"`
	UpdatedAt          instant             `json:"updated_at"`

	userID   int64
	memberID *string // nil on very old rows
}

// listRoleMemberships answers GET …/role_memberships/. A role that does not
// exist, or is another organization's, has nobody in it.
func listRoleMemberships(ctx context.Context, c *call) (reply, error) {
	roleID, err := c.uuid("role_id")
	if err != nil {
		return reply{}, err
	}
	w, err := c.window()
	if err != nil {
		return reply{}, err
	}
	total, err := count(ctx, c.tx, `SELECT count(*)`+fromMemberships, c.inRoles([]string{roleID})...)
	if err != nil {
		return reply{}, err
	}
	memberships, err := c.membershipsOf(ctx, []string{roleID}, w)
	if err != nil {
		return reply{}, err
	}
	return ok(pageOf(c, w, total, memberships)), nil
}

// retrieveRoleMembership answers GET …/role_memberships/{id}/.
func retrieveRoleMembership(ctx context.Context, c *call) (reply, error) {
	found, err := c.thisMembership(ctx)
	if err != nil {
		return reply{}, err
	}
	return ok(found), nil
}

// createRoleMembership answers POST …/role_memberships/.
func createRoleMembership(ctx context.Context, c *call) (reply, error) {
	roleID, err := c.uuid("role_id")
	if err != nil {
		return reply{}, err
	}
	body, err := c.fields()
	if err != nil {
		return reply{}, err
	}
	userUUID, err := body.uuid("user_uuid")
	if err != nil {
		return reply{}, err
	}
	roles, err := count(ctx, c.tx, `SELECT count(*) FROM roles WHERE id = ? AND organization_id = ?`, roleID, c.organization.ID)
	if err != nil {
		return reply{}, err
	}
	if roles == 0 {
		return reply{}, noSuchRole
	}
	joining, err := scanMember(c.tx.QueryRowContext(ctx, `SELECT `+memberColumns+fromMembers+
		`WHERE m.organization_id = ? AND u.uuid = ? AND u.is_active`, c.organization.ID, userUUID))
	if errors.Is(err, sql.ErrNoRows) {
		return reply{}, noSuchUser
	}
	if err != nil {
		return reply{}, err
	}
	made := roleMembership{
		ID: newUUID(), RoleID: roleID, OrganizationMember: &joining, User: joining.User,
		JoinedAt: c.now, UpdatedAt: c.now,
	}
	_, err = c.tx.ExecContext(ctx, `INSERT INTO role_memberships (id, role_id, user_id, member_id, joined_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)`,
		made.ID, roleID, joining.User.ID, joining.ID, made.JoinedAt, made.UpdatedAt)
	if isClash(err) {
		return reply{}, alreadyInRole
	}
	if err != nil {
		return reply{}, err
	}
	return created(made), nil
}

// deleteRoleMembership answers DELETE …/role_memberships/{id}/.
func deleteRoleMembership(ctx context.Context, c *call) (reply, error) {
	found, err := c.thisMembership(ctx)
	if err != nil {
		return reply{}, err
	}
	if _, err := c.tx.ExecContext(ctx, `DELETE FROM role_memberships WHERE id = ?`, found.ID); err != nil {
		return reply{}, err
	}
	return gone(), nil
}

// thisMembership returns the place in a role that the path names.
func (c *call) thisMembership(ctx context.Context) (roleMembership, error) {
	roleID, err := c.uuid("role_id")
	if err != nil {
		return roleMembership{}, err
	}
	id, err := c.uuid("id")
	if err != nil {
		return roleMembership{}, err
	}
	found, err := c.selectMemberships(ctx, `SELECT `+membershipColumns+fromMemberships+` AND rm.id = ?`,
		append(c.inRoles([]string{roleID}), id)...)
	if err != nil {
		return roleMembership{}, err
	}
	if len(found) == 0 {
		return roleMembership{}, notFound
	}
	return found[0], nil
}

const membershipColumns = `rm.id, rm.role_id, rm.user_id, rm.member_id, rm.joined_at, rm.updated_at`

// fromMemberships selects the memberships of some roles of the organization
// that the caller may see; inRoles gives its arguments. Rows so old that they
// name no member are hidden from those who may not see everybody.
const fromMemberships = `
	FROM role_memberships rm JOIN roles r ON r.id = rm.role_id
	WHERE rm.role_id IN (SELECT value FROM json_each(?)) AND r.organization_id = ?
		AND (NOT ? OR rm.member_id IN (
			SELECT m.id FROM members m WHERE m.organization_id = r.organization_id AND (m.level >= 8 OR m.user_id = ?)))`

func (c *call) inRoles(roleIDs []string) []any {
	return []any{jsonList(roleIDs), c.organization.ID, c.restricted(), c.caller.ID}
}

// membershipsOf reads the memberships of some roles, by joined_at, then id. A
// limit below zero is none.
func (c *call) membershipsOf(ctx context.Context, roleIDs []string, w window) ([]roleMembership, error) {
	return c.selectMemberships(ctx, `SELECT `+membershipColumns+fromMemberships+`
		ORDER BY rm.joined_at, rm.id LIMIT ? OFFSET ?`, append(c.inRoles(roleIDs), w.limit, w.offset)...)
}

// selectMemberships reads rows and fills in the people they name.
func (c *call) selectMemberships(ctx context.Context, query string, arguments ...any) ([]roleMembership, error) {
	found, err := selectRows(ctx, c.tx, func(row scanner) (roleMembership, error) {
		var m roleMembership
		return m, row.Scan(&m.ID, &m.RoleID, &m.userID, &m.memberID, &m.JoinedAt, &m.UpdatedAt)
	}, query, arguments...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var userIDs []int64
	var memberIDs []string
	for _, m := range found {
		userIDs = append(userIDs, m.userID)
		if m.memberID != nil {
			memberIDs = append(memberIDs, *m.memberID)
		}
	}
	users, err := usersByID(ctx, c.tx, userIDs)
	if err != nil {
		return nil, err
	}
	members, err := membersByID(ctx, c.tx, memberIDs)
	if err != nil {
		return nil, err
	}
	for i := range found {
		m := &found[i]
		m.User = users[m.userID]
		if m.memberID != nil {
			belonging := members[*m.memberID]
			m.OrganizationMember = &belonging
		}
	}
	return found, nil
}
