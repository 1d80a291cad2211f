package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The levels that a person can have in an organization.
const (
	member        = 1
	administrator = 8
	owner         = 15
)

// check is one thing that must hold before an action is done.
type check func(context.Context, *call) error

// checks are in the order in which the API makes them; the first that fails is
// the answer.
func checks() []check {
	return []check{
		authenticated,
		methodExists,
		takesKeys,
		organizationExists,
		keysAllowed,
		withinProjects,
		withinOrganizations,
		hasScope,
		isMember,
		hasLevel,
		notThrottled, // last, as permissions come before throttles in the API's framework
	}
}

func authenticated(ctx context.Context, c *call) error {
	scheme, token, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if scheme != "Bearer" || token == "" {
		return c.challenge(notAuthenticated)
	}
	find := keyOf
	if strings.HasPrefix(token, oauthPrefix) {
		find = func(ctx context.Context, tx *sql.Tx, token string) (apiKey, error) {
			return accessTokenOf(ctx, tx, token, c.now)
		}
	}
	key, err := find(ctx, c.tx, token)
	if errors.Is(err, sql.ErrNoRows) {
		return c.challenge(wrongKey)
	}
	if err != nil {
		return err
	}
	caller, err := personByID(ctx, c.tx, key.UserID)
	if err != nil {
		return err
	}
	if !caller.Active {
		return c.challenge(wrongKey)
	}
	c.key, c.caller = key, caller
	return nil
}

// challenge is a 401 that says where to find out how to sign in.
func (c *call) challenge(p problem) error {
	return p.with("WWW-Authenticate", fmt.Sprintf("Bearer resource_metadata=%q", c.origin()+"/.well-known/oauth-protected-resource"))
}

func methodExists(_ context.Context, c *call) error {
	if c.match.route != nil {
		return nil
	}
	return methodNotAllowed.says(c.request.Method).with("Allow", strings.Join(c.match.allow, ", "))
}

func takesKeys(_ context.Context, c *call) error {
	if c.match.route.custom && c.knobs.CloseActions {
		return closedToKeys
	}
	return nil
}

func organizationExists(ctx context.Context, c *call) error {
	unknown := noOrganization
	switch c.match.route.place {
	case nowhere, allOfThem:
		return nil
	case theOrganization:
		unknown = notFound
	}
	id, wellFormed := parseUUID(c.match.path["organization_id"])
	if c.match.path["organization_id"] == "@current" && c.caller.CurrentOrganization != nil {
		id, wellFormed = *c.caller.CurrentOrganization, true
	}
	if !wellFormed {
		return unknown
	}
	organization, err := organizationByID(ctx, c.tx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return unknown
	}
	if err != nil {
		return err
	}
	level, err := levelOf(ctx, c.tx, organization.ID, c.caller.ID)
	if err != nil {
		return err
	}
	// An organization's own address shows only what the key and its owner may
	// see; below it, the later checks say 403 and why.
	if c.match.route.place == theOrganization && (level == 0 || !c.key.reaches(organization.ID)) {
		return unknown
	}
	c.organization, c.level = organization, level
	return nil
}

func keysAllowed(_ context.Context, c *call) error {
	if c.knobs.NoMemberKeys && c.level == member {
		return keysSwitchedOff.says(c.organization.Name)
	}
	return nil
}

func withinProjects(ctx context.Context, c *call) error {
	if len(c.key.ScopedTeams) == 0 || c.match.route.place == nowhere {
		return nil
	}
	if c.match.route.place != inProject {
		return projectKeyOnly
	}
	project, err := c.inThisProject(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(c.key.ScopedTeams, project.ID) {
		return otherProject.says(project.ID)
	}
	return nil
}

func withinOrganizations(_ context.Context, c *call) error {
	if c.organization.ID != "" && !c.key.reaches(c.organization.ID) {
		return otherOrganization.says(c.organization.ID)
	}
	return nil
}

func hasScope(_ context.Context, c *call) error {
	if scope := c.match.route.scope; scope != "" && !c.key.has(scope) {
		return missingScope.says(scope)
	}
	return nil
}

func isMember(_ context.Context, c *call) error {
	if c.organization.ID != "" && c.level == 0 {
		return notAMember
	}
	return nil
}

func hasLevel(_ context.Context, c *call) error {
	if c.level < c.match.route.level {
		return levelTooLow
	}
	return nil
}

func notThrottled(_ context.Context, c *call) error {
	if seconds := c.throttle.take(c.key.ID, c.now.time(), c.knobs.RateLimit); seconds > 0 {
		return waitFor(seconds)
	}
	return nil
}

// inThisProject returns the project that the path names, read once a call.
// A malformed id, an unknown one, and one of another organization are all 404.
func (c *call) inThisProject(ctx context.Context) (*project, error) {
	if c.project != nil {
		return c.project, nil
	}
	id, err := strconv.ParseInt(c.match.path["id"], 10, 64)
	if err != nil {
		return nil, noProject
	}
	found, err := projectByID(ctx, c.tx, c.organization.ID, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noProject
	}
	if err != nil {
		return nil, err
	}
	c.project = &found
	return c.project, nil
}
