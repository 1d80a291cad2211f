package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

var externalReferenceList = Read[schemas.ReferenceList, schemas.References]{
	Name: "external-reference-list", Title: "List external references",
	Description: "List or search which groups of other systems, such as GitHub teams, stand for which roles.",
	Operation:   "GET role_external_references/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.ReferenceList) (schemas.References, error) {
		if err := referenceShape.check(args.List); err != nil {
			return schemas.References{}, err
		}
		filter := apiclient.ReferenceFilter{Provider: knownProvider(args.Provider), ProviderOrganizationID: args.ProviderOrganizationID}
		var role apiclient.Role
		if args.Role != "" {
			var err error
			if role, err = org.Role(ctx, args.Role); err != nil {
				return schemas.References{}, err
			}
			filter.RoleID = role.ID
		}
		found, err := readList(ctx, org.References(filter), args.List, searching(args.Search.Search, namedReference.labels), unnamed)
		if err != nil {
			return schemas.References{}, err
		}
		wantsName := len(args.Fields.Fields) == 0 || slices.Contains(args.Fields.Fields, roleNameField)
		if wantsName && !args.IsFull() {
			found.items = withRoleNames(ctx, org, found.items)
		}
		noteEmpty(&found, func() string { return noSuchReference(ctx, org, args, role) })
		return schemas.References{Listed: found.Listed, References: rowsOf(referenceShape, found, args.List), Full: found.full}, nil
	},
}

func unnamed(reference apiclient.Reference) namedReference {
	return namedReference{Reference: reference}
}

// labels are the texts that a reference is found by.
func (r namedReference) labels() []string {
	return []string{r.Provider, r.ProviderOrganizationID, value(r.ProviderRoleSlug), r.ProviderRoleID, r.ProviderRoleName}
}

// withRoleNames adds the names of the roles; where they cannot be read, the ids
// must do.
func withRoleNames(ctx context.Context, org Reader, references []namedReference) []namedReference {
	if len(references) == 0 {
		return references
	}
	names, err := org.RoleNames(ctx)
	if err != nil {
		return references
	}
	named := slices.Clone(references)
	for i := range named {
		named[i].roleName = names[named[i].Role]
	}
	return named
}

// noSuchReference is the note on a list without references. What there is takes a
// read of its own; where that fails, the note does without.
func noSuchReference(ctx context.Context, org Reader, args schemas.ReferenceList, role apiclient.Role) string {
	var wanted []string
	add := func(text, what string) {
		if text != "" {
			wanted = append(wanted, what+quoted(text))
		}
	}
	add(args.Provider, "of provider ")
	add(args.ProviderOrganizationID, "of organization ")
	add(role.Name, "of role ")
	add(args.Search.Search, "that holds ")
	text := strings.TrimSpace("No reference " + strings.Join(wanted, " and "))
	all, err := org.References(apiclient.ReferenceFilter{}).Rows(ctx, maxScanned, 0)
	switch {
	case err != nil:
		return text + "."
	case all.Total == 0:
		return "There are no external references."
	}
	providers := namesOf(all.Results, func(reference apiclient.Reference) string { return reference.Provider })
	slices.Sort(providers)
	return fmt.Sprintf("%s; %s, of the providers %s.", text, thereAre(all.Total, "reference"), quotedAll(slices.Compact(providers)))
}

var externalReferenceCreate = Write[schemas.ReferenceCreate, schemas.ReferenceWritten]{
	Name: "external-reference-create", Title: "Create an external reference",
	Description: "Let a group of another system, such as a GitHub team, stand for a role. A group stands for one role; to change that, delete the reference and create it anew. A lookup by slug needs the slug.",
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
		if slug := plainSlug(args.ProviderRoleSlug); slug != "" {
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
		change := done.Outcomes[0].Change
		return referenceWritten(org, done, namedReference{*done.Outcomes[0].Reference, change.Role.Name}), nil
	},
}

var externalReferenceDelete = Write[schemas.ReferenceDelete, schemas.ReferenceWritten]{
	Name: "external-reference-delete", Title: "Delete an external reference",
	Description: "Delete the link from a group to a role; both stay. The user is asked first.",
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
		return referenceWritten(org, done, unnamed(*done.Outcomes[0].Change.Reference)), nil
	},
}

var externalReferenceLookup = Read[schemas.ReferenceLookup, schemas.ReferenceFound]{
	Name: "external-reference-lookup", Title: "Look up an external reference",
	Description: "The role that one group of another system stands for, by the group's slug or id. To browse, use external-reference-list.",
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
			ProviderRoleSlug:       plainSlug(args.ProviderRoleSlug),
			ProviderRoleID:         args.ProviderRoleID,
		})
		if err != nil {
			return schemas.ReferenceFound{}, err
		}
		if reference == nil {
			return schemas.ReferenceFound{Note: noSuchGroup(args)}, nil
		}
		if args.IsFull() {
			full, err := schemas.ObjectOf(*reference)
			return schemas.ReferenceFound{Found: true, Full: full}, err
		}
		row := referenceShape.usual(withRoleNames(ctx, org, []namedReference{unnamed(*reference)})[0])
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

func referenceWritten(org Reader, done changes.Result, reference namedReference) schemas.ReferenceWritten {
	return schemas.ReferenceWritten{Reference: referenceShape.usual(reference), Written: written(org, done)}
}

// plainSlug is a group's key as providers store it: people write it with the
// sign that calls the group.
func plainSlug(slug string) string { return strings.TrimLeft(strings.TrimSpace(slug), "#@") }

// noSuchGroup says what was looked up, and how to find what there is.
func noSuchGroup(args schemas.ReferenceLookup) string {
	var keys []string
	if args.ProviderRoleSlug != "" {
		keys = append(keys, "slug "+quoted(plainSlug(args.ProviderRoleSlug)))
	}
	if args.ProviderRoleID != "" {
		keys = append(keys, "id "+quoted(args.ProviderRoleID))
	}
	return fmt.Sprintf("No reference of %s, organization %s, has the %s. external-reference-list with search finds others, also by display name.",
		quoted(args.Provider), quoted(args.ProviderOrganizationID), strings.Join(keys, " or the "))
}
