package tools

import (
	"context"
	"fmt"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

var externalReferenceList = Read[schemas.ReferenceList, schemas.References]{
	Name: "external-reference-list", Title: "List external references",
	Description: "List which groups of other systems (GitHub teams, Slack groups…) stand for which role.",
	Operation:   "GET role_external_references/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.ReferenceList) (schemas.References, error) {
		filter := apiclient.ReferenceFilter{Provider: knownProvider(args.Provider), ProviderOrganizationID: args.ProviderOrganizationID}
		if args.Role != "" {
			role, err := org.Role(ctx, args.Role)
			if err != nil {
				return schemas.References{}, err
			}
			filter.RoleID = role.ID
		}
		if args.IsFull() {
			listed, full, err := listFull(ctx, org.References(filter), args.List)
			return schemas.References{Listed: listed, Full: full}, err
		}
		listed, rows, err := listRows(ctx, org.References(filter), args.List, referenceRow)
		return schemas.References{Listed: listed, References: rows}, err
	},
}

var externalReferenceCreate = Write[schemas.ReferenceCreate, schemas.ReferenceWritten]{
	Name: "external-reference-create", Title: "Create an external reference",
	Description: "Say that a group of another system, such as a GitHub team, stands for a role. A group stands for one role; there is no update: to move or correct one, delete it and create it anew. Give the slug too, or a lookup by slug will not find it.",
	Operation:   "POST role_external_references/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.ReferenceCreate}, Idempotent: true,
	Plan: func(ctx context.Context, org Reader, args schemas.ReferenceCreate) (changes.Set, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		reference := apiclient.ReferenceCreate{
			Provider:               knownProvider(args.Provider),
			ProviderOrganizationID: strings.TrimSpace(args.ProviderOrganizationID),
			ProviderRoleID:         strings.TrimSpace(args.ProviderRoleID),
			ProviderRoleName:       strings.TrimSpace(args.ProviderRoleName),
			Role:                   role.ID,
		}
		// Without a slug null is sent: two empty slugs would clash, two nulls do not.
		if slug := strings.TrimSpace(args.ProviderRoleSlug); slug != "" {
			reference.ProviderRoleSlug = &slug
		}
		existing, err := clashing(ctx, org, reference)
		if err != nil {
			return nil, err
		}
		if existing != nil && !sameReference(*existing, reference) {
			return nil, &groupTakenError{by: *existing}
		}
		return changes.Set{changes.CreateReference(org.OrganizationID(), role, reference, existing)}, nil
	},
	Answer: func(org Reader, _ schemas.ReferenceCreate, done changes.Result) (schemas.ReferenceWritten, error) {
		return referenceWritten(org, done, *done.Outcomes[0].Reference), nil
	},
}

var externalReferenceDelete = Write[schemas.ReferenceDelete, schemas.ReferenceWritten]{
	Name: "external-reference-delete", Title: "Delete an external reference",
	Description: "Delete the link from a group of another system to a role; both stay. The user is asked first.",
	Operation:   "DELETE role_external_references/{id}/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.ReferenceDelete}, Idempotent: true,
	Plan: func(ctx context.Context, org Reader, args schemas.ReferenceDelete) (changes.Set, error) {
		id, err := apiclient.ParseReferenceID(args.ReferenceID)
		if err != nil {
			return nil, &schemas.ArgumentError{Problems: []string{`Argument "reference_id" must be a valid UUID.`}}
		}
		reference, err := org.Reference(ctx, id)
		if err != nil {
			return nil, err
		}
		return changes.Set{changes.DeleteReference(org.OrganizationID(), reference)}, nil
	},
	Answer: func(org Reader, _ schemas.ReferenceDelete, done changes.Result) (schemas.ReferenceWritten, error) {
		return referenceWritten(org, done, *done.Outcomes[0].Change.Reference), nil
	},
}

var externalReferenceLookup = Read[schemas.ReferenceLookup, schemas.ReferenceFound]{
	Name: "external-reference-lookup", Title: "Look up an external reference",
	Description: "Find the role that one group of another system stands for, by the group's slug or id.",
	Operation:   "GET role_external_references/lookup/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.ReferenceLookup) (schemas.ReferenceFound, error) {
		if args.ProviderRoleSlug == "" && args.ProviderRoleID == "" {
			return schemas.ReferenceFound{}, &schemas.ArgumentError{
				Problems: []string{`Argument "provider_role_slug" or "provider_role_id" is needed: the group's key or its id.`},
			}
		}
		reference, err := org.LookUpReference(ctx, apiclient.ReferenceLookup{
			Provider:               knownProvider(args.Provider),
			ProviderOrganizationID: args.ProviderOrganizationID,
			ProviderRoleSlug:       args.ProviderRoleSlug,
			ProviderRoleID:         args.ProviderRoleID,
		})
		if err != nil || reference == nil {
			return schemas.ReferenceFound{}, err
		}
		if args.IsFull() {
			full, err := schemas.ObjectOf(*reference)
			return schemas.ReferenceFound{Found: true, Full: full}, err
		}
		row := referenceRow(*reference)
		return schemas.ReferenceFound{Found: true, Reference: &row}, nil
	},
}

// knownProvider spells the providers that PostHog knows as PostHog does: it
// compares them letter by letter, and people write GitHub.
func knownProvider(provider string) string {
	provider = strings.TrimSpace(provider)
	for _, known := range []string{"github", "linear", "jira", "slack"} {
		if strings.EqualFold(provider, known) {
			return known
		}
	}
	return provider
}

// clashing finds the reference that keeps another one of the same group from
// being made; nil when there is none. The API would refuse it too, without
// saying which one it is.
func clashing(ctx context.Context, org Reader, wanted apiclient.ReferenceCreate) (*apiclient.Reference, error) {
	filter := apiclient.ReferenceFilter{Provider: wanted.Provider, ProviderOrganizationID: wanted.ProviderOrganizationID}
	for reference, err := range org.References(filter).Each(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list the external references: %w", err)
		}
		slug := value(wanted.ProviderRoleSlug)
		if strings.EqualFold(reference.ProviderRoleID, wanted.ProviderRoleID) ||
			slug != "" && strings.EqualFold(value(reference.ProviderRoleSlug), slug) {
			return &reference, nil
		}
	}
	return nil, nil
}

func sameReference(is apiclient.Reference, wanted apiclient.ReferenceCreate) bool {
	return is.Role == wanted.Role && is.ProviderRoleName == wanted.ProviderRoleName &&
		strings.EqualFold(is.ProviderRoleID, wanted.ProviderRoleID) &&
		strings.EqualFold(value(is.ProviderRoleSlug), value(wanted.ProviderRoleSlug))
}

func referenceWritten(org Reader, done changes.Result, reference apiclient.Reference) schemas.ReferenceWritten {
	return schemas.ReferenceWritten{Reference: referenceRow(reference), Written: written(org, done)}
}
