package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
)

// reference is a link from a group in another system to a role.
type reference struct {
	ID                     string     `json:"id"`
	Provider               string     `json:"provider"`
	ProviderOrganizationID string     `json:"provider_organization_id"`
	ProviderRoleID         string     `json:"provider_role_id"`
	ProviderRoleSlug       *string    `json:"provider_role_slug"`
	ProviderRoleName       string     `json:"provider_role_name"`
	Role                   string     `json:"role"`
	CreatedAt              instant    `json:"created_at"`
	CreatedBy              *userBasic `json:"created_by"`

	creatorID *int64
}

const referenceColumns = `e.id, e.provider, e.provider_organization_id, e.provider_role_id, e.provider_role_slug,
	e.provider_role_name, e.role_id, e.created_at, e.created_by`

func scanReference(row scanner) (reference, error) {
	var e reference
	return e, row.Scan(&e.ID, &e.Provider, &e.ProviderOrganizationID, &e.ProviderRoleID, &e.ProviderRoleSlug,
		&e.ProviderRoleName, &e.Role, &e.CreatedAt, &e.creatorID)
}

// listReferences answers GET role_external_references/.
func listReferences(ctx context.Context, c *call) (reply, error) {
	roleID := c.query.Get("role_id")
	if roleID != "" {
		id, wellFormed := parseUUID(roleID)
		if !wellFormed {
			return reply{}, notUUID.at("role_id")
		}
		roleID = id
	}
	w, err := c.window()
	if err != nil {
		return reply{}, err
	}
	const filtered = ` FROM role_external_references e WHERE e.organization_id = ?1
		AND (?2 = '' OR e.provider = ?2)
		AND (?3 = '' OR e.provider_organization_id_folded = ?3)
		AND (?4 = '' OR e.role_id = ?4)`
	arguments := []any{c.organization.ID, c.query.Get("provider"), fold(c.query.Get("provider_organization_id")), roleID}
	total, err := count(ctx, c.tx, `SELECT count(*)`+filtered, arguments...)
	if err != nil {
		return reply{}, err
	}
	found, err := selectRows(ctx, c.tx, scanReference, `SELECT `+referenceColumns+filtered+`
		ORDER BY e.provider, e.provider_organization_id, e.provider_role_slug IS NULL, e.provider_role_slug, e.id
		LIMIT ?5 OFFSET ?6`, append(arguments, w.limit, w.offset)...)
	if err != nil {
		return reply{}, err
	}
	if err := c.attribute(ctx, found); err != nil {
		return reply{}, err
	}
	return ok(pageOf(c, w, total, found)), nil
}

