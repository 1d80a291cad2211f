package schemas

// ReferenceList are the arguments of external-reference-list.
type ReferenceList struct {
	Provider               string `json:"provider,omitempty" jsonschema:"minLength=1,maxLength=32" jsonschema_description:"Such as github."`
	ProviderOrganizationID string `json:"provider_organization_id,omitempty" jsonschema:"maxLength=255" jsonschema_description:"Organization or workspace there."`
	Role                   string `json:"role,omitempty" jsonschema:"minLength=1,maxLength=200" jsonschema_description:"UUID or name."`
	List
}

// ReferenceCreate are the arguments of external-reference-create.
type ReferenceCreate struct {
	RoleArg
	Provider               string `json:"provider" jsonschema:"required,minLength=1,maxLength=32" jsonschema_description:"The other system: github, linear, jira, slack or any word."`
	ProviderOrganizationID string `json:"provider_organization_id" jsonschema:"required,minLength=1,maxLength=255" jsonschema_description:"Organization or workspace there."`
	ProviderRoleID         string `json:"provider_role_id" jsonschema:"required,minLength=1,maxLength=255" jsonschema_description:"Lasting id of the group there."`
	ProviderRoleName       string `json:"provider_role_name" jsonschema:"required,minLength=1,maxLength=255" jsonschema_description:"Its display name."`
	ProviderRoleSlug       string `json:"provider_role_slug,omitempty" jsonschema:"maxLength=255" jsonschema_description:"Its readable key, without # or @."`
	Target
}

// ReferenceDelete are the arguments of external-reference-delete.
type ReferenceDelete struct {
	ReferenceID string `json:"reference_id" jsonschema:"required,format=uuid" jsonschema_description:"UUID from external-reference-list."`
	Confirmed
	Target
}

// ReferenceLookup are the arguments of external-reference-lookup.
type ReferenceLookup struct {
	Provider               string `json:"provider" jsonschema:"required,minLength=1,maxLength=32" jsonschema_description:"Such as github."`
	ProviderOrganizationID string `json:"provider_organization_id" jsonschema:"required,minLength=1,maxLength=255" jsonschema_description:"Organization or workspace there."`
	ProviderRoleSlug       string `json:"provider_role_slug,omitempty" jsonschema:"maxLength=255" jsonschema_description:"Its key, without # or @; not its display name. This, the id, or both."`
	ProviderRoleID         string `json:"provider_role_id,omitempty" jsonschema:"maxLength=255" jsonschema_description:"Id of the group."`
	View
	Target
}

// ReferenceRow is a link from a group in another system to a role, in short.
// Each field may have been left out by the caller.
type ReferenceRow struct {
	ID                     string `json:"id,omitempty" jsonschema:"format=uuid" jsonschema_description:"Reference UUID."`
	Provider               string `json:"provider,omitempty" jsonschema_description:"The other system."`
	ProviderOrganizationID string `json:"provider_organization_id,omitempty" jsonschema_description:"Organization there."`
	ProviderRoleID         string `json:"provider_role_id,omitempty" jsonschema_description:"Id of the group."`
	ProviderRoleSlug       string `json:"provider_role_slug,omitempty" jsonschema_description:"Key of the group; absent when it has none."`
	ProviderRoleName       string `json:"provider_role_name,omitempty" jsonschema_description:"Name of the group."`
	Role                   string `json:"role,omitempty" jsonschema:"format=uuid" jsonschema_description:"UUID of the role it stands for."`
	RoleName               string `json:"role_name,omitempty" jsonschema_description:"Name of that role; absent when it could not be read."`
	CreatedAt              Date   `json:"created_at,omitempty" jsonschema_description:"When it was made."`
}

// References is the result of external-reference-list.
type References struct {
	Listed
	References []ReferenceRow `json:"references,omitzero" jsonschema_description:"By provider and group."`
	Full       []Object       `json:"full,omitzero" jsonschema_description:"With view full."`
}

// ReferenceFound is the result of external-reference-lookup.
type ReferenceFound struct {
	Found     bool          `json:"found" jsonschema_description:"Whether a reference matches."`
	Reference *ReferenceRow `json:"reference,omitempty" jsonschema_description:"The match."`
	Full      Object        `json:"full,omitempty" jsonschema_description:"With view full."`
	Note      string        `json:"note,omitempty" jsonschema_description:"What was looked for, where nothing matches."`
}

// ReferenceWritten is the result of external-reference-create and -delete.
type ReferenceWritten struct {
	Reference ReferenceRow `json:"reference,omitzero" jsonschema_description:"The reference as it is now, or as it was before its deletion."`
	Written
}
