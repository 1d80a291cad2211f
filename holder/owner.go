package holder

import (
	"context"
	"strings"

	"posthog-org-mcp/apiclient"
)

// Owner is the person whose key is in use.
type Owner struct {
	UUID        apiclient.UserID
	Name, Email string
	// Current is the organization that @current means; empty when there is none.
	Current apiclient.OrganizationID
	// Organizations are those that the owner is in, whether or not the key reaches
	// them.
	Organizations []Membership
}

// Membership is one organization that somebody is in.
type Membership struct {
	ID    apiclient.OrganizationID
	Name  string
	Level *apiclient.Level // nil: not told
}

// In returns the owner's place in an organization; false when there is none.
func (o Owner) In(organization apiclient.OrganizationID) (Membership, bool) {
	if organization == apiclient.CurrentOrganization {
		organization = o.Current
	}
	for _, membership := range o.Organizations {
		if strings.EqualFold(string(membership.ID), string(organization)) {
			return membership, true
		}
	}
	return Membership{}, false
}

// Standing is an organization as the key's owner stands in it.
type Standing struct {
	ID   apiclient.OrganizationID
	Name string
	// Level is the owner's; nil when not a member.
	Level   *apiclient.Level
	Members int
	// ReadOnly is the organization's wish that nothing be changed through MCP servers.
	ReadOnly bool
}

func (h *Holder) readOwner(ctx context.Context) (Owner, error) {
	user, err := h.api.CurrentUser(ctx)
	if err != nil {
		return Owner{}, err
	}
	basic := apiclient.UserBasic{FirstName: user.FirstName, Email: user.Email}
	if user.LastName != nil {
		basic.LastName = *user.LastName
	}
	owner := Owner{UUID: user.UUID, Name: basic.FullName(), Email: user.Email}
	if user.Organization != nil {
		owner.Current = user.Organization.ID
	}
	for _, organization := range user.Organizations {
		owner.Organizations = append(owner.Organizations, Membership{ID: organization.ID, Name: organization.Name, Level: organization.MembershipLevel})
	}
	return owner, nil
}

func (h *Holder) readStanding(ctx context.Context, id apiclient.OrganizationID) (Standing, error) {
	organization, err := h.api.Organization(ctx, id)
	if err != nil {
		return Standing{}, err
	}
	return Standing{
		ID: organization.ID, Name: organization.Name, Level: organization.MembershipLevel, Members: organization.MemberCount,
		ReadOnly: organization.ReadOnlyMCPAccess != nil && *organization.ReadOnlyMCPAccess,
	}, nil
}
