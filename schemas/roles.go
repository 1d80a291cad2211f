package schemas

// RoleArg is how a call names a role.
type RoleArg struct {
	Role string `json:"role" jsonschema:"required,minLength=1,maxLength=200" jsonschema_description:"UUID or name."`
}

// RoleList are the arguments of roles-list.
type RoleList struct {
	Member string `json:"member,omitempty" jsonschema:"minLength=1,maxLength=254" jsonschema_description:"Somebody in the role: UUID, e-mail or @me."`
	List
}

// RoleDelete are the arguments of roles-delete.
type RoleDelete struct {
	RoleArg
	Confirmed
	Target
}

// RoleGet are the arguments of roles-get.
type RoleGet struct {
	RoleArg
	View
	Target
}

// RoleCreate are the arguments of roles-create.
type RoleCreate struct {
	Name string `json:"name" jsonschema:"required,minLength=1,maxLength=200" jsonschema_description:"Unique, whatever the case."`
	Target
}

// RoleUpdate are the arguments of roles-update.
type RoleUpdate struct {
	RoleArg
	Name string `json:"name" jsonschema:"required,minLength=1,maxLength=200" jsonschema_description:"New name."`
	Target
}

// RoleRow is a role in short. Each field may have been left out by the caller.
type RoleRow struct {
	ID          string `json:"id,omitempty" jsonschema:"format=uuid" jsonschema_description:"Role UUID."`
	Name        string `json:"name,omitempty" jsonschema_description:"Name."`
	MemberCount *int   `json:"member_count,omitempty" jsonschema:"minimum=0" jsonschema_description:"People in the role that the key may see."`
	IsDefault   *bool  `json:"is_default,omitempty" jsonschema_description:"Whether people who join get this role; unasked only where they do."`
	CreatedAt   Date   `json:"created_at,omitempty" jsonschema_description:"When it was made."`
}

// RoleMember is one person in a role, in short.
type RoleMember struct {
	UserUUID string `json:"user_uuid,omitempty" jsonschema:"format=uuid" jsonschema_description:"User UUID, where there is no e-mail."`
	Name     string `json:"name,omitempty" jsonschema_description:"Full name."`
	Email    string `json:"email,omitempty" jsonschema_description:"E-mail address."`
}

// Roles is the result of roles-list: rows, or the API's objects.
type Roles struct {
	Listed
	Roles []RoleRow `json:"roles,omitzero" jsonschema_description:"Oldest first."`
	Full  []Object  `json:"full,omitzero" jsonschema_description:"With view full."`
}

// Role is the result of roles-get: a row with its members, or the API's object.
type Role struct {
	Role *RoleWithMembers `json:"role,omitempty" jsonschema_description:"The role."`
	Full Object           `json:"full,omitempty" jsonschema_description:"With view full."`
	Note string           `json:"note,omitempty" jsonschema_description:"Why members are missing, and where they are."`
}

// RoleWithMembers is a role and everybody in it.
type RoleWithMembers struct {
	RoleRow
	Members []RoleMember `json:"members" jsonschema_description:"Who is in the role."`
}

// RoleWritten is the result of roles-create and roles-update.
type RoleWritten struct {
	Role RoleRow `json:"role,omitzero" jsonschema_description:"The role as it is now."`
	Written
}

// RoleDeleted is the result of roles-delete.
type RoleDeleted struct {
	Role RoleRow  `json:"role,omitzero" jsonschema_description:"The role as it was."`
	Lost RoleLost `json:"lost,omitzero" jsonschema_description:"What went with it."`
	Written
}

// RoleLost is what a role takes with it when it is deleted.
type RoleLost struct {
	Members            []RoleMember   `json:"members" jsonschema_description:"Who was in it."`
	ExternalReferences []ReferenceRow `json:"external_references" jsonschema_description:"References to it."`
}
