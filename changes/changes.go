// Package changes is a write as a value, and the one executor that carries
// writes out. Tools and planners say what should change; only this package
// holds the client that can change it.
//
// executor.go is the way that every write takes, step by step; rules.go is the
// table of what is known about each kind of change.
package changes

import (
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// A Change is one write to one organization: what to do, and what was there
// when it was planned. Make one with the constructors below.
type Change struct {
	Kind         Kind
	Organization apiclient.OrganizationID

	// Role is the role as it was: of a rename, a deletion, a membership or a
	// reference. Nil for a role that is yet to be made. A role without an id is
	// the one of that name which an earlier change of the same set makes.
	Role *apiclient.Role
	// Name is the name that a created or renamed role gets.
	Name string
	// Member is who is put into Role.
	Member *apiclient.OrganizationMember
	// Membership is what is taken out of Role, or what is already there.
	Membership *apiclient.RoleMembership
	// Reference is what is deleted, or what is already there.
	Reference *apiclient.Reference
	// References are those that a deleted role takes with it.
	References []apiclient.Reference
	// Roleless are the people whom the change leaves without any role.
	Roleless []apiclient.UserBasic
	// NewReference is what is made.
	NewReference *apiclient.ReferenceCreate
	// Project is the project whose token is rotated, with its tokens as they were.
	Project *apiclient.Project
	// Settings go along with a rotation; nil sends no body.
	Settings *schemas.ProjectSettings
	// tokenPrint is the print of the project's token before the rotation, and
	// after what the last rotation was that this server has sent.
	tokenPrint, after string
	// backupSince is since when the backup token has been that; zero is unknown.
	backupSince time.Time

	// Satisfied reports that the organization already is as the change would
	// make it: nothing will be sent.
	Satisfied bool
	// Undoes is the journal's id of the write that this one takes back.
	Undoes string
	// Doubtful reports that it takes back a write of which nobody knew whether it
	// was made: what is there now may be somebody else's.
	Doubtful bool
	// Shortfall says, in sentences with quoted names, what taking back does not
	// bring back; empty when it brings back all.
	Shortfall string
}

// A Set is changes in the order in which they are carried out.
type Set []Change

// open returns the changes that have something to do.
func (s Set) open() Set {
	var open Set
	for _, change := range s {
		if !change.Satisfied {
			open = append(open, change)
		}
	}
	return open
}

// kinds returns the kind of each change that has something to do.
func (s Set) kinds() Kinds {
	var kinds Kinds
	for _, change := range s.open() {
		kinds = append(kinds, change.Kind)
	}
	return kinds
}

// CreateRole makes a role called name.
func CreateRole(org apiclient.OrganizationID, name string) Change {
	return Change{Kind: RoleCreate, Organization: org, Name: name}
}

// RenameRole gives role another name. It is satisfied when the role has
// exactly that name.
func RenameRole(org apiclient.OrganizationID, role apiclient.Role, name string) Change {
	return Change{Kind: RoleRename, Organization: org, Role: &role, Name: name, Satisfied: role.Name == name}
}

// DeleteRole deletes role, its memberships and the given references to it.
// Roleless are the members who are in no other role.
func DeleteRole(org apiclient.OrganizationID, role apiclient.Role, references []apiclient.Reference, roleless []apiclient.UserBasic) Change {
	return Change{Kind: RoleDelete, Organization: org, Role: &role, References: references, Roleless: roleless}
}

// AddMember puts member into role. It is satisfied when the member is in it.
func AddMember(org apiclient.OrganizationID, role apiclient.Role, member apiclient.OrganizationMember) Change {
	change := Change{Kind: MembershipAdd, Organization: org, Role: &role, Member: &member}
	for _, membership := range role.Members {
		if membership.User.UUID == member.User.UUID {
			change.Membership, change.Satisfied = &membership, true
		}
	}
	return change
}

// RemoveMember takes membership out of role. Roleless is the member, if they are
// in no other role.
func RemoveMember(org apiclient.OrganizationID, role apiclient.Role, membership apiclient.RoleMembership, roleless []apiclient.UserBasic) Change {
	return Change{Kind: MembershipRemove, Organization: org, Role: &role, Membership: &membership, Roleless: roleless}
}

// AlreadyRemoved is the removal of somebody who is not in role: satisfied.
func AlreadyRemoved(org apiclient.OrganizationID, role apiclient.Role, member apiclient.OrganizationMember) Change {
	return Change{Kind: MembershipRemove, Organization: org, Role: &role, Member: &member, Satisfied: true}
}

// CreateReference links a group of another system to role. It is satisfied by
// an existing reference that says the same; nil when there is none.
func CreateReference(org apiclient.OrganizationID, role apiclient.Role, reference apiclient.ReferenceCreate, existing *apiclient.Reference) Change {
	return Change{
		Kind: ReferenceCreate, Organization: org, Role: &role, NewReference: &reference,
		Reference: existing, Satisfied: existing != nil,
	}
}

// DeleteReference deletes reference.
func DeleteReference(org apiclient.OrganizationID, reference apiclient.Reference) Change {
	return Change{Kind: ReferenceDelete, Organization: org, Reference: &reference}
}

// RotateToken replaces the secret token of project. Settings may be nil.
func RotateToken(org apiclient.OrganizationID, project apiclient.Project, settings *schemas.ProjectSettings) Change {
	return Change{
		Kind: TokenRotate, Organization: org, Project: &project, Settings: settings,
		tokenPrint: printOf(project.SecretAPIToken),
	}
}

// bind gives a change the role that an earlier change of its set has made.
func (c Change) bind(made map[string]apiclient.Role) Change {
	if c.Role == nil || c.Role.ID != "" {
		return c
	}
	role, found := made[lower(c.Role.Name)]
	if !found {
		return c
	}
	c.Role = &role
	if c.NewReference != nil {
		reference := *c.NewReference
		reference.Role = role.ID
		c.NewReference = &reference
	}
	return c
}
