package schemas

import "time"

// MembersList are the arguments of members-list.
type MembersList struct {
	Search string `json:"search,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Part of a name or e-mail."`
	Order  string `json:"order,omitempty" jsonschema:"enum=joined_at,enum=-joined_at,default=-joined_at" jsonschema_description:"-joined_at: newest first."`
	List
}

// MemberRow is a person in the organization, in short.
type MemberRow struct {
	UserUUID  string     `json:"user_uuid" jsonschema:"format=uuid" jsonschema_description:"User UUID."`
	Name      string     `json:"name" jsonschema_description:"Full name."`
	Email     string     `json:"email" jsonschema_description:"E-mail address."`
	Level     string     `json:"level" jsonschema_description:"member, administrator or owner."`
	JoinedAt  time.Time  `json:"joined_at" jsonschema_description:"When the person joined the organization."`
	LastLogin *time.Time `json:"last_login" jsonschema:"nullable" jsonschema_description:"Last sign-in; null when never."`
}

// Members is the result of members-list.
type Members struct {
	Listed
	Members []MemberRow `json:"members,omitzero" jsonschema_description:"In the order asked for."`
	Full    []Object    `json:"full,omitzero" jsonschema_description:"With view full."`
}

// OrganizationRow is an organization, in short.
type OrganizationRow struct {
	ID          string `json:"id" jsonschema:"format=uuid" jsonschema_description:"Organization UUID."`
	Name        string `json:"name" jsonschema_description:"Name."`
	Level       string `json:"level,omitempty" jsonschema_description:"The key owner's level: member, administrator or owner; absent when none."`
	MemberCount int    `json:"member_count" jsonschema:"minimum=0" jsonschema_description:"People in it."`
}

// Organizations is the result of organizations-list.
type Organizations struct {
	Listed
	Organizations []OrganizationRow `json:"organizations,omitzero" jsonschema_description:"Organizations that the key sees."`
	Full          []Object          `json:"full,omitzero" jsonschema_description:"With view full."`
}

// ProjectRow is a project, in short.
type ProjectRow struct {
	ID            int    `json:"id" jsonschema_description:"Project id."`
	Name          string `json:"name" jsonschema_description:"Name."`
	Timezone      string `json:"timezone" jsonschema_description:"IANA time zone."`
	IngestedEvent bool   `json:"ingested_event" jsonschema_description:"Whether an event ever arrived."`
}

// Projects is the result of projects-list.
type Projects struct {
	Listed
	Projects []ProjectRow `json:"projects,omitzero" jsonschema_description:"Projects that the key sees."`
	Full     []Object     `json:"full,omitzero" jsonschema_description:"With view full."`
}
