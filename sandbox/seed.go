package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// seed fills empty tables, all times counted back from now.
func seed(ctx context.Context, tx *sql.Tx, now instant) error {
	s := sower{tx: tx, now: now}
	for _, part := range []func(context.Context) error{
		s.organizations, s.projects, s.people, s.keys, s.roles, s.references, s.activity,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sower inserts the seeded rows.
type sower struct {
	tx  *sql.Tx
	now instant
}

// The groups of the seeded uuids, by kind of row.
const (
	personGroup    = 0x2000
	memberGroup    = 0x3000
	roleGroup      = 0x4000
	placeGroup     = 0x5000
	referenceGroup = 0x6000
	projectGroup   = 0x7000
	keyGroup       = 0x8000
)

// seedUUID is the uuid of a seeded row, the same in every sandbox.
func seedUUID(group, number int) string {
	return fmt.Sprintf("0190f3a2-%04x-7000-8000-%012d", group, number)
}

// personID is the numeric id of a seeded user; nil for number 0, nobody.
func personID(number int) *int64 {
	if number == 0 {
		return nil
	}
	id := int64(310_400 + number)
	return &id
}

func organizationOf(other bool) string {
	if other {
		return OtherOrganization
	}
	return Organization
}

// into inserts rows of one table: the first list names the columns.
func (s sower) into(ctx context.Context, table, columns string, rows [][]any) error {
	marks := "(?"
	for range len(rows[0]) - 1 {
		marks += ", ?"
	}
	statement, err := s.tx.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES %s)", table, columns, marks))
	if err != nil {
		return err
	}
	defer func() { _ = statement.Close() }() // the transaction ends it anyway
	for i, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return fmt.Errorf("row %d of %s: %w", i+1, table, err)
		}
	}
	return nil
}

func (s sower) organizations(ctx context.Context) error {
	return s.into(ctx, "organizations", "id, name, slug, created_at, updated_at", [][]any{
		{Organization, OrganizationName, "hedgebox-sandbox", s.now.ago(5 * year), s.now.ago(12 * day)},
		{OtherOrganization, OtherOrganizationName, "thistle-labs-sandbox", s.now.ago(180 * day), s.now.ago(90 * day)},
	})
}

func (s sower) projects(ctx context.Context) error {
	var rows [][]any
	for number, p := range seedProjects() {
		if number == 0 {
			continue
		}
		details, err := json.Marshal(p.details(s.now))
		if err != nil {
			return err
		}
		rows = append(rows, []any{
			p.id, seedUUID(projectGroup, number), organizationOf(p.other), p.name, s.now.ago(p.age), s.now.ago(p.age / 10),
			p.token, orNull(p.secret), orNull(p.liveToken), string(details),
		})
	}
	return s.into(ctx, "projects", `id, uuid, organization_id, name, created_at, updated_at,
		api_token, secret_api_token, live_events_token, details`, rows)
}

func (s sower) people(ctx context.Context) error {
	var users, members [][]any
	for number, p := range seedPeople() {
		if number == 0 {
			continue
		}
		var login, job, project any
		if p.login != never {
			login = s.now.ago(p.login)
		}
		if p.job != "-" {
			job = p.job
		}
		project = ProjectWeb
		if p.other {
			project = OtherProject
		}
		users = append(users, []any{
			*personID(number), seedUUID(personGroup, number), fmt.Sprintf("sandbox-user-%d", number), p.first, p.last, p.email,
			!p.unverified, orNull(p.hedgehog), job, !p.off, !p.noSecondFactor, p.social,
			s.now.ago(p.joined + hour), login, organizationOf(p.other), project,
		})
		members = append(members, []any{
			seedUUID(memberGroup, number), organizationOf(p.other), *personID(number), p.level, personID(p.inviter),
			s.now.ago(p.joined), s.now.ago(p.joined / 2),
		})
	}
	// The owner founded the other organization too.
	members = append(members, []any{
		seedUUID(memberGroup, len(members)+1), OtherOrganization, *personID(1), owner, nil, s.now.ago(180 * day), s.now.ago(180 * day),
	})
	if err := s.into(ctx, "users", `id, uuid, distinct_id, first_name, last_name, email, is_email_verified, hedgehog_config,
		role_at_organization, is_active, is_2fa_enabled, has_social_auth, date_joined, last_login,
		current_organization, current_project`, users); err != nil {
		return err
	}
	return s.into(ctx, "members", "id, organization_id, user_id, level, invited_by, joined_at, updated_at", members)
}

