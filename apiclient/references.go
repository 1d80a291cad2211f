package apiclient

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/oapi-codegen/nullable"
)

// Reference links a group in another system to a role.
type Reference struct {
	ID ReferenceID `json:"id"`
	// Provider is the kind of the other system: github, linear, jira, slack, or any text.
	Provider string `json:"provider"`
	// ProviderOrganizationID is the organization, workspace or site there.
	ProviderOrganizationID string `json:"provider_organization_id"`
	// ProviderRoleID is the lasting id of the group there.
	ProviderRoleID string `json:"provider_role_id"`
	// ProviderRoleSlug is the group's readable key there; nil or empty when it has none.
	ProviderRoleSlug *string `json:"provider_role_slug"`
	ProviderRoleName string  `json:"provider_role_name"`
	// Role is the role that the group stands for.
	Role      RoleID    `json:"role"`
	CreatedAt time.Time `json:"created_at"`
	// CreatedBy is nil when unknown.
	CreatedBy *UserBasic `json:"created_by"`
}

// ReferenceCreate is a link to be made. Each (provider, organization) holds a
// slug once and an id once, without regard to case.
type ReferenceCreate struct {
	// Provider has 1 to 32 characters, the other texts 1 to 255.
	Provider               string `json:"provider"`
	ProviderOrganizationID string `json:"provider_organization_id"`
	ProviderRoleID         string `json:"provider_role_id"`
	// ProviderRoleSlug may be nil.
	ProviderRoleSlug *string `json:"provider_role_slug,omitempty"`
	ProviderRoleName string  `json:"provider_role_name"`
	Role             RoleID  `json:"role"`
}

const (
	maxProvider     = 32
	maxProviderText = 255
)

func (r ReferenceCreate) check() *ArgumentError {
	var slug string
	if r.ProviderRoleSlug != nil {
		slug = *r.ProviderRoleSlug
	}
	var role *ArgumentError
	if _, problem := r.Role.check(); problem != "" {
		role = &ArgumentError{Argument: r.Role.kind(), Value: quote(string(r.Role)), Problem: problem}
	}
	return firstProblem(
		checkLength("provider", r.Provider, 1, maxProvider),
		checkLength("provider_organization_id", r.ProviderOrganizationID, 1, maxProviderText),
		checkLength("provider_role_id", r.ProviderRoleID, 1, maxProviderText),
		checkLength("provider_role_slug", slug, 0, maxProviderText),
		checkLength("provider_role_name", r.ProviderRoleName, 1, maxProviderText),
		role,
	)
}

// ReferenceFilter narrows a list of references. An empty field does not.
type ReferenceFilter struct {
	// Provider is matched exactly.
	Provider string
	// ProviderOrganizationID is matched without regard to case.
	ProviderOrganizationID string
	RoleID                 RoleID
}

// ReferenceLookup is what to find one reference by: Provider and
// ProviderOrganizationID, and the slug or the id of the group.
type ReferenceLookup struct {
	Provider               string
	ProviderOrganizationID string
	ProviderRoleSlug       string
	ProviderRoleID         string
}

// References lists external references by provider, provider organization and
// slug (GET role_external_references/).
func (r Reader) References(organization OrganizationID, filter ReferenceFilter) List[Reference] {
	references := list[Reference](r.core, query(
		"provider", filter.Provider,
		"provider_organization_id", filter.ProviderOrganizationID,
		"role_id", string(filter.RoleID),
	), referencesPath, organization)
	problem := firstProblem(
		checkLength("provider", filter.Provider, 0, maxProvider),
		checkLength("provider_organization_id", filter.ProviderOrganizationID, 0, maxProviderText),
	)
	if _, wrong := filter.RoleID.check(); wrong != "" && filter.RoleID != "" && problem == nil {
		problem = &ArgumentError{Argument: filter.RoleID.kind(), Value: quote(string(filter.RoleID)), Problem: wrong}
	}
	references.refuse(problem)
	return references
}

// LookupReference finds one reference (GET role_external_references/lookup/).
// Nil means that none matches. Some servers open it to no key: ErrClosedToKeys.
func (r Reader) LookupReference(ctx context.Context, organization OrganizationID, lookup ReferenceLookup) (*Reference, error) {
	call := get(lookupPath, organization)
	if problem := firstProblem(
		checkLength("provider", lookup.Provider, 1, math.MaxInt),
		checkLength("provider_organization_id", lookup.ProviderOrganizationID, 1, math.MaxInt),
	); problem != nil {
		problem.Operation = call.operation()
		return nil, problem
	}
	call.query = query(
		"provider", lookup.Provider,
		"provider_organization_id", lookup.ProviderOrganizationID,
		"provider_role_slug", lookup.ProviderRoleSlug,
		"provider_role_id", lookup.ProviderRoleID,
	)
	found, err := fetch[lookupAnswer](ctx, r.core, call)
	if err != nil || found.Reference.IsNull() {
		return nil, err
	}
	reference, err := found.Reference.Get()
	return &reference, err
}

// lookupAnswer tells "none" from an answer that is none.
type lookupAnswer struct {
	Reference nullable.Nullable[Reference] `json:"reference"`
}

func (a *lookupAnswer) missing() string {
	switch reference, err := a.Reference.Get(); {
	case !a.Reference.IsSpecified():
		return "reference"
	case err == nil && reference.ID == "":
		return "id"
	}
	return ""
}

// CreateReference makes a link (POST role_external_references/). A slug or id
// that is linked already is ErrConflict.
func (c *Client) CreateReference(ctx context.Context, organization OrganizationID, reference ReferenceCreate) (Reference, error) {
	return fetch[Reference](ctx, c.core, call{
		method: http.MethodPost, template: referencesPath, ids: []segment{organization},
		body: reference, success: http.StatusCreated, resend: resendUnsent,
	})
}

// DeleteReference removes a link (DELETE role_external_references/{id}/).
func (c *Client) DeleteReference(ctx context.Context, organization OrganizationID, reference ReferenceID) error {
	return remove(ctx, c.core, referencePath, organization, reference)
}

// query makes a query of name and value pairs, without the empty ones.
func query(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}
