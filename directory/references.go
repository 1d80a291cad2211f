package directory

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"posthog-org-mcp/apiclient"
)

// Reference finds an external reference by id. The API has no operation for
// one, so the list is searched.
func (r Reader) Reference(ctx context.Context, id apiclient.ReferenceID) (apiclient.Reference, error) {
	var near, ofRole []Candidate
	for reference, err := range r.References(apiclient.ReferenceFilter{}).Each(ctx) {
		if err != nil {
			return apiclient.Reference{}, fmt.Errorf("list the external references: %w", err)
		}
		if sameID(string(reference.ID), string(id)) {
			return reference, nil
		}
		candidate := Candidate{ID: string(reference.ID), Name: reference.Provider + " " + reference.ProviderRoleName}
		switch {
		case sameID(string(reference.Role), string(id)):
			ofRole = append(ofRole, candidate)
		case len(idLike(string(id), string(reference.ID))) > 0:
			near = append(near, candidate)
		}
	}
	// The id may be that of the role, which stands beside it in every list.
	if len(ofRole) > 0 {
		near = ofRole
	}
	return apiclient.Reference{}, &MatchError{Thing: ThingReference, Ref: string(id), Candidates: near[:min(len(near), maxCandidates)]}
}

// LookUpReference finds one external reference; nil means that none matches
// (GET role_external_references/lookup/). Where the server opens that to no
// key, the list is searched instead, with the same answer. What is missing from
// lookup is an *apiclient.ArgumentError.
func (r Reader) LookUpReference(ctx context.Context, lookup apiclient.ReferenceLookup) (*apiclient.Reference, error) {
	// The API cuts off outer blanks as well; done here, both ways refuse the same.
	lookup = apiclient.ReferenceLookup{
		Provider:               trim(lookup.Provider),
		ProviderOrganizationID: trim(lookup.ProviderOrganizationID),
		ProviderRoleSlug:       trim(lookup.ProviderRoleSlug),
		ProviderRoleID:         trim(lookup.ProviderRoleID),
	}
	if err := checkLookup(lookup); err != nil {
		return nil, err
	}
	reference, err := unlessClosed(&r.closed.lookup, func() (*apiclient.Reference, error) {
		return r.api.LookupReference(ctx, r.organization, lookup)
	})
	if errors.Is(err, apiclient.ErrClosedToKeys) {
		return r.searchReferences(ctx, lookup)
	}
	return reference, err
}

func checkLookup(lookup apiclient.ReferenceLookup) error {
	var missing string
	switch {
	case lookup.Provider == "":
		missing = "provider"
	case lookup.ProviderOrganizationID == "":
		missing = "provider_organization_id"
	case lookup.ProviderRoleSlug == "" && lookup.ProviderRoleID == "":
		return &apiclient.ArgumentError{Argument: "provider_role_slug or provider_role_id", Problem: "is needed"}
	default:
		return nil
	}
	return &apiclient.ArgumentError{Argument: missing, Problem: "is empty"}
}

// searchReferences does what the lookup does, on the list. Slug and id may be
// those of two references: the API then answers with the lower id of the two.
func (r Reader) searchReferences(ctx context.Context, lookup apiclient.ReferenceLookup) (*apiclient.Reference, error) {
	rows, err := r.References(filterFor(lookup)).Rows(ctx, math.MaxInt, 0)
	if err != nil {
		return nil, fmt.Errorf("look through the external references: %w", err)
	}
	var found *apiclient.Reference
	for _, reference := range rows.Results {
		if matches(reference, lookup) && (found == nil || reference.ID < found.ID) {
			found = &reference
		}
	}
	return found, nil
}

// filterFor spares the reading of rows that cannot match. A text longer than any
// reference has is no filter that the API's document allows; it matches nothing
// afterwards.
func filterFor(lookup apiclient.ReferenceLookup) apiclient.ReferenceFilter {
	var filter apiclient.ReferenceFilter
	if utf8.RuneCountInString(lookup.Provider) <= maxProvider {
		filter.Provider = lookup.Provider
	}
	if utf8.RuneCountInString(lookup.ProviderOrganizationID) <= maxProviderText {
		filter.ProviderOrganizationID = lookup.ProviderOrganizationID
	}
	return filter
}

// How many characters a reference's texts can have.
const (
	maxProvider     = 32
	maxProviderText = 255
)

// matches compares all fields, the filtered ones too: an older server may not
// know the filters.
func matches(reference apiclient.Reference, lookup apiclient.ReferenceLookup) bool {
	slug := lookup.ProviderRoleSlug != "" && reference.ProviderRoleSlug != nil && fold(*reference.ProviderRoleSlug) == fold(lookup.ProviderRoleSlug)
	id := lookup.ProviderRoleID != "" && fold(reference.ProviderRoleID) == fold(lookup.ProviderRoleID)
	return reference.Provider == lookup.Provider &&
		fold(reference.ProviderOrganizationID) == fold(lookup.ProviderOrganizationID) && (slug || id)
}

// fold makes texts equal that the API's database takes for equal. It compares in
// upper case: the Turkish ı is an I there, which strings.EqualFold denies.
func fold(text string) string { return strings.ToUpper(text) }

// trim cuts off what the API counts among outer blanks: white space, and the
// separators 1c to 1f.
func trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f })
}
