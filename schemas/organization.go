package schemas

import "github.com/oapi-codegen/nullable"

// MembersList are the arguments of members-list.
type MembersList struct {
	Order string `json:"order,omitempty" jsonschema:"enum=joined_at,enum=-joined_at,default=-joined_at" jsonschema_description:"Default -joined_at: newest first."`
	List
}

// MemberRow is a person in the organization, in short. Each field may have been
// left out by the caller.
type MemberRow struct {
	UserUUID  string                  `json:"user_uuid,omitempty" jsonschema:"format=uuid" jsonschema_description:"User UUID; unasked only where there is no e-mail."`
	Name      string                  `json:"name,omitempty" jsonschema_description:"Full name."`
	Email     string                  `json:"email,omitempty" jsonschema_description:"E-mail address."`
	Level     string                  `json:"level,omitempty" jsonschema_description:"member, administrator or owner."`
	JoinedAt  Date                    `json:"joined_at,omitempty" jsonschema_description:"When the person joined the organization."`
	LastLogin nullable.Nullable[Date] `json:"last_login,omitempty" jsonschema_description:"Last sign-in; null when never."`
}

// Members is the result of members-list.
type Members struct {
	Listed
	Members []MemberRow `json:"members,omitzero" jsonschema_description:"In the order asked for."`
	Full    []Object    `json:"full,omitzero" jsonschema_description:"With view full."`
}

// OrganizationRow is an organization, in short. Each field may have been left
// out by the caller.
type OrganizationRow struct {
	ID          string `json:"id,omitempty" jsonschema:"format=uuid" jsonschema_description:"Organization UUID."`
	Name        string `json:"name,omitempty" jsonschema_description:"Name."`
	Level       string `json:"level,omitempty" jsonschema_description:"The key owner's level: member, administrator or owner; absent when none."`
	MemberCount *int   `json:"member_count,omitempty" jsonschema:"minimum=0" jsonschema_description:"People in it."`
}

// Organizations is the result of organizations-list.
type Organizations struct {
	Listed
	Organizations []OrganizationRow `json:"organizations,omitzero" jsonschema_description:"Organizations that the key sees."`
	Full          []Object          `json:"full,omitzero" jsonschema_description:"With view full."`
}

// ProjectRow is a project, in short. Each field may have been left out by the
// caller.
type ProjectRow struct {
	ID            int    `json:"id,omitempty" jsonschema_description:"Project id."`
	Name          string `json:"name,omitempty" jsonschema_description:"Name."`
	Timezone      string `json:"timezone,omitempty" jsonschema_description:"IANA time zone."`
	IngestedEvent *bool  `json:"ingested_event,omitempty" jsonschema_description:"Whether an event ever arrived."`
}

// Projects is the result of projects-list.
type Projects struct {
	Listed
	Projects []ProjectRow `json:"projects,omitzero" jsonschema_description:"Projects that the key sees."`
	Full     []Object     `json:"full,omitzero" jsonschema_description:"With view full."`
}