func (s sower) keys(ctx context.Context) error {
	var rows [][]any
	for number, k := range seedKeys() {
		if number == 0 {
			continue
		}
		rows = append(rows, []any{
			seedUUID(keyGroup, number), *personID(k.person), k.secret, k.label,
			jsonList(k.scopes), jsonList(k.teams), jsonList(k.organizations), s.now.ago(60 * day),
		})
	}
	return s.into(ctx, "personal_api_keys", "id, user_id, secret, label, scopes, scoped_teams, scoped_organizations, created_at", rows)
}

func (s sower) roles(ctx context.Context) error {
	var roles, places [][]any
	for number, r := range seedRoles() {
		if number == 0 {
			continue
		}
		id := seedUUID(roleGroup, number)
		roles = append(roles, []any{id, organizationOf(r.other), r.name, fold(r.name), s.now.ago(r.age), personID(r.creator)})
		for _, place := range r.people {
			var memberID any
			if !place.old {
				memberID = seedUUID(memberGroup, place.person)
			}
			joined := s.now.ago(place.joined)
			places = append(places, []any{seedUUID(placeGroup, len(places)+1), id, *personID(place.person), memberID, joined, joined})
		}
	}
	if err := s.into(ctx, "roles", "id, organization_id, name, name_folded, created_at, created_by", roles); err != nil {
		return err
	}
	if err := s.into(ctx, "role_memberships", "id, role_id, user_id, member_id, joined_at, updated_at", places); err != nil {
		return err
	}
	_, err := s.tx.ExecContext(ctx, `UPDATE organizations SET default_role_id = ? WHERE id = ?`,
		seedUUID(roleGroup, seedDefaultRole), Organization)
	return err
}

func (s sower) references(ctx context.Context) error {
	var rows [][]any
	for number, e := range seedReferences() {
		if number == 0 {
			continue
		}
		var slug, slugFolded any
		if e.slug != "-" {
			slug, slugFolded = e.slug, fold(e.slug)
		}
		rows = append(rows, []any{
			seedUUID(referenceGroup, number), organizationOf(e.other), seedUUID(roleGroup, e.role),
			e.provider, e.organization, e.id, slug, e.name,
			fold(e.provider), fold(e.organization), fold(e.id), slugFolded, s.now.ago(e.age), personID(e.creator),
		})
	}
	return s.into(ctx, "role_external_references", `id, organization_id, role_id,
		provider, provider_organization_id, provider_role_id, provider_role_slug, provider_role_name,
		provider_folded, provider_organization_id_folded, provider_role_id_folded, provider_role_slug_folded,
		created_at, created_by`, rows)
}

func (s sower) activity(ctx context.Context) error {
	var done, dashboards [][]any
	for _, a := range seedActivities() {
		done = append(done, []any{a.project, personID(a.person), a.scope, a.item, a.activity, a.name, s.now.ago(a.age)})
	}
	if err := s.into(ctx, "activity", "project_id, user_id, scope, item_id, activity, name, created_at", done); err != nil {
		return err
	}
	for _, d := range seedDashboards() {
		var opened any
		if d.opened != never {
			opened = s.now.ago(d.opened)
		}
		dashboards = append(dashboards, []any{d.id, d.project, d.name, d.description, d.deleted, opened})
	}
	return s.into(ctx, "dashboards", "id, project_id, name, description, deleted, last_accessed_at", dashboards)
}

// orNull is a text as a column takes it: an empty one is NULL.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
