// Package resources is what a client can read by its address: the organization,
// its roles and people, and the pages that the program carries along. A
// resource is one declared value below; what completes its variable, what a
// write touches and what a result links to follows from the same table.
package resources

// The resources of the organization, by address.
const (
	organizationURI = "posthog-org://organization"
	rolesURI        = "posthog-org://roles"
	roleURI         = "posthog-org://roles/{role}"
	memberURI       = "posthog-org://members/{member}"
	referencesURI   = "posthog-org://references"
	docsURI         = "posthog-org://docs/"
)

// Catalog returns every resource; templates come after what has no variable.
// The error is a fault of the build.
func Catalog() ([]Resource, error) {
	catalog := []Resource{
		{
			URI: organizationURI, Name: "organization", Title: "Organization",
			Description: "The organization's name, id, size and default role, and the key owner's level in it.",
			Tools:       []string{"organizations-list", "roles-get"}, read: view(readOrganization),
		},
		{
			URI: rolesURI, Name: "roles", Title: "Roles",
			Description: "All roles with their member counts.",
			Tools:       []string{"roles-list"}, read: called("roles-list", everything),
		},
		{
			URI: referencesURI, Name: "references", Title: "External references",
			Description: "Which groups of other systems (GitHub teams, Slack groups…) stand for which role.",
			Tools:       []string{"external-reference-list"}, read: called("external-reference-list", everything),
		},
		projectSettings(),
	}
	pages, err := documents()
	if err != nil {
		return nil, err
	}
	catalog = append(catalog, pages...)
	return append(catalog,
		Resource{
			URI: roleURI, Name: "role", Title: "A role and its members",
			Description: "One role, by name or UUID, and everybody in it.",
			Completes:   Roles,
			Tools:       []string{"roles-get"}, read: called("roles-get", func(role string) arguments { return arguments{"role": role} }),
		},
		Resource{
			URI: memberURI, Name: "member", Title: "A person and their roles",
			Description: "One person, by e-mail, user UUID or @me, and the roles that they are in.",
			Completes:   Members,
			Tools:       []string{"members-list", "roles-list"}, read: view(readMember),
		},
		anyDocument(),
	), nil
}

// everything is how a list is asked for whole. What makes an answer too long is
// left out by the list itself, which says so.
func everything(string) arguments { return arguments{"limit": 5000} }
