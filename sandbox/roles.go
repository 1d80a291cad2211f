package sandbox

import (
	"context"
	"database/sql"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// role is a named group of people in an organization.
type role struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	CreatedAt instant          `json:"created_at"`
	CreatedBy *userBasic       `json:"created_by"`
	Members   []roleMembership `json:"members"`
	IsDefault bool             `json:"is_default"`

	creatorID *int64
}

const roleColumns = `r.id, r.name, r.created_at, r.created_by`

func scanRole(row scanner) (role, error) {
	var r role
	return r, row.Scan(&r.ID, &r.Name, &r.CreatedAt, &r.creatorID)
}

// listRoles answers GET roles/: oldest first.
func listRoles(ctx context.Context, c *call) (reply, error) {
	w, err := c.window()
	if err != nil {
		return reply{}, err
	}
	total, err := count(ctx, c.tx, `SELECT count(*) FROM roles WHERE organization_id = ?`, c.organization.ID)
	if err != nil {
		return reply{}, err
	}
	roles, err := selectRows(ctx, c.tx, scanRole, `SELECT `+roleColumns+` FROM roles r
		WHERE r.organization_id = ? ORDER BY r.created_at, r.id LIMIT ? OFFSET ?`, c.organization.ID, w.limit, w.offset)
	if err != nil {
		return reply{}, err
	}
	if err := c.complete(ctx, roles); err != nil {
		return reply{}, err
	}
	return ok(pageOf(c, w, total, roles)), nil
}

// retrieveRole answers GET roles/{id}/.
func retrieveRole(ctx context.Context, c *call) (reply, error) {
	found, err := c.thisRole(ctx)
	if err != nil {
		return reply{}, err
	}
	return c.withRole(ctx, ok, found)
}

// createRole answers POST roles/. Nobody is recorded as its maker.
func createRole(ctx context.Context, c *call) (reply, error) {
	name, err := c.roleName(ctx, "", false)
	if err != nil {
		return reply{}, err
	}
	made := role{ID: newUUID(), Name: *name, CreatedAt: c.now}
	_, err = c.tx.ExecContext(ctx, `INSERT INTO roles (id, organization_id, name, name_folded, created_at) VALUES (?, ?, ?, ?, ?)`,
		made.ID, c.organization.ID, made.Name, fold(made.Name), made.CreatedAt)
	if err != nil {
		return reply{}, err
	}
	return c.withRole(ctx, created, made)
}

// patchRole answers PATCH roles/{id}/; what is not given stays.
func patchRole(ctx context.Context, c *call) (reply, error) { return c.renameRole(ctx, true) }

// putRole answers PUT roles/{id}/; the name has to be given.
func putRole(ctx context.Context, c *call) (reply, error) { return c.renameRole(ctx, false) }

func (c *call) renameRole(ctx context.Context, partial bool) (reply, error) {
	found, err := c.thisRole(ctx)
	if err != nil {
		return reply{}, err
	}
	name, err := c.roleName(ctx, found.ID, partial)
	if err != nil {
		return reply{}, err
	}
	if name != nil {
		found.Name = *name
		if _, err := c.tx.ExecContext(ctx, `UPDATE roles SET name = ?, name_folded = ? WHERE id = ?`,
			found.Name, fold(found.Name), found.ID); err != nil {
			return reply{}, err
		}
	}
	return c.withRole(ctx, ok, found)
}

// deleteRole answers DELETE roles/{id}/. The tables take its memberships and
// external references away with it, and clear it as the default role.
func deleteRole(ctx context.Context, c *call) (reply, error) {
	found, err := c.thisRole(ctx)
	if err != nil {
		return reply{}, err
	}
	if _, err := c.tx.ExecContext(ctx, `DELETE FROM roles WHERE id = ?`, found.ID); err != nil {
		return reply{}, err
	}
	return gone(), nil
}

// thisRole returns the role that the path names, its nested objects missing.
func (c *call) thisRole(ctx context.Context) (role, error) {
	id, err := c.uuid("id")
	if err != nil {
		return role{}, err
	}
	found, err := scanRole(c.tx.QueryRowContext(ctx, `SELECT `+roleColumns+` FROM roles r
		WHERE r.id = ? AND r.organization_id = ?`, id, c.organization.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return role{}, notFound
	}
	return found, err
}

// roleName reads the name in the body for the role with this id (empty: a new
// one). It is nil when none was given and none is needed.
func (c *call) roleName(ctx context.Context, id string, optional bool) (*string, error) {
	body, err := c.fields()
	if err != nil {
		return nil, err
	}
	name, err := body.text(textRule{name: "name", most: 200, optional: optional})
	if err != nil || !name.given {
		return nil, err
	}
	taken, err := count(ctx, c.tx, `SELECT count(*) FROM roles WHERE organization_id = ? AND name_folded = ? AND id <> ?`,
		c.organization.ID, fold(*name.value), id)
	if err != nil {
		return nil, err
	}
	if taken > 0 {
		return nil, nameTaken.at("name")
	}
	return name.value, nil
}

// withRole replies with one role, its nested objects filled in.
func (c *call) withRole(ctx context.Context, say func(any) reply, only role) (reply, error) {
	roles := []role{only}
	if err := c.complete(ctx, roles); err != nil {
		return reply{}, err
	}
	return say(roles[0]), nil
}

// complete fills in what hangs on roles: who is in them, who made them, and
// which one is the organization's default.
func (c *call) complete(ctx context.Context, roles []role) error {
	ids := make([]string, len(roles))
	creatorIDs := make([]*int64, len(roles))
	for i, r := range roles {
		ids[i], creatorIDs[i] = r.ID, r.creatorID
	}
	users, err := c.creators(ctx, creatorIDs)
	if err != nil {
		return err
	}
	memberships, err := c.membershipsOf(ctx, ids, window{limit: -1})
	if err != nil {
		return err
	}
	members := make(map[string][]roleMembership, len(roles))
	for _, m := range memberships {
		members[m.RoleID] = append(members[m.RoleID], m)
	}
	for i := range roles {
		r := &roles[i]
		r.CreatedBy = creator(users, r.creatorID)
		r.IsDefault = c.organization.DefaultRoleID != nil && *c.organization.DefaultRoleID == r.ID
		r.Members = members[r.ID]
		if r.Members == nil {
			r.Members = []roleMembership{}
		}
	}
	return nil
}

// isClash reports whether the database refused a row that has to be unique.
func isClash(err error) bool {
	var refused *sqlite.Error
	return errors.As(err, &refused) && refused.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