// createReference answers POST role_external_references/.
func createReference(ctx context.Context, c *call) (reply, error) {
	made, err := c.newReference(ctx)
	if err != nil {
		return reply{}, err
	}
	if err := c.refuseTaken(ctx, made); err != nil {
		return reply{}, err
	}
	var slugFolded *string
	if made.ProviderRoleSlug != nil {
		folded := fold(*made.ProviderRoleSlug)
		slugFolded = &folded
	}
	_, err = c.tx.ExecContext(ctx, `INSERT INTO role_external_references (id, organization_id, role_id,
			provider, provider_organization_id, provider_role_id, provider_role_slug, provider_role_name,
			provider_folded, provider_organization_id_folded, provider_role_id_folded, provider_role_slug_folded,
			created_at, created_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		made.ID, c.organization.ID, made.Role,
		made.Provider, made.ProviderOrganizationID, made.ProviderRoleID, made.ProviderRoleSlug, made.ProviderRoleName,
		fold(made.Provider), fold(made.ProviderOrganizationID), fold(made.ProviderRoleID), slugFolded,
		made.CreatedAt, c.caller.ID)
	if isClash(err) {
		return reply{}, referenceRaced
	}
	if err != nil {
		return reply{}, err
	}
	return created(made), nil
}

// newReference reads the body. The first field that is wrong, in this order,
// is the answer.
func (c *call) newReference(ctx context.Context) (reference, error) {
	body, err := c.fields()
	if err != nil {
		return reference{}, err
	}
	made := reference{ID: newUUID(), CreatedAt: c.now, CreatedBy: &c.caller.userBasic}
	var field textField
	for _, each := range []struct {
		rule textRule
		into *string
	}{
		{textRule{name: "provider", most: 32}, &made.Provider},
		{textRule{name: "provider_organization_id", most: 255}, &made.ProviderOrganizationID},
		{textRule{name: "provider_role_id", most: 255}, &made.ProviderRoleID},
		{textRule{name: "provider_role_slug", most: 255, optional: true, nullable: true, blankable: true}, nil},
		{textRule{name: "provider_role_name", most: 255}, &made.ProviderRoleName},
	} {
		if field, err = body.text(each.rule); err != nil {
			return reference{}, err
		}
		if each.into == nil {
			made.ProviderRoleSlug = field.value
			continue
		}
		*each.into = *field.value
	}
	made.Role, err = c.roleInBody(ctx, body)
	return made, err
}

// roleInBody reads the field that names a role of this organization.
func (c *call) roleInBody(ctx context.Context, body fields) (string, error) {
	raw, given := body["role"]
	if !given {
		return "", required.at("role")
	}
	var text string
	switch kind := pythonType(raw); {
	case kind == "NoneType" || string(raw) == `""`:
		return "", null.at("role")
	case json.Unmarshal(raw, &text) != nil:
		return "", wrongPKType.says(kind).at("role")
	}
	id, wellFormed := parseUUID(text)
	if !wellFormed {
		return "", notUUID.at("role")
	}
	known, err := count(ctx, c.tx, `SELECT count(*) FROM roles WHERE id = ? AND organization_id = ?`, id, c.organization.ID)
	if err != nil {
		return "", err
	}
	if known == 0 {
		return "", invalidPK.says(text).at("role")
	}
	return id, nil
}

// refuseTaken looks for a clash as the API does before it writes: an empty slug
// is not looked for, and so is left to the database.
func (c *call) refuseTaken(ctx context.Context, made reference) error {
	const same = `SELECT count(*) FROM role_external_references
		WHERE organization_id = ? AND provider_folded = ? AND provider_organization_id_folded = ? AND `
	arguments := []any{c.organization.ID, fold(made.Provider), fold(made.ProviderOrganizationID)}
	if slug := made.ProviderRoleSlug; slug != nil && *slug != "" {
		n, err := count(ctx, c.tx, same+`provider_role_slug_folded = ?`, append(arguments, fold(*slug))...)
		if err != nil {
			return err
		}
		if n > 0 {
			return slugTaken
		}
	}
	n, err := count(ctx, c.tx, same+`provider_role_id_folded = ?`, append(arguments, fold(made.ProviderRoleID))...)
	if err != nil {
		return err
	}
	if n > 0 {
		return idTaken
	}
	return nil
}

// deleteReference answers DELETE role_external_references/{id}/.
func deleteReference(ctx context.Context, c *call) (reply, error) {
	id, err := c.uuid("id")
	if err != nil {
		return reply{}, err
	}
	result, err := c.tx.ExecContext(ctx, `DELETE FROM role_external_references WHERE id = ? AND organization_id = ?`, id, c.organization.ID)
	if err != nil {
		return reply{}, err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return reply{}, err
	}
	if n == 0 {
		return reply{}, notFound
	}
	return gone(), nil
}

// lookup is what a lookup found: a reference, or null.
type lookup struct {
	Reference *reference `json:"reference"`
}

// lookUpReference answers GET role_external_references/lookup/.
func lookUpReference(ctx context.Context, c *call) (reply, error) {
	for _, name := range []string{"provider", "provider_organization_id"} {
		switch {
		case !c.query.Has(name):
			return reply{}, required.at(name)
		case trim(c.query.Get(name)) == "":
			return reply{}, blank.at(name)
		}
	}
	slug, id := fold(trim(c.query.Get("provider_role_slug"))), fold(trim(c.query.Get("provider_role_id")))
	if slug == "" && id == "" {
		return reply{}, neitherKey
	}
	found, err := scanReference(c.tx.QueryRowContext(ctx, `SELECT `+referenceColumns+` FROM role_external_references e
		WHERE e.organization_id = ?1 AND e.provider = ?2 AND e.provider_organization_id_folded = ?3
			AND ((?4 <> '' AND e.provider_role_slug_folded = ?4) OR (?5 <> '' AND e.provider_role_id_folded = ?5))
		ORDER BY e.id LIMIT 1`,
		c.organization.ID, trim(c.query.Get("provider")), fold(trim(c.query.Get("provider_organization_id"))), slug, id))
	if errors.Is(err, sql.ErrNoRows) {
		return ok(lookup{}), nil
	}
	if err != nil {
		return reply{}, err
	}
	references := []reference{found}
	if err := c.attribute(ctx, references); err != nil {
		return reply{}, err
	}
	return ok(lookup{Reference: &references[0]}), nil
}

// attribute fills in who made the references.
func (c *call) attribute(ctx context.Context, references []reference) error {
	ids := make([]*int64, len(references))
	for i, e := range references {
		ids[i] = e.creatorID
	}
	users, err := c.creators(ctx, ids)
	if err != nil {
		return err
	}
	for i := range references {
		references[i].CreatedBy = creator(users, references[i].creatorID)
	}
	return nil
}
