package tools

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/directory"
)

// organizationsTime bounds the look at the organizations that the key sees, when
// a call asked for one that it does not.
const organizationsTime = 2 * time.Second

// maxOrganizations is how many are looked through for those that an operator allows.
const maxOrganizations = 100

// listOrganizations offers the organizations that a call may work on. Nothing is
// offered when they cannot be read in time, or when the one that was refused is
// among them: then it is about something else.
func listOrganizations(f *failed) {
	ctx, cancel := context.WithTimeout(f.ctx, organizationsTime)
	defer cancel()
	rows, err := f.env.Reader.Organizations().Rows(ctx, maxOrganizations, 0)
	if err != nil {
		return
	}
	refused := refusedOrganization(f.err)
	for _, organization := range rows.Results {
		if refused != "" && strings.EqualFold(string(organization.ID), refused) {
			f.failure.Candidates = nil
			return
		}
		allowed := len(f.env.Limits.Organizations) == 0 || slices.Contains(f.env.Limits.Organizations, organization.ID)
		if allowed && len(f.failure.Candidates) < maxNamed {
			f.failure.Candidates = append(f.failure.Candidates, shownCandidate(directory.Candidate{ID: string(organization.ID), Name: organization.Name}))
		}
	}
}

// refusedOrganization is the id in the path that was refused; @current or empty
// when there is none to compare.
func refusedOrganization(err error) string {
	api, found := errors.AsType[*apiclient.Error](err)
	if !found {
		return ""
	}
	_, rest, _ := strings.Cut(api.Path, "/api/organizations/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// isOfOtherOrganizations holds for a key that is confined to organizations;
// there are also keys that are confined to projects.
func isOfOtherOrganizations(err error) bool {
	api, found := errors.AsType[*apiclient.Error](err)
	return errors.Is(err, errOtherOrganizations) || found && errors.Is(err, apiclient.ErrKeyConfined) && strings.Contains(strings.ToLower(api.Detail), "requested organization")
}

// isUnknownOrganization holds for a 404 that is about the organization itself,
// not about something in it.
func isUnknownOrganization(err error) bool {
	api, found := errors.AsType[*apiclient.Error](err)
	if !found || !errors.Is(err, apiclient.ErrNotFound) {
		return false
	}
	_, rest, _ := strings.Cut(api.Path, "/api/organizations/")
	_, below, _ := strings.Cut(rest, "/")
	return below == "" && rest != "" || strings.Contains(strings.ToLower(api.Detail), "organization not found")
}
