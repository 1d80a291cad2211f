package holder

import (
	"context"
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
)

// Kind is what sort of key is in use.
type Kind string

// The kinds of key.
const (
	PersonalKey Kind = "personal API key"
	OAuthToken  Kind = "OAuth token"
)

// oauthPrefix begins every OAuth access token.
const oauthPrefix = "pha_"

// Key is what a key's own record says. It never holds the key.
type Key struct {
	Kind Kind
	// Label is what its owner calls it.
	Label string
	// Mask is a few of its characters, for display.
	Mask string
	// Scopes are what it may do, as PostHog writes them.
	Scopes []string
	// Organizations and Projects are what it is confined to; empty when it is not.
	Organizations []apiclient.OrganizationID
	Projects      []apiclient.ProjectID
}

// Missing returns those of scopes that the key lacks, without those that come
// with another of them.
func (k Key) Missing(scopes []string) []string {
	return least(slices.DeleteFunc(slices.Clone(scopes), k.Has))
}

// LacksFor returns those of scopes that a key cannot have which lacks the scope
// lacked: that one, and the write scope that would include it.
func LacksFor(scopes []string, lacked string) []string {
	return least(slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return !includes(scope, lacked) }))
}

// least leaves out what comes with another scope.
func least(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool {
		return slices.ContainsFunc(scopes, func(other string) bool { return other != scope && includes(other, scope) })
	})
}

// Has reports whether the key has a scope: itself, the write scope that includes
// it, or *, which is all.
func (k Key) Has(scope string) bool {
	return slices.ContainsFunc(k.Scopes, func(has string) bool { return includes(has, scope) })
}

// includes reports whether one scope allows what another does.
func includes(has, scope string) bool {
	object, isRead := strings.CutSuffix(scope, ":read")
	return has == "*" || has == scope || isRead && has == object+":write"
}

// Reaches reports whether an organization is within what the key is confined to.
// Which one @current is, a key does not say. A key for single projects reaches no
// organization.
func (k Key) Reaches(organization apiclient.OrganizationID) bool {
	if len(k.Projects) > 0 {
		return false
	}
	return len(k.Organizations) == 0 || organization == apiclient.CurrentOrganization ||
		slices.ContainsFunc(k.Organizations, func(id apiclient.OrganizationID) bool { return strings.EqualFold(string(id), string(organization)) })
}

// unread is what is known of the key without asking.
func (h *Holder) unread() Key {
	secret := h.secret()
	key := Key{Kind: PersonalKey, Mask: secret.String()}
	if strings.HasPrefix(secret.Reveal(), oauthPrefix) {
		key.Kind = OAuthToken
	}
	return key
}

func (h *Holder) readKey(ctx context.Context) (Key, error) {
	record, err := h.api.CurrentKey(ctx)
	if err != nil {
		return Key{}, err
	}
	key := h.unread()
	key.Label, key.Scopes = record.Label, record.Scopes
	key.Organizations, key.Projects = record.ScopedOrganizations, record.ScopedTeams
	// A mask is taken from PostHog only where it is one.
	if mask := record.MaskValue; mask != nil && !strings.Contains(*mask, h.secret().Reveal()) {
		key.Mask = *mask
	}
	return key, nil
}
