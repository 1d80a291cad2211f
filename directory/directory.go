// Package directory is an organization as callers name it: roles by name,
// people by e-mail, projects by title. It only reads. Tools, prompts and
// planners hold a Reader and nothing that could write.
package directory

import (
	"context"

	"posthog-org-mcp/apiclient"
)

// A Reader reads one organization. It is a small value, made by New; In makes
// one for another organization. It is safe for concurrent use.
type Reader struct {
	api          apiclient.Reader
	organization apiclient.OrganizationID
	closed       *closedOperations
}

// New returns a reader of organization.
func New(api apiclient.Reader, organization apiclient.OrganizationID) Reader {
	return Reader{api: api, organization: organization, closed: &closedOperations{}}
}

// In returns a reader of another organization with the same key. The two share
// what they learn of operations that the server opens to no key.
func (r Reader) In(organization apiclient.OrganizationID) Reader {
	r.organization = organization
	return r
}

// API returns the reading half of the client, for planners that go by id.
func (r Reader) API() apiclient.Reader { return r.api }

// OrganizationID returns the organization that is read.
func (r Reader) OrganizationID() apiclient.OrganizationID { return r.organization }

// WebURL returns the address of a page of PostHog's web app on the same host.
func (r Reader) WebURL(path ...string) string { return r.api.Host().JoinPath(path...).String() }

// Organization reads the organization itself (GET organizations/{id}/).
func (r Reader) Organization(ctx context.Context) (apiclient.Organization, error) {
	return r.api.Organization(ctx, r.organization)
}

// Organizations lists every organization that the key sees (GET organizations/).
func (r Reader) Organizations() apiclient.List[apiclient.Organization] {
	return r.api.Organizations()
}

// Roles lists the roles, oldest first (GET roles/).
func (r Reader) Roles() apiclient.List[apiclient.Role] { return r.api.Roles(r.organization) }

// Memberships lists who is in a role, longest first (GET role_memberships/).
func (r Reader) Memberships(role apiclient.RoleID) apiclient.List[apiclient.RoleMembership] {
	return r.api.RoleMemberships(r.organization, role)
}

// References lists external references (GET role_external_references/).
func (r Reader) References(filter apiclient.ReferenceFilter) apiclient.List[apiclient.Reference] {
	return r.api.References(r.organization, filter)
}

// Members lists the people of the organization (GET members/).
func (r Reader) Members(filter apiclient.MemberFilter) apiclient.List[apiclient.OrganizationMember] {
	return r.api.Members(r.organization, filter)
}

// Projects lists the projects that the key sees (GET projects/).
func (r Reader) Projects() apiclient.List[apiclient.ProjectRow] {
	return r.api.Projects(r.organization)
}
