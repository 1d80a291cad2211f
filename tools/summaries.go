package tools

import (
	"strings"
	"time"

	"posthog-org-mcp/apiclient"
)

// The summaries are the API's objects decoded into just what a row needs: what
// a page repeats in each row (avatars, nested users) is skipped where it is
// read, and so costs no memory. The functions that make one of a whole object
// serve the tools that read whole objects for other reasons.

type roleSummary struct {
	ID        apiclient.RoleID `json:"id"`
	Name      string           `json:"name"`
	CreatedAt time.Time        `json:"created_at"`
	IsDefault bool             `json:"is_default"`
	// Members are counted, and looked through for one of them.
	Members []roleMemberSummary `json:"members"`
}

type roleMemberSummary struct {
	User struct {
		UUID apiclient.UserID `json:"uuid"`
	} `json:"user"`
}

func summaryOfRole(role apiclient.Role) roleSummary {
	summary := roleSummary{ID: role.ID, Name: role.Name, CreatedAt: role.CreatedAt, IsDefault: role.IsDefault}
	summary.Members = make([]roleMemberSummary, len(role.Members))
	for i, membership := range role.Members {
		summary.Members[i].User.UUID = membership.User.UUID
	}
	return summary
}

// has reports whether somebody is in the role.
func (r roleSummary) has(user apiclient.UserID) bool {
	for _, member := range r.Members {
		if strings.EqualFold(string(member.User.UUID), string(user)) {
			return true
		}
	}
	return false
}

type userSummary struct {
	UUID      apiclient.UserID `json:"uuid"`
	FirstName string           `json:"first_name"`
	LastName  string           `json:"last_name"`
	Email     string           `json:"email"`
}

func summaryOfUser(user apiclient.UserBasic) userSummary {
	return userSummary{UUID: user.UUID, FirstName: user.FirstName, LastName: user.LastName, Email: user.Email}
}

func (u userSummary) name() string {
	return apiclient.UserBasic{FirstName: u.FirstName, LastName: u.LastName, Email: u.Email}.FullName()
}

// labels are the texts that a person is found by.
func (u userSummary) labels() []string { return []string{u.name(), u.Email} }

type memberSummary struct {
	ID        apiclient.MemberID `json:"id"`
	User      userSummary        `json:"user"`
	Level     apiclient.Level    `json:"level"`
	JoinedAt  time.Time          `json:"joined_at"`
	LastLogin *time.Time         `json:"last_login"`
}

func summaryOfMember(member apiclient.OrganizationMember) memberSummary {
	return memberSummary{ID: member.ID, User: summaryOfUser(member.User), Level: member.Level, JoinedAt: member.JoinedAt, LastLogin: member.LastLogin}
}

type membershipSummary struct {
	ID                 apiclient.MembershipID `json:"id"`
	User               userSummary            `json:"user"`
	OrganizationMember *levelSummary          `json:"organization_member"`
	JoinedAt           time.Time              `json:"joined_at"`
}

type levelSummary struct {
	Level apiclient.Level `json:"level"`
}

func summaryOfMembership(membership apiclient.RoleMembership) membershipSummary {
	summary := membershipSummary{ID: membership.ID, User: summaryOfUser(membership.User), JoinedAt: membership.JoinedAt}
	if membership.OrganizationMember != nil {
		summary.OrganizationMember = &levelSummary{membership.OrganizationMember.Level}
	}
	return summary
}

type organizationSummary struct {
	ID              apiclient.OrganizationID `json:"id"`
	Name            string                   `json:"name"`
	MembershipLevel *apiclient.Level         `json:"membership_level"`
	MemberCount     int                      `json:"member_count"`
}

func summaryOfOrganization(organization apiclient.Organization) organizationSummary {
	return organizationSummary{
		ID: organization.ID, Name: organization.Name,
		MembershipLevel: organization.MembershipLevel, MemberCount: organization.MemberCount,
	}
}

// A namedReference is an external reference with the name of its role, where
// that is known.
type namedReference struct {
	apiclient.Reference
	roleName string
}
