package schemas

// MembershipList are the arguments of membership-list.
type MembershipList struct {
	RoleArg
	List
}

// InRoleArg is how a call names somebody who is in a role.
type InRoleArg struct {
	Member string `json:"member" jsonschema:"required,minLength=1,maxLength=254" jsonschema_description:"UUID of the user or membership, e-mail or @me."`
}

// MembershipGet are the arguments of membership-get.
type MembershipGet struct {
	RoleArg
	InRoleArg
	View
	Target
}

// People is how a call names one person or several.
type People struct {
	Member  string   `json:"member,omitempty" jsonschema:"minLength=1,maxLength=254" jsonschema_description:"User UUID, e-mail or @me."`
	Members []string `json:"members,omitempty" jsonschema:"minItems=1,maxItems=100" jsonschema_description:"Several people, instead of member."`
}

// MembershipAdd are the arguments of membership-add.
type MembershipAdd struct {
	RoleArg
	People
	Target
}

// PeopleInRole is People, for those who are in a role.
type PeopleInRole struct {
	Member  string   `json:"member,omitempty" jsonschema:"minLength=1,maxLength=254" jsonschema_description:"UUID of the user or membership, e-mail or @me."`
	Members []string `json:"members,omitempty" jsonschema:"minItems=1,maxItems=100" jsonschema_description:"Several people, instead of member."`
}

// MembershipRemove are the arguments of membership-remove.
type MembershipRemove struct {
	RoleArg
	PeopleInRole
	Confirmed
	Target
}

// MembershipRow is one person's place in one role, in short. Each field may
// have been left out by the caller.
type MembershipRow struct {
	ID       string `json:"id,omitempty" jsonschema:"format=uuid" jsonschema_description:"Membership UUID."`
	UserUUID string `json:"user_uuid,omitempty" jsonschema:"format=uuid" jsonschema_description:"User UUID; unasked only where there is no e-mail."`
	Name     string `json:"name,omitempty" jsonschema_description:"Full name."`
	Email    string `json:"email,omitempty" jsonschema_description:"E-mail address."`
	Level    string `json:"level,omitempty" jsonschema_description:"Level in the organization: administrator, owner or unknown; member only where asked for."`
	JoinedAt Date   `json:"joined_at,omitempty" jsonschema_description:"When the person was put into the role."`
}

// RoleName is a role by id and name.
type RoleName struct {
	ID   string `json:"id" jsonschema:"format=uuid" jsonschema_description:"Role UUID."`
	Name string `json:"name" jsonschema_description:"Name."`
}

// Memberships is the result of membership-list.
type Memberships struct {
	Role RoleName `json:"role" jsonschema_description:"The role."`
	Listed
	Memberships []MembershipRow `json:"memberships,omitzero" jsonschema_description:"Longest in the role first."`
	Full        []Object        `json:"full,omitzero" jsonschema_description:"With view full."`
}

// Membership is the result of membership-get.
type Membership struct {
	Role       RoleName       `json:"role" jsonschema_description:"The role."`
	Membership *MembershipRow `json:"membership,omitempty" jsonschema_description:"The membership."`
	Full       Object         `json:"full,omitempty" jsonschema_description:"With view full."`
}

// MembershipsWritten is the result of membership-add and membership-remove.
type MembershipsWritten struct {
	Role        RoleName           `json:"role,omitzero" jsonschema_description:"The role."`
	Memberships []MembershipChange `json:"memberships,omitempty" jsonschema_description:"A row a person, in the order given."`
	Written
}

// MembershipChange is what became of one person's place in a role.
type MembershipChange struct {
	ID       string `json:"id,omitempty" jsonschema:"format=uuid" jsonschema_description:"Membership UUID; absent for somebody who was not in the role."`
	UserUUID string `json:"user_uuid,omitempty" jsonschema:"format=uuid" jsonschema_description:"User UUID, where there is no e-mail."`
	Name     string `json:"name,omitempty" jsonschema_description:"Full name."`
	Email    string `json:"email,omitempty" jsonschema_description:"E-mail address."`
	JoinedAt Date   `json:"joined_at,omitempty" jsonschema_description:"When they were put into the role."`
	Changed  bool   `json:"changed" jsonschema_description:"false: it already was so."`
}
